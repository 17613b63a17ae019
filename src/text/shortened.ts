import type { Json } from "../llm/model.ts";

/** A value as an error or a rejection shows it: JSON on one line, at most `most` characters. */
export function shortened(value: Json, most = 80): string {
  // A long text is cut first: what is not shown need not be written.
  const text = JSON.stringify(typeof value === "string" && value.length > most ? value.slice(0, most) : value);
  const isWhole = text.length <= most && !(typeof value === "string" && value.length > most);
  return isWhole ? text : `${text.slice(0, most - 1)}…`;
}

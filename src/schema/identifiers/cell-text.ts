import { type Column, isMissing } from "../../data/table.ts";

/** A cell as text: the label or the number; undefined where it is missing. */
export function cellText(column: Column, row: number): string | undefined {
  if (isMissing(column, row)) return undefined;
  return column.type === "text" ? column.dictionary[column.codes[row] as number] : String(column.values[row]);
}

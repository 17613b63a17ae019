import { InvalidArgument } from "../../errors.ts";
import { nearest } from "../../math/nearest-name.ts";

/** @throws {InvalidArgument} an option names a column that is not modelled; the message names the nearest */
export function assertColumn(option: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const close = nearest(name, known);
  throw new InvalidArgument(
    "unknown-column",
    `Option "${option}" names the column "${name}", which the table does not have.${close ? ` Did you mean "${close}"?` : ""}`,
    { advice: `The columns are: ${known.slice(0, 60).join(", ")}${known.length > 60 ? ", …" : ""}.` },
  );
}

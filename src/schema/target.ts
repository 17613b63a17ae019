import type { Table } from "../data/table.ts";
import { isMissing } from "../data/table.ts";
import type { TableSchema } from "./schema.ts";

const NAMES =
  /^(target|label|class|outcome|y|response|income|churn(ed)?|default(ed)?|fraud|is_fraud|death|died|deceased|mortality|survived|diagnosis|disease|failure|machine_?failure|readmitted|approved|risk|salary|price)$/i;

/** The column that a user most likely wants to predict, when none is declared: one whose name says so, else a last column of 2 to 10 classes.
 * A guess, and told as one: only a declared target has declared leaks.
 * @returns undefined when nothing stands out */
export function inferTarget(
  table: Table,
  schema: TableSchema,
): { readonly column: string; readonly reason: string } | undefined {
  const usable = schema.columns.filter(
    (column) =>
      !column.drop &&
      !["identifier", "text", "constant"].includes(column.kind) &&
      table.columns.some((c) => c.name === column.name),
  );
  const named = usable.find((column) => NAMES.test(column.name.trim()));
  if (named) return { column: named.name, reason: "its name says so" };
  const last = usable.at(-1);
  if (!last || !["categorical", "boolean", "ordinal"].includes(last.kind)) return undefined;
  const column = table.columns.find((c) => c.name === last.name);
  if (!column) return undefined;
  const classes = new Set<number>();
  for (let i = 0; i < table.rows && classes.size <= 10; i++) {
    if (!isMissing(column, i))
      classes.add(column.type === "text" ? (column.codes[i] as number) : (column.values[i] as number));
  }
  if (classes.size < 2 || classes.size > 10) return undefined;
  return { column: last.name, reason: `it is the last column and has ${classes.size} classes` };
}

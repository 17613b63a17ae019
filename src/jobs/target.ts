import type { Table } from "../data/table.ts";
import { columnOf } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { schemaOf, type TableSchema } from "../schema/schema.ts";
import { inferTarget } from "../schema/target.ts";

/** The target of train-on-synthetic: the declared one, or a guess that is told as one; undefined where nothing stands out.
 * @throws {InvalidArgument} the declared target is no column, or cannot be predicted (an identifier, free text, a constant, a label for nearly every row) */
export function chooseTarget(
  table: Table,
  schema: TableSchema,
  options: {
    readonly target?: string | undefined;
    readonly targetLeaks?: readonly string[] | undefined;
    readonly notice: (message: string) => void;
  },
): string | undefined {
  for (const leak of options.targetLeaks ?? []) {
    columnOf(table, leak);
    if (leak === options.target)
      throw new InvalidArgument("conflicting-options", `"${leak}" is both the target and a leak of it.`, {
        advice: "Name it in one of the two.",
      });
  }
  if (options.target !== undefined) {
    columnOf(table, options.target);
    const { kind, drop } = schemaOf(schema, options.target);
    if (drop || kind === "identifier" || kind === "text" || kind === "constant")
      throw new InvalidArgument(
        "bad-target",
        `The target "${options.target}" is ${drop ? "dropped" : `of kind "${kind}"`}: there is nothing to predict.`,
        {
          advice: "Choose another --target, or give the column another kind in a schema file.",
        },
      );
    const column = columnOf(table, options.target);
    const different = column.type === "text" ? new Set(column.codes).size : 0;
    if (different > 20 && different > table.rows / 2)
      throw new InvalidArgument(
        "bad-target",
        `The target "${options.target}" has ${different} different labels in ${table.rows} rows: there is nothing to predict.`,
        { advice: "Choose another --target." },
      );
    return options.target;
  }
  const guess = inferTarget(table, schema);
  if (guess)
    options.notice(
      `Took "${guess.column}" for the target, as ${guess.reason}; declare it with --target, and what gives it away with --target-leaks.`,
    );
  return guess?.column;
}

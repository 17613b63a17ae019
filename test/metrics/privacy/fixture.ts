import { type Column, type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { localExecutor } from "../../../src/executors/local.ts";
import type { CopyTestInput } from "../../../src/metrics/privacy/plant.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import { fitCodec } from "../../../src/schema/encode.ts";
import type { TableSchema } from "../../../src/schema/schema.ts";

/** A table of independent people: numbers of two decimals and categories of five labels. */
export function peopleTable(
  rows: number,
  options: { readonly numbers: number; readonly categories: number; readonly random: Random },
): Table {
  const { random } = options;
  const columns: Column[] = [];
  for (let k = 0; k < options.numbers; k++)
    columns.push({
      name: `number_${k}`,
      type: "number",
      storage: "double",
      values: Float64Array.from({ length: rows }, () =>
        random.uniform() < 0.02 ? Number.NaN : Math.round(100 * (50 + 10 * random.normal())) / 100,
      ),
    });
  for (let k = 0; k < options.categories; k++)
    columns.push({
      name: `category_${k}`,
      type: "text",
      storage: "text",
      dictionary: ["a", "b", "c", "d", "e"],
      codes: Int32Array.from({ length: rows }, () => Math.floor(6 * random.uniform() ** 2) - 1),
    });
  return tableOf(columns, rows);
}

export function schemaFor(table: Table): TableSchema {
  return {
    format: "counterfoil-schema/1",
    columns: table.columns.map((column) => ({
      name: column.name,
      kind: column.type === "text" ? "categorical" : "continuous",
      type: column.type,
      evidence: [],
      ...(column.type === "number" ? { decimals: 2 } : {}),
    })),
    notes: [],
  };
}

/** Train, holdout and synthetic rows as the copy tests take them. */
export function copyTestInput(
  tables: { readonly train: Table; readonly holdout: Table | undefined; readonly synthetic: Table },
  options: Partial<CopyTestInput> = {},
): CopyTestInput {
  const schema = schemaFor(tables.train);
  return {
    ...tables,
    schema,
    codec: fitCodec(tables.train, schema),
    entities: undefined,
    alpha: 0.01,
    seed: 1,
    executor: localExecutor(),
    signal: undefined,
    ...options,
  };
}

/** Cuts a table at random into parts of these sizes. */
export function cutAtRandom(table: Table, sizes: readonly number[], seed: number): Table[] {
  const order = randomFromSeed(seed)
    .split("cut")
    .shuffle(Uint32Array.from({ length: table.rows }, (_, i) => i));
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return takeRows(table, order.slice(at - size, at));
  });
}

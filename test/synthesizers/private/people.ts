import { type Table, tableOf } from "../../../src/data/table.ts";
import { type Budget, createBudget } from "../../../src/dp/budget.ts";
import { localExecutor } from "../../../src/executors/local.ts";
import { randomFromSeed, secureSource } from "../../../src/random.ts";
import type { TableSchema } from "../../../src/schema/schema.ts";
import type { Fitted } from "../../../src/synthesizers/synthesizer.ts";

const LABELS = ["a", "b", "c", "d"];

/** What is declared of {@link people}. */
export const peopleSchema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: [
    { name: "age", type: "number", kind: "integer", evidence: [], range: [0, 19], nullable: false },
    { name: "group", type: "text", kind: "categorical", evidence: [], categories: LABELS, nullable: false },
    { name: "later", type: "number", kind: "integer", evidence: [], range: [0, 24], nullable: false },
    { name: "flag", type: "text", kind: "boolean", evidence: [], categories: ["false", "true"], nullable: false },
  ],
};

/** A table in which later follows age, and group and flag go with it. */
export function people(rows: number, seed: number): Table {
  const random = randomFromSeed(seed);
  const age = Float64Array.from({ length: rows }, () => Math.min(19, Math.floor(20 * random.uniform() ** 2)));
  return tableOf([
    { name: "age", type: "number", storage: "integer", values: age },
    {
      name: "group",
      type: "text",
      storage: "text",
      dictionary: LABELS,
      codes: Int32Array.from(age, (value) => (random.uniform() < 0.7 ? Math.floor(value / 5) : random.integer(4))),
    },
    { name: "later", type: "number", storage: "integer", values: age.map((value) => value + random.integer(6)) },
    {
      name: "flag",
      type: "text",
      storage: "boolean",
      dictionary: ["false", "true"],
      codes: Int32Array.from(age, (value) => (value / 20 > random.uniform() ? 1 : 0)),
    },
  ]);
}

export function budgetOf(epsilon: number): Budget {
  return createBudget({ epsilon, delta: 1e-6, unit: { kind: "row", rows: 1 }, source: secureSource() });
}

/** All rows of a sample, as texts of their cells. */
export async function rowsOf(fitted: Fitted, rows: number, seed = 1): Promise<string[][]> {
  const out: string[][] = [];
  const sample = fitted.sample(rows, { random: randomFromSeed(seed), executor: localExecutor() });
  for await (const chunk of sample) out.push(...textRows(chunk));
  return out;
}

export function textRows(table: Table): string[][] {
  return Array.from({ length: table.rows }, (_, row) =>
    table.columns.map((column) =>
      column.type === "text" ? (column.dictionary[column.codes[row] as number] ?? "") : String(column.values[row]),
    ),
  );
}

/** Total-variation distance of two tables over some columns. */
export function distanceOver(
  columns: readonly number[],
  { one, other }: { readonly one: readonly string[][]; readonly other: readonly string[][] },
): number {
  const shares = new Map<string, number>();
  for (const [rows, sign] of [
    [one, 1],
    [other, -1],
  ] as const)
    for (const row of rows) {
      const key = columns.map((j) => row[j]).join("|");
      shares.set(key, (shares.get(key) ?? 0) + sign / rows.length);
    }
  return [...shares.values()].reduce((sum, share) => sum + Math.abs(share), 0) / 2;
}

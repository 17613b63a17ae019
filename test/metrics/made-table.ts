import { type Column, concatRows, type Table, tableOf } from "../../src/data/table.ts";
import type { Executor } from "../../src/executors/executor.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { framesOf } from "../../src/metrics/frames.ts";
import type { MetricInput } from "../../src/metrics/metric.ts";
import type { Random } from "../../src/random.ts";
import { randomFromSeed } from "../../src/random.ts";
import { fitCodec } from "../../src/schema/encode.ts";
import { noPurpose, type Purpose } from "../../src/schema/purpose.ts";
import type { TableSchema } from "../../src/schema/schema.ts";

/** A population with relations: two numbers that go together, a number with missing cells, a category that shifts the first number, a boolean
 * target that depends on all of them, a quantity that does, and a class of three. */
export function drawTable(rows: number, random: Random): Table {
  const a = new Float64Array(rows);
  const b = new Float64Array(rows);
  const c = new Float64Array(rows);
  const amount = new Float64Array(rows);
  const group = new Int32Array(rows);
  const outcome = new Int32Array(rows);
  const grade = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const g = random.integer(4);
    group[i] = g;
    a[i] = random.normal() + (g === 2 ? 1.5 : 0);
    b[i] = Math.round(10 * ((a[i] as number) + 0.5 * random.normal())) / 10;
    c[i] = random.uniform() < 0.2 ? Number.NaN : random.normal() * (g + 1);
    const score = 1.5 * (a[i] as number) - 0.8 * (b[i] as number) + (g === 3 ? 2 : 0) - 0.6;
    outcome[i] = random.uniform() < 1 / (1 + Math.exp(-2 * score)) ? 1 : 0;
    amount[i] = 100 + 20 * score + 10 * random.normal();
    grade[i] = Math.min(2, Math.max(0, Math.round(1 + score / 2 + 0.5 * random.normal())));
  }
  const text = (name: string, codes: Int32Array, dictionary: string[]): Column => ({
    name,
    type: "text",
    codes,
    dictionary,
    storage: "text",
  });
  const number = (name: string, values: Float64Array): Column => ({ name, type: "number", values, storage: "double" });
  return tableOf([
    number("a", a),
    number("b", b),
    number("c", c),
    text("group", group, ["north", "east", "south", "west"]),
    text("outcome", outcome, ["no", "yes"]),
    number("amount", amount),
    text("grade", grade, ["low", "middle", "high"]),
  ]);
}

export const madeSchema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: [
    ...["a", "b", "c", "amount"].map((name) => ({
      name,
      kind: "continuous" as const,
      type: "number" as const,
      evidence: [],
    })),
    ...["group", "outcome", "grade"].map((name) => ({
      name,
      kind: "categorical" as const,
      type: "text" as const,
      evidence: [],
    })),
  ],
};

/** Every column shuffled by itself. */
export function permuteTable(table: Table, random: Random): Table {
  return tableOf(
    table.columns.map((column, j) => {
      const order = random.split(j).shuffle(Uint32Array.from({ length: table.rows }, (_, i) => i));
      return column.type === "text"
        ? { ...column, codes: Int32Array.from(order, (row) => column.codes[row] as number) }
        : { ...column, values: Float64Array.from(order, (row) => column.values[row] as number) };
    }),
  );
}

/** The input of a metric, as the job would make it. */
export function inputOf(
  tables: { readonly train: Table; readonly holdout?: Table; readonly synthetic: Table },
  options: {
    readonly target?: string;
    readonly targetLeaks?: readonly string[];
    readonly purpose?: Partial<Purpose>;
    readonly seed?: number;
    readonly executor?: Executor;
    readonly schema?: TableSchema;
  } = {},
): MetricInput {
  const { train, synthetic } = tables;
  const holdout = tables.holdout;
  const schema = options.schema ?? madeSchema;
  const seed = options.seed ?? 1;
  const random = randomFromSeed(seed);
  const codec = fitCodec(holdout ? concatRows([train, holdout]) : train, schema);
  return {
    train,
    holdout,
    synthetic,
    schema,
    codec,
    frames: framesOf({ train, holdout, synthetic, codec }, { maxRows: 20_000, random: random.split("frames") }),
    purpose: { ...noPurpose, target: options.target, targetLeaks: options.targetLeaks ?? [], ...options.purpose },
    trials: holdout ? [{ train, holdout, synthetic }] : [],
    level: 0.95,
    alpha: 0.01,
    seed,
    random: random.split("metric"),
    executor: options.executor ?? localExecutor(),
  };
}

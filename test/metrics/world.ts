import { type Column, concatRows, type Table, tableOf } from "../../src/data/table.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { framesOf } from "../../src/metrics/frames.ts";
import { isMeasured, type MeasuredScore, type Metric, type MetricInput } from "../../src/metrics/metric.ts";
import { type Random, randomFromSeed } from "../../src/random.ts";
import { fitCodec } from "../../src/schema/encode.ts";
import { noPurpose, type Purpose } from "../../src/schema/purpose.ts";
import type { ColumnSchema, Kind, TableSchema } from "../../src/schema/schema.ts";

/** A made-up population: everything hangs on one hidden number, but for `noise`. */
export const KINDS: Readonly<Record<string, Kind>> = {
  income: "continuous",
  age: "integer",
  gain: "integer",
  lab: "continuous",
  noise: "continuous",
  job: "categorical",
  sex: "boolean",
  grade: "ordinal",
};

export function numberColumn(name: string, values: readonly number[]): Column {
  return { name, type: "number", values: Float64Array.from(values), storage: "double" };
}

export function textColumn(name: string, values: readonly (string | null)[]): Column {
  const dictionary = [...new Set(values.filter((value) => value !== null))].sort();
  return {
    name,
    type: "text",
    storage: "text",
    dictionary,
    codes: Int32Array.from(values, (value) => (value === null ? -1 : dictionary.indexOf(value))),
  };
}

/** Fresh people. */
export function people(random: Random, rows: number): Table {
  const out: Record<string, (number | string | null)[]> = Object.fromEntries(
    Object.keys(KINDS).map((name) => [name, []]),
  );
  const put = (name: string, value: number | string | null): unknown => out[name]?.push(value);
  for (let i = 0; i < rows; i++) {
    const z = random.normal();
    const ill = random.uniform() < 1 / (1 + Math.exp(2 - z));
    put("income", ill ? Number.NaN : Math.round(100 * Math.exp(z + 0.4 * random.normal())) / 100);
    put("age", Math.round(45 + 12 * z + 6 * random.normal()));
    put("gain", random.uniform() < 0.5 ? 0 : Math.round(Math.exp(4 + z + random.normal())));
    put("lab", ill ? Number.NaN : z + random.normal());
    put("noise", random.normal());
    const job = z + 0.5 * random.normal();
    put(
      "job",
      random.uniform() < 0.03 ? "astronaut" : job < -1 ? "clerk" : job < 0 ? "cook" : job < 1 ? "nurse" : "judge",
    );
    put("sex", random.uniform() < 1 / (1 + Math.exp(-2 * z)) ? "f" : "m");
    put("grade", z < -0.7 ? "low" : z < 0.7 ? "middle" : "high");
  }
  return tableOf(
    Object.entries(out).map(([name, values]) =>
      typeof values[0] === "number"
        ? numberColumn(name, values as number[])
        : textColumn(name, values as (string | null)[]),
    ),
  );
}

/** A column of a table replaced by another of the same name. */
export function withColumn(table: Table, column: Column): Table {
  return tableOf(
    table.columns.map((old) => (old.name === column.name ? column : old)),
    table.rows,
  );
}

/** Columns shuffled, each by itself; all of them or those named. */
export function shuffled(table: Table, random: Random, names = table.columns.map((column) => column.name)): Table {
  return tableOf(
    table.columns.map((column): Column => {
      if (!names.includes(column.name)) return column;
      const order = random.split(column.name).shuffle(Uint32Array.from({ length: table.rows }, (_, i) => i));
      return column.type === "text"
        ? { ...column, codes: Int32Array.from(order, (row) => column.codes[row] as number) }
        : { ...column, values: Float64Array.from(order, (row) => column.values[row] as number) };
    }),
    table.rows,
  );
}

export function schemaFor(table: Table, kinds: Readonly<Record<string, Kind>> = KINDS): TableSchema {
  return {
    format: "counterfoil-schema/1",
    notes: [],
    columns: table.columns.map(
      ({ name, type }): ColumnSchema => ({
        name,
        type,
        kind: kinds[name] ?? "continuous",
        evidence: [],
        ...(name === "grade" ? { order: ["low", "middle", "high"] } : {}),
        ...(name === "income" ? { decimals: 2 } : {}),
      }),
    ),
  };
}

/** Everything a metric is given, for these tables. */
export function inputOf(
  tables: { readonly train: Table; readonly holdout?: Table; readonly synthetic: Table },
  options: {
    readonly seed?: number;
    readonly maxRows?: number;
    readonly kinds?: Readonly<Record<string, Kind>>;
    readonly entities?: MetricInput["entities"];
    readonly target?: string;
    readonly purpose?: Partial<Purpose>;
    readonly unmodelled?: MetricInput["unmodelled"];
  } = {},
): MetricInput {
  const { train, holdout, synthetic } = tables;
  const seed = options.seed ?? 1;
  const random = randomFromSeed(seed);
  const modelled = schemaFor(train, options.kinds);
  const apart = options.unmodelled ? schemaFor(options.unmodelled.train, options.kinds).columns : [];
  const schema = { ...modelled, columns: [...modelled.columns, ...apart] };
  const codec = fitCodec(holdout ? concatRows([train, holdout]) : train, schema);
  return {
    train,
    holdout,
    synthetic,
    schema,
    codec,
    frames: framesOf(
      { train, holdout, synthetic, codec },
      { maxRows: options.maxRows ?? 8000, random: random.split("frames") },
    ),
    unmodelled: options.unmodelled,
    entities: options.entities,
    purpose: { ...noPurpose, target: options.target, ...options.purpose },
    trials: holdout ? [{ train, holdout, synthetic, ...(options.entities ? { entities: options.entities } : {}) }] : [],
    level: 0.95,
    alpha: 0.01,
    seed,
    random: random.split("metric"),
    executor: localExecutor(),
  };
}

/** Train, holdout and synthetic, all fresh. */
export function world(
  seed: number,
  rows: { readonly train: number; readonly holdout: number; readonly synthetic: number },
): { train: Table; holdout: Table; synthetic: Table } {
  const random = randomFromSeed(seed).split("people");
  return {
    train: people(random.split("train"), rows.train),
    holdout: people(random.split("holdout"), rows.holdout),
    synthetic: people(random.split("synthetic"), rows.synthetic),
  };
}

/** The score, which must be a number. */
export async function measured(metric: Metric, input: MetricInput): Promise<MeasuredScore> {
  const score = await metric.measure(input);
  if (!isMeasured(score)) throw new Error(`${metric.name} was not computed: ${score.notComputable}`);
  return score;
}

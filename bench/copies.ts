import { join } from "node:path";
import { readTable } from "../src/data/read.ts";
import { type Table, takeRows } from "../src/data/table.ts";
import type { Executor } from "../src/executors/executor.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { clopperPearson } from "../src/math/distributions.ts";
import { type Interval, isMeasured, type Score } from "../src/metrics/metric.ts";
import { measureExactCopies } from "../src/metrics/privacy/exact-copies.ts";
import { measureNearCopies } from "../src/metrics/privacy/near-copies.ts";
import type { CopyTestInput, Ladder } from "../src/metrics/privacy/plant.ts";
import { randomFromSeed } from "../src/random.ts";
import { fitCodec } from "../src/schema/encode.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { reduceTable } from "../src/schema/reduce.ts";
import type { TableSchema } from "../src/schema/schema.ts";
import { printTable } from "./measure.ts";

/** A real table to calibrate on. */
export interface BenchTable {
  readonly name: string;
  readonly table: Table;
  readonly schema: TableSchema;
  /** Rows of train, holdout and fresh rows; default: 45 %, 15 % and 40 % of the table. */
  readonly sizes?: readonly [train: number, holdout: number, fresh: number];
}

/** How often something happened, with the interval of that share at 95 %. */
export interface Rate {
  readonly count: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
}

export interface CopiesRow {
  readonly table: string;
  readonly rows: readonly [train: number, holdout: number, fresh: number];
  /** "none": fresh real rows as the synthetic table; else the leak planted in them. */
  readonly leak: string;
  readonly share: number;
  readonly exact: Rate;
  readonly near: Rate;
  /** Refused by either test. */
  readonly either: Rate;
  /** CPU seconds of both tests per split. */
  readonly cpuSeconds: number;
}

/** The tolerances of the shipped policy, and the part of its alpha that each of its two privacy tests has. */
const EXACT_TOLERANCE = 0.0002;
const NEAR_TOLERANCE = 0.25;
const ALPHA = 0.005;
const WANTED = [
  { leak: "verbatim", share: 0.01 },
  { leak: "noisy", share: 0.02 },
  { leak: "outliers", share: 0.01 },
] as const;
const LADDER: Ladder = { shares: [0.01, 0.02], plantings: 1 };

/** False-alarm and detection rates of the copy tests: fresh real rows stand for a perfect synthesizer, and training rows are planted in
 * them, over random splits of each table. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  /** Default: every table under examples/data, and Adult at three equal parts. */
  readonly tables?: readonly BenchTable[];
  readonly splits?: number;
  readonly seed?: number;
}): Promise<readonly CopiesRow[]> {
  const splits = options.splits ?? (options.quick ? 8 : 40);
  const executor = threadExecutor();
  try {
    const out: CopiesRow[] = [];
    for (const table of options.tables ?? (await exampleTables()))
      out.push(...(await measureTable(table, { splits, seed: options.seed ?? 1, executor })));
    if (options.json) console.log(JSON.stringify(out));
    else print(out);
    return out;
  } finally {
    await executor.close();
  }
}

async function exampleTables(): Promise<BenchTable[]> {
  const load = async (name: string, file: string): Promise<BenchTable> => {
    const { table } = await readTable(join("examples", "data", file));
    const schema = inferSchema(table);
    return { name, table: reduceTable(table, schema).modelled, schema };
  };
  const adult = await load("Adult", "adult.csv.gz");
  return [
    await load("SUPPORT2", "support2.csv.gz"),
    adult,
    { ...adult, name: "Adult, equal parts", sizes: [4000, 4000, 4000] },
    await load("AI4I", "ai4i2020.csv.gz"),
    await load("German credit", "german-credit.csv.gz"),
  ];
}

async function measureTable(
  bench: BenchTable,
  options: { readonly splits: number; readonly seed: number; readonly executor: Executor },
): Promise<CopiesRow[]> {
  const { table, schema } = bench;
  const fresh = Math.floor(0.4 * table.rows);
  const train = Math.floor(0.75 * (table.rows - fresh));
  const sizes = bench.sizes ?? ([train, table.rows - fresh - train, fresh] as const);
  const refused = [{ leak: "none", share: 0 }, ...WANTED].map((wanted) => ({
    ...wanted,
    exact: 0,
    near: 0,
    either: 0,
  }));
  const started = process.cpuUsage();
  for (let split = 0; split < options.splits; split++) {
    const seed = options.seed * 1000 + split;
    const order = randomFromSeed(seed)
      .split("bench-split")
      .shuffle(Uint32Array.from({ length: table.rows }, (_, i) => i));
    const part = (from: number, rows: number): Table => takeRows(table, order.slice(from, from + rows));
    const real = part(0, sizes[0] + sizes[1]);
    const input: CopyTestInput = {
      train: part(0, sizes[0]),
      holdout: part(sizes[0], sizes[1]),
      synthetic: part(sizes[0] + sizes[1], sizes[2]),
      schema,
      codec: fitCodec(real, schema),
      alpha: ALPHA,
      seed,
      executor: options.executor,
      entities: undefined,
      signal: undefined,
    };
    const exact = await measureExactCopies(input, LADDER);
    const near = await measureNearCopies(input, LADDER);
    for (const row of refused) {
      const byExact = lowOf(exact, row) > EXACT_TOLERANCE;
      const byNear = lowOf(near, row) > NEAR_TOLERANCE;
      if (byExact) row.exact++;
      if (byNear) row.near++;
      if (byExact || byNear) row.either++;
    }
  }
  const used = process.cpuUsage(started);
  const cpuSeconds = (used.user + used.system) / 1e6 / options.splits;
  return refused.map((row) => ({
    table: bench.name,
    rows: sizes,
    leak: row.leak,
    share: row.share,
    exact: rate(row.exact, options.splits),
    near: rate(row.near, options.splits),
    either: rate(row.either, options.splits),
    cpuSeconds,
  }));
}

function lowOf(score: Score, wanted: { readonly leak: string; readonly share: number }): number {
  if (!isMeasured(score)) return Number.NEGATIVE_INFINITY;
  const found: Interval | undefined =
    wanted.leak === "none"
      ? score
      : score.plantings?.find((planting) => planting.leak === wanted.leak && planting.share === wanted.share);
  return found?.low ?? Number.NEGATIVE_INFINITY;
}

function rate(count: number, of: number): Rate {
  return { count, of, ...clopperPearson(count, of, 0.025) };
}

function print(rows: readonly CopiesRow[]): void {
  const lines = rows.map((row) => ({
    table: row.table,
    "train / holdout / fresh": row.rows.join(" / "),
    planted: row.leak === "none" ? "none (false alarms)" : `${100 * row.share} % ${row.leak}`,
    "exact refuses": shown(row.exact),
    "near refuses": shown(row.near),
    either: shown(row.either),
    "cpu s": Number(row.cpuSeconds.toFixed(2)),
  }));
  printTable(lines, false);
}

function shown(rate: Rate): string {
  return `${rate.count}/${rate.of} (${(100 * rate.low).toFixed(0)}–${(100 * rate.high).toFixed(0)} %)`;
}

import { join } from "node:path";
import { readTable } from "../src/data/read.ts";
import { type Table, takeRows } from "../src/data/table.ts";
import type { Executor } from "../src/executors/executor.ts";
import { threadExecutor } from "../src/executors/threads.ts";
import { clopperPearson } from "../src/math/distributions.ts";
import { framesOf } from "../src/metrics/frames.ts";
import { isMeasured, type MeasuredScore } from "../src/metrics/metric.ts";
import { attributeDisclosure } from "../src/metrics/privacy/attribute-disclosure.ts";
import { randomFromSeed } from "../src/random.ts";
import { fitCodec } from "../src/schema/encode.ts";
import { inferSchema } from "../src/schema/infer.ts";
import { noPurpose, type Purpose } from "../src/schema/purpose.ts";
import { reduceTable } from "../src/schema/reduce.ts";
import { printTable } from "./measure.ts";

/** Real tables, with what an attacker knows and wants to know; "nothing declared" leaves both to the metric. */
const TABLES: readonly { readonly name: string; readonly file: string; readonly purpose: Partial<Purpose> }[] = [
  { name: "Adult, nothing declared", file: "adult.csv.gz", purpose: { target: "income" } },
  {
    name: "Adult, five known",
    file: "adult.csv.gz",
    purpose: {
      quasiIdentifiers: ["age", "sex", "race", "native_country", "occupation"],
      sensitive: ["income", "marital_status", "hours_per_week"],
    },
  },
  { name: "SUPPORT2, nothing declared", file: "support2.csv.gz", purpose: { target: "hospdead" } },
  {
    name: "SUPPORT2, six known",
    file: "support2.csv.gz",
    purpose: {
      quasiIdentifiers: ["age", "sex", "race", "edu", "income", "slos"],
      sensitive: ["ca", "death", "dzgroup"],
    },
  },
];

/** Rows of train, holdout and fresh rows. */
const SIZES = [2000, 1500, 2000] as const;

/** How often fresh real rows are told, and refused at .5, by the rules on attribute disclosure, and how often its positive control is. */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const splits = options.quick ? 5 : 40;
  const executor = threadExecutor();
  const rows: Record<string, string | number>[] = [];
  try {
    for (const { name, file, purpose } of TABLES) {
      const { table } = await readTable(join("examples", "data", file));
      const scores: MeasuredScore[] = [];
      for (let split = 0; split < splits; split++) scores.push(await measureSplit(table, { purpose, split, executor }));
      const plantings = scores.flatMap((score) => score.plantings ?? []);
      const warned = scores.filter(({ low, value }) => low > 0 && value > 0.25).length;
      const { high } = clopperPearson(warned, splits, 0.025);
      rows.push({
        table: name,
        splits,
        "p ≤ .05": scores.filter(({ p = 1 }) => p <= 0.05).length,
        "p ≤ .01": scores.filter(({ p = 1 }) => p <= 0.01).length,
        "told (.25)": warned,
        "at most": high.toFixed(3),
        "refused (.5)": scores.filter(({ p = 1, low, value }) => p < 0.0015 && low > 0 && value > 0.5).length,
        "mean value": mean(scores.map(({ value }) => value)).toFixed(3),
        "control value": mean(plantings.map(({ value }) => value)).toFixed(3),
        "control told": share(plantings.map(({ low, value }) => low > 0 && value > 0.25)),
        // Five attacks may share the budget: a planting's p is taken times as many.
        "control refused": share(plantings.map(({ p = 1, low, value }) => 5 * p < 0.0015 && low > 0 && value > 0.5)),
        "all three": share(
          scores.map(({ plantings: own = [] }) =>
            own.every(({ p = 1, low, value }) => 5 * p < 0.0015 && low > 0 && value > 0.5),
          ),
        ),
      });
    }
  } finally {
    await executor.close();
  }
  printTable(rows, options.json);
}

async function measureSplit(
  real: Table,
  how: { readonly purpose: Partial<Purpose>; readonly split: number; readonly executor: Executor },
): Promise<MeasuredScore> {
  const random = randomFromSeed(how.split).split("disclosure");
  const order = random.shuffle(Uint32Array.from({ length: real.rows }, (_, i) => i));
  let at = 0;
  const inferred = inferSchema(takeRows(real, order.slice(0, SIZES[0])));
  const [train, holdout, synthetic] = SIZES.map((rows) => {
    at += rows;
    return reduceTable(takeRows(real, order.slice(at - rows, at)), inferred).modelled;
  }) as [Table, Table, Table];
  const codec = fitCodec(train, inferred);
  const score = await attributeDisclosure.measure({
    train,
    holdout,
    synthetic,
    schema: inferred,
    codec,
    frames: framesOf({ train, holdout, synthetic, codec }, { maxRows: 100, random: random.split("frames") }),
    purpose: { ...noPurpose, ...how.purpose },
    trials: [{ train, holdout, synthetic }],
    level: 0.95,
    alpha: 0.0015,
    seed: how.split,
    random: random.split("metric"),
    executor: how.executor,
  });
  if (!isMeasured(score)) throw new Error(score.notComputable);
  return score;
}

function share(seen: readonly boolean[]): string {
  return `${seen.filter(Boolean).length} of ${seen.length}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

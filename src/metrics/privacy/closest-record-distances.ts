import { type Table, takeRows } from "../../data/table.ts";
import { kNearestRows } from "../../learners/neighbours/k-nearest.ts";
import { buildTree } from "../../learners/neighbours/tree.ts";
import { wilson } from "../../math/distributions.ts";
import type { Metric, MetricInput, Score, Trial } from "../metric.ts";
import { headerOf, notComputable } from "../score.ts";
import { encodeMixed, fitMixedCodec } from "./mixed-table.ts";
import { indexRows, rowKeyer } from "./row-keys.ts";

/** The distances that people ask for, and that no rule may look at. */
export const closestRecordDistances: Metric = {
  name: "closest-record-distances",
  title: "Distances to closest records",
  family: "privacy",
  better: "lower",
  range: [0, 1],
  source:
    "Distance to closest record and nearest-neighbour distance ratio as Zhao et al. (2021), ACML; the share as Platzer & Reutterer (2021), Frontiers in Big Data 4; identical matches as Ganev & De Cristofaro (2023), arXiv 2312.05114; each beside an equal number of holdout rows",
  definitionVersion: 1,
  diagnostic: true,
  explains:
    "The share of synthetic rows that are nearer to a training row than to any of as many real rows never seen: .5 where nothing was learnt by heart. No evidence of privacy: some copied people hide in the average, and damaged rows are far from everybody.",
  measure,
};

/** Synthetic rows that are looked up, per trial. */
const LOOKED_UP = 5000;

/** What the rows looked up are to one side. */
interface Side {
  /** Distance of each to its nearest row there. */
  readonly nearest: Float64Array;
  /** That over the distance to the second nearest; 1 where both are 0. */
  readonly ratio: Float64Array;
  /** Rows that are there, cell by cell. */
  readonly identical: number;
}

async function measure(input: MetricInput): Promise<Score> {
  const trials = input.trials.filter(({ train, holdout }) => Math.min(train.rows, holdout.rows) >= 2);
  if (trials.length === 0)
    return notComputable(
      closestRecordDistances,
      "This needs real rows that were not used for fitting (--holdout), two at least, and as many that were.",
    );
  const sides = { train: [] as Side[], holdout: [] as Side[] };
  const referenceRows: number[] = [];
  for (const [i, trial] of trials.entries()) {
    const random = input.random.split("references").split(i);
    const rows = Math.min(trial.train.rows, trial.holdout.rows);
    const chosen = (table: Table, label: string, most: number): Table =>
      table.rows <= most ? table : takeRows(table, random.split(label).sample(table.rows, most));
    const synthetic = chosen(trial.synthetic, "synthetic", LOOKED_UP);
    for (const side of ["train", "holdout"] as const)
      sides[side].push(await lookUp(synthetic, chosen(trial[side], side, rows), { trial, input }));
    referenceRows.push(rows);
  }
  const train = joined(sides.train);
  const holdout = joined(sides.holdout);
  const n = train.nearest.length;
  if (n === 0) return notComputable(closestRecordDistances, "The synthetic table has no rows to look up.");
  let nearer = 0;
  for (let i = 0; i < n; i++) {
    const [a, b] = [train.nearest[i] as number, holdout.nearest[i] as number];
    nearer += a < b ? 1 : a === b ? 0.5 : 0;
  }
  return {
    ...headerOf(closestRecordDistances),
    value: nearer / n,
    ...wilson(nearer, n, (1 - input.level) / 2),
    level: input.level,
    n,
    seeds: [input.seed],
    ceiling: { value: 0.5, low: 0.5, high: 0.5 },
    details: {
      referenceRows,
      train: shown(train),
      holdout: shown(holdout),
    },
  };
}

async function lookUp(
  synthetic: Table,
  reference: Table,
  context: { readonly trial: Trial; readonly input: MetricInput },
): Promise<Side> {
  const { trial, input } = context;
  const codec = fitMixedCodec([trial.train, trial.holdout], input.schema);
  const { distances } = await kNearestRows(
    buildTree(encodeMixed([reference], codec)),
    encodeMixed([synthetic], codec),
    { k: 2, executor: input.executor, signal: input.signal },
  );
  const at = (i: number, place: 0 | 1): number => distances[2 * i + place] as number;
  const keys = [reference, synthetic].map(rowKeyer([reference, synthetic]));
  const { group } = indexRows(keys);
  const known = new Set(group.subarray(0, reference.rows));
  return {
    nearest: Float64Array.from({ length: synthetic.rows }, (_, i) => at(i, 0)),
    ratio: Float64Array.from({ length: synthetic.rows }, (_, i) => (at(i, 1) === 0 ? 1 : at(i, 0) / at(i, 1))),
    identical: group.subarray(reference.rows).reduce((sum, row) => sum + (known.has(row) ? 1 : 0), 0),
  };
}

function joined(sides: readonly Side[]): Side {
  const all = (of: (side: Side) => Float64Array): Float64Array =>
    Float64Array.from(sides.flatMap((side) => Array.from(of(side))));
  return {
    nearest: all(({ nearest }) => nearest),
    ratio: all(({ ratio }) => ratio),
    identical: sides.reduce((sum, { identical }) => sum + identical, 0),
  };
}

function shown({ nearest, ratio, identical }: Side): Readonly<Record<string, number>> {
  return {
    distanceMedian: quantile(nearest, 0.5),
    distanceFifthPercentile: quantile(nearest, 0.05),
    ratioMedian: quantile(ratio, 0.5),
    ratioFifthPercentile: quantile(ratio, 0.05),
    identicalShare: identical / nearest.length,
  };
}

/** The smallest value that at least this share is at or under. */
function quantile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

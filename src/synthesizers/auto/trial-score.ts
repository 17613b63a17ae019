import type { Table } from "../../data/table.ts";
import type { Executor } from "../../executors/executor.ts";
import { type MixedRows, mixedRows, UNIT } from "../../learners/neighbours/mixed-rows.ts";
import { nearestRows } from "../../learners/neighbours/nearest.ts";
import { buildTree, type NeighbourTree } from "../../learners/neighbours/tree.ts";
import { type BinnedColumns, fitBoosting, predictBoosting } from "../../learners/trees/boosting.ts";
import { concatenated, totalLength } from "../../math/concatenated.ts";
import { areaUnderCurve } from "../../math/ranking.ts";
import type { Random } from "../../random.ts";
import { type Codec, encode } from "../../schema/encode.ts";

/** What a trial's rows are worth, against rows that the trial was not fitted to. */
export interface TrialScore {
  /** Two-sample score 2 (1 − max(.5, AUC)) of boosted trees that tell drawn from unseen rows, each fifth told by the others; 1: not to be told. */
  readonly twoSample: number;
  /** Its standard error where the rows cannot be told. */
  readonly standardError: number;
  /** Share of drawn rows nearer to a training row than to one of as many unseen ones; ties are halves. Fresh rows: .5. */
  readonly nearer: number;
  readonly nearerError: number;
  /** AUC on unseen rows of boosted trees that learned the target from drawn rows; absent without a target of two or more classes. */
  readonly auc?: number;
}

/** Most rows of each kind that a trial is scored on: the differences between synthesizers show long before. */
const MOST_ROWS = 12_000;

/** Makes ready, once for all trials, what their rows are scored against.
 * @param real all of the codec's columns; the target, if any, is one of them
 * @returns scores a trial's rows, at least as many as the smaller real side has or is looked at */
export function trialScorer(
  real: { readonly train: Table; readonly unseen: Table },
  how: {
    readonly codec: Codec;
    readonly target: string | undefined;
    readonly random: Random;
    readonly executor: Executor;
    readonly signal: AbortSignal | undefined;
  },
): (drawn: Table) => Promise<TrialScore> {
  const { codec, random } = how;
  const n = Math.min(MOST_ROWS, real.train.rows, real.unseen.rows);
  const codesOf = (table: Table, side: string): Uint8Array[] => {
    const { codes } = encode(table, codec);
    const rows = random.split(side).sample(table.rows, n);
    return codes.map((column) => Uint8Array.from(rows, (row) => column[row] as number));
  };
  const unseen = codesOf(real.unseen, "unseen");
  const points = pointsOf(codec);
  const trees = [codesOf(real.train, "train"), unseen].map((side) => buildTree(points(side)));
  return async (table) => {
    const drawn = codesOf(table, "drawn");
    const auc = how.target === undefined ? undefined : targetArea({ drawn, unseen }, { codec, target: how.target });
    return {
      twoSample: 2 * (1 - Math.max(0.5, toldApart(drawn, unseen, { codec, random: random.split("folds") }))),
      // Of an AUC of .5 by the rank-sum statistic.
      standardError: 2 * Math.sqrt((2 * n + 1) / (12 * n * n)),
      nearer: await nearerShare(points(drawn), trees, how),
      nearerError: 0.5 / Math.sqrt(n),
      ...(auc === undefined ? {} : { auc }),
    };
  };
}

const FOLDS = 5;
const DETECTOR = { trees: 100, leaves: 31, bins: 128, minLeafRows: 10 } as const;

function toldApart(
  drawn: readonly Uint8Array[],
  unseen: readonly Uint8Array[],
  { codec, random }: { readonly codec: Codec; readonly random: Random },
): number {
  const n = drawn[0]?.length ?? 0;
  const columns = joined([drawn, unseen]);
  const target = Float64Array.from({ length: 2 * n }, (_, row) => (row < n ? 1 : 0));
  const order = random.shuffle(Uint32Array.from({ length: 2 * n }, (_, row) => row));
  const scores = new Float64Array(2 * n);
  for (let fold = 0; fold < FOLDS; fold++) {
    const test = order.filter((_, i) => i % FOLDS === fold);
    const model = fitBoosting({
      ...binned(columns, codec),
      target,
      objective: { kind: "logistic" },
      rows: order.filter((_, i) => i % FOLDS !== fold).sort(),
      options: DETECTOR,
    });
    const told = predictBoosting(model, columns, test);
    test.forEach((row, i) => {
      scores[row] = told[i] as number;
    });
  }
  return areaUnderCurve(scores, target);
}

function targetArea(
  { drawn, unseen }: { readonly drawn: readonly Uint8Array[]; readonly unseen: readonly Uint8Array[] },
  { codec, target }: { readonly codec: Codec; readonly target: string },
): number | undefined {
  const at = codec.columns.findIndex(({ name }) => name === target);
  const column = codec.columns[at];
  // A target by itself has nothing to be told from.
  if (!column || column.levels > 12 || codec.columns.length < 2) return undefined;
  const real = unseen[at] as Uint8Array;
  const counts = new Map<number, number>();
  for (const code of real) counts.set(code, (counts.get(code) ?? 0) + 1);
  // The second commonest class: of two, the rarer one.
  const [, positive] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (!positive || positive[1] < 10) return undefined;
  const others = codec.columns.map((_, j) => j).filter((j) => j !== at);
  const features = (side: readonly Uint8Array[]): Uint8Array[] => others.map((j) => side[j] as Uint8Array);
  const isPositive = (codes: Uint8Array): Float64Array =>
    Float64Array.from(codes, (code) => (code === positive[0] ? 1 : 0));
  const model = fitBoosting({
    ...binned(features(drawn), { columns: others.map((j) => codec.columns[j] as Codec["columns"][number]) }),
    target: isPositive(drawn[at] as Uint8Array),
    objective: { kind: "logistic" },
    options: DETECTOR,
  });
  return areaUnderCurve(predictBoosting(model, features(unseen)), isPositive(real));
}

/** Rows as points. Distances are taken between codes: 1 between two labels, the share of training rows between two bins of a number. */
function pointsOf(codec: Codec): (side: readonly Uint8Array[]) => MixedRows {
  const isNumber = codec.columns.map((column) => column.lower.length > 20);
  const order = [...codec.columns.keys()].sort((a, b) => Number(isNumber[a]) - Number(isNumber[b]) || a - b);
  const categories = order.filter((j) => !isNumber[j]).length;
  return (side) => {
    const n = side[0]?.length ?? 0;
    const out = mixedRows(n, categories, order.length - categories);
    order.forEach((j, at) => {
      const column = codec.columns[j] as Codec["columns"][number];
      const bins = Math.max(1, column.levels - column.missing.length - 2);
      const codes = side[j] as Uint8Array;
      for (let row = 0; row < n; row++) {
        const code = codes[row] as number;
        out.cells[row * order.length + at] = !isNumber[j]
          ? code
          : code < column.missing.length
            ? 2 * UNIT
            : Math.round(((code - column.missing.length) / bins) * UNIT);
      }
    });
    return out;
  };
}

/** @param trees of rows that were seen, and of unseen ones */
async function nearerShare(
  drawn: MixedRows,
  trees: readonly NeighbourTree[],
  how: { readonly executor: Executor; readonly signal: AbortSignal | undefined },
): Promise<number> {
  const { executor, signal } = how;
  const [own, other] = await Promise.all(
    trees.map((tree) => nearestRows(tree, drawn, { executor, maxTies: 1, signal })),
  );
  let share = 0;
  for (let row = 0; row < drawn.rows; row++) {
    const difference = (own?.distance[row] as number) - (other?.distance[row] as number);
    share += difference < 0 ? 1 : difference === 0 ? 0.5 : 0;
  }
  return drawn.rows > 0 ? share / drawn.rows : 0.5;
}

function binned(columns: readonly Uint8Array[], codec: Codec): BinnedColumns {
  return {
    columns,
    levels: codec.columns.map(({ levels }) => levels),
    ordered: codec.columns.map(({ ordered }) => ordered),
  };
}

function joined(sides: readonly (readonly Uint8Array[])[]): Uint8Array[] {
  return (sides[0] ?? []).map((_, j) => {
    const parts = sides.map((side) => side[j] as Uint8Array);
    return concatenated(parts, new Uint8Array(totalLength(parts)));
  });
}

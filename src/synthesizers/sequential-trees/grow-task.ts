import { sharedCopy } from "../../executors/executor.ts";
import { type AdditiveScore, fitAdditiveScores, scoreCodes, scoreSums } from "../../learners/trees/additive-score.ts";
import {
  fillLeaves,
  type Grown,
  growCart,
  leafOf,
  type Predictors,
  type Response,
  type Tree,
} from "../../learners/trees/cart.ts";
import type { Criterion } from "./options.ts";
import { quantileClasses, responseOf } from "./response.ts";

/** What a step draws: a class, or a value. */
export type Target =
  | { readonly kind: "classes"; readonly classes: Uint8Array; readonly count: number }
  | {
      readonly kind: "values";
      readonly values: Float64Array;
      readonly codes: Uint8Array;
      /** 1: drawn between the leaf's values; 0: handed out as it is. */
      readonly isLight: Uint8Array;
    };

export interface StepData {
  readonly predictors: Predictors;
  /** How many codes of each predictor are ways of being missing. */
  readonly missingCodes: readonly number[];
  /** Most rows that additive scores are fitted on; 0: no scores. */
  readonly scoreRows: number;
  readonly target: Target;
  readonly minLeaf: number;
  readonly price: number;
}

export interface GrowData extends StepData {
  readonly growRows: Uint32Array;
  /** All rows whose cells may be drawn. */
  readonly rows: Uint32Array;
  readonly criterion: Criterion;
}

/** A grown step: the tree, and what lies in its leaves, leaf by leaf. */
export interface StepLeaves {
  readonly tree: Tree;
  /** Asked as predictors after those of the step. */
  readonly scores: readonly AdditiveScore[];
  readonly codes: Uint8Array;
  /** For values: ascending among the light ones of a leaf, which come last. */
  readonly values?: Float64Array;
  /** For values: the first light place of each leaf. */
  readonly lightStart?: Uint32Array;
}

/** Grows the tree of one step and fills its leaves. */
export function growStep(data: GrowData): StepLeaves {
  const { target, rows, growRows } = data;
  const { predictors, scores } = withScores(data);
  const grown = growCart(predictors, responseFor(target, growRows, data.criterion), growRows, data);
  const filled = growRows.length < rows.length ? fillLeaves(grown.tree, predictors.codes, rows) : grown;
  if (target.kind === "classes") return { tree: filled.tree, scores, codes: gather(target.classes, filled.rows) };
  return { tree: filled.tree, scores, ...sortedLeaves(target, filled) };
}

/** Values and codes of each leaf, the light ones last, each part ascending. A larger value never has a smaller code, so that both can be
 * sorted by themselves. */
function sortedLeaves(
  { values, codes, isLight }: Target & { readonly kind: "values" },
  { tree: { leafStart }, rows }: Grown,
): Required<Pick<StepLeaves, "codes" | "values" | "lightStart">> {
  const leaves = leafStart.length - 1;
  const lightStart = new Uint32Array(new SharedArrayBuffer(4 * leaves));
  // Sorted outside shared memory, which engines copy for the purpose.
  const leafValues = new Float64Array(rows.length);
  const leafCodes = new Uint8Array(rows.length);
  for (let k = 0; k < leaves; k++) {
    const start = leafStart[k] as number;
    const end = leafStart[k + 1] as number;
    let common = start;
    let light = end;
    for (let i = start; i < end; i++) {
      const row = rows[i] as number;
      const place = isLight[row] ? --light : common++;
      leafValues[place] = values[row] as number;
      leafCodes[place] = codes[row] as number;
    }
    lightStart[k] = common;
    leafValues.subarray(start, common).sort();
    leafValues.subarray(common, end).sort();
    leafCodes.subarray(start, common).sort();
    leafCodes.subarray(common, end).sort();
  }
  return { codes: sharedCopy(leafCodes), values: sharedCopy(leafValues), lightStart };
}

export interface TryData extends StepData {
  readonly growRows: Uint32Array;
  readonly testRows: Uint32Array;
  readonly criteria: readonly Criterion[];
}

/** How well held-out rows are foretold by a tree. */
export interface TryScore {
  /** Mean log-likelihood, leaves smoothed towards the whole by a few rows. */
  readonly logLikelihood: number;
  /** Mean quadratic score 2 p(y) − Σ p², the sum without the bias of small leaves: what counts when rows are drawn from a leaf, where few
   * donors do no harm, but wrong donors do. */
  readonly quadratic: number;
}

/** Scores each criterion on held-out rows. Numbers are scored as 20 classes of equal count, so that criteria can be compared. */
export function tryStep(data: TryData): TryScore[] {
  const { target, growRows, testRows } = data;
  const { predictors } = withScores(data);
  const scored = target.kind === "classes" ? target : quantileClasses(target.values, growRows, 20);
  const K = scored.count;
  const whole = new Float64Array(K).fill(0.5);
  for (let i = 0; i < growRows.length; i++) {
    const c = scored.classes[growRows[i] as number] as number;
    whole[c] = (whole[c] as number) + 1;
  }
  for (let c = 0; c < K; c++) whole[c] = (whole[c] as number) / (growRows.length + K / 2);
  return data.criteria.map((criterion) => {
    if (growRows.length === 0 || testRows.length === 0) return { logLikelihood: 0, quadratic: 0 };
    const { tree, rows } = growCart(predictors, responseFor(target, growRows, criterion), growRows, data);
    const leaves = tree.leafStart.length - 1;
    const counts = new Uint32Array(leaves * K);
    for (let k = 0; k < leaves; k++)
      for (let i = tree.leafStart[k] as number; i < (tree.leafStart[k + 1] as number); i++) {
        const at = k * K + (scored.classes[rows[i] as number] as number);
        counts[at] = (counts[at] as number) + 1;
      }
    const squares = new Float64Array(leaves);
    for (let k = 0; k < leaves; k++) {
      const size = (tree.leafStart[k + 1] as number) - (tree.leafStart[k] as number);
      for (let c = 0; c < K; c++) {
        const count = counts[k * K + c] as number;
        squares[k] = (squares[k] as number) + (count * (count - 1)) / Math.max(1, size * (size - 1));
      }
    }
    let logLikelihood = 0;
    let quadratic = 0;
    for (let i = 0; i < testRows.length; i++) {
      const row = testRows[i] as number;
      const k = leafOf(tree, predictors.codes, row);
      const c = scored.classes[row] as number;
      const size = (tree.leafStart[k + 1] as number) - (tree.leafStart[k] as number);
      const held = counts[k * K + c] as number;
      logLikelihood += Math.log((held + SMOOTHING_ROWS * (whole[c] as number)) / (size + SMOOTHING_ROWS));
      quadratic += (2 * held) / size - (squares[k] as number);
    }
    return { logLikelihood: logLikelihood / testRows.length, quadratic: quadratic / testRows.length };
  });
}

/** The predictors and, after them, additive scores of all of them. Rows that a score was fitted on are scored without their own fold. */
function withScores(data: StepData & { readonly growRows: Uint32Array }): {
  readonly predictors: Predictors;
  readonly scores: readonly AdditiveScore[];
} {
  const { predictors, growRows, target } = data;
  if (predictors.codes.length < 2 || data.scoreRows === 0 || growRows.length < 50) return { predictors, scores: [] };
  const stride = Math.ceil(growRows.length / data.scoreRows);
  const rows = growRows.filter((_, i) => i % stride === 0);
  const fitted = fitAdditiveScores(predictors, data.missingCodes, rows, scoreTargets(target, rows));
  const n = predictors.codes[0]!.length;
  const codes = fitted.map(({ score, scores: own }) => {
    const sums = scoreSums(score, predictors.codes, n);
    for (let i = 0; i < rows.length; i++) sums[rows[i] as number] = own[i] as number;
    return scoreCodes(score, sums);
  });
  return {
    predictors: {
      codes: [...predictors.codes, ...codes],
      ordered: [...predictors.ordered, ...codes.map(() => true)],
    },
    scores: fitted.map(({ score }) => score),
  };
}

/** What scores are fitted to: the rank of a number; whether the row has the commonest, second, third class. */
function scoreTargets(target: Target, rows: Uint32Array): Float64Array[] {
  if (target.kind === "values") {
    const response = responseOf(target.values, rows, "ranks");
    if (response.kind !== "number") return [];
    return [Float64Array.from(rows, (row) => (response.values[row] as number) - 0.5)];
  }
  const counts = new Float64Array(target.count);
  for (const row of rows) {
    const c = target.classes[row] as number;
    counts[c] = (counts[c] as number) + 1;
  }
  const held = [...counts.keys()].filter((c) => (counts[c] as number) > 0);
  held.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  return held
    .slice(0, Math.min(3, held.length - 1))
    .map((c) => Float64Array.from(rows, (row) => (target.classes[row] === c ? 1 : 0)));
}

const SMOOTHING_ROWS = 5;

function responseFor(target: Target, rows: Uint32Array, criterion: Criterion): Response {
  return target.kind === "classes" ? target : responseOf(target.values, rows, criterion);
}

function gather(codes: Uint8Array, rows: Uint32Array): Uint8Array {
  const out = new Uint8Array(new SharedArrayBuffer(rows.length));
  for (let i = 0; i < rows.length; i++) out[i] = codes[rows[i] as number] as number;
  return out;
}

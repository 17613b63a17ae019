import { lbfgs } from "../../math/lbfgs.ts";
import type { SparseRows } from "./sparse-rows.ts";

/** Multinomial logistic regression: score of class k = intercept k + row · weights k. Plain data. */
export interface SoftmaxRegression {
  readonly classes: number;
  readonly width: number;
  /** width × classes, row-major, and then one intercept for each class. */
  readonly weights: Float64Array;
}

/** The weights of the least penalised loss, Σ −ln P(class) + ‖weights − prior‖² / (2 · slack); intercepts are free but for a trace.
 *
 * With a prior the weights stay where it puts them unless the rows speak against it: what pretraining is for a convex loss, where another start
 * alone would end at the same minimum.
 * @param truth class of each row, 0 … classes − 1
 * @param options.slack > 0: the variance of a weight around its prior (the C of other libraries)
 * @param options.prior weights learnt before, of the same shape */
export function fitSoftmax(
  rows: SparseRows,
  truth: ArrayLike<number>,
  options: { readonly classes: number; readonly slack: number; readonly prior?: SoftmaxRegression | undefined },
): SoftmaxRegression {
  const { classes, slack, prior } = options;
  const { width } = rows;
  const size = (width + 1) * classes;
  const centre = prior?.weights ?? new Float64Array(size);
  const penalty = 1 / slack;
  const free = width * classes;
  const scores = new Float64Array(classes);
  const evaluate = (weights: Float64Array, gradient: Float64Array): number => {
    let loss = 0;
    for (let i = 0; i < size; i++) {
      const strength = i < free ? penalty : TRACE * penalty;
      const apart = (weights[i] as number) - (centre[i] as number);
      gradient[i] = strength * apart;
      loss += 0.5 * strength * apart * apart;
    }
    for (let row = 0; row < rows.rows; row++) {
      const own = truth[row] as number;
      scoresInto(scores, { weights, rows, row, classes });
      loss -= logChancesInto(scores, own);
      scores[own] = (scores[own] as number) - 1;
      addOuter(gradient, { scores, rows, row, classes });
    }
    return loss;
  };
  const { point } = lbfgs(evaluate, centre, {
    tolerance: TOLERANCE * Math.max(1, Math.sqrt(rows.rows)),
    iterations: MOST_ITERATIONS,
  });
  return { classes, width, weights: point };
}

/** Chances of the classes, rows × classes, row-major. */
export function predictSoftmax(model: SoftmaxRegression, rows: SparseRows): Float64Array {
  const { classes, weights } = model;
  const chances = new Float64Array(rows.rows * classes);
  for (let row = 0; row < rows.rows; row++) {
    const own = chances.subarray(row * classes, (row + 1) * classes);
    scoresInto(own, { weights, rows, row, classes });
    logChancesInto(own, 0);
  }
  return chances;
}

/** Share of an ordinary penalty that an intercept bears, so that a class without rows has a finite one. */
const TRACE = 0.01;
const TOLERANCE = 2e-3;
const MOST_ITERATIONS = 200;

interface OneRow {
  readonly rows: SparseRows;
  readonly row: number;
  readonly classes: number;
}

function scoresInto(
  scores: Float64Array,
  { weights, rows, row, classes }: OneRow & { readonly weights: Float64Array },
): void {
  const { starts, columns, values, width } = rows;
  for (let k = 0; k < classes; k++) scores[k] = weights[width * classes + k] as number;
  for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) {
    const value = values[at] as number;
    const base = (columns[at] as number) * classes;
    for (let k = 0; k < classes; k++) scores[k] = (scores[k] as number) + value * (weights[base + k] as number);
  }
}

/** Turns scores into chances, in place.
 * @returns the logarithm of one of them */
function logChancesInto(scores: Float64Array, own: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) most = Math.max(most, score);
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - most);
  const offset = most + Math.log(sum);
  const log = (scores[own] as number) - offset;
  for (let k = 0; k < scores.length; k++) scores[k] = Math.exp((scores[k] as number) - offset);
  return log;
}

function addOuter(
  gradient: Float64Array,
  { scores, rows, row, classes }: OneRow & { readonly scores: Float64Array },
): void {
  const { starts, columns, values, width } = rows;
  const last = width * classes;
  for (let k = 0; k < classes; k++) gradient[last + k] = (gradient[last + k] as number) + (scores[k] as number);
  for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) {
    const value = values[at] as number;
    const base = (columns[at] as number) * classes;
    for (let k = 0; k < classes; k++)
      gradient[base + k] = (gradient[base + k] as number) + value * (scores[k] as number);
  }
}

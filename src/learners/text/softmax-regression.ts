import { wrightOmega } from "../../math/wright-omega.ts";
import type { Random } from "../../random.ts";
import type { SparseRows } from "./sparse-rows.ts";

/** Multinomial logistic regression: score of class k = intercept k + row · weights k. Plain data. */
export interface SoftmaxRegression {
  readonly classes: number;
  readonly width: number;
  /** (width + 1) × classes, row-major; the last row holds the intercepts. */
  readonly weights: Float64Array;
}

/** The weights of least Σ −ln P(class) + ‖weights − prior‖² / (2 · slack), intercepts among them.
 *
 * With a prior the weights stay where it puts them unless the rows speak against it: what pretraining is for a convex loss, where another start
 * alone would end at the same minimum.
 *
 * Solved in the dual, where every row has chances of its own and the weights are prior + slack · Σ row × (truth − chances): one row's chances at a time are
 * brought to their best, until none moves. A step costs the entries of one row, however many columns there are.
 * @param truth class of each row, 0 … classes − 1
 * @param options.slack > 0: the variance of a weight around its prior (the C of other libraries)
 * @param options.prior weights learnt before, of the same shape
 * @param options.random order of the rows, which speeds the way and leaves the end
 * @source dual coordinate ascent: Shalev-Shwartz & Zhang (2013), Journal of Machine Learning Research 14; for the multinomial loss: Yu, Huang & Lin (2011),
 *   Machine Learning 85, whose inner loop is solved here in closed form but for one number */
export function fitSoftmax(
  rows: SparseRows,
  truth: ArrayLike<number>,
  options: {
    readonly classes: number;
    readonly slack: number;
    readonly random: Random;
    readonly prior?: SoftmaxRegression | undefined;
  },
): SoftmaxRegression {
  const { classes, slack, random, prior } = options;
  const weights = prior ? prior.weights.slice() : new Float64Array((rows.width + 1) * classes);
  const chances = new Float64Array(rows.rows * classes);
  // A row begins sure of its class: it adds nothing to the weights.
  for (let row = 0; row < rows.rows; row++) chances[row * classes + (truth[row] as number)] = 1;
  const levels = new Float64Array(rows.rows).fill(Number.NaN);
  const order = Uint32Array.from({ length: rows.rows }, (_, row) => row);
  const scores = new Float64Array(classes);
  const best = new Float64Array(classes);
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    let moved = 0;
    for (const row of random.shuffle(order)) {
      const own = chances.subarray(row * classes, (row + 1) * classes);
      scoresInto(scores, { weights, rows, row, classes });
      const strength = slack * squaredLength(rows, row);
      levels[row] = bestChancesInto(best, { own, scores, strength, level: levels[row] as number });
      for (let k = 0; k < classes; k++) {
        const change = (best[k] as number) - (own[k] as number);
        if (Math.abs(change) > moved) moved = Math.abs(change);
        own[k] = best[k] as number;
        best[k] = -slack * change;
      }
      addOuter(weights, { change: best, rows, row, classes });
    }
    if (moved <= TOLERANCE) break;
  }
  return { classes, width: rows.width, weights };
}

/** Chances of the classes, rows × classes, row-major. */
export function predictSoftmax(model: SoftmaxRegression, rows: SparseRows): Float64Array {
  const { classes, weights } = model;
  const chances = new Float64Array(rows.rows * classes);
  for (let row = 0; row < rows.rows; row++) {
    const own = chances.subarray(row * classes, (row + 1) * classes);
    scoresInto(own, { weights, rows, row, classes });
    let most = Number.NEGATIVE_INFINITY;
    for (const score of own) most = Math.max(most, score);
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      own[k] = Math.exp((own[k] as number) - most);
      sum += own[k] as number;
    }
    for (let k = 0; k < classes; k++) own[k] = (own[k] as number) / sum;
  }
  return chances;
}

/** Largest change of a chance in a pass over all rows. */
const TOLERANCE = 5e-3;
const MOST_PASSES = 200;

interface OneRow {
  readonly rows: SparseRows;
  readonly row: number;
  readonly classes: number;
}

/** Of the entries and the constant 1 beside them. */
function squaredLength({ starts, values }: SparseRows, row: number): number {
  let sum = 1;
  for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) sum += (values[at] as number) ** 2;
  return sum;
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

function addOuter(
  weights: Float64Array,
  { change, rows, row, classes }: OneRow & { readonly change: Float64Array },
): void {
  const { starts, columns, values, width } = rows;
  const last = width * classes;
  for (let k = 0; k < classes; k++) weights[last + k] = (weights[last + k] as number) + (change[k] as number);
  for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) {
    const value = values[at] as number;
    const base = (columns[at] as number) * classes;
    for (let k = 0; k < classes; k++) weights[base + k] = (weights[base + k] as number) + value * (change[k] as number);
  }
}

/** The chances p that maximise entropy(p) + scores · p − strength / 2 · ‖p − own‖² among all that add up to 1.
 *
 * Where they do, ln p + strength · p = scores + strength · own − level, the same level for all classes, so that each p is an omega function of the level,
 * and the level is found by Newton's method: on the sum where that is above 1 (the sum is convex in it, so the way is monotone), on its
 * logarithm where it is below.
 * @param at.level where to begin: the level of the row's last step; NaN: there was none
 * @returns the level */
function bestChancesInto(
  best: Float64Array,
  at: {
    readonly own: Float64Array;
    readonly scores: Float64Array;
    readonly strength: number;
    readonly level: number;
  },
): number {
  const { own, scores, strength } = at;
  const offset = Math.log(strength);
  const classes = best.length;
  let { level } = at;
  if (Number.isNaN(level)) {
    const top = own.indexOf(1);
    level = scores[top] as number;
  }
  for (let trial = 0; trial < 50; trial++) {
    let sum = 0;
    let slope = 0;
    for (let k = 0; k < classes; k++) {
      const w = wrightOmega((scores[k] as number) + strength * (own[k] as number) - level + offset);
      const p = w / strength;
      best[k] = p;
      sum += p;
      slope += p / (1 + w);
    }
    if (Math.abs(sum - 1) < 1e-7) break;
    level += sum > 1 ? (sum - 1) / slope : (Math.log(sum) * sum) / slope;
  }
  let sum = 0;
  for (const p of best) sum += p;
  for (let k = 0; k < classes; k++) best[k] = (best[k] as number) / sum;
  return level;
}

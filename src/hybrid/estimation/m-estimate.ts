import { cholesky, invertCholesky, solveCholesky } from "../../math/cholesky.ts";
import { added } from "../../math/matrix.ts";
import type { Link } from "./link.ts";
import { countOf, type Rows, type Score, scoreAt } from "./rows.ts";

/** Where the moments of a family are 0 over rows. */
export interface MEstimate {
  /** p. */
  readonly coefficients: Float64Array;
  /** p × p, the inverse of the mean information: influence = inverseHessian · moment. */
  readonly inverseHessian: Float64Array;
  /** p × p, Σ w μ′ x xᵀ. */
  readonly information: Float64Array;
  /** Sum of the weights. */
  readonly weight: number;
}

/** Why there is none; `term` is the index of the coefficient that is to blame. */
export interface NoMEstimate {
  readonly problem: "collinear" | "separated";
  readonly term: number;
}

/** The weighted M-estimate of a mean or a regression, by Newton's method.
 * @param start coefficients near the solution, where some are known
 * @source McCullagh & Nelder (1989), "Generalized Linear Models", §2.5 */
export function mEstimate(rows: Rows, link: Link, start?: Float64Array): MEstimate | NoMEstimate {
  const scale = link === "identity" ? new Float64Array(rows.width) : columnScales(rows);
  const first = start ?? firstGuess(rows, link);
  if ("problem" in first) return first;
  let coefficients: Float64Array = first;
  let score = scoreAt(rows, coefficients, link);
  for (let round = 0; round < ROUNDS; round++) {
    const decomposed = cholesky(score.information, rows.width);
    if ("dependent" in decomposed)
      return link === "identity" || (round === 0 && start === undefined)
        ? { problem: "collinear", term: decomposed.dependent }
        : { problem: "separated", term: widest(coefficients, scale) };
    const step = solveCholesky(decomposed.factor, score.gradient);
    const decrement = dot(step, score.gradient);
    // The second step of a linear regression only takes rounding away; its information stays.
    if (link === "identity" && round > 0)
      return finished({ coefficients: added(coefficients, step), score, scale, count: countOf(rows) }, link);
    ({ coefficients, score } = advance(rows, link, { coefficients, step, decrement, score }));
    if (link !== "identity" && decrement <= TOLERANCE * score.weight)
      return finished({ coefficients, score, scale, count: countOf(rows) }, link);
  }
  return { problem: "separated", term: widest(coefficients, scale) };
}

const ROUNDS = 40;

/** Squared length of the last step, in standard errors of one row; the next one would be about its square. */
const TOLERANCE = 1e-15;

/** A standard error of a coefficient, in units of its column's size, beyond which the rows say nothing of it. */
const BOUNDLESS = 10;

/** A step, halved while it overshoots the maximum along it by more than it was away: exp(x·β) is unforgiving. */
function advance(
  rows: Rows,
  link: Link,
  from: {
    readonly coefficients: Float64Array;
    readonly step: Float64Array;
    readonly decrement: number;
    readonly score: Score;
  },
): { readonly coefficients: Float64Array; readonly score: Score } {
  for (let share = 1; ; share /= 2) {
    const coefficients = added(from.coefficients, from.step, share);
    const score = scoreAt(rows, coefficients, link, link === "identity" ? from.score : undefined);
    if (link === "identity" || share < 1e-6 || dot(from.step, score.gradient) >= -from.decrement)
      return { coefficients, score };
  }
}

function finished(
  {
    coefficients,
    score,
    scale,
    count,
  }: {
    readonly coefficients: Float64Array;
    readonly score: Score;
    readonly scale: Float64Array;
    readonly count: number;
  },
  link: Link,
): MEstimate | NoMEstimate {
  const width = coefficients.length;
  const decomposed = cholesky(score.information, width, { tolerance: 1e-13 });
  if ("dependent" in decomposed) return { problem: "separated", term: widest(coefficients, scale) };
  const inverse = invertCholesky(decomposed.factor, width);
  // Weights that are shares sum to 1, and yet there are as many rows.
  const perRow = Math.sqrt(score.weight / count);
  if (link !== "identity")
    for (let j = 0; j < width; j++)
      if (perRow * Math.sqrt(inverse[j * width + j] as number) * (scale[j] as number) > BOUNDLESS)
        return { problem: "separated", term: widest(coefficients, scale) };
  return {
    coefficients,
    inverseHessian: inverse.map((value) => value * score.weight),
    information: score.information,
    weight: score.weight,
  };
}

/** Zero, or for counts a regression of their logarithms: from zero, a step could land at exp(1000). */
function firstGuess(rows: Rows, link: Link): Float64Array | NoMEstimate {
  if (link !== "log") return new Float64Array(rows.width);
  const { units, outcome, weights } = rows;
  const count = countOf(rows);
  const working = new Float64Array(outcome.length);
  const heavier = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const unit = units === undefined ? k : (units[k] as number);
    const y = outcome[unit] as number;
    const mean = Math.max(y, 0) + 0.1;
    working[unit] = Math.log(mean) + (y - mean) / mean;
    heavier[k] = mean * (weights === undefined ? 1 : (weights[k] as number));
  }
  const found = mEstimate({ ...rows, outcome: working, weights: heavier }, "identity");
  return "problem" in found ? found : found.coefficients;
}

/** Root mean square of each column. */
function columnScales(rows: Rows): Float64Array {
  const { design, width, units } = rows;
  const count = countOf(rows);
  const sums = new Float64Array(width);
  for (let k = 0; k < count; k++) {
    const at = (units === undefined ? k : (units[k] as number)) * width;
    for (let j = 0; j < width; j++) sums[j] = (sums[j] as number) + (design[at + j] as number) ** 2;
  }
  return sums.map((sum) => Math.sqrt(sum / count));
}

/** The coefficient that ran away furthest; the intercept, which follows the others, only where it is alone. */
function widest(coefficients: Float64Array, scale: Float64Array): number {
  let best = 0;
  let most = 0;
  for (let j = coefficients.length - 1; j >= 0; j--) {
    const size = Math.abs((coefficients[j] as number) * (scale[j] as number));
    if (size > (j === 0 ? 4 * most : most)) {
      most = size;
      best = j;
    }
  }
  return best;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}

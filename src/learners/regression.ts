import { cholesky, invertCholesky, solveCholesky } from "../math/cholesky.ts";

/** A fitted regression, as a statistician reads it. Plain data. */
export interface Regression {
  /** One per column of the design. */
  readonly coefficients: Float64Array;
  /** Of the coefficients, row-major. */
  readonly covariance: Float64Array;
  readonly logLikelihood: number;
}

/** Why there is no fit: a column of the design (its index) that those before it add up to, or estimates that run off to infinity. */
export type NoRegression =
  | { readonly failed: "collinear"; readonly column: number }
  | { readonly failed: "separation" }
  | { readonly failed: "too few rows" };

/** Rows × width numbers, row-major. A constant column is the caller's to add. */
export interface Design {
  readonly values: Float64Array;
  readonly rows: number;
  readonly width: number;
}

/** Ordinary least squares with the classical covariance s²(XᵀX)⁻¹.
 * @param outcome one number per row
 * @returns the log-likelihood is that of normal errors at the maximum-likelihood variance */
export function fitOls(design: Design, outcome: ArrayLike<number>): Regression | NoRegression {
  const { values, rows, width } = design;
  if (rows <= width) return { failed: "too few rows" };
  const cross = new Float64Array(width * width);
  const moment = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    const at = i * width;
    const y = outcome[i] as number;
    for (let j = 0; j < width; j++) {
      const x = values[at + j] as number;
      if (x === 0) continue;
      moment[j] = (moment[j] as number) + x * y;
      for (let k = 0; k <= j; k++)
        cross[j * width + k] = (cross[j * width + k] as number) + x * (values[at + k] as number);
    }
  }
  const solved = cholesky(cross, width);
  if ("dependent" in solved) return { failed: "collinear", column: solved.dependent };
  const coefficients = solveCholesky(solved.factor, moment);
  let squares = 0;
  for (let i = 0; i < rows; i++) squares += ((outcome[i] as number) - dot(design, i, coefficients)) ** 2;
  const variance = squares / (rows - width);
  return {
    coefficients,
    covariance: invertCholesky(solved.factor, width).map((x) => x * variance),
    logLikelihood: (-rows / 2) * (Math.log((2 * Math.PI * squares) / rows) + 1),
  };
}

/** Logistic regression by Newton's method with halved steps; the covariance is the inverse of the observed information.
 * @param outcome 0 or 1 per row
 * @source McCullagh & Nelder (1989), §4.4; separation: Albert & Anderson (1984), Biometrika 71 */
export function fitLogistic(design: Design, outcome: ArrayLike<number>): Regression | NoRegression {
  if (design.rows <= design.width) return { failed: "too few rows" };
  return maximise(design.width, (coefficients, gradient, information) =>
    logisticDerivatives(design, outcome, { coefficients, gradient, information }),
  );
}

/** Maximises a concave log-likelihood.
 * @param derivatives writes gradient and information (lower triangle) at the coefficients and returns the log-likelihood */
export function maximise(
  width: number,
  derivatives: (coefficients: Float64Array, gradient: Float64Array, information: Float64Array) => number,
): Regression | NoRegression {
  const gradient = new Float64Array(width);
  const information = new Float64Array(width * width);
  let coefficients: Float64Array = new Float64Array(width);
  let logLikelihood = derivatives(coefficients, gradient, information);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const solved = cholesky(information, width);
    // Singular at 0: columns depend on each other. Singular later on: the likelihood has gone flat, far out.
    if ("dependent" in solved)
      return round === 0 ? { failed: "collinear", column: solved.dependent } : { failed: "separation" };
    const step = solveCholesky(solved.factor, gradient);
    const gain = step.reduce((sum, x, j) => sum + x * (gradient[j] as number), 0);
    if (gain < GAIN_TOLERANCE)
      return {
        // The last step is taken: Newton's method doubles the digits that are right.
        coefficients: coefficients.map((b, j) => b + (step[j] as number)),
        covariance: invertCholesky(solved.factor, width),
        logLikelihood,
      };
    let share = 1;
    for (;;) {
      const next = coefficients.map((b, j) => b + share * (step[j] as number));
      const reached = derivatives(next, gradient, information);
      if (reached >= logLikelihood - 1e-9 || share < 1e-4) {
        coefficients = next;
        logLikelihood = reached;
        break;
      }
      share /= 2;
    }
  }
  return { failed: "separation" };
}

const MAX_ROUNDS = 25;
/** Twice what another step could add to the log-likelihood. */
const GAIN_TOLERANCE = 1e-10;

function logisticDerivatives(
  design: Design,
  outcome: ArrayLike<number>,
  at: { readonly coefficients: Float64Array; readonly gradient: Float64Array; readonly information: Float64Array },
): number {
  const { values, rows, width } = design;
  const { gradient, information } = at;
  gradient.fill(0);
  information.fill(0);
  let logLikelihood = 0;
  for (let i = 0; i < rows; i++) {
    const score = dot(design, i, at.coefficients);
    const y = outcome[i] as number;
    // log(1 + eˢ) without overflow.
    logLikelihood += y * score - (Math.max(0, score) + Math.log1p(Math.exp(-Math.abs(score))));
    const chance = 1 / (1 + Math.exp(-score));
    const weight = chance * (1 - chance);
    const from = i * width;
    for (let j = 0; j < width; j++) {
      const x = values[from + j] as number;
      if (x === 0) continue;
      gradient[j] = (gradient[j] as number) + (y - chance) * x;
      const weighted = weight * x;
      for (let k = 0; k <= j; k++)
        information[j * width + k] = (information[j * width + k] as number) + weighted * (values[from + k] as number);
    }
  }
  return logLikelihood;
}

/** A row of the design times the coefficients. */
export function dot(design: Design, row: number, coefficients: Float64Array): number {
  const from = row * design.width;
  let sum = 0;
  for (let j = 0; j < design.width; j++) sum += (design.values[from + j] as number) * (coefficients[j] as number);
  return sum;
}

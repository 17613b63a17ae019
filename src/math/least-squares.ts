import { cholesky, solveCholesky } from "./cholesky.ts";

/** A sum of squared residuals to be made small, over parameters that may be held between bounds. */
export interface LeastSquaresProblem {
  /** Writes the residuals at `parameters` into `out`; NaN or infinite: outside of where the model is defined. */
  readonly residuals: (parameters: Float64Array, out: Float64Array) => void;
  /** Writes ∂residual / ∂parameter, residuals × parameters, row-major; default: forward differences. */
  readonly jacobian?: ((parameters: Float64Array, out: Float64Array) => void) | undefined;
  /** Number of residuals. */
  readonly count: number;
  /** Where to begin; moved inside the bounds. */
  readonly start: ArrayLike<number>;
  /** One per parameter; default: none. */
  readonly lower?: ArrayLike<number> | undefined;
  readonly upper?: ArrayLike<number> | undefined;
  /** Residuals beyond this count by their size instead of their square (Huber's loss); default: never. */
  readonly huber?: number | undefined;
  /** Stops when a step changes the cost by less than this share of it; default 1e-12. */
  readonly tolerance?: number | undefined;
  /** Default 100. */
  readonly iterations?: number | undefined;
}

export interface LeastSquaresFit {
  readonly parameters: Float64Array;
  /** Σ ρ(residual), with ρ(r) = r² up to `huber` and 2·huber·|r| − huber² beyond. */
  readonly cost: number;
  readonly iterations: number;
  /** False: stopped by the number of iterations. */
  readonly converged: boolean;
}

/** A local minimum of Σ ρ(residual) by Levenberg-Marquardt steps; Huber's loss by weights that follow the residuals.
 *
 * A parameter at a bound that the gradient pushes outward rests there for a step; steps beyond a bound are cut at it. Steps are taken only
 * where the cost falls, so that the cost is never above that of the start.
 * @source Marquardt (1963), SIAM J. 11; Huber (1973), Annals of Statistics 1, for the weights; damping by Nielsen (1999), IMM-REP-1999-05 */
export function leastSquares(problem: LeastSquaresProblem): LeastSquaresFit {
  const { count, huber = Number.POSITIVE_INFINITY, tolerance = 1e-12, iterations = 100 } = problem;
  const size = problem.start.length;
  const bounds = {
    lower: Float64Array.from({ length: size }, (_, j) => problem.lower?.[j] ?? Number.NEGATIVE_INFINITY),
    upper: Float64Array.from({ length: size }, (_, j) => problem.upper?.[j] ?? Number.POSITIVE_INFINITY),
  };
  let at = Float64Array.from({ length: size }, (_, j) => within(bounds, j, problem.start[j] as number));
  let residual = new Float64Array(count);
  let other = new Float64Array(count);
  const slope = new Float64Array(count * size);
  const gradient = new Float64Array(size);
  const normal = new Float64Array(size * size);
  problem.residuals(at, residual);
  let cost = costOf(residual, huber);
  let damping = 1e-3;
  let growth = 2;
  let done = 0;
  while (done < iterations) {
    done++;
    if (problem.jacobian) problem.jacobian(at, slope);
    else differences(problem, { at, residual, other, slope });
    gather({ residual, slope, huber, gradient, normal });
    let fell = false;
    // Twelve doublings of an ever faster growing damping make any step as short as numbers go.
    for (let tries = 0; tries < 12; tries++) {
      const step = dampedStep({ at, gradient, normal, damping, bounds });
      if (step === undefined) {
        damping *= growth;
        growth *= 2;
        continue;
      }
      const next = at.map((value, j) => within(bounds, j, value + (step[j] as number)));
      problem.residuals(next, other);
      const found = costOf(other, huber);
      if (found < cost) {
        const gain = cost - found;
        const relative = gain / cost;
        const foretold = foretoldGain({ from: at, to: next, gradient, normal });
        const ratio = foretold > 0 ? gain / foretold : 1;
        damping = Math.max(1e-15, damping * Math.max(1 / 3, 1 - (2 * ratio - 1) ** 3));
        growth = 2;
        at = next;
        [residual, other] = [other, residual];
        cost = found;
        if (relative < tolerance) return { parameters: at, cost, iterations: done, converged: true };
        fell = true;
        break;
      }
      damping *= growth;
      growth *= 2;
    }
    if (!fell) return { parameters: at, cost, iterations: done, converged: true };
  }
  return { parameters: at, cost, iterations: done, converged: false };
}

interface BoxBounds {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

function within(bounds: BoxBounds, j: number, value: number): number {
  return Math.min(bounds.upper[j] as number, Math.max(bounds.lower[j] as number, value));
}

function costOf(residual: Float64Array, huber: number): number {
  let sum = 0;
  for (const r of residual) {
    const size = Math.abs(r);
    sum += size <= huber ? r * r : 2 * huber * size - huber * huber;
  }
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum;
}

function differences(
  problem: LeastSquaresProblem,
  of: {
    readonly at: Float64Array;
    readonly residual: Float64Array;
    readonly other: Float64Array;
    readonly slope: Float64Array;
  },
): void {
  const { at, residual, other, slope } = of;
  const size = at.length;
  const moved = Float64Array.from(at);
  for (let j = 0; j < size; j++) {
    const value = at[j] as number;
    const upper = problem.upper?.[j] ?? Number.POSITIVE_INFINITY;
    const length = 1.5e-8 * Math.max(1e-4, Math.abs(value));
    moved[j] = value + length > upper ? value - length : value + length;
    const exact = (moved[j] as number) - value;
    problem.residuals(moved, other);
    for (let i = 0; i < residual.length; i++)
      slope[i * size + j] = ((other[i] as number) - (residual[i] as number)) / exact;
    moved[j] = value;
  }
}

/** Jᵀ W r and Jᵀ W J, with Huber's weights min(1, huber / |r|). */
function gather(of: {
  readonly residual: Float64Array;
  readonly slope: Float64Array;
  readonly huber: number;
  readonly gradient: Float64Array;
  readonly normal: Float64Array;
}): void {
  const { residual, slope, huber, gradient, normal } = of;
  const size = gradient.length;
  gradient.fill(0);
  normal.fill(0);
  for (let i = 0; i < residual.length; i++) {
    const r = residual[i] as number;
    const weight = Math.abs(r) <= huber ? 1 : huber / Math.abs(r);
    for (let j = 0; j < size; j++) {
      const s = weight * (slope[i * size + j] as number);
      gradient[j] = (gradient[j] as number) + s * r;
      for (let k = 0; k <= j; k++)
        normal[j * size + k] = (normal[j * size + k] as number) + s * (slope[i * size + k] as number);
    }
  }
}

/** Solves (N + damping · diag N) step = −gradient over the parameters that are free to move. */
function dampedStep(of: {
  readonly at: Float64Array;
  readonly gradient: Float64Array;
  readonly normal: Float64Array;
  readonly damping: number;
  readonly bounds: BoxBounds;
}): Float64Array | undefined {
  const { at, gradient, normal, damping, bounds } = of;
  const size = at.length;
  const free: number[] = [];
  for (let j = 0; j < size; j++) {
    const g = gradient[j] as number;
    const resting =
      (at[j] === bounds.lower[j] && g > 0) ||
      (at[j] === bounds.upper[j] && g < 0) ||
      // A parameter that nothing depends on here.
      !((normal[j * size + j] as number) > 0);
    if (!resting) free.push(j);
  }
  if (free.length === 0) return new Float64Array(size);
  const matrix = new Float64Array(free.length * free.length);
  const right = new Float64Array(free.length);
  for (const [a, j] of free.entries()) {
    right[a] = -(gradient[j] as number);
    for (const [b, k] of free.entries()) {
      if (b > a) break;
      matrix[a * free.length + b] = (normal[j * size + k] as number) * (a === b ? 1 + damping : 1);
    }
  }
  const solved = cholesky(matrix, free.length, { tolerance: 1e-14 });
  if ("dependent" in solved) return undefined;
  const found = solveCholesky(solved.factor, right);
  const step = new Float64Array(size);
  for (const [a, j] of free.entries()) step[j] = found[a] as number;
  return step.every(Number.isFinite) ? step : undefined;
}

/** By how much the quadratic model says that the cost falls. */
function foretoldGain(of: {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly gradient: Float64Array;
  readonly normal: Float64Array;
}): number {
  const { from, to, gradient, normal } = of;
  const size = from.length;
  let gain = 0;
  for (let j = 0; j < size; j++) {
    const d = (to[j] as number) - (from[j] as number);
    gain -= 2 * d * (gradient[j] as number) + d * d * (normal[j * size + j] as number);
    for (let k = 0; k < j; k++)
      gain -= 2 * d * ((to[k] as number) - (from[k] as number)) * (normal[j * size + k] as number);
  }
  return gain;
}

import { cholesky } from "./cholesky.ts";

/** A fitted normal distribution; the covariance row-major, only its lower triangle read. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** A normal distribution with what its distances need of it. */
export interface FactoredGaussian extends Gaussian {
  readonly logDeterminant: number;
}

/** @throws {Error} the covariance is not positive definite */
export function factored(gaussian: Gaussian): FactoredGaussian {
  return { ...gaussian, logDeterminant: logDeterminantOf(lowerFactor(gaussian.covariance, gaussian.mean.length)) };
}

/** Hellinger distance of two normal distributions: √(1 − |A|^¼ |B|^¼ / |M|^½ · exp(−⅛ δᵀ M⁻¹ δ)), M the mean of the covariances.
 * @source Pardo, Statistical Inference Based on Divergence Measures (2006), §1.3 */
export function gaussianHellinger(a: FactoredGaussian, b: FactoredGaussian): number {
  const size = a.mean.length;
  const factor = lowerFactor(
    a.covariance.map((x, i) => (x + (b.covariance[i] as number)) / 2),
    size,
  );
  // δᵀ M⁻¹ δ = |L⁻¹ δ|².
  const solved = new Float64Array(size);
  let squares = 0;
  for (let i = 0; i < size; i++) {
    let x = (a.mean[i] as number) - (b.mean[i] as number);
    for (let k = 0; k < i; k++) x -= (factor[i * size + k] as number) * (solved[k] as number);
    x /= factor[i * size + i] as number;
    solved[i] = x;
    squares += x * x;
  }
  const distance = squares / 8 + (logDeterminantOf(factor) - (a.logDeterminant + b.logDeterminant) / 2) / 2;
  return Math.sqrt(-Math.expm1(-Math.max(0, distance)));
}

function lowerFactor(matrix: Float64Array, size: number): Float64Array {
  const found = cholesky(matrix, size);
  if ("dependent" in found) throw new Error(`covariance is singular at row ${found.dependent}`);
  return found.factor;
}

function logDeterminantOf(factor: Float64Array): number {
  const size = Math.sqrt(factor.length);
  let sum = 0;
  for (let i = 0; i < size; i++) sum += 2 * Math.log(factor[i * size + i] as number);
  return sum;
}

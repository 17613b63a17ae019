import { nextAbove } from "../math/next-float.ts";

/** An upper bound on P(N ≥ m), N discrete Gaussian with the variance that {@link discreteGaussian} uses for sigma; m whole.
 *
 * For m ≥ 1 the terms e^(−y²/(2v)) beyond y = m fall by at least the factor q = e^(−(2m+1)/(2v)) each, so they sum to at most e^(−m²/(2v)) / (1 − q); and the
 * normaliser is at least max(1, √(2πv)) (its own term at 0; Poisson summation, every term of which is positive). 1e-12 covers the rounding. */
export function discreteGaussianTail(m: number, sigma: number): number {
  if (m <= 0) return 1;
  const variance = nextAbove(sigma * sigma);
  const normaliser = Math.max(1, Math.sqrt(2 * Math.PI * variance));
  const first = Math.exp((-m * m) / (2 * variance));
  return Math.min(
    1,
    (first * (1 + (m * m) / variance / 1e12 + 1e-12)) / (-Math.expm1(-(2 * m + 1) / (2 * variance)) * normaliser),
  );
}

/** The smallest whole number T such that a unit adds a label of its own to those whose noisy count is above T with probability at most δ.
 *
 * A unit of k rows may bring up to k labels that nobody else has, m labels with at most k − m + 1 rows each. The chance that one of them passes is
 * at most m P(N > T − (k − m + 1)), whatever m is; T makes the largest of these at most δ.
 * @param options.sigma of the discrete Gaussian noise
 * @param options.delta in (0, 1)
 * @param options.rows k, the most rows of one unit, ≥ 1 */
export function stableThreshold(options: {
  readonly sigma: number;
  readonly delta: number;
  readonly rows: number;
}): number {
  const { sigma, delta, rows } = options;
  const chance = (threshold: number): number => loneLabelChance(threshold, { sigma, rows });
  let low = 0;
  let high = 1;
  while (!(chance(high) <= delta)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (!(chance(middle) <= delta)) low = middle;
    else high = middle;
  }
  return high;
}

/** An upper bound on the chance that a label which one unit alone holds has a noisy count above a threshold, however the unit's rows fall on labels.
 * @param threshold whole
 * @param of.rows most rows of one unit, ≥ 1 */
export function loneLabelChance(
  threshold: number,
  { sigma, rows }: { readonly sigma: number; readonly rows: number },
): number {
  let most = 0;
  for (let m = 1; m <= rows; m++)
    most = Math.max(most, m * discreteGaussianTail(threshold - (rows - m + 1) + 1, sigma));
  return most;
}

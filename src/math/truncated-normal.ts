import { standardNormalCdf, standardNormalDensity, standardNormalQuantile } from "./standard-normal.ts";

/** A standard normal variable that is known to lie between two bounds, low < high; either may be infinite. */

/** P(low < X ≤ high), as precise in the upper tail as in the lower. */
export function normalMass(low: number, high: number): number {
  return low > 0
    ? standardNormalCdf(-low) - standardNormalCdf(-high)
    : standardNormalCdf(high) - standardNormalCdf(low);
}

/** E[X | low < X ≤ high]. */
export function truncatedNormalMean(low: number, high: number): number {
  const mass = normalMass(low, high);
  const mean = (standardNormalDensity(low) - standardNormalDensity(high)) / mass;
  if (mass > 0 && mean >= low && mean <= high) return mean;
  // Too little mass for a ratio: the mean lies next to the bound nearer to 0.
  return low > 0 ? Math.min(low + 1 / low, high) : Math.max(high + 1 / high, low);
}

/** The x with P(X ≤ x | low < X ≤ high) = u: of uniform u, a draw of the truncated variable.
 * @param u in [0, 1)
 * @source inversion; where no mass is left in double precision, the exponential tail of Robert (1995), Statistics and Computing 5 */
export function truncatedNormalQuantile(u: number, low: number, high: number): number {
  // In the upper tail by its mirror image: 1 − tiny has no digits left.
  if (low > 0) return -truncatedNormalQuantile(1 - u, -high, -low);
  const from = standardNormalCdf(low);
  const to = standardNormalCdf(high);
  if (to - from > 0 && to > 1e-300) {
    const x = standardNormalQuantile(from + u * (to - from));
    return Math.max(low, Math.min(x, high));
  }
  const x = high + Math.log(Math.max(u, 1e-300)) / -high;
  return Math.max(x, low);
}

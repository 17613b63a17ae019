import { InvalidArgument } from "../errors.ts";
import { betaQuantile } from "./distributions.ts";

/** The x with P(X ≤ x) = p, for Student's t.
 * @param p strictly between 0 and 1
 * @param degreesOfFreedom > 0
 * @throws {InvalidArgument} p or the degrees of freedom out of range
 * @source Abramowitz & Stegun (1964), 26.7.1: a tail of t is an incomplete beta function */
export function studentQuantile(p: number, degreesOfFreedom: number): number {
  if (!(p > 0 && p < 1 && degreesOfFreedom > 0))
    throw new InvalidArgument(
      "bad-quantile",
      `Student's t needs a probability between 0 and 1 and degrees of freedom above 0; got ${p} and ${degreesOfFreedom}.`,
    );
  if (p === 0.5) return 0;
  const x = betaQuantile(2 * Math.min(p, 1 - p), degreesOfFreedom / 2, 0.5);
  return Math.sign(p - 0.5) * Math.sqrt((degreesOfFreedom * (1 - x)) / x);
}

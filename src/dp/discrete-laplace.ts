import { InvalidArgument, ResourceError } from "../errors.ts";
import type { SecureSource } from "../random.ts";
import { bernoulliExponential } from "./bernoulli.ts";
import { fractionAbove, type Rational } from "./rational.ts";
import { uniformInteger } from "./uniform-integer.ts";

/** Whole-number exponents beyond this would not be exact in doubles; a working source comes here with probability e^−2^20. */
const MOST = 2 ** 20;

/** Draws from the discrete Laplace law: P(y) ∝ e^(−|y| / scale) on the whole numbers. The law is exact: see {@link bernoulliExponential}.
 *
 * The scale becomes a fraction n / 2^e with n < 2^32, rounded up (by less than 2^−31 of it), never down. X = U + nV is geometric with ratio e^(−1/n)
 * when U is uniform on 0 … n − 1, kept with probability e^(−U/n), and V counts heads of probability 1/e; ⌊X / 2^e⌋ is then geometric with ratio
 * e^(−2^e/n), and a sign makes it Laplace, −0 rejected. All are whole numbers below 2^53. The double U/n is off by 2^−53 of itself, and
 * x e^−x ≤ 1/e, so e^−x is off by less than 2^−54.
 * @param scale in [2^−20, 2^31]; the variance is about 2 scale²
 * @returns a function that draws
 * @throws {InvalidArgument} a scale out of range
 * @source Canonne, Kamath & Steinke (2020), "The discrete Gaussian for differential privacy", NeurIPS, algorithms 1 and 2 */
export function discreteLaplace(scale: number, source: SecureSource): () => number {
  if (!(scale >= 2 ** -20 && scale <= 2 ** 31))
    throw new InvalidArgument(
      "bad-noise-scale",
      `The scale of discrete Laplace noise must lie between 2^-20 and 2^31, not ${scale}.`,
    );
  const { numerator: n, denominator: divisor } = fractionAbove(scale);
  const whole = BigInt(n);
  let u = 0;
  const share = (): Rational => ({ numerator: BigInt(u), denominator: whole });
  return () => {
    for (;;) {
      if (n > 1) {
        u = uniformInteger(source, n);
        if (!bernoulliExponential(source, u / n, share)) continue;
      }
      let v = 0;
      while (bernoulliExponential(source, 1, one)) if (++v === MOST) throw stuck();
      const y = Math.floor((u + n * v) / divisor);
      const negative = source.uint32() >= 2 ** 31;
      if (negative && y === 0) continue;
      return negative ? -y : y;
    }
  };
}

const one = (): Rational => ({ numerator: 1n, denominator: 1n });

const stuck = (): ResourceError =>
  new ResourceError("stuck-entropy", "The source of random words repeats itself; no noise can be drawn from it.");

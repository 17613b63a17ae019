import { InvalidArgument } from "../errors.ts";
import { nextAbove } from "../math/next-float.ts";
import type { SecureSource } from "../random.ts";
import { bernoulliExponential } from "./bernoulli.ts";
import { discreteLaplace } from "./discrete-laplace.ts";
import { type Rational, rationalOf } from "./rational.ts";

/** Draws from the discrete Gaussian law: P(y) ∝ e^(−y² / (2 variance)) on the whole numbers, variance ≥ sigma² (the next double above the rounded
 * square, so at most 2^−51 larger). The law is exact: see {@link bernoulliExponential}. Added to counts of L2 sensitivity Δ it is Δ² / (2 sigma²)-zCDP.
 *
 * A discrete Laplace draw y of scale t = ⌊sigma⌋ + 1 is kept with probability e^−γ, γ = (|y| − variance/t)² / (2 variance); any whole t ≥ 1 would
 * give the law, this one keeps three in four. γ in doubles, u = 2^−53, z = |y| − variance/t: variance/t < (1 + u) sigma is rounded by u, the difference
 * by u, the square, 1/(2 variance) and the product by u each, so γ is off by less than u (√(2γ) + 5γ) (1 + 4u); times e^−γ that is below
 * 2.5 u < 2^−51.
 * @param sigma in [2^−20, 2^31 − 1]
 * @returns a function that draws
 * @throws {InvalidArgument} a sigma out of range
 * @source Canonne, Kamath & Steinke (2020), "The discrete Gaussian for differential privacy", NeurIPS, algorithm 3 */
export function discreteGaussian(sigma: number, source: SecureSource): () => number {
  if (!(sigma >= 2 ** -20 && sigma <= 2 ** 31 - 1))
    throw new InvalidArgument(
      "bad-noise-scale",
      `Sigma of discrete Gaussian noise must lie between 2^-20 and 2^31 - 1, not ${sigma}.`,
    );
  const variance = nextAbove(sigma * sigma);
  const t = Math.floor(sigma) + 1;
  const centre = variance / t;
  const scale = 1 / (2 * variance);
  const laplace = discreteLaplace(t, source);
  const { numerator, denominator } = rationalOf(variance);
  const whole = BigInt(t);
  let y = 0;
  // (|y| − v/t)² / (2v) = (t|y| − v)² / (2vt²), with v = numerator / denominator.
  const exact = (): Rational => {
    const difference = whole * BigInt(Math.abs(y)) * denominator - numerator;
    return { numerator: difference * difference, denominator: 2n * numerator * denominator * whole * whole };
  };
  return () => {
    for (;;) {
      y = laplace();
      const z = Math.abs(y) - centre;
      if (bernoulliExponential(source, z * z * scale, exact)) return y;
    }
  };
}

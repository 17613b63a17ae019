import type { SecureSource } from "../random.ts";
import { enclosedExponentialOfMinus, exponentialOfMinus } from "./exponential.ts";
import type { Rational } from "./rational.ts";

/** How far off the probability computed in doubles may be for a draw to be decided by it; see {@link bernoulliExponential}. */
const ERROR = 2 ** -47;

/** True with probability exactly e^−x.
 *
 * A uniform real U in [0, 1) is compared with e^−x; its bits are drawn only as far as they are needed. The first 32 bits, then 52, are compared with
 * an interval that holds e^−x for certain: the value in doubles give or take 2^−47. Where U may lie on either side (a chance below 2^−45 a draw) the
 * comparison is made in whole numbers, drawing 32 bits more until it is clear; e^−x is irrational for rational x > 0, so it becomes clear. No
 * rounding ever decides a draw, so the law is exact.
 *
 * @param x a double near the true exponent: |e^−x − e^−exact| must be below 2^−48 (every caller shows why it is); the rest of the 2^−47 covers
 *   {@link exponentialOfMinus} (2^−50) and the sums here (2^−53)
 * @param exact the exponent itself, ≥ 0; called only in the rare case */
export function bernoulliExponential(source: SecureSource, x: number, exact: () => Rational): boolean {
  const p = exponentialOfMinus(x);
  const word = source.uint32();
  const u = word * 2 ** -32;
  if (u + 2 ** -32 <= p - ERROR) return true;
  if (u >= p + ERROR) return false;
  const second = source.uint32();
  const longer = u + (second >>> 12) * 2 ** -52;
  if (longer + 2 ** -52 <= p - ERROR) return true;
  if (longer >= p + ERROR) return false;
  return decideExactly(source, (BigInt(word) << 32n) | BigInt(second), exact());
}

/** Goes on with a uniform real of which 64 bits are drawn. */
function decideExactly(source: SecureSource, prefix: bigint, { numerator, denominator }: Rational): boolean {
  if (numerator === 0n) return true;
  let drawn = prefix;
  for (let bits = 64; ; bits += 32) {
    const { low, high } = enclosedExponentialOfMinus(numerator, denominator, bits + 32);
    if ((drawn + 1n) << 32n <= low) return true;
    if (drawn << 32n >= high) return false;
    drawn = (drawn << 32n) | BigInt(source.uint32());
  }
}

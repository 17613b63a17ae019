/** A fraction of whole numbers, the denominator above 0; not necessarily in lowest terms. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A finite float64 as the fraction that it is: a whole number over a power of two. */
export function rationalOf(x: number): Rational {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(view.getUint32(4));
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  const signed = high >>> 31 === 1 ? -magnitude : magnitude;
  return exponent >= 0
    ? { numerator: signed << BigInt(exponent), denominator: 1n }
    : { numerator: signed, denominator: 1n << BigInt(-exponent) };
}

/** The sign of factor · x² − bound, exactly; all finite, factor and bound ≥ 0. */
export function compareSquare(x: number, other: { readonly factor: number; readonly bound: number }): -1 | 0 | 1 {
  const root = rationalOf(x);
  const factor = rationalOf(other.factor);
  const bound = rationalOf(other.bound);
  const left = factor.numerator * root.numerator * root.numerator * bound.denominator;
  const right = bound.numerator * factor.denominator * root.denominator * root.denominator;
  return left > right ? 1 : left < right ? -1 : 0;
}

/** The smallest fraction n / 2^e ≥ x with n ≤ 2^32, e as small as it can be; as doubles. It exceeds x by less than 2^−31 of it.
 * @param x in [2^−20, 2^31] */
export function fractionAbove(x: number): { readonly numerator: number; readonly denominator: number } {
  let numerator = x;
  let denominator = 1;
  while (!Number.isInteger(numerator) && numerator < 2 ** 31) {
    numerator *= 2;
    denominator *= 2;
  }
  return { numerator: Math.ceil(numerator), denominator };
}

/** e^−x twice: fast in doubles with a proven error, and enclosed as tightly as wanted in whole numbers. */

const STEPS = 32;
/** Beyond this x, e^−x < 2^−69. */
const END = 48;

let table: Float64Array | undefined;

/** e^−x for a double x ≥ 0, off by less than 2^−50, on every platform: only sums and products, which IEEE 754 rounds correctly (`Math.exp` may
 * be off by an amount that no standard bounds).
 *
 * Proof, with u = 2^−53. Write x = k/32 + r, k whole, 0 ≤ r < 1/32; 32x and x − k/32 are exact. The tabulated e^(−k/32) is rounded once from 128
 * bits: relative error u. The Taylor polynomial of degree 7 leaves r^8/8! < 0.2 u; in Horner's scheme the last sum is rounded by u, and all before
 * it is multiplied by r < 1/32: together less than 1.2 u. The product rounds by u. So the relative error is below 3.5 u (1 + u)^3 < 4 u = 2^−51, and
 * e^−x ≤ 1. From x = 48 on the answer is 0, off by less than 2^−69. */
export function exponentialOfMinus(x: number): number {
  if (!(x < END)) return 0;
  table ??= tabulate();
  const k = Math.floor(x * STEPS);
  const r = x - k / STEPS;
  const taylor =
    1 - r * (1 - r * (1 / 2 - r * (1 / 6 - r * (1 / 24 - r * (1 / 120 - r * (1 / 720 - r * (1 / 5040)))))));
  return (table[k] as number) * taylor;
}

/** Whole numbers with low ≤ 2^bits · e^−x ≤ high for x = numerator / denominator ≥ 0; high − low ≤ 2.
 *
 * Halve x until it is at most 1/2, sum the alternating series rounded down in fixed point, square as often as x was halved with both ends rounded
 * outwards. Each term is off by less than 2 units, what follows the first term that vanishes by less than 2, and 64 guard bits hold all of it. */
export function enclosedExponentialOfMinus(
  numerator: bigint,
  denominator: bigint,
  bits: number,
): { readonly low: bigint; readonly high: bigint } {
  if (numerator >= denominator * BigInt(bits)) return { low: 0n, high: 1n };
  let halvings = 0n;
  while (2n * numerator > denominator << halvings) halvings++;
  const precision = BigInt(bits) + 64n;
  const y = (numerator << precision) / (denominator << halvings);
  let term = 1n << precision;
  let sum = term;
  let j = 1n;
  for (; term > 0n; j++) {
    term = ((term * y) >> precision) / j;
    sum += j % 2n === 1n ? -term : term;
  }
  const slack = 2n * j + 4n;
  let low = sum - slack;
  let high = sum + slack;
  for (let i = 0n; i < halvings; i++) {
    low = (low * low) >> precision;
    high = ((high * high) >> precision) + 1n;
  }
  return { low: low >> 64n, high: (high >> 64n) + 1n };
}

function tabulate(): Float64Array {
  const step = enclosedExponentialOfMinus(1n, BigInt(STEPS), 192).low;
  const values = new Float64Array(END * STEPS);
  let value = 1n << 192n;
  for (let k = 0; k < values.length; k++) {
    values[k] = Number(value) * 2 ** -192;
    value = (value * step) >> 192n;
  }
  return values;
}

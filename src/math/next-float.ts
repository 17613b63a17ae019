const floats = new Float64Array(1);
const bits = new BigInt64Array(floats.buffer);

/** The smallest float64 above x. */
export function nextAbove(x: number): number {
  if (Number.isNaN(x) || x === Number.POSITIVE_INFINITY) return x;
  if (x === 0) return Number.MIN_VALUE;
  floats[0] = x;
  bits[0] = (bits[0] as bigint) + (x > 0 ? 1n : -1n);
  return floats[0] as number;
}

/** The largest float64 below x. */
export function nextBelow(x: number): number {
  return -nextAbove(-x);
}

import type { Ranged } from "./answers.ts";

/** A value with the interval that the middle share `level` of its redraws spans, by order statistics: redraws may be infinite. */
export function ranged(value: number, redraws: ArrayLike<number>, level: number): Ranged {
  const sorted = Float64Array.from(redraws).sort();
  const cut = Math.max(0, Math.floor(((1 - level) / 2) * (sorted.length + 1) + 1e-9) - 1);
  return { value, low: sorted[cut] as number, high: sorted[sorted.length - 1 - cut] as number };
}

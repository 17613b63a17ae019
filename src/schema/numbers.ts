import type { NumberProfile } from "./profile.ts";

/** Digits after the decimal point that all values need.
 * @returns undefined when they need more than 12: measured, not written */
export function decimalsOf(distinct: Float64Array): number | undefined {
  let decimals = 0;
  let scale = 1;
  for (const value of distinct) {
    if (!Number.isFinite(value)) continue;
    while (Math.round(value * scale) / scale !== value) {
      if (decimals === 12 || Math.abs(value) * scale > 2 ** 53) return undefined;
      decimals++;
      scale *= 10;
    }
  }
  return decimals;
}

/** What all values are multiples of, where that is coarser than their last digit: the greatest common divisor of at least 5 distinct values
 * with at most 3 decimals. */
export function roundingUnitOf(distinct: Float64Array, decimals: number | undefined): number | undefined {
  if (decimals === undefined || decimals > 3 || distinct.length < 5) return undefined;
  const scale = 10 ** decimals;
  let divisor = 0;
  for (const value of distinct) {
    let b = Math.abs(Math.round(value * scale));
    if (!Number.isSafeInteger(b)) return undefined;
    while (b > 0) {
      const rest = divisor % b;
      divisor = b;
      b = rest;
    }
    if (divisor === 1) return undefined;
  }
  return divisor > 1 ? divisor / scale : undefined;
}

/** Values held far more often than those around them.
 *
 * Rule: in a column of more than 20 distinct values, a value held by at least 2 % of the rows and at least 10 times as often as the mean of its
 * neighbours (the 5 distinct values on either side). The smallest and the largest value (a floor, a cap) need only .2 % and 10 rows.
 * At most 10, most frequent first. */
export function spikesOf({
  n,
  distinct,
  counts,
}: NumberProfile): readonly { readonly value: number; readonly share: number }[] {
  const d = distinct.length;
  if (d <= 20) return [];
  const spikes: { value: number; share: number }[] = [];
  for (let i = 0; i < d; i++) {
    const count = counts[i] as number;
    const atEnd = i === 0 || i === d - 1;
    if (count < 10 || count < (atEnd ? 0.002 : 0.02) * n) continue;
    let around = 0;
    let neighbours = 0;
    for (let j = Math.max(0, i - 5); j <= Math.min(d - 1, i + 5); j++) {
      if (j === i) continue;
      around += counts[j] as number;
      neighbours++;
    }
    if (count * neighbours >= 10 * around)
      spikes.push({ value: distinct[i] as number, share: Number((count / n).toPrecision(4)) });
  }
  return spikes.sort((a, b) => b.share - a.share).slice(0, 10);
}

const NEGATIVE_CODES = [-1, -9, -99, -999, -9999, -99999, -999999];
const POSITIVE_CODES = [999, 9999, 99999, 999999, 9999999, 99999999];

/** Numbers that behave like a code for "missing".
 *
 * Rule: the smallest or largest value of a column with more than 10 other distinct values, none of them on its side of zero (for a negative
 * code) and 5 rows at least. −1 and −9: 2 % of the rows and 5 times as often as the mean of the five next values.
 * −99 and beyond: .5 % of the rows and a gap to the rest as wide as the rest itself. 999 and beyond: the same gap and 2 % of the rows.
 * @param profile of the whole column */
export function numberCodes({ n, distinct, counts }: NumberProfile): readonly number[] {
  const d = distinct.length;
  if (d <= 11) return [];
  const codes: number[] = [];
  const low = distinct[0] as number;
  const high = distinct[d - 1] as number;
  if (NEGATIVE_CODES.includes(low)) {
    const count = counts[0] as number;
    const next = distinct[1] as number;
    if (low === -1 || low === -9) {
      let around = 0;
      for (let i = 1; i <= 5; i++) around += counts[i] as number;
      if (next >= 0 && count >= 5 && count >= 0.02 * n && count >= around) codes.push(low);
    } else if (count >= 5 && count >= 0.005 * n && next - low >= high - next) codes.push(low);
  }
  if (POSITIVE_CODES.includes(high)) {
    const count = counts[d - 1] as number;
    const first = codes.length > 0 ? 1 : 0;
    const next = distinct[d - 2] as number;
    if (count >= 5 && count >= 0.02 * n && high - next >= next - (distinct[first] as number)) codes.push(high);
  }
  return codes;
}

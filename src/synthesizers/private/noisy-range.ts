import type { Budget } from "../../dp/budget.ts";

/** Magnitudes are told apart by powers of two from 2^LOWEST up; what is smaller counts as zero. */
const LOWEST = -40;
const HIGHEST = 60;
const MAGNITUDES = HIGHEST - LOWEST + 1;

/** Standard deviations of noise above which a magnitude counts as held: all 203 empty ones stay below with chance .999. */
export const RANGE_DEVIATIONS = 4.5;

/** A range that holds most of a column's values, ends at powers of two: from the lowest to the highest magnitude whose noisy count stands out.
 * @param values NaN: missing
 * @returns undefined where none stands out */
export function noisyRange(
  values: Float64Array,
  { budget, query, rho }: { readonly budget: Budget; readonly query: string; readonly rho: number },
): readonly [number, number] | undefined {
  const counts = new Int32Array(2 * MAGNITUDES + 1);
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    const place = MAGNITUDES + placeOf(value);
    counts[place] = (counts[place] as number) + 1;
  }
  const { noisy, sigma } = budget.gaussian(counts, { query, rho });
  const held = [...noisy.keys()].filter((place) => (noisy[place] as number) > RANGE_DEVIATIONS * sigma);
  if (held.length === 0) return undefined;
  return [endOf((held[0] as number) - MAGNITUDES, -1), endOf((held.at(-1) as number) - MAGNITUDES, 1)];
}

/** 0 for zero, ±1 … ±MAGNITUDES by the power of two below the value. */
function placeOf(value: number): number {
  const size = Math.abs(value);
  if (size < 2 ** LOWEST) return 0;
  // Never off by more than the one step that is corrected here, whatever log2 rounds to.
  let power = Math.min(HIGHEST, Math.max(LOWEST, Math.floor(Math.log2(size))));
  if (power < HIGHEST && size >= 2 ** (power + 1)) power++;
  if (power > LOWEST && size < 2 ** power) power--;
  return Math.sign(value) * (power - LOWEST + 1);
}

/** The end of a magnitude on the side away from the others. */
function endOf(place: number, side: -1 | 1): number {
  if (place === 0) return 0;
  const power = LOWEST + Math.abs(place) - 1;
  return Math.sign(place) * 2 ** (Math.sign(place) === side ? power + 1 : power);
}

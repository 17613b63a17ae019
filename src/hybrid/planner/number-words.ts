import { groupedDigits, signedDigits } from "../../math/digits.ts";
import type { Ranged } from "./answers.ts";

/** Rows to three places: more is not known. Infinitely many are "beyond reach". */
export function rowCount(rows: number): string {
  if (!Number.isFinite(rows)) return "beyond reach";
  if (rows >= 1000) return grouped(Number(rows.toPrecision(3)));
  return grouped(Number.isInteger(rows) ? rows : Number(rows.toPrecision(2)));
}

/** A metric, rate or cost to three places. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "beyond reach";
  const size = Math.abs(value);
  if (size > 0 && size < 1e-5) return value > 0 ? "less than 0.00001" : "more than −0.00001";
  return signedDigits(value, grouped(Number(size.toPrecision(3))));
}

/** A number that somebody gave, as it was given. */
export function given(value: number): string {
  return signedDigits(value, grouped(Math.abs(value)));
}

/** "231 to 303" */
export function between({ low, high }: Ranged, words: (value: number) => string): string {
  return `${words(low)} to ${words(high)}`;
}

/** "252 (231 to 303)"; the value alone where the interval says nothing more. */
export function withInterval(range: Ranged, words: (value: number) => string): string {
  const { value, low, high } = range;
  const endless =
    (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) || (low === high && low === value);
  return endless ? words(value) : `${words(value)} (${between(range, words)})`;
}

/** The first letter as a capital. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function grouped(size: number): string {
  return groupedDigits(String(size));
}

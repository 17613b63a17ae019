import type { Ranged } from "../../../hybrid/planner/answers.ts";
import { compact } from "../format.ts";

/** Rows to three places: more is not known. */
export function rowCount(rows: number): string {
  if (!Number.isFinite(rows)) return "beyond reach";
  return compact(
    rows >= 1000 ? Number(rows.toPrecision(3)) : Number.isInteger(rows) ? rows : Number(rows.toPrecision(2)),
  );
}

/** A metric, rate or cost to three places. */
export function figure(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-5) return value > 0 ? "< 0.00001" : "> −0.00001";
  return compact(Number.isFinite(value) ? Number(value.toPrecision(3)) : value);
}

/** "(231 to 303)" */
export function between({ low, high }: Ranged, format: (value: number) => string): string {
  return Number.isFinite(low) || Number.isFinite(high) ? `(${format(low)} to ${format(high)})` : "";
}

/** The first letter as a capital. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

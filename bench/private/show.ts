import { studentQuantile } from "../../src/math/student-t.ts";

export type Line = Record<string, string | number>;

/** The mean, with the half width of a 95 % interval (Student's t, over runs) where there are several. */
export function shown(values: readonly (number | undefined)[], places: number): string {
  const known = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  if (known.length === 0) return "–";
  const mean = meanOf(known);
  if (known.length === 1) return shortened(mean, places);
  return `${shortened(mean, places)} ± ${shortened(halfWidth(known), places)}`;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Half the width of the 95 % interval of a mean. */
export function halfWidth(values: readonly number[]): number {
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return studentQuantile(0.975, values.length - 1) * Math.sqrt(variance / values.length);
}

export function shortened(value: number, places: number): string {
  return value.toFixed(places).replace(/^(-?)0\./, "$1.");
}

import { studentQuantile } from "../../math/student-t.ts";
import { GROUPS } from "../../metrics/jackknife.ts";
import type { Reading } from "./monitor.ts";

/** A monitor that fell too far from one generation to the next. */
export interface Stop {
  /** That fell; the generation before it was the last good one. */
  readonly generation: number;
  readonly monitor: string;
  /** Relative to the generation before: −.2 is a fall by a fifth. */
  readonly change: number;
  /** One-sided upper end of the change, at the level of one comparison. */
  readonly high: number;
}

/** A fall by more than this from one generation to the next stops. */
export const MOST_FALL = 0.1;
/** Chance that any rule stops a sequence of generations that are all draws of one population. */
export const FALSE_ALARMS = 0.05;

/** Which monitors fell by more than 10 % in one generation, and by more than chance: the upper end of the change is below 0, one-sided, at an even part of
 * the false alarms for every monitor and generation (Bonferroni). A sequence of redraws of one population is stopped with probability 5 % at most; as the
 * fall must also exceed 10 %, far more seldom where rows are many.
 * @param readings by generation from 0, by monitor; null: not watched
 * @param names of the monitors
 * @returns in the order of the generations; empty: nothing fell */
export function stopsOf(
  readings: readonly (readonly (Reading | null)[])[],
  names: readonly string[],
  options: { readonly alpha?: number } = {},
): readonly Stop[] {
  const comparisons = Math.max(1, (readings.length - 1) * names.length);
  const quantile = studentQuantile(1 - (options.alpha ?? FALSE_ALARMS) / comparisons, GROUPS - 1);
  return readings.slice(1).flatMap((now, step) =>
    names.flatMap((monitor, m): readonly Stop[] => {
      const [after, before] = [now[m], readings[step]?.[m]];
      if (!after || !before || !(before.value > 0)) return [];
      const change = after.value / before.value - 1;
      // Of the difference: a quotient that is small by chance would make the noise of its denominator small as well.
      const error = Math.hypot(after.standardError, before.standardError) / before.value;
      const high = change + quantile * error;
      return change < -MOST_FALL && high < 0 ? [{ generation: step + 1, monitor, change, high }] : [];
    }),
  );
}

/** The mean of the same reading in some independent chains; null where one of them has none. */
export function meanReading(readings: readonly (Reading | null)[]): Reading | null {
  const known = readings.filter((reading) => reading !== null);
  if (known.length === 0 || known.length < readings.length) return null;
  const mean = (of: (reading: Reading) => number): number =>
    known.reduce((sum, reading) => sum + of(reading), 0) / known.length;
  return {
    value: mean(({ value }) => value),
    standardError: Math.sqrt(mean(({ standardError }) => standardError ** 2) / known.length),
  };
}

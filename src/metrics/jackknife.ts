import { studentQuantile } from "../math/student-t.ts";
import type { Interval } from "./metric.ts";

/** Intervals for numbers that come out of counts. The rows of every table are dealt at random into the same number of groups; counts are kept
 * by group, so that the number without group g costs a subtraction. One replicate leaves group g out of *all* tables at once: value, ceiling
 * and floor are measured against the same reference rows, and their differences must share its noise. */
export const GROUPS = 20;

/** Fewest rows a side for an interval worth the name: two in every group. */
export const LEAST_ROWS = 2 * GROUPS;

/** A number and its replicates: [value, without group 0, …, without group 19]. */
export type Estimate = Float64Array;

export function newEstimate(): Estimate {
  return new Float64Array(GROUPS + 1);
}

/** The same function of the values and of each replicate. */
export function mapEstimates(estimates: readonly Estimate[], of: (...values: number[]) => number): Estimate {
  return newEstimate().map((_, r) => of(...estimates.map((estimate) => estimate[r] as number)));
}

/** The mean of some estimates; at least one. */
export function meanEstimate(estimates: readonly Estimate[]): Estimate {
  const out = newEstimate();
  for (const estimate of estimates)
    for (let r = 0; r <= GROUPS; r++) out[r] = (out[r] as number) + (estimate[r] as number);
  return out.map((sum) => sum / estimates.length);
}

/** Value and two-sided interval of an estimate.
 * @param level confidence, e.g. .95
 * @param range the bounds are cut at these
 * @source Quenouille (1949); Shao & Tu, The Jackknife and Bootstrap (1995), §2.3: delete-d jackknife over random groups; Student's t with
 * GROUPS − 1 degrees of freedom */
export function intervalOf(
  estimate: Estimate,
  level: number,
  range: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Interval {
  const half = studentQuantile((1 + level) / 2, GROUPS - 1) * standardErrorOf(estimate);
  const value = estimate[0] as number;
  return {
    value,
    low: Math.min(value, Math.max(range[0], value - half)),
    high: Math.max(value, Math.min(range[1], value + half)),
  };
}

/** The standard error of an estimate, with GROUPS − 1 degrees of freedom. */
export function standardErrorOf(estimate: Estimate): number {
  const replicates = estimate.subarray(1);
  const mean = replicates.reduce((sum, x) => sum + x, 0) / GROUPS;
  return Math.sqrt((replicates.reduce((sum, x) => sum + (x - mean) ** 2, 0) * (GROUPS - 1)) / GROUPS);
}

/** Where each group begins among `rows` rows that are in random order: group g holds starts[g] … starts[g + 1] − 1. */
export function groupStarts(rows: number): Uint32Array {
  return Uint32Array.from({ length: GROUPS + 1 }, (_, g) => Math.floor((g * rows) / GROUPS));
}

import { wilson } from "../../math/distributions.ts";
import { studentQuantile } from "../../math/student-t.ts";
import type { Interval, MeasuredScore, Metric, Score, UncomputedScore } from "../metric.ts";
import type { TextMetricInput } from "./input.ts";

/** A measurement of what a text recipe made. Adding one: one file, one line in `index.ts`, one docs page. */
export interface TextMetric extends Omit<Metric, "measure"> {
  measure(input: TextMetricInput): Score;
}

/** A measured score of a text metric. */
export function textScore(
  metric: TextMetric,
  input: TextMetricInput,
  found: Interval &
    Pick<MeasuredScore, "n" | "worst" | "details" | "plantings"> & {
      readonly drawn?: boolean;
      readonly counted?: true;
    },
): MeasuredScore {
  const { value, low, high, n, worst, details, plantings, drawn, counted } = found;
  return {
    ...headerOf(metric),
    value,
    low,
    high,
    level: input.level,
    n,
    seeds: drawn ? [input.seed] : [],
    ...(counted ? { counted } : {}),
    ...(plantings ? { plantings } : {}),
    ...(worst ? { worst: worst.slice(0, 50) } : {}),
    ...(details ? { details } : {}),
  };
}

/** There is nothing to measure. */
export function doesNotApply(metric: TextMetric, reason: string): UncomputedScore {
  return { ...headerOf(metric), notComputable: reason, notApplicable: true };
}

/** Something stands in the way. */
export function cannotBeComputed(metric: TextMetric, reason: string): UncomputedScore {
  return { ...headerOf(metric), notComputable: reason };
}

/** A count of a whole release is no sample of anything: the interval is the value itself. */
export function exactly(value: number): Interval & { readonly counted: true } {
  return { value, low: value, high: value, counted: true };
}

/** A share of independent trials, with Wilson's bounds. */
export function shareOf(successes: number, trials: number, level: number): Interval {
  const { low, high } = wilson(successes, trials, (1 - level) / 2);
  const value = successes / trials;
  return { value, low: Math.min(low, value), high: Math.max(high, value) };
}

/** The mean of numbers of independent rows, with Student's bounds, cut at the range. */
export function meanOf(
  values: ArrayLike<number>,
  { level, range }: { readonly level: number; readonly range: readonly [number, number] },
): Interval {
  const n = values.length;
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const step = (values[i] as number) - mean;
    mean += step / (i + 1);
    squares += step * ((values[i] as number) - mean);
  }
  return meanInterval({ n, mean, stddev: n > 1 ? Math.sqrt(squares / (n - 1)) : 0 }, { level, range });
}

/** The same from a count, a mean and a standard deviation. One value alone bounds nothing: the interval is then the whole range. */
export function meanInterval(
  { n, mean, stddev }: { readonly n: number; readonly mean: number; readonly stddev: number },
  { level, range }: { readonly level: number; readonly range: readonly [number, number] },
): Interval {
  if (n < 2) return { value: mean, low: range[0], high: range[1] };
  const half = (studentQuantile((1 + level) / 2, n - 1) * stddev) / Math.sqrt(n);
  return {
    value: mean,
    low: Math.min(mean, Math.max(range[0], mean - half)),
    high: Math.max(mean, Math.min(range[1], mean + half)),
  };
}

function headerOf(
  metric: TextMetric,
): Pick<UncomputedScore, "metric" | "title" | "family" | "definitionVersion" | "better"> {
  const { name, title, family, definitionVersion, better } = metric;
  return { metric: name, title, family, definitionVersion, better };
}

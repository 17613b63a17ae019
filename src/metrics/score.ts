import { type Estimate, intervalOf, LEAST_ROWS, mapEstimates } from "./jackknife.ts";
import type { Interval, MeasuredScore, Metric, MetricInput, UncomputedScore, WorstPart } from "./metric.ts";

/** One number three ways: for the synthetic rows, for fresh real rows, and for columns permuted by themselves. */
export interface Compared {
  readonly value: Estimate;
  readonly ceiling: Estimate;
  readonly floor: Estimate;
}

/** A measured score with its ceiling, floor, difference and, where ceiling and floor lie apart, the normalised value. */
export function comparedScore(
  metric: Metric,
  input: MetricInput,
  compared: Compared,
  extra: {
    readonly n: number;
    readonly worst?: readonly WorstPart[];
    readonly details?: Readonly<Record<string, unknown>>;
  },
): MeasuredScore {
  const { value, ceiling, floor } = compared;
  const normalised = normalise(compared, metric.better, input.level);
  return {
    ...headerOf(metric),
    ...intervalOf(value, input.level, metric.range),
    level: input.level,
    n: extra.n,
    seeds: [input.seed],
    ceiling: intervalOf(ceiling, input.level, metric.range),
    floor: intervalOf(floor, input.level, metric.range),
    difference: intervalOf(
      mapEstimates([value, ceiling], (v, c) => v - c),
      input.level,
    ),
    ...(normalised ? { normalised } : {}),
    ...(extra.worst ? { worst: extra.worst.slice(0, 50) } : {}),
    ...(extra.details ? { details: extra.details } : {}),
  };
}

/** (value − floor) / (ceiling − floor), or nothing when the ceiling does not lie clearly on the better side of the floor: where the real columns
 * are independent there is no relation to keep. */
export function normalise(compared: Compared, better: Metric["better"], level: number): Interval | undefined {
  const sign = better === "higher" ? 1 : -1;
  const span = mapEstimates([compared.ceiling, compared.floor], (c, f) => sign * (c - f));
  if (!(intervalOf(span, level).low > 1e-9) || span.some((x) => x <= 0)) return undefined;
  return intervalOf(
    mapEstimates([compared.value, compared.ceiling, compared.floor], (v, c, f) => (v - f) / (c - f)),
    level,
  );
}

/** The score of a metric that has nothing to measure here. */
export function notApplicable(metric: Metric, reason: string): UncomputedScore {
  return { ...headerOf(metric), notComputable: reason, notApplicable: true };
}

/** The score of a metric that something stood in the way of. */
export function notComputable(metric: Metric, reason: string): UncomputedScore {
  return { ...headerOf(metric), notComputable: reason };
}

/** Why these frames are too small to measure on; undefined when they are not. */
export function tooFewRows(input: MetricInput): string | undefined {
  const { rows } = input.frames.reference;
  if (rows >= LEAST_ROWS) return undefined;
  return `Each side has ${rows} rows to compare; an interval needs at least ${LEAST_ROWS}. Give more rows, or a larger holdout.`;
}

export function headerOf(
  metric: Metric,
): Pick<UncomputedScore, "metric" | "title" | "family" | "definitionVersion" | "better"> {
  return {
    metric: metric.name,
    title: metric.title,
    family: metric.family,
    definitionVersion: metric.definitionVersion,
    better: metric.better,
  };
}

import type { Metric, MetricInput, Score } from "../metric.ts";
import { headerOf, notApplicable } from "../score.ts";
import type { CopyTestInput } from "./plant.ts";
import { poolTrials } from "./pool-trials.ts";

/** Fewest columns that make a row of a person. */
const FEWEST_COLUMNS = 3;

/** Measures a copy test on the declared columns of every trial. */
export async function onQuasiIdentifiers(
  metric: Metric,
  input: MetricInput,
  measure: (cut: CopyTestInput) => Promise<Score>,
): Promise<Score> {
  const { quasiIdentifiers, sensitive } = input.purpose;
  if (quasiIdentifiers.length === 0)
    return notApplicable(metric, "No quasi-identifiers were declared (--quasi-identifiers).");
  const names = input.train.columns
    .map(({ name }) => name)
    .filter((name) => quasiIdentifiers.includes(name) || sensitive.includes(name));
  if (names.length < FEWEST_COLUMNS)
    return notApplicable(
      metric,
      `Only ${names.length} quasi-identifiers and sensitive columns were declared; fewer than ${FEWEST_COLUMNS} are shared by many people.`,
    );
  return { ...(await measure(poolTrials(input, names))), ...headerOf(metric) };
}

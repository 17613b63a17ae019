import { studentQuantile } from "../../math/student-t.ts";
import type { Interval, Metric, MetricInput, Score } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";
import type { DecisionFigure } from "./decision-figures.ts";
import { decisionsOf, type Noisy } from "./decisions.ts";

/** The score of one figure: models trained on synthetic rows, with the models trained on real rows as ceiling. */
export async function decisionScore(metric: Metric, input: MetricInput, name: DecisionFigure["name"]): Promise<Score> {
  const decisions = await decisionsOf(input);
  if ("notApplicable" in decisions) return notApplicable(metric, decisions.notApplicable);
  if ("notComputable" in decisions) return notComputable(metric, decisions.notComputable);
  const own = decisions.figures.find(({ figure }) => figure.name === name) as (typeof decisions.figures)[number];
  const fewest = Math.ceil(own.figure.fewest(decisions.tested));
  if (Number.isNaN(own.synthetic.value) || Number.isNaN(own.real.value))
    return notComputable(
      metric,
      `Fewer than two subgroups have ${fewest} test rows that a rate of theirs can be measured on. Give a larger holdout, or protected attributes with fewer values.`,
    );
  return {
    ...headerOf(metric),
    ...intervalOf(own.synthetic, input.level, metric.range),
    level: input.level,
    n: decisions.tested,
    seeds: [input.seed],
    ceiling: intervalOf(own.real, input.level, metric.range),
    difference: intervalOf(own.difference, input.level),
    // A rate of few rows moves by luck: what moved most for its size comes first.
    worst: [...own.rates]
      .sort(
        (a, b) =>
          Math.abs(b.synthetic - b.real) * Math.sqrt(b.rows) - Math.abs(a.synthetic - a.real) * Math.sqrt(a.rows),
      )
      .slice(0, 50)
      .map(({ group, rate, rows, synthetic, real }) => ({
        name: `${group.name}: ${rate}`,
        value: synthetic,
        ceiling: real,
        note: `of ${rows.toLocaleString("en-US")} test rows`,
      })),
    details: {
      target: decisions.outcome.target,
      outcome: decisions.outcome.words,
      attributes: decisions.attributes,
      subgroups: own.subgroups,
      fewestRows: fewest,
      byAttribute: own.byAttribute,
      models: decisions.models,
      trainingRows: decisions.trainedOn,
      testRows: decisions.tested,
      testedOn: decisions.testedOn,
    },
  };
}

/** Student's t with Satterthwaite's degrees of freedom, for the noise of training is known from few models. */
function intervalOf(
  { value, testVariance, trainingVariance, degrees }: Noisy,
  level: number,
  [least, most]: readonly [number, number] = [-1, 1],
): Interval {
  const variance = testVariance + trainingVariance;
  const freedom = trainingVariance > 0 ? Math.min(1e6, (degrees * variance ** 2) / trainingVariance ** 2) : 1e6;
  const half = variance > 0 ? studentQuantile((1 + level) / 2, freedom) * Math.sqrt(variance) : 0;
  return { value, low: Math.max(least, value - half), high: Math.min(most, value + half) };
}

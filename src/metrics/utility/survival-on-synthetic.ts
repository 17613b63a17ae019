import { schemaOf } from "../../schema/schema.ts";
import type { Metric, MetricInput, Score } from "../metric.ts";
import { notApplicable, notComputable } from "../score.ts";
import { compareLearners } from "./compare-learners.ts";
import { splitReal } from "./prediction-tables.ts";
import type { PredictionTask } from "./prediction-task.ts";
import { survivalTimes, unusableTimes } from "./survival-times.ts";

/** Survival models trained on synthetic rows and on as many real ones, tested on other real rows: the ratio of their concordances, for the learner
 * that fares worse. */
export const survivalOnSynthetic: Metric = {
  name: "survival-on-synthetic",
  title: "Train survival models on synthetic, test on real",
  family: "utility",
  better: "higher",
  range: [0, 1],
  source:
    "Esteban, Hyland & Rätsch (2017), arXiv:1706.02633; Cox (1972), JRSS B 34; ties: Efron (1977); concordance: Harrell, Lee & Mark (1996)",
  definitionVersion: 1,
  explains:
    "How well survival models that learnt from synthetic rows order real people by risk, as a share of what models that learnt from real rows do. It says nothing of absolute risks, or of privacy.",
  measure,
};

/** Fewest events to train on, and to test on. */
const MIN_EVENTS = 20;

async function measure(input: MetricInput): Promise<Score> {
  const { survival, targetLeaks } = input.purpose;
  if (!survival) return notApplicable(survivalOnSynthetic, "No survival time and event were declared (--survival).");
  const real = splitReal(input);
  const names = input.codec.columns.map((column) => column.name);
  const own = [survival.time, survival.event];
  const absent = own.find((name) => !names.includes(name));
  if (absent !== undefined)
    return notComputable(survivalOnSynthetic, `"${absent}" is not among the columns that are judged.`);
  for (const table of [real.train, real.test, input.synthetic]) {
    const times = survivalTimes(table, survival);
    if ("impossible" in times) return notComputable(survivalOnSynthetic, times.impossible);
    const reason = table === input.synthetic ? undefined : unusableTimes(times, survival, MIN_EVENTS);
    if (reason) return notComputable(survivalOnSynthetic, reason);
  }
  const copies = names.filter((name) => {
    const source = schemaOf(input.schema, name).functionOf?.column;
    const isSource = own.some((column) => schemaOf(input.schema, column).functionOf?.column === name);
    return !own.includes(name) && (isSource || (source !== undefined && own.includes(source)));
  });
  const predictors = names.filter((name) => ![...own, ...copies, ...targetLeaks].includes(name));
  if (predictors.length === 0)
    return notComputable(survivalOnSynthetic, `No column is left to predict "${survival.time}" from.`);
  const task: PredictionTask = {
    measure: "concordance",
    objective: { kind: "cox" },
    predictors,
    excluded: copies.filter((name) => !targetLeaks.includes(name)),
    targetOf: (table) => {
      const times = survivalTimes(table, survival);
      return times instanceof Float64Array ? times : new Float64Array(table.rows).fill(Number.NaN);
    },
  };
  return compareLearners(survivalOnSynthetic, input, {
    learners: ["boosted-trees", "cox"],
    task,
    real,
    target: survival.time,
  });
}

import type { Metric, MetricInput, Score } from "../metric.ts";
import { notApplicable, notComputable } from "../score.ts";
import { compareLearners } from "./compare-learners.ts";
import { splitReal } from "./prediction-tables.ts";
import { predictionTask } from "./prediction-task.ts";

/** Trains on synthetic rows and on as many real ones, tests both on real rows that neither was made from; the ratio of the two skills, for the
 * learner that fares worse. */
export const trainOnSynthetic: Metric = {
  name: "train-on-synthetic",
  title: "Train on synthetic, test on real",
  family: "utility",
  better: "higher",
  range: [0, 1],
  source:
    "Esteban, Hyland & Rätsch (2017), arXiv:1706.02633; test noise: DeLong et al. (1988); training noise: delete-d jackknife, Shao & Wu (1989)",
  definitionVersion: 1,
  explains:
    "How much of what real rows teach about the target synthetic rows teach too: 1 is all of it. It covers this one target, and says nothing about privacy.",
  measure,
};

async function measure(input: MetricInput): Promise<Score> {
  const { target, targetLeaks } = input.purpose;
  if (target === undefined)
    return notApplicable(trainOnSynthetic, "No target column was declared, and none stands out.");
  const real = splitReal(input);
  const task = predictionTask(target, { ...real, codec: input.codec, schema: input.schema }, targetLeaks);
  if ("impossible" in task) return notComputable(trainOnSynthetic, task.impossible);
  return compareLearners(trainOnSynthetic, input, { learners: ["boosted-trees", "ridge"], task, real, target });
}

import type { Metric } from "../metric.ts";
import { decisionScore } from "./decision-score.ts";

/** How well a model trained on synthetic rows serves the subgroup that it serves worst. */
export const subgroupAccuracy: Metric = {
  name: "subgroup-accuracy",
  title: "Accuracy in the worst subgroup",
  family: "fairness",
  better: "higher",
  range: [0, 1],
  source:
    "Lowest accuracy over subgroups of at least 30 test rows; trained on synthetic against trained on real, paired bootstrap of the test rows and delete-half jackknife of the training rows (Shao & Wu 1989)",
  definitionVersion: 1,
  explains:
    "How often a model that learnt from the synthetic rows is right about the real subgroup it serves worst, against one that learnt from real rows. It shows nothing of subgroups too small to test, nor of other targets.",
  measure: (input) => decisionScore(subgroupAccuracy, input, "accuracy"),
};

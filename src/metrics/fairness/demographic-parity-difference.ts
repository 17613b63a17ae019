import type { Metric } from "../metric.ts";
import { decisionScore } from "./decision-score.ts";

/** How differently often a model trained on synthetic rows decides for subgroups. */
export const demographicParityDifference: Metric = {
  name: "demographic-parity-difference",
  title: "Demographic-parity difference",
  family: "fairness",
  better: "lower",
  range: [0, 1],
  source:
    "Greatest less smallest share decided for over subgroups, as fairlearn's demographic_parity_difference; trained on synthetic against trained on real",
  definitionVersion: 1,
  explains:
    "By how much the share of people decided for differs between two subgroups, when the model learnt from synthetic rows; against one that learnt from real rows. Where real outcomes differ between subgroups, so do right decisions: read it against the ceiling.",
  measure: (input) => decisionScore(demographicParityDifference, input, "demographic parity"),
};

import type { Metric } from "../metric.ts";
import { decisionScore } from "./decision-score.ts";

/** The four-fifths rule, for decisions of a model trained on synthetic rows. */
export const adverseImpactRatio: Metric = {
  name: "adverse-impact-ratio",
  title: "Adverse-impact ratio",
  family: "fairness",
  better: "higher",
  range: [0, 1],
  source:
    "Smallest over greatest share decided for, the four-fifths rule of 29 CFR 1607.4 D, over subgroups of at least 2 % (1607.15 A) and 30 test rows; trained on synthetic against trained on real",
  definitionVersion: 1,
  explains:
    "The four-fifths rule for a model that learnt from synthetic rows: the share decided for in the subgroup that fares worst, over that in the one that fares best; against a model that learnt from real rows. It does not show which of the two models is just.",
  measure: (input) => decisionScore(adverseImpactRatio, input, "adverse impact"),
};

import type { Metric } from "../metric.ts";
import { decisionScore } from "./decision-score.ts";

/** How differently a model trained on synthetic rows errs about subgroups. */
export const equalisedOddsDifference: Metric = {
  name: "equalised-odds-difference",
  title: "Equalised-odds difference",
  family: "fairness",
  better: "lower",
  range: [0, 1],
  source:
    "max(range of true positive rates, range of false positive rates) over subgroups: Hardt, Price & Srebro (2016), NIPS; as fairlearn's equalized_odds_difference, worst case",
  definitionVersion: 1,
  explains:
    "By how much the rate of right and of wrong decisions for a person differs between two subgroups, when the model learnt from synthetic rows; against one that learnt from real rows. It does not show whether the real outcomes are just themselves.",
  measure: (input) => decisionScore(equalisedOddsDifference, input, "equalised odds"),
};

import type { Metric } from "../metric.ts";
import { notApplicable, notComputable, tooFewRows } from "../score.ts";
import { logDisparity } from "./log-disparity.ts";
import { noAttributes, protectedAttributes } from "./subgroups.ts";

/** Whether each protected subgroup is as large among the synthetic rows as among real ones. */
export const representation: Metric = {
  name: "representation",
  title: "Representation of subgroups",
  family: "fairness",
  better: "lower",
  range: [0, 75],
  source:
    "Log disparity: Bhanot, Qi, Erickson, Guyon & Bennett (2021), Entropy 23, 1165; all subgroups at once: Gaussian multipliers, Chernozhukov, Chetverikov & Kato (2013)",
  definitionVersion: 1,
  explains:
    "How far the share of one protected subgroup, alone or combined, is from its share among real rows, as a difference of log odds: .22 is four fifths or five fourths. It does not show whether the rows of the subgroup are good ones, nor subgroups of fewer than 30 real rows.",
  async measure(input) {
    const attributes = protectedAttributes(input);
    const none = noAttributes(input, attributes);
    if (none) return notApplicable(representation, none);
    const few = tooFewRows(input);
    if (few) return notComputable(representation, few);
    const score = logDisparity(representation, input, { attributes, counted: { of: "all rows" } });
    return "impossible" in score ? notComputable(representation, score.impossible) : score;
  },
};

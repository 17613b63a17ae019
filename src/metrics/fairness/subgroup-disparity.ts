import type { Metric } from "../metric.ts";
import { notApplicable, notComputable, tooFewRows } from "../score.ts";
import { logDisparity } from "./log-disparity.ts";
import { outcomeOf } from "./outcome.ts";
import { noAttributes, protectedAttributes } from "./subgroups.ts";

/** Whether the outcome is as frequent in each protected subgroup of the synthetic rows as in that of the real ones. */
export const subgroupDisparity: Metric = {
  name: "subgroup-disparity",
  title: "Outcome of subgroups",
  family: "fairness",
  better: "lower",
  range: [0, 75],
  source:
    "Log disparity: Bhanot, Qi, Erickson, Guyon & Bennett (2021), Entropy 23, 1165; all subgroups at once: Gaussian multipliers, Chernozhukov, Chetverikov & Kato (2013)",
  definitionVersion: 1,
  explains:
    "How far the share of a protected subgroup that has the outcome (the target) is from that among real rows, as a difference of log odds. It shows where the synthetic rows add to a bias or hide it, not whether the real one is just, nor what a model makes of it.",
  async measure(input) {
    const attributes = protectedAttributes(input, [input.purpose.target ?? ""]);
    const none = noAttributes(input, attributes);
    if (none) return notApplicable(subgroupDisparity, none);
    const outcome = outcomeOf(input);
    if ("notApplicable" in outcome) return notApplicable(subgroupDisparity, outcome.notApplicable);
    const few = tooFewRows(input);
    if (few) return notComputable(subgroupDisparity, few);
    const score = logDisparity(subgroupDisparity, input, {
      attributes,
      counted: {
        of: "the subgroup",
        outcome: ({ table, rows }) => {
          const all = outcome.of(table);
          return Int8Array.from(rows, (row) => all[row] as number);
        },
      },
    });
    if ("impossible" in score) return notComputable(subgroupDisparity, score.impossible);
    return { ...score, details: { target: outcome.target, outcome: outcome.words, ...score.details } };
  },
};

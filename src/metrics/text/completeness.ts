import { cannotBeComputed, exactly, type TextMetric, textScore } from "./text-metric.ts";

/** Whether the run delivered what was asked for. */
export const completeness: TextMetric = {
  name: "completeness",
  title: "Rows delivered of those asked for",
  family: "validity",
  better: "higher",
  range: [0, 1],
  source: "Accepted rows over rows asked for; a count of the whole release, so that its interval is the value itself",
  definitionVersion: 1,
  explains:
    "Whether the release has as many accepted rows as the recipe asked for, or one for every source row; not whether they are any good.",
  measure(input) {
    const { asked, accepted } = input.run;
    if (asked === 0) return cannotBeComputed(completeness, "No row was asked for: the source is empty.");
    return textScore(completeness, input, {
      ...exactly(Math.min(1, accepted / asked)),
      n: asked,
      details: { asked, accepted, missing: Math.max(0, asked - accepted) },
    });
  },
};

import { cannotBeComputed, shareOf, type TextMetric, textScore } from "./text-metric.ts";

/** How often an attempt came through. */
export const acceptance: TextMetric = {
  name: "acceptance",
  title: "Attempts accepted",
  family: "validity",
  better: "higher",
  range: [0, 1],
  source: "Accepted over accepted and rejected attempts; bounds by Wilson (1927), JASA",
  definitionVersion: 1,
  explains:
    "How many of the rows that were begun and settled passed every check, judge and filter. Where few do, the release is a choice out of many, and what was chosen for shows in it.",
  measure(input) {
    const { accepted, rejected } = input.run;
    if (accepted + rejected === 0) return cannotBeComputed(acceptance, "No attempt was settled.");
    return textScore(acceptance, input, {
      ...shareOf(accepted, accepted + rejected, input.level),
      n: accepted + rejected,
      details: { accepted, rejected },
    });
  },
};

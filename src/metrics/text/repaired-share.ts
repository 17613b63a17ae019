import { cannotBeComputed, shareOf, type TextMetric, textScore } from "./text-metric.ts";

/** How many rows rest on an answer that had to be mended. */
export const repairedShare: TextMetric = {
  name: "repaired-share",
  title: "Rows that rest on a repaired answer",
  family: "validity",
  better: "lower",
  range: [0, 1],
  source: "Rows of the release with at least one repaired answer over its rows; bounds by Wilson (1927), JASA",
  definitionVersion: 1,
  explains:
    "How often an answer that was not what was asked for (a torn end, a comment in JSON, a fence around it) was mended and kept. Each such row is marked in the lineage; a mended answer holds what the model wrote, perhaps not all that it meant to write.",
  measure(input) {
    const { accepted } = input.run;
    if (accepted === 0) return cannotBeComputed(repairedShare, "The release has no row.");
    return textScore(repairedShare, input, {
      ...shareOf(input.repairedRows, accepted, input.level),
      n: accepted,
      details: { repaired: input.repairedRows, rows: accepted },
    });
  },
};

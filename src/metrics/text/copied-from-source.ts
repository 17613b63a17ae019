import { cannotBeComputed, doesNotApply, meanOf, type TextMetric, textScore } from "./text-metric.ts";

/** How much of the texts was taken over from the source. */
export const copiedFromSource: TextMetric = {
  name: "copied-from-source",
  title: "Wording taken over from the source",
  family: "privacy",
  better: "lower",
  range: [0, 1],
  source:
    "Mean over rows drawn at random of the share of a row's runs of 8 words that stand in its own source too (extractive density after Grusky et al., 2018, NAACL, at a fixed length); Student's bounds",
  definitionVersion: 1,
  explains:
    "How extractive the texts are: 0 where everything is in words of its own, 1 where everything is copied. A short answer to a question about a text is rightly in the words of the text.",
  diagnostic: true,
  measure(input) {
    if (input.source === "none") return doesNotApply(copiedFromSource, "The recipe has no source.");
    if (input.columns.length === 0) return doesNotApply(copiedFromSource, "No exported column holds running text.");
    const shares: number[] = [];
    for (const { shared } of input.sample) {
      const counts = shared.filter((count) => count !== null);
      const all = counts.reduce((sum, count) => sum + count.all, 0);
      if (all > 0) shares.push(counts.reduce((sum, count) => sum + count.shared, 0) / all);
    }
    if (shares.length === 0)
      return cannotBeComputed(
        copiedFromSource,
        "No row has both a text of 8 words or more and a source to compare with.",
      );
    return textScore(copiedFromSource, input, {
      ...meanOf(shares, { level: input.level, range: [0, 1] }),
      n: shares.length,
      drawn: true,
    });
  },
};

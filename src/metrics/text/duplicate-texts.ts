import { cannotBeComputed, doesNotApply, exactly, type TextMetric, textScore } from "./text-metric.ts";

/** Whether the texts of a column repeat each other. */
export const duplicateTexts: TextMetric = {
  name: "duplicate-texts",
  title: "Texts that repeat an earlier one, worst column",
  family: "diversity",
  better: "lower",
  range: [0, 1],
  source:
    "By column of running text: cells that equal an earlier one, after Unicode NFKC, lower case and single spaces, over the cells that hold a text; the largest; a count of the whole release, so that its interval is the value itself",
  definitionVersion: 1,
  explains:
    "Whether a model gave the same text for different rows, in the column where it did so most. It sees no text that was reworded, and leaves out columns of labels, names and short answers.",
  measure(input) {
    if (input.run.accepted === 0) return cannotBeComputed(duplicateTexts, "The release has no row.");
    const columns = input.columns
      .map(({ name, texts, repeated }) => ({ name, texts, repeated, share: repeated / texts }))
      .sort((a, b) => b.share - a.share);
    const [worst] = columns;
    if (!worst) return doesNotApply(duplicateTexts, "No exported column holds running text.");
    return textScore(duplicateTexts, input, {
      ...exactly(worst.share),
      n: worst.texts,
      worst: columns.filter(({ repeated }) => repeated > 0).map(({ name, share }) => ({ name, value: share })),
      details: { columns },
    });
  },
};

import { cannotBeComputed, doesNotApply, exactly, type TextMetric, textScore } from "./text-metric.ts";

/** Whether rows of the release repeat each other. */
export const duplicateRows: TextMetric = {
  name: "duplicate-rows",
  title: "Rows that repeat an earlier one",
  family: "diversity",
  better: "lower",
  range: [0, 1],
  source:
    "Rows of which every text column equals that of an earlier row, after Unicode NFKC, lower case and single spaces, over all rows; a count of the whole release, so that its interval is the value itself",
  definitionVersion: 1,
  explains:
    "Whether the same row stands in the release again. Columns of labels, names and short answers do not make a row another one. It sees no row that was reworded.",
  measure(input) {
    const { accepted } = input.run;
    if (accepted === 0) return cannotBeComputed(duplicateRows, "The release has no row.");
    if (input.repeatedRows === null) return doesNotApply(duplicateRows, "No exported column holds running text.");
    return textScore(duplicateRows, input, {
      ...exactly(input.repeatedRows / accepted),
      n: accepted,
      details: { repeated: input.repeatedRows, columns: input.columns.map(({ name }) => name) },
    });
  },
};

import { groupFrames } from "../grouped.ts";
import type { Metric } from "../metric.ts";
import { comparedScore, normalise, notApplicable, notComputable, tooFewRows } from "../score.ts";
import { measurePairs, relationsOf } from "./pair-accuracy.ts";

/** The column whose relations are kept worst, by its strongest pairs. */
export const columnRelations: Metric = {
  name: "column-relations",
  title: "Relations of the worst column",
  family: "fidelity",
  better: "higher",
  range: [0, 1],
  source:
    "1 − total variation distance of shared-bin contingency tables, mean over a column's strongest pairs, the worst column; strength by Bergsma (2013); Bonferroni over columns",
  definitionVersion: 1,
  explains:
    "Whether every single column still hangs together with those it is related to: one column shuffled by itself stands at 0 of 1 normalised. It does not see columns without a strong relation, nor relations that need three columns.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(columnRelations, few);
    const frames = groupFrames(input.frames, input.random.split("column-relations"));
    const measured = measurePairs(frames, input);
    const related = (measured ? relationsOf(measured) : []).flatMap(({ name, compared }) =>
      compared && normalise(compared, "higher", input.level) ? [{ name, compared }] : [],
    );
    if (related.length === 0)
      return notApplicable(columnRelations, "No column is clearly related to another: there is no relation to keep.");
    // The worst of so many is looked at, so each has its share of what may go wrong.
    const level = 1 - (1 - input.level) / related.length;
    const columns = related
      .map(({ name, compared }) => ({ name, compared, normalised: normalise(compared, "higher", level) }))
      .flatMap(({ normalised, ...column }) => (normalised ? [{ ...column, normalised }] : []))
      .sort((a, b) => a.normalised.high - b.normalised.high || a.normalised.value - b.normalised.value);
    const [worst] = columns;
    if (!worst)
      return notApplicable(columnRelations, "No column is clearly related to another: there is no relation to keep.");
    return comparedScore(columnRelations, { ...input, level }, worst.compared, {
      n: frames.rows,
      worst: columns
        .slice(0, 50)
        .filter(({ normalised }) => normalised.value < 1)
        .map(({ name, normalised }) => ({ name, value: normalised.value, ceiling: 1 })),
      details: { column: worst.name, columns: columns.length },
    });
  },
};

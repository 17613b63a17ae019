import type { Planting } from "../metric.ts";
import type { SampledRow, TextMetricInput } from "./input.ts";
import { sourceTextOf } from "./source-text.ts";
import { cannotBeComputed, doesNotApply, exactly, type TextMetric, textScore } from "./text-metric.ts";
import { hashWords } from "./words.ts";

/** Whether passages of real source rows stand in the release. */
export const sourcePassages: TextMetric = {
  name: "source-passages",
  title: "Rows with a passage of their source",
  family: "privacy",
  better: "lower",
  range: [0, 1],
  source:
    "Rows in which a run of 50 words, of 200 characters, or a whole text of 8 words or more of the row's own source stands word for word, over the rows that have such a source; a count of the whole release, so that its interval is the value itself",
  definitionVersion: 1,
  explains:
    "Whether a model handed on what it was given to read. Letter case, punctuation and spaces do not count. It does not see a passage that was reworded, a name or number by itself, or the source of another row.",
  measure(input) {
    if (input.source === "none") return doesNotApply(sourcePassages, "The recipe has no source.");
    if (input.source === "synthetic")
      return doesNotApply(sourcePassages, "The source is synthetic: its passages are nobody's.");
    if (input.run.accepted === 0) return cannotBeComputed(sourcePassages, "The release has no row.");
    if (input.passages === null)
      return cannotBeComputed(
        sourcePassages,
        "No prompt reads a text of 8 words or more of the real source, so nothing tells whether its short cells are handed on. Let the recipe read a synthetic table, or decide by a policy of your own that says why this is enough.",
      );
    const { rows, copied, longestWords } = input.passages;
    return textScore(sourcePassages, input, {
      ...exactly(copied / rows),
      n: rows,
      drawn: true,
      plantings: plantingsOf(input),
      details: { rows, copied, longestWords },
    });
  },
};

const SHARES = [0.01, 0.1] as const;
const PLANTINGS = 5;

/** The same measurement after a passage of their source was put into some of the sampled rows: a hundredth and a tenth of them, and one at least. The
 * passage stands in the middle of the row's own text, from a place of the source drawn at random. */
function plantingsOf(input: TextMetricInput): readonly Planting[] {
  const donors = input.sample.filter(({ hasPassage }) => hasPassage);
  if (donors.length === 0) return [];
  return SHARES.flatMap((share) =>
    Array.from({ length: PLANTINGS }, (_, index): Planting => {
      const random = input.random.split("source-passages").split(String(share)).split(index);
      const count = Math.max(1, Math.round(share * donors.length));
      const planted = new Set(random.sample(donors.length, count));
      let copied = 0;
      donors.forEach((row, k) => {
        if (!planted.has(k)) {
          if (row.copied) copied++;
          return;
        }
        const source = sourceTextOf(row.source);
        const passage = source.passage((places) => random.integer(places)) as string;
        const run = source.longestRun(hashWords(withPassage(row, passage)));
        if (run !== null && source.isPassage(run)) copied++;
      });
      const value = copied / donors.length;
      return { leak: "verbatim", share, index, value, low: value, high: value };
    }),
  );
}

function withPassage({ texts }: SampledRow, passage: string): string {
  const own = texts.find((text) => text !== null) ?? "";
  const middle = own.indexOf(" ", own.length / 2);
  return middle < 0 ? `${own} ${passage}` : `${own.slice(0, middle)} ${passage}${own.slice(middle)}`;
}

import { wordedRows } from "./distinct-n.ts";
import { cannotBeComputed, doesNotApply, meanOf, type TextMetric, textScore } from "./text-metric.ts";

/** How much of a row stands in another one. */
export const selfOverlap: TextMetric = {
  name: "self-overlap",
  title: "Wording shared with the nearest other row",
  family: "diversity",
  better: "lower",
  range: [0, 1],
  source:
    "Mean, over 500 rows drawn at random, of the largest share of a row's different runs of four words that one other of them has too; in the spirit of Self-BLEU (Zhu et al., 2018, SIGIR), at a fixed number of rows, for it grows with them",
  definitionVersion: 1,
  explains:
    "Whether rows are variations of each other: 1 is a release in which every row has a twin. Set phrases that a prompt asks for count too, so a template shows as likeness.",
  diagnostic: true,
  measure(input) {
    if (input.columns.length === 0) return doesNotApply(selfOverlap, "No exported column holds running text.");
    const rows = wordedRows(input.sample, { rows: 2 * ROWS })
      .map((texts) => gramsOf(texts))
      .filter((grams) => grams.length > 0)
      .slice(0, ROWS);
    if (rows.length < ROWS)
      return cannotBeComputed(
        selfOverlap,
        `The release has ${rows.length} rows of four words or more; the measurement is made among ${ROWS}, for it grows with their number.`,
      );
    const nearest = nearestShares(rows);
    return textScore(selfOverlap, input, {
      ...meanOf(nearest, { level: input.level, range: [0, 1] }),
      n: rows.length,
      drawn: true,
      details: { rowsWithATwin: nearest.filter((share) => share >= TWIN).length, twinShare: TWIN },
    });
  },
};

const ROWS = 500;
const WORDS = 4;
/** From here on two rows are variations of each other. */
const TWIN = 0.5;

function gramsOf(texts: readonly (readonly string[])[]): readonly string[] {
  const grams = new Set<string>();
  for (const words of texts)
    for (let at = 0; at + WORDS <= words.length; at++) grams.add(words.slice(at, at + WORDS).join(" "));
  return [...grams];
}

/** For each row the largest share of its grams that one other row has. */
function nearestShares(rows: readonly (readonly string[])[]): readonly number[] {
  const holders = new Map<string, number[]>();
  rows.forEach((grams, row) => {
    for (const gram of grams) {
      const known = holders.get(gram);
      if (known) known.push(row);
      else holders.set(gram, [row]);
    }
  });
  return rows.map((grams, row) => {
    const shared = new Float64Array(rows.length);
    for (const gram of grams)
      for (const other of holders.get(gram) as number[]) shared[other] = (shared[other] as number) + 1;
    shared[row] = 0;
    return shared.reduce((most, count) => Math.max(most, count), 0) / grams.length;
  });
}

import { type Estimate, GROUPS, intervalOf, newEstimate } from "../jackknife.ts";
import type { SampledRow } from "./input.ts";
import { countNGrams, expectedDistinct } from "./n-gram-counts.ts";
import { cannotBeComputed, doesNotApply, type TextMetric, textScore } from "./text-metric.ts";
import { wordsOf } from "./words.ts";

/** How varied the wording is. */
export const distinctN: TextMetric = {
  name: "distinct-n",
  title: "Different pairs of words",
  family: "diversity",
  better: "higher",
  range: [0, 1],
  source:
    "Distinct-2 (Li et al., 2016, NAACL) at a fixed size: the share of different ones expected among 5,000 pairs of neighbouring words, by rarefaction (Hurlbert, 1971, Ecology); delete-a-group jackknife over rows",
  definitionVersion: 1,
  explains:
    "Whether the texts say things in many ways or repeat their phrases. At a fixed number of words, for the usual distinct-n falls as texts grow. It does not show whether the phrases mean anything: random words have the highest value.",
  measure(input) {
    if (input.columns.length === 0) return doesNotApply(distinctN, "No exported column holds running text.");
    const rows = wordedRows(input.sample, { words: MOST_WORDS });
    if (rows.length < 2 * GROUPS)
      return cannotBeComputed(
        distinctN,
        `The release has ${rows.length} rows with a text; an interval needs at least ${2 * GROUPS}.`,
      );
    const sized = SIZES.map((n) => ({ n, ...estimateOf(rows, n) }));
    const pairs = sized.find(({ n }) => n === PAIRS) as (typeof sized)[number];
    if (pairs.estimate === null)
      return cannotBeComputed(
        distinctN,
        `The texts have ${pairs.all} pairs of neighbouring words; the measurement is made at ${DRAWN}, for it falls with their number.`,
      );
    return textScore(distinctN, input, {
      ...intervalOf(pairs.estimate, input.level, [0, 1]),
      n: rows.length,
      drawn: true,
      details: {
        drawn: DRAWN,
        counted: pairs.all,
        byLength: sized.map(({ n, estimate }) => ({
          words: n,
          ...(estimate === null ? { value: null } : intervalOf(estimate, input.level, [0, 1])),
        })),
      },
    });
  },
};

const PAIRS = 2;
const SIZES = [1, PAIRS, 3] as const;
/** n-grams that are compared. */
const DRAWN = 5000;
/** Words that are counted at most: more make the interval no better worth its memory. */
const MOST_WORDS = 200_000;

/** The words of the sampled rows, by text; no more rows than have so many words together, or than are wanted. */
export function wordedRows(
  sample: readonly SampledRow[],
  most: { readonly words?: number; readonly rows?: number },
): readonly (readonly (readonly string[])[])[] {
  const rows: (readonly (readonly string[])[])[] = [];
  let words = 0;
  for (const { texts } of sample) {
    const row = texts.flatMap((text) => (text === null ? [] : [wordsOf(text)])).filter((list) => list.length > 0);
    if (row.length === 0) continue;
    rows.push(row);
    words += row.reduce((sum, list) => sum + list.length, 0);
    if (words >= (most.words ?? Number.POSITIVE_INFINITY) || rows.length === most.rows) break;
  }
  return rows;
}

function estimateOf(
  rows: readonly (readonly (readonly string[])[])[],
  n: number,
): { readonly all: number; readonly estimate: Estimate | null } {
  const { replicates } = countNGrams(rows, n);
  const all = replicates[0]?.all ?? 0;
  if (replicates.some((replicate) => replicate.all < DRAWN)) return { all, estimate: null };
  const estimate = newEstimate();
  replicates.forEach((replicate, r) => {
    estimate[r] = expectedDistinct(replicate, DRAWN) / DRAWN;
  });
  return { all, estimate };
}

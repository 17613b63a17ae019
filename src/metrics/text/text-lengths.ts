import { type Estimate, GROUPS, groupStarts, intervalOf, newEstimate } from "../jackknife.ts";
import { cannotBeComputed, doesNotApply, type TextMetric, textScore } from "./text-metric.ts";
import { wordsOf } from "./words.ts";

/** How much the lengths of texts differ. */
export const textLengths: TextMetric = {
  name: "text-lengths",
  title: "Spread of the lengths of texts",
  family: "diversity",
  better: "higher",
  range: [0, Number.MAX_SAFE_INTEGER],
  source:
    "Words between the quartiles over the median number of words, of the column where that is least; delete-a-group jackknife over rows",
  definitionVersion: 1,
  explains:
    "The profile of lengths, by column (see its details): a model that has fallen into one mould writes texts of one length. What is right depends on what was asked for.",
  diagnostic: true,
  measure(input) {
    if (input.columns.length === 0) return doesNotApply(textLengths, "No exported column holds running text.");
    const columns = input.columns.map(({ name }, j) => {
      const lengths = input.sample.flatMap(({ texts }) => {
        const text = texts[j];
        return typeof text === "string" ? [wordsOf(text).length] : [];
      });
      return { name, lengths, spread: spreadOf(lengths) };
    });
    const enough = columns.filter(({ lengths, spread }) => lengths.length >= 2 * GROUPS && Number.isFinite(spread));
    const [narrowest] = enough.sort((a, b) => a.spread - b.spread);
    if (!narrowest)
      return cannotBeComputed(
        textLengths,
        `No column of running text has ${2 * GROUPS} texts, which an interval needs.`,
      );
    return textScore(textLengths, input, {
      ...intervalOf(withoutGroups(narrowest.lengths), input.level, textLengths.range),
      n: narrowest.lengths.length,
      drawn: true,
      worst: enough.map(({ name, spread }) => ({ name, value: spread })),
      details: {
        columns: columns.map(({ name, lengths }) => ({
          name,
          texts: lengths.length,
          words: Object.fromEntries(SHOWN.map((p) => [`q${Math.round(100 * p)}`, quantile(ascending(lengths), p)])),
        })),
      },
    });
  },
};

const SHOWN = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

function spreadOf(lengths: readonly number[]): number {
  const sorted = ascending(lengths);
  return (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / quantile(sorted, 0.5);
}

/** The sample is in random order. */
function withoutGroups(lengths: readonly number[]): Estimate {
  const starts = groupStarts(lengths.length);
  const estimate = newEstimate();
  estimate[0] = spreadOf(lengths);
  for (let g = 0; g < GROUPS; g++)
    estimate[g + 1] = spreadOf([...lengths.slice(0, starts[g]), ...lengths.slice(starts[g + 1])]);
  return estimate;
}

function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

/** Linear between order statistics (Hyndman & Fan, 1996, type 7). */
function quantile(sorted: Float64Array, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = p * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] as number) - below);
}

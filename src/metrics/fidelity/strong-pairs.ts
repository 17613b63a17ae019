import { binColumns, toBins } from "../bins.ts";
import { countPairs, cramersV } from "../contingency.ts";
import { type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, GROUPS, newEstimate } from "../jackknife.ts";
import type { Metric } from "../metric.ts";
import { choosePairs } from "../pairs.ts";
import { type Compared, comparedScore, normalise, notApplicable, notComputable, tooFewRows } from "../score.ts";

const BINS = 10;
const MOST_PAIRS = 10_000;
/** Association from which a pair is strong, in the holdout and in the training rows alike. */
const STRONG = 0.3;

/** How strongly the worst of the strongly related pairs is still related. */
export const strongPairs: Metric = {
  name: "strong-pairs",
  title: "Worst of the strong pairs",
  family: "fidelity",
  better: "higher",
  range: [0, 1],
  source: "Bias-corrected Cramér's V (Bergsma 2013, Journal of the Korean Statistical Society 42) on shared bins",
  definitionVersion: 1,
  explains:
    "The association of the one strongly related pair of columns that lost the most, beside that of fresh real rows. A mean over all pairs, or the joint distribution of a rare flag, hardly moves when such a relation is gone. It says nothing about weak relations, nor about more than two columns together.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(strongPairs, few);
    const frames = groupFrames(input.frames, input.random.split("strong-pairs"));
    const strong = pairsOf(frames, input.random).filter(({ reference, compared }) =>
      [reference[0], compared.ceiling[0]].every((v) => (v as number) >= STRONG),
    );
    if (strong.length === 0)
      return notApplicable(
        strongPairs,
        `No pair of columns is strongly related (Cramér's V of ${STRONG} or more) in the real rows.`,
      );
    // The worst of so many is looked at, so each has its share of what may go wrong.
    const level = 1 - (1 - input.level) / strong.length;
    const judged = strong
      .flatMap(({ name, compared }) => {
        const normalised = normalise(compared, "higher", level);
        return normalised ? [{ name, compared, normalised }] : [];
      })
      .sort((a, b) => a.normalised.high - b.normalised.high || a.normalised.value - b.normalised.value);
    const [worst] = judged;
    if (!worst)
      return notApplicable(strongPairs, "No strong pair can be told from independent columns at this number of rows.");
    return comparedScore(strongPairs, { ...input, level }, worst.compared, {
      n: frames.rows,
      worst: judged
        .filter(({ normalised }) => normalised.value < 1)
        .map(({ name, compared }) => ({
          name,
          value: compared.value[0] as number,
          ceiling: compared.ceiling[0] as number,
        })),
      details: {
        pair: worst.name,
        pairs: judged.length,
        meanKept: judged.reduce((sum, { normalised }) => sum + normalised.value, 0) / judged.length,
      },
    });
  },
};

interface Pair {
  readonly name: string;
  readonly reference: Estimate;
  readonly compared: Compared;
}

function pairsOf(frames: GroupedFrames, random: Parameters<typeof choosePairs>[1]["random"]): readonly Pair[] {
  const bins = binColumns(frames, BINS);
  const sides = [frames.reference, frames.synthetic, frames.ceiling, frames.floor].map((side) =>
    side.codes.map((codes, j) => toBins(codes, bins[j] as (typeof bins)[number])),
  );
  const varies = (j: number): boolean =>
    [sides[0], sides[2]].every((codes) => codes?.[j]?.some((bin) => bin !== codes[j]?.[0]));
  const pairs = choosePairs([...frames.columns.keys()].filter(varies), {
    most: MOST_PAIRS,
    random: random.split("pairs"),
  });
  const most = Math.max(1, ...bins.map((column) => column.count));
  const counts = new Float64Array((GROUPS + 1) * most * most);
  const left = new Float64Array(most * most);
  return Array.from({ length: pairs.count }, (_, pair) => {
    const a = pairs.first[pair] as number;
    const b = pairs.second[pair] as number;
    const levels = [(bins[a] as { count: number }).count, (bins[b] as { count: number }).count] as const;
    const cells = levels[0] * levels[1];
    const [reference, value, ceiling, floor] = sides.map((codes) => {
      countPairs(codes[a] as Uint8Array, codes[b] as Uint8Array, levels, frames.reference.starts, counts);
      return newEstimate().map((_, r) => {
        for (let c = 0; c < cells; c++)
          left[c] = (counts[c] as number) - (r === 0 ? 0 : (counts[r * cells + c] as number));
        const { v } = cramersV(left, levels);
        return Number.isNaN(v) ? 0 : v;
      });
    }) as [Estimate, Estimate, Estimate, Estimate];
    return {
      name: `${frames.columns[a]?.name} × ${frames.columns[b]?.name}`,
      reference,
      compared: { value, ceiling, floor },
    };
  });
}

import { isQuantity, schemaOf } from "../../schema/schema.ts";
import { type Bins, binColumns, toBins } from "../bins.ts";
import { countPairs, cramersV } from "../contingency.ts";
import { countCodes, type Grouped, type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, GROUPS, intervalOf, meanEstimate, newEstimate } from "../jackknife.ts";
import type { Metric, MetricInput } from "../metric.ts";
import { choosePairs } from "../pairs.ts";
import { type Compared, comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";
import { type CentredColumn, correlationOf, differenceOf, type PairDifference, pairName } from "./pair-differences.ts";
import { pearsonDifferences } from "./pearson-differences.ts";
import { type MixedSide, ratioDifferences } from "./ratio-differences.ts";

const BINS = 10;
/** Of pairs of quantities, of pairs of categories, and of one each. */
const MOST_PAIRS = 10_000;

/** Mean difference of association between synthetic and real: Spearman's ρ for quantities, Cramér's V for categories, the correlation ratio for one
 * of each. */
export const correlationDifference: Metric = {
  name: "correlation-difference",
  title: "Correlation difference",
  family: "fidelity",
  better: "lower",
  range: [0, 2],
  source:
    "|ρ − ρ'| with Spearman's rank correlation over pairs of quantities, |V − V'| with bias-corrected Cramér's V (Bergsma 2013) over pairs of categories, |η − η'| with the correlation ratio of ranks (Kelley 1935) over a quantity and a category",
  definitionVersion: 2,
  explains:
    "How far the strength of relations is off; it sees only monotone relations between quantities, and not whether a relation of the right strength has the right form.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(correlationDifference, few);
    const frames = groupFrames(input.frames, input.random.split("correlation-difference"));
    const split = splitColumns(frames, input);
    const sides = [frames.reference, frames.synthetic, frames.ceiling, frames.floor].map((side) =>
      codeSide(side, frames, split),
    );
    const quantities = quantityPairs(frames, sides, { split, input });
    const categories = categoryPairs(frames, sides, { split, input });
    const mixed = ratioDifferences(frames, sides, { ...split, most: MOST_PAIRS, random: input.random.split("mixed") });
    const all = [...quantities, ...categories, ...mixed];
    if (all.length === 0)
      return notApplicable(correlationDifference, "There is no pair of columns that vary together with enough rows.");
    return comparedScore(correlationDifference, input, meanOf(all), {
      n: frames.rows,
      worst: all
        .map(({ name, value, ceiling }) => ({ name, value: value[0] as number, ceiling: ceiling[0] as number }))
        .sort((a, b) => b.value - b.ceiling - (a.value - a.ceiling)),
      details: {
        quantities: kindDetails(quantities, input.level),
        categories: kindDetails(categories, input.level),
        mixed: kindDetails(mixed, input.level),
        // Beside the mean and not in it: it goes with Spearman's, and one outlier moves it.
        pearson: kindDetails(pearsonDifferences(frames, split.quantities, input), input.level),
      },
    });
  },
};

interface Split {
  readonly quantities: readonly number[];
  /** Those that vary on both real sides. */
  readonly categories: readonly number[];
  readonly bins: readonly Bins[];
}

function splitColumns(frames: GroupedFrames, input: MetricInput): Split {
  const bins = binColumns(frames, BINS);
  const quantities: number[] = [];
  const categories: number[] = [];
  frames.columns.forEach(({ name }, j) => {
    if (isQuantity(schemaOf(input.schema, name).kind)) {
      quantities.push(j);
      return;
    }
    const varies = [frames.reference, frames.ceiling].every((side) => {
      const codes = toBins(side.codes[j] as Uint8Array, bins[j] as Bins);
      return codes.some((bin) => bin !== codes[0]);
    });
    if (varies) categories.push(j);
  });
  return { quantities, categories, bins };
}

function codeSide(grouped: Grouped, frames: GroupedFrames, { quantities, categories, bins }: Split): MixedSide {
  return {
    grouped,
    ranks: new Map(quantities.map((j) => [j, rankColumn(grouped.codes[j] as Uint8Array, frames, j)])),
    binned: new Map(categories.map((j) => [j, toBins(grouped.codes[j] as Uint8Array, bins[j] as Bins)])),
  };
}

/** Mid-ranks among the column's own values, centred: −½ … ½. */
function rankColumn(codes: Uint8Array, frames: GroupedFrames, j: number): CentredColumn {
  const codec = frames.columns[j] as GroupedFrames["columns"][number];
  const counts = countCodes(codes, codec.levels);
  const first = codec.missing.length;
  const total = counts.subarray(first).reduce((sum, count) => sum + count, 0);
  const rankOf = new Float64Array(codec.levels);
  let below = 0;
  for (let code = first; code < codec.levels; code++) {
    rankOf[code] = (below + (counts[code] as number) / 2) / Math.max(1, total) - 0.5;
    below += counts[code] as number;
  }
  return {
    values: Float64Array.from(codes, (code) => rankOf[code] as number),
    present: codes.map((code) => (code >= first ? 1 : 0)),
  };
}

interface Task {
  readonly split: Split;
  readonly input: MetricInput;
}

type FourEstimates = [Estimate, Estimate, Estimate, Estimate];

/** Spearman's, ranks not made anew without a group. */
function quantityPairs(frames: GroupedFrames, sides: readonly MixedSide[], { split, input }: Task): PairDifference[] {
  const pairs = choosePairs(split.quantities, { most: MOST_PAIRS, random: input.random.split("quantities") });
  const sums = new Float64Array(6 * (GROUPS + 1));
  const out: PairDifference[] = [];
  for (let pair = 0; pair < pairs.count; pair++) {
    const a = pairs.first[pair] as number;
    const b = pairs.second[pair] as number;
    const estimates = sides.map(({ ranks, grouped }) =>
      correlationOf(ranks.get(a) as CentredColumn, ranks.get(b) as CentredColumn, grouped.starts, sums),
    ) as FourEstimates;
    out.push(...differenceOf(pairName(frames, a, b), estimates));
  }
  return out;
}

function categoryPairs(frames: GroupedFrames, sides: readonly MixedSide[], { split, input }: Task): PairDifference[] {
  const { bins } = split;
  const pairs = choosePairs(split.categories, { most: MOST_PAIRS, random: input.random.split("categories") });
  const most = Math.max(1, ...bins.map((column) => column.count));
  const counts = new Float64Array((GROUPS + 1) * most * most);
  const left = new Float64Array(most * most);
  const out: PairDifference[] = [];
  for (let pair = 0; pair < pairs.count; pair++) {
    const a = pairs.first[pair] as number;
    const b = pairs.second[pair] as number;
    const levels = [(bins[a] as Bins).count, (bins[b] as Bins).count] as const;
    const cells = levels[0] * levels[1];
    const estimates = sides.map(({ binned, grouped }) => {
      countPairs(binned.get(a) as Uint8Array, binned.get(b) as Uint8Array, levels, grouped.starts, counts);
      return newEstimate().map((_, r) => {
        for (let c = 0; c < cells; c++)
          left[c] = (counts[c] as number) - (r === 0 ? 0 : (counts[r * cells + c] as number));
        return cramersV(left, levels).v;
      });
    }) as FourEstimates;
    out.push(...differenceOf(pairName(frames, a, b), estimates));
  }
  return out;
}

function meanOf(pairs: readonly PairDifference[]): Compared {
  return {
    value: meanEstimate(pairs.map((pair) => pair.value)),
    ceiling: meanEstimate(pairs.map((pair) => pair.ceiling)),
    floor: meanEstimate(pairs.map((pair) => pair.floor)),
  };
}

function kindDetails(pairs: readonly PairDifference[], level: number): Record<string, unknown> {
  if (pairs.length === 0) return { count: 0 };
  const { value, ceiling, floor } = meanOf(pairs);
  return {
    count: pairs.length,
    value: intervalOf(value, level, [0, 2]),
    ceiling: intervalOf(ceiling, level, [0, 2]),
    floor: intervalOf(floor, level, [0, 2]),
  };
}

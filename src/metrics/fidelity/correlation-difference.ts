import { isQuantity, schemaOf } from "../../schema/schema.ts";
import { binColumns, toBins } from "../bins.ts";
import { countPairs, cramersV } from "../contingency.ts";
import { countCodes, type Grouped, type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, GROUPS, intervalOf, mapEstimates, meanEstimate, newEstimate } from "../jackknife.ts";
import type { Metric, MetricInput } from "../metric.ts";
import { choosePairs } from "../pairs.ts";
import { type Compared, comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

const BINS = 10;
/** Of pairs of quantities, and of pairs of categories. */
const MOST_PAIRS = 10_000;
/** Fewest rows that hold both values. */
const LEAST_PAIRED = 20;

/** Mean difference of association between synthetic and real: Spearman's ρ for quantities, Cramér's V for categories. */
export const correlationDifference: Metric = {
  name: "correlation-difference",
  title: "Correlation difference",
  family: "fidelity",
  better: "lower",
  range: [0, 2],
  source:
    "|ρ − ρ'| with Spearman's rank correlation over pairs of quantities, |V − V'| with bias-corrected Cramér's V (Bergsma 2013) over pairs of categories",
  definitionVersion: 1,
  explains:
    "How far the strength of relations is off; it sees only monotone relations between quantities, and none between a quantity and a category.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(correlationDifference, few);
    const frames = groupFrames(input.frames, input.random.split("correlation-difference"));
    const positions = [...frames.columns.keys()];
    const quantity = (j: number): boolean =>
      isQuantity(schemaOf(input.schema, (frames.columns[j] as { name: string }).name).kind);
    const quantities = quantityPairs(frames, positions.filter(quantity), input);
    const categories = categoryPairs(
      frames,
      positions.filter((j) => !quantity(j)),
      input,
    );
    const all = [...quantities, ...categories];
    if (all.length === 0)
      return notApplicable(
        correlationDifference,
        "There is no pair of quantities, and no pair of categories, that vary together with enough rows.",
      );
    return comparedScore(correlationDifference, input, meanOf(all), {
      n: frames.rows,
      worst: all
        .map(({ name, value, ceiling }) => ({ name, value: value[0] as number, ceiling: ceiling[0] as number }))
        .sort((a, b) => b.value - b.ceiling - (a.value - a.ceiling)),
      details: { quantities: kindDetails(quantities, input.level), categories: kindDetails(categories, input.level) },
    });
  },
};

interface PairResult extends Compared {
  readonly name: string;
}

function quantityPairs(frames: GroupedFrames, positions: readonly number[], input: MetricInput): PairResult[] {
  const sides = [frames.reference, frames.synthetic, frames.ceiling, frames.floor].map((side) =>
    rankColumns(side, frames, positions),
  );
  const pairs = choosePairs(positions, { most: MOST_PAIRS, random: input.random.split("quantities") });
  const sums = new Float64Array(6 * (GROUPS + 1));
  const out: PairResult[] = [];
  for (let pair = 0; pair < pairs.count; pair++) {
    const a = pairs.first[pair] as number;
    const b = pairs.second[pair] as number;
    const [reference, synthetic, ceiling, floor] = sides.map((side) =>
      rankCorrelation(side.get(a) as Ranks, side.get(b) as Ranks, frames.reference.starts, sums),
    ) as [Estimate, Estimate, Estimate, Estimate];
    // Undefined among real rows (constant, or hardly ever present together): nothing to compare. Undefined in the synthetic ones: no relation left.
    if (reference.some(Number.isNaN) || ceiling.some(Number.isNaN)) continue;
    out.push({
      name: nameOf(frames, a, b),
      value: distance(reference, synthetic),
      ceiling: distance(reference, ceiling),
      floor: distance(reference, floor),
    });
  }
  return out;
}

interface Ranks {
  /** Mid-rank among the column's own values, centred: −½ … ½; 0 where missing. */
  readonly rank: Float64Array;
  readonly present: Uint8Array;
}

function rankColumns(side: Grouped, frames: GroupedFrames, positions: readonly number[]): Map<number, Ranks> {
  return new Map(
    positions.map((j) => {
      const codec = frames.columns[j] as GroupedFrames["columns"][number];
      const codes = side.codes[j] as Uint8Array;
      const counts = countCodes(codes, codec.levels);
      const first = codec.missing.length;
      const total = counts.subarray(first).reduce((sum, count) => sum + count, 0);
      const rankOf = new Float64Array(codec.levels);
      let below = 0;
      for (let code = first; code < codec.levels; code++) {
        rankOf[code] = (below + (counts[code] as number) / 2) / Math.max(1, total) - 0.5;
        below += counts[code] as number;
      }
      return [
        j,
        {
          rank: Float64Array.from(codes, (code) => rankOf[code] as number),
          present: codes.map((code) => (code >= first ? 1 : 0)),
        },
      ];
    }),
  );
}

/** Pearson's correlation of two columns of ranks over the rows that hold both, and the same without each group (ranks are not made anew).
 * @param sums room for 6 · (GROUPS + 1) numbers
 * @returns NaN where fewer than 20 rows hold both, or one does not vary */
function rankCorrelation(x: Ranks, y: Ranks, starts: Uint32Array, sums: Float64Array): Estimate {
  sums.fill(0);
  for (let g = 0; g < GROUPS; g++) {
    let n = 0;
    let sx = 0;
    let sy = 0;
    let sxx = 0;
    let syy = 0;
    let sxy = 0;
    for (let i = starts[g] as number; i < (starts[g + 1] as number); i++) {
      if (((x.present[i] as number) & (y.present[i] as number)) === 0) continue;
      const u = x.rank[i] as number;
      const v = y.rank[i] as number;
      n++;
      sx += u;
      sy += v;
      sxx += u * u;
      syy += v * v;
      sxy += u * v;
    }
    sums.set([n, sx, sy, sxx, syy, sxy], 6 * (g + 1));
    for (let k = 0; k < 6; k++) sums[k] = (sums[k] as number) + (sums[6 * (g + 1) + k] as number);
  }
  return newEstimate().map((_, r) => {
    const left = (k: number): number => (sums[k] as number) - (r === 0 ? 0 : (sums[6 * r + k] as number));
    const n = left(0);
    if (n < LEAST_PAIRED) return Number.NaN;
    const varianceX = left(3) - (left(1) * left(1)) / n;
    const varianceY = left(4) - (left(2) * left(2)) / n;
    if (varianceX < 1e-9 * n || varianceY < 1e-9 * n) return Number.NaN;
    return Math.max(-1, Math.min(1, (left(5) - (left(1) * left(2)) / n) / Math.sqrt(varianceX * varianceY)));
  });
}

function categoryPairs(frames: GroupedFrames, positions: readonly number[], input: MetricInput): PairResult[] {
  const bins = binColumns(frames, BINS);
  const binned = [frames.reference, frames.synthetic, frames.ceiling, frames.floor].map((side) =>
    side.codes.map((codes, j) => (positions.includes(j) ? toBins(codes, bins[j] as (typeof bins)[number]) : codes)),
  );
  const varies = (j: number): boolean =>
    [frames.reference, frames.ceiling].every((side) => {
      const codes = toBins(side.codes[j] as Uint8Array, bins[j] as (typeof bins)[number]);
      return codes.some((bin) => bin !== codes[0]);
    });
  const pairs = choosePairs(positions.filter(varies), {
    most: MOST_PAIRS,
    random: input.random.split("categories"),
  });
  const most = Math.max(1, ...bins.map((column) => column.count));
  const counts = new Float64Array((GROUPS + 1) * most * most);
  const left = new Float64Array(most * most);
  const out: PairResult[] = [];
  for (let pair = 0; pair < pairs.count; pair++) {
    const a = pairs.first[pair] as number;
    const b = pairs.second[pair] as number;
    const levels = [(bins[a] as { count: number }).count, (bins[b] as { count: number }).count] as const;
    const cells = levels[0] * levels[1];
    const [reference, synthetic, ceiling, floor] = binned.map((columns) => {
      countPairs(columns[a] as Uint8Array, columns[b] as Uint8Array, levels, frames.reference.starts, counts);
      return newEstimate().map((_, r) => {
        for (let c = 0; c < cells; c++)
          left[c] = (counts[c] as number) - (r === 0 ? 0 : (counts[r * cells + c] as number));
        return cramersV(left, levels).v;
      });
    }) as [Estimate, Estimate, Estimate, Estimate];
    out.push({
      name: nameOf(frames, a, b),
      value: distance(reference, synthetic),
      ceiling: distance(reference, ceiling),
      floor: distance(reference, floor),
    });
  }
  return out;
}

function distance(real: Estimate, other: Estimate): Estimate {
  return mapEstimates([real, other], (a, b) => Math.abs(a - (Number.isNaN(b) ? 0 : b)));
}

function nameOf(frames: GroupedFrames, a: number, b: number): string {
  return `${frames.columns[a]?.name} × ${frames.columns[b]?.name}`;
}

function meanOf(pairs: readonly PairResult[]): Compared {
  return {
    value: meanEstimate(pairs.map((pair) => pair.value)),
    ceiling: meanEstimate(pairs.map((pair) => pair.ceiling)),
    floor: meanEstimate(pairs.map((pair) => pair.floor)),
  };
}

function kindDetails(pairs: readonly PairResult[], level: number): Record<string, unknown> {
  if (pairs.length === 0) return { count: 0 };
  const { value, ceiling, floor } = meanOf(pairs);
  return {
    count: pairs.length,
    value: intervalOf(value, level, [0, 2]),
    ceiling: intervalOf(ceiling, level, [0, 2]),
    floor: intervalOf(floor, level, [0, 2]),
  };
}

import type { Grouped, GroupedFrames } from "../grouped.ts";
import { type Estimate, GROUPS, newEstimate } from "../jackknife.ts";
import type { MetricInput } from "../metric.ts";
import { type CentredColumn, differenceOf, type PairDifference, pairName } from "./pair-differences.ts";

/** One side's columns: quantities as ranks, categories as bins. */
export interface MixedSide {
  readonly grouped: Grouped;
  readonly ranks: ReadonlyMap<number, CentredColumn>;
  readonly binned: ReadonlyMap<number, Uint8Array>;
}

/** Differences of the correlation ratio η of a quantity's ranks by a category's labels, over all such pairs, or a choice by seed of `most`. */
export function ratioDifferences(
  frames: GroupedFrames,
  sides: readonly MixedSide[],
  what: {
    readonly quantities: readonly number[];
    readonly categories: readonly number[];
    /** Bins of each column, by position. */
    readonly bins: readonly { readonly count: number }[];
    readonly most: number;
    readonly random: MetricInput["random"];
  },
): PairDifference[] {
  const { quantities, categories, bins } = what;
  const of = quantities.length * categories.length;
  const out: PairDifference[] = [];
  for (const pair of what.random.sample(of, Math.min(of, what.most))) {
    const quantity = quantities[Math.floor(pair / categories.length)] as number;
    const category = categories[pair % categories.length] as number;
    const levels = (bins[category] as { count: number }).count;
    const estimates = sides.map((side) =>
      ratioOf(
        side.ranks.get(quantity) as CentredColumn,
        side.binned.get(category) as Uint8Array,
        levels,
        side.grouped.starts,
      ),
    );
    out.push(
      ...differenceOf(
        pairName(frames, quantity, category),
        estimates as unknown as [Estimate, Estimate, Estimate, Estimate],
      ),
    );
  }
  return out;
}

/** Fewest rows that hold the quantity. */
const LEAST_ROWS = 20;

/** Correlation ratio: the root of the share of a quantity's variance that lies between the labels of a category, corrected for their number; and the
 * same without each group.
 * @returns NaN where fewer than 20 rows hold the quantity, or it does not vary, or only one label is held
 * @source Pearson (1905); correction: Kelley (1935), An unbiased correlation ratio measure, PNAS 21, as ε² */
export function ratioOf(x: CentredColumn, labels: Uint8Array, levels: number, starts: Uint32Array): Estimate {
  // Blocks of counts, sums and squares by label: all rows, then each group.
  const width = 2 * levels + 1;
  const blocks = new Float64Array((GROUPS + 1) * width);
  for (let g = 0; g < GROUPS; g++) {
    const base = (g + 1) * width;
    for (let i = starts[g] as number; i < (starts[g + 1] as number); i++) {
      if (x.present[i] === 0) continue;
      const label = labels[i] as number;
      const value = x.values[i] as number;
      blocks[base + label] = (blocks[base + label] as number) + 1;
      blocks[base + levels + label] = (blocks[base + levels + label] as number) + value;
      blocks[base + 2 * levels] = (blocks[base + 2 * levels] as number) + value * value;
    }
    for (let c = 0; c < width; c++) blocks[c] = (blocks[c] as number) + (blocks[base + c] as number);
  }
  return newEstimate().map((_, r) => {
    const left = (c: number): number => (blocks[c] as number) - (r === 0 ? 0 : (blocks[r * width + c] as number));
    let rows = 0;
    let sum = 0;
    let between = 0;
    let used = 0;
    for (let label = 0; label < levels; label++) {
      const count = left(label);
      if (count < 0.5) continue;
      const own = left(levels + label);
      used++;
      rows += count;
      sum += own;
      between += (own * own) / count;
    }
    if (rows < LEAST_ROWS || used < 2 || rows <= used) return Number.NaN;
    const middle = (sum * sum) / rows;
    const total = left(2 * levels) - middle;
    if (total < 1e-9 * rows) return Number.NaN;
    const share = Math.min(1, (between - middle) / total);
    return Math.sqrt(Math.max(0, 1 - ((1 - share) * (rows - 1)) / (rows - used)));
  });
}

import { type Bins, coarseBins, toBins } from "../bins.ts";
import { countPairs } from "../contingency.ts";
import { countCodes, type Grouped, type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, GROUPS, intervalOf, newEstimate } from "../jackknife.ts";
import type { Interval, Metric } from "../metric.ts";
import { choosePairs } from "../pairs.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

/** A cell counts when so many of the reference rows are in it: fresh rows, as many, then miss it about once in sixty times at worst. */
const EXPECTED = 5;
/** Bins of a quantity, and labels of a category, commonest first; the other labels share one. */
const MOST_BINS = 10;
const MOST_LABELS = 50;
const MOST_PAIRS = 2000;

/** Whether combinations of two values that real rows have occur among the synthetic rows at all. */
export const twoWayCoverage: Metric = {
  name: "two-way-coverage",
  title: "Two-way coverage",
  family: "coverage",
  better: "higher",
  range: [0, 1],
  source:
    "Share of the two-way value combinations of the real rows that occur: Kuhn, Mendoza, Kacker & Lei, NIST IR 7878 (2012); cells with an expected count ≥ 5 only, quantities in shared bins",
  definitionVersion: 1,
  explains:
    "Whether combinations of two values that real rows show come up at all; not whether they come up often enough (see pair-accuracy), nor combinations of three.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(twoWayCoverage, few);
    const frames = groupFrames(input.frames, input.random.split("two-way-coverage"));
    const bins = binsOf(frames);
    const varying = bins.flatMap(({ varies }, j) => (varies ? [j] : []));
    if (varying.length < 2)
      return notApplicable(
        twoWayCoverage,
        "Fewer than two columns vary among the real rows: there are no combinations.",
      );
    const chosen = choosePairs(varying, { most: MOST_PAIRS, random: input.random.split("pairs") });
    const totals = measureCells(frames, bins, chosen);
    if (totals.pairs.length === 0)
      return notComputable(
        twoWayCoverage,
        `No combination of two values is held by ${EXPECTED} of the ${frames.rows} rows to compare with. Give more rows, or a larger holdout.`,
      );
    const { cells, covered, invented, pairs } = totals;
    const share = (counts: Estimate): Estimate => counts.map((count) => count / cells);
    const inventedOf = (counts: Estimate): Interval =>
      intervalOf(
        counts.map((count, r) => count / (frames.rows * chosen.count) / (r === 0 ? 1 : 1 - 1 / GROUPS)),
        input.level,
        [0, 1],
      );
    return comparedScore(
      twoWayCoverage,
      input,
      { value: share(covered.synthetic), ceiling: share(covered.ceiling), floor: share(covered.floor) },
      {
        n: frames.rows,
        worst: pairs
          .filter(({ missed }) => missed > 0)
          .sort((a, b) => b.missed - a.missed)
          .slice(0, 50)
          .map(({ first, second, cells, missed, missedFresh }) => ({
            name: `${nameOf(frames, first)} × ${nameOf(frames, second)}`,
            value: 1 - missed / cells,
            ceiling: 1 - missedFresh / cells,
            note: `${missed} of ${cells} combinations missing`,
          })),
        details: {
          combinations: cells,
          expectedAtLeast: EXPECTED,
          pairs: chosen.count,
          pairsInAll: chosen.of,
          missing: cells - (covered.synthetic[0] as number),
          missingOfFreshRows: cells - (covered.ceiling[0] as number),
          // Rows, of all rows times pairs, in combinations that no reference row has.
          invented: {
            value: inventedOf(invented.synthetic),
            ceiling: inventedOf(invented.ceiling),
            floor: inventedOf(invented.floor),
          },
        },
      },
    );
  },
};

interface ColumnBins extends Bins {
  readonly varies: boolean;
}

/** By the rows of both real frames, so that neither is favoured. */
function binsOf(frames: GroupedFrames): ColumnBins[] {
  return frames.columns.map((codec, j) => {
    const counts = countCodes(frames.reference.codes[j] as Uint8Array, codec.levels);
    const more = countCodes(frames.ceiling.codes[j] as Uint8Array, codec.levels);
    const both = counts.map((count, code) => count + (more[code] as number));
    const bins = coarseBins(codec, both, codec.ordered ? MOST_BINS : MOST_LABELS);
    const used = new Set<number>();
    both.forEach((count, code) => {
      if (count > 0) used.add(bins.of[code] as number);
    });
    return { ...bins, varies: used.size > 1 };
  });
}

const SIDES = ["synthetic", "ceiling", "floor"] as const;
type Counts = Readonly<Record<(typeof SIDES)[number], Estimate>>;

interface CellTotals {
  /** Combinations that count, over all pairs. */
  readonly cells: number;
  /** Of these, how many each side has. */
  readonly covered: Counts;
  /** Rows in combinations that no reference row has. */
  readonly invented: Counts;
  readonly pairs: readonly {
    readonly first: number;
    readonly second: number;
    readonly cells: number;
    readonly missed: number;
    readonly missedFresh: number;
  }[];
}

function measureCells(
  frames: GroupedFrames,
  bins: readonly Bins[],
  chosen: ReturnType<typeof choosePairs>,
): CellTotals {
  const binned = (side: Grouped): Uint8Array[] => side.codes.map((codes, j) => toBins(codes, bins[j] as Bins));
  const reference = binned(frames.reference);
  const sides = SIDES.map((name) => ({ name, codes: binned(frames[name]), starts: frames[name].starts }));
  const most = bins.reduce((top, { count }) => Math.max(top, count), 0);
  const real = new Float64Array((GROUPS + 1) * most * most);
  const own = new Float64Array((GROUPS + 1) * most * most);
  const covered: Counts = { synthetic: newEstimate(), ceiling: newEstimate(), floor: newEstimate() };
  const invented: Counts = { synthetic: newEstimate(), ceiling: newEstimate(), floor: newEstimate() };
  const pairs: CellTotals["pairs"][number][] = [];
  let cells = 0;
  for (let p = 0; p < chosen.count; p++) {
    const first = chosen.first[p] as number;
    const second = chosen.second[p] as number;
    const levels = [(bins[first] as Bins).count, (bins[second] as Bins).count] as const;
    const size = levels[0] * levels[1];
    countPairs(reference[first] as Uint8Array, reference[second] as Uint8Array, levels, frames.reference.starts, real);
    const counting: number[] = [];
    const empty: number[] = [];
    for (let cell = 0; cell < size; cell++) {
      if ((real[cell] as number) >= EXPECTED) counting.push(cell);
      if (real[cell] === 0) empty.push(cell);
    }
    cells += counting.length;
    const had = sides.map(({ name, codes, starts }) => {
      countPairs(codes[first] as Uint8Array, codes[second] as Uint8Array, levels, starts, own);
      const before = covered[name][0] as number;
      for (const cell of counting) addTo(covered[name], own, { cell, size, presence: true });
      for (const cell of empty)
        if ((own[cell] as number) > 0) addTo(invented[name], own, { cell, size, presence: false });
      return (covered[name][0] as number) - before;
    });
    if (counting.length > 0)
      pairs.push({
        first,
        second,
        cells: counting.length,
        missed: counting.length - (had[0] as number),
        missedFresh: counting.length - (had[1] as number),
      });
  }
  return { cells, covered, invented, pairs };
}

/** Adds a cell's rows, or 1 when it has any: with all rows, and without each group. */
function addTo(
  into: Estimate,
  counts: Float64Array,
  { cell, size, presence }: { readonly cell: number; readonly size: number; readonly presence: boolean },
): void {
  const total = counts[cell] as number;
  for (let r = 0; r <= GROUPS; r++) {
    const left = r === 0 ? total : total - (counts[r * size + cell] as number);
    into[r] = (into[r] as number) + (presence ? (left > 0 ? 1 : 0) : left);
  }
}

function nameOf(frames: GroupedFrames, column: number): string {
  return frames.columns[column]?.name as string;
}

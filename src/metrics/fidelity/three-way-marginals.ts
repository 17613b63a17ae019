import { schemaOf } from "../../schema/schema.ts";
import { type Bins, binColumns, toBins } from "../bins.ts";
import { accuracyInto } from "../contingency.ts";
import { countCodes, type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, GROUPS, newEstimate } from "../jackknife.ts";
import type { Metric, MetricInput } from "../metric.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";
import { chooseTriples, type Triples } from "../triples.ts";
import { LEAST_SHOWN, nameBin } from "./bin-names.ts";
import { sliceAccuracies } from "./slices.ts";

const BINS = 5;
const MOST_TRIPLES = 2000;
/** Fewest rows of a group, on every side, for it to be judged by itself. */
const LEAST_GROUP_ROWS = 30;
const SHOWN = 20;

/** Mean over triples of columns of 1 − total variation distance of their joint table, over bins that all sides share. */
export const threeWayMarginals: Metric = {
  name: "three-way-marginals",
  title: "Three-way marginals",
  family: "fidelity",
  better: "higher",
  range: [0, 1],
  source: "k-marginal score of SDNist 2.5 (NIST Collaborative Research Cycle) with k = 3, over 1000",
  definitionVersion: 1,
  explains:
    "How well every three columns at once are reproduced, with the cells and groups that are furthest off; it does not see relations that need four columns, nor those finer than its few bins.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(threeWayMarginals, few);
    const random = input.random.split("three-way-marginals");
    const frames = groupFrames(input.frames, random);
    const binned = binFrames(frames);
    if (binned.varying.length < 3)
      return notApplicable(threeWayMarginals, "Fewer than three columns vary: there is no triple to compare.");
    const triples = chooseTriples(binned.varying, { most: MOST_TRIPLES, random: random.split("triples") });
    const measured = measureTriples(binned, triples);
    const names = (columns: readonly number[]): string => columns.map((j) => frames.columns[j]?.name).join(" × ");
    const worst = measured.parts
      .filter(({ value, ceiling }) => value < ceiling)
      .sort((a, b) => b.ceiling - b.value - (a.ceiling - a.value));
    const nameOf = binNamer(frames, binned, input);
    return comparedScore(threeWayMarginals, input, measured, {
      n: frames.rows,
      worst: worst.slice(0, 50).map(({ columns, value, ceiling }) => ({ name: names(columns), value, ceiling })),
      details: {
        triples: triples.chosen.length,
        ...(triples.chosen.length < triples.of ? { chosenFrom: triples.of } : {}),
        bins: BINS,
        kMarginal: 1000 * (measured.value[0] as number),
        skipped: frames.columns.length - binned.varying.length,
        cells: worst.slice(0, SHOWN).flatMap(({ columns, cell }) =>
          cell
            ? [
                {
                  cell: columns.map((j, d) => nameOf(j, cell.bins[d] as number)).join(", "),
                  real: shownShare(cell.real, frames.rows),
                  synthetic: shownShare(cell.synthetic, frames.rows),
                },
              ]
            : [],
        ),
        subgroups: measured.groups
          .sort((a, b) => b.ceiling - b.value - (a.ceiling - a.value))
          .slice(0, SHOWN)
          .map(({ column, bin, ...group }) => ({ group: nameOf(column, bin), ...group })),
      },
    });
  },
};

/** Nothing where so few rows hold the cell that naming it would point at them. */
function shownShare(count: number, rows: number): number | null {
  return count >= LEAST_SHOWN ? count / rows : null;
}

interface BinnedFrames {
  readonly bins: readonly Bins[];
  /** reference, synthetic, ceiling, floor */
  readonly sides: readonly { readonly starts: Uint32Array; readonly columns: readonly Uint8Array[] }[];
  /** Positions of the columns with two bins in use. */
  readonly varying: readonly number[];
}

function binFrames(frames: GroupedFrames): BinnedFrames {
  const bins = binColumns(frames, BINS);
  const sides = [frames.reference, frames.synthetic, frames.ceiling, frames.floor].map((side) => ({
    starts: side.starts,
    columns: side.codes.map((codes, j) => toBins(codes, bins[j] as Bins)),
  }));
  const varying = [...bins.keys()].filter((j) => {
    const first = sides[0]?.columns[j]?.[0];
    return sides.some((side) => (side.columns[j] as Uint8Array).some((bin) => bin !== first));
  });
  return { bins, sides, varying };
}

interface MeasuredTriples {
  readonly value: Estimate;
  readonly ceiling: Estimate;
  readonly floor: Estimate;
  readonly parts: TriplePart[];
  readonly groups: GroupPart[];
}

interface TriplePart {
  readonly columns: readonly [number, number, number];
  readonly value: number;
  readonly ceiling: number;
  /** The cell that is furthest off, beyond what fresh rows are; nothing where too few rows hold it. */
  readonly cell: WorstCell | undefined;
}

interface WorstCell {
  readonly bins: readonly [number, number, number];
  /** Rows. */
  readonly real: number;
  readonly synthetic: number;
}

interface GroupPart {
  readonly column: number;
  readonly bin: number;
  /** Reference rows. */
  readonly rows: number;
  readonly value: number;
  readonly ceiling: number;
}

function measureTriples(binned: BinnedFrames, { chosen }: Triples): MeasuredTriples {
  const most = binned.varying.map((j) => (binned.bins[j] as Bins).count).sort((a, b) => b - a);
  const room = (most[0] as number) * (most[1] as number) * (most[2] as number);
  const counts = binned.sides.map(() => new Float64Array((GROUPS + 1) * room));
  const [reference, synthetic, ceiling, floor] = counts as [Float64Array, Float64Array, Float64Array, Float64Array];
  const means = { value: newEstimate(), ceiling: newEstimate(), floor: newEstimate() };
  const own = newEstimate();
  const add = (other: Float64Array, cells: number, into: Estimate): number => {
    accuracyInto(reference, other, cells, own);
    for (let r = 0; r <= GROUPS; r++) into[r] = (into[r] as number) + (own[r] as number) / chosen.length;
    return own[0] as number;
  };
  const groups = new Map<number, { rows: number; value: number; ceiling: number; count: number }>();
  const parts = chosen.map((columns): TriplePart => {
    const levels = columns.map((j) => (binned.bins[j] as Bins).count) as [number, number, number];
    const cells = levels[0] * levels[1] * levels[2];
    binned.sides.forEach((side, s) => {
      countTriples(
        columns.map((j) => side.columns[j]) as [Uint8Array, Uint8Array, Uint8Array],
        levels,
        side.starts,
        counts[s] as Float64Array,
      );
    });
    for (const slice of sliceAccuracies([reference, synthetic, ceiling], levels)) {
      if (slice.least < LEAST_GROUP_ROWS) continue;
      const key = (columns[slice.dimension] as number) * 256 + slice.bin;
      const group = groups.get(key) ?? { rows: slice.rows, value: 0, ceiling: 0, count: 0 };
      group.value += slice.value;
      group.ceiling += slice.ceiling;
      group.count++;
      groups.set(key, group);
    }
    const value = add(synthetic, cells, means.value);
    const fresh = add(ceiling, cells, means.ceiling);
    add(floor, cells, means.floor);
    return { columns, value, ceiling: fresh, cell: worstCell([reference, synthetic, ceiling], levels) };
  });
  return {
    ...means,
    parts,
    groups: [...groups].map(([key, { rows, value, ceiling, count }]) => ({
      column: Math.floor(key / 256),
      bin: key % 256,
      rows,
      value: value / count,
      ceiling: ceiling / count,
    })),
  };
}

/** Counts three binned columns by block: `into[block · cells + (a · levelsOfB + b) · levelsOfC + c]`; block 0 counts all rows, block g + 1 those of
 * group g. */
function countTriples(
  [a, b, c]: readonly [Uint8Array, Uint8Array, Uint8Array],
  [levelsA, levelsB, levelsC]: readonly [number, number, number],
  starts: Uint32Array,
  into: Float64Array,
): void {
  const cells = levelsA * levelsB * levelsC;
  into.fill(0, 0, (GROUPS + 1) * cells);
  for (let g = 0; g < GROUPS; g++) {
    const end = starts[g + 1] as number;
    const base = (g + 1) * cells;
    for (let i = starts[g] as number; i < end; i++) {
      const cell = base + ((a[i] as number) * levelsB + (b[i] as number)) * levelsC + (c[i] as number);
      into[cell] = (into[cell] as number) + 1;
    }
    for (let cell = 0; cell < cells; cell++) into[cell] = (into[cell] as number) + (into[base + cell] as number);
  }
}

function worstCell(
  [reference, synthetic, ceiling]: readonly [Float64Array, Float64Array, Float64Array],
  [levelsA, levelsB, levelsC]: readonly [number, number, number],
): WorstCell | undefined {
  let worst = -1;
  let most = 0;
  const cells = levelsA * levelsB * levelsC;
  for (let cell = 0; cell < cells; cell++) {
    const real = reference[cell] as number;
    const made = synthetic[cell] as number;
    if (real < LEAST_SHOWN && made < LEAST_SHOWN) continue;
    const excess = Math.abs(made - real) - Math.abs((ceiling[cell] as number) - real);
    if (excess > most) {
      most = excess;
      worst = cell;
    }
  }
  if (worst < 0) return undefined;
  const bins = [Math.floor(worst / levelsC / levelsB), Math.floor(worst / levelsC) % levelsB, worst % levelsC] as const;
  return { bins, real: reference[worst] as number, synthetic: synthetic[worst] as number };
}

/** Names of bins in words, by the real rows that hold their codes. */
function binNamer(
  frames: GroupedFrames,
  { bins }: BinnedFrames,
  input: MetricInput,
): (column: number, bin: number) => string {
  return (column, bin) => {
    const codec = frames.columns[column] as GroupedFrames["columns"][number];
    const [reference, ceiling] = [frames.reference, frames.ceiling].map((side) =>
      countCodes(side.codes[column] as Uint8Array, codec.levels),
    ) as [Float64Array, Float64Array];
    return nameBin(codec, bins[column] as Bins, {
      bin,
      counts: reference.map((count, code) => count + (ceiling[code] as number)),
      isDate: schemaOf(input.schema, codec.name).type === "date",
    });
  };
}

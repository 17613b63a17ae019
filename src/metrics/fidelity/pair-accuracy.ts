import { binColumns, toBins } from "../bins.ts";
import { accuracyInto, countPairs, cramersV } from "../contingency.ts";
import { type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, GROUPS, intervalOf, mapEstimates, newEstimate } from "../jackknife.ts";
import type { Interval, Metric, MetricInput, WorstPart } from "../metric.ts";
import { choosePairs, type Pairs } from "../pairs.ts";
import { type Compared, comparedScore, normalise, notApplicable, notComputable, tooFewRows } from "../score.ts";

const BINS = 10;
const MOST_PAIRS = 80_000;
/** A pair is strong from this bias-corrected Cramér's V on. */
const STRONG = 0.3;
/** A column is judged by its strongest pairs that are at least this strong and that far from chance. */
const RELATED = { v: 0.1, z: 5, most: 5 } as const;

/** Mean over pairs of columns of 1 − total variation distance of their joint table, over bins that all sides share. */
export const pairAccuracy: Metric = {
  name: "pair-accuracy",
  title: "Pair accuracy",
  family: "fidelity",
  better: "higher",
  range: [0, 1],
  source:
    "1 − total variation distance of shared-bin contingency tables, all pairs; mostlyai-qa (2024) and SDNist's k-marginal, with measured ceiling and floor; strength by Bergsma (2013)",
  definitionVersion: 1,
  explains:
    "How well every pair of columns is reproduced; 0 of 1 normalised is what shuffled columns would give. It does not see relations that need three columns.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(pairAccuracy, few);
    const random = input.random.split("pair-accuracy");
    const frames = groupFrames(input.frames, random);
    const measured = measurePairs(frames, input);
    if (!measured)
      return notApplicable(pairAccuracy, "Fewer than two columns vary: there is no pair of columns to compare.");
    const { pairs, names, table } = measured;
    const strong = [...table.strength.keys()].filter((pair) => (table.strength[pair] as number) >= STRONG);
    const { columns, unrelated } = byColumn(measured, input.level);
    return comparedScore(pairAccuracy, input, meanOf(table, [...table.strength.keys()]), {
      n: frames.rows,
      worst: worstPairs(measured),
      details: {
        pairs: pairs.count,
        ...(pairs.count < pairs.of ? { chosenFrom: pairs.of } : {}),
        bins: BINS,
        strong: strong.length > 0 ? strongDetails(meanOf(table, strong), strong.length, input.level) : { count: 0 },
        columns,
        unrelated,
        skipped: frames.columns.length - names.filter((name) => name !== undefined).length,
      },
    });
  },
};

/** One row of GROUPS + 1 numbers a pair: accuracy of the synthetic, ceiling and floor rows against the reference. */
interface PairTable {
  readonly value: Float64Array;
  readonly ceiling: Float64Array;
  readonly floor: Float64Array;
  /** Bias-corrected Cramér's V on the real rows of both sides. */
  readonly strength: Float64Array;
  /** How far χ² of the real rows lies from chance, in standard deviations. */
  readonly evidence: Float64Array;
}

export interface MeasuredPairs {
  readonly pairs: Pairs;
  /** Names of the columns that vary, by position. */
  readonly names: readonly (string | undefined)[];
  readonly table: PairTable;
}

/** Every pair of columns that vary; nothing where fewer than two do. */
export function measurePairs(frames: GroupedFrames, input: MetricInput): MeasuredPairs | undefined {
  const bins = binColumns(frames, BINS);
  const binned = [frames.reference, frames.synthetic, frames.ceiling, frames.floor].map((side) => ({
    starts: side.starts,
    columns: side.codes.map((codes, j) => toBins(codes, bins[j] as (typeof bins)[number])),
  }));
  const varying = bins.map((_, j) =>
    binned.some(({ columns }) => !isConstant(columns[j] as Uint8Array, binned[0]?.columns[j]?.[0] as number)),
  );
  const positions = [...varying.keys()].filter((j) => varying[j]);
  if (positions.length < 2) return undefined;
  const pairs = choosePairs(positions, { most: MOST_PAIRS, random: input.random.split("pairs") });
  const most = Math.max(...bins.map((column) => column.count));
  const counts = binned.map(() => new Float64Array((GROUPS + 1) * most * most));
  const [reference, synthetic, ceiling, floor] = counts as [Float64Array, Float64Array, Float64Array, Float64Array];
  const real = new Float64Array(most * most);
  const row = GROUPS + 1;
  const table: PairTable = {
    value: new Float64Array(pairs.count * row),
    ceiling: new Float64Array(pairs.count * row),
    floor: new Float64Array(pairs.count * row),
    strength: new Float64Array(pairs.count),
    evidence: new Float64Array(pairs.count),
  };
  for (let pair = 0; pair < pairs.count; pair++) {
    const a = pairs.first[pair] as number;
    const b = pairs.second[pair] as number;
    const levels = [(bins[a] as { count: number }).count, (bins[b] as { count: number }).count] as const;
    const cells = levels[0] * levels[1];
    binned.forEach(({ columns, starts }, side) => {
      countPairs(columns[a] as Uint8Array, columns[b] as Uint8Array, levels, starts, counts[side] as Float64Array);
    });
    accuracyInto(reference, synthetic, cells, table.value, pair * row);
    accuracyInto(reference, ceiling, cells, table.ceiling, pair * row);
    accuracyInto(reference, floor, cells, table.floor, pair * row);
    for (let c = 0; c < cells; c++) real[c] = (reference[c] as number) + (ceiling[c] as number);
    const { v, z } = cramersV(real, levels);
    table.strength[pair] = v;
    table.evidence[pair] = z;
  }
  return { pairs, names: frames.columns.map((column, j) => (varying[j] ? column.name : undefined)), table };
}

function isConstant(codes: Uint8Array, value: number): boolean {
  for (let i = 0; i < codes.length; i++) if (codes[i] !== value) return false;
  return true;
}

function meanOf(table: PairTable, pairs: readonly number[]): Compared {
  const mean = (of: Float64Array): Estimate => {
    const out = newEstimate();
    for (const pair of pairs)
      for (let r = 0; r <= GROUPS; r++)
        out[r] = (out[r] as number) + (of[pair * (GROUPS + 1) + r] as number) / pairs.length;
    return out;
  };
  return { value: mean(table.value), ceiling: mean(table.ceiling), floor: mean(table.floor) };
}

function strongDetails(compared: Compared, count: number, level: number): Record<string, unknown> {
  const normalised = normalise(compared, "higher", level);
  return {
    count,
    value: intervalOf(compared.value, level, [0, 1]),
    ceiling: intervalOf(compared.ceiling, level, [0, 1]),
    floor: intervalOf(compared.floor, level, [0, 1]),
    difference: intervalOf(
      mapEstimates([compared.value, compared.ceiling], (v, c) => v - c),
      level,
    ),
    ...(normalised ? { normalised } : {}),
  };
}

/** Each column by its strongest pairs, so that one column shuffled by itself shows however many others are fine. */
function byColumn(
  measured: MeasuredPairs,
  level: number,
): { readonly columns: { name: string; normalised: Interval }[]; readonly unrelated: string[] } {
  const columns: { name: string; normalised: Interval }[] = [];
  const unrelated: string[] = [];
  for (const { name, compared } of relationsOf(measured)) {
    const normalised = compared && normalise(compared, "higher", level);
    if (normalised) columns.push({ name, normalised });
    else unrelated.push(name);
  }
  columns.sort((a, b) => a.normalised.value - b.normalised.value);
  return { columns, unrelated };
}

/** The mean over the strongest pairs of each column that varies; nothing where no pair of it is related. */
export function relationsOf({
  pairs,
  names,
  table,
}: MeasuredPairs): { readonly name: string; readonly compared: Compared | undefined }[] {
  const of = new Map<number, number[]>();
  for (let pair = 0; pair < pairs.count; pair++) {
    if ((table.strength[pair] as number) < RELATED.v || (table.evidence[pair] as number) < RELATED.z) continue;
    for (const column of [pairs.first[pair] as number, pairs.second[pair] as number])
      of.set(column, [...(of.get(column) ?? []), pair]);
  }
  return names.flatMap((name, j) => {
    if (name === undefined) return [];
    const strongest = (of.get(j) ?? [])
      .sort((a, b) => (table.strength[b] as number) - (table.strength[a] as number) || a - b)
      .slice(0, RELATED.most);
    return [{ name, compared: strongest.length > 0 ? meanOf(table, strongest) : undefined }];
  });
}

function worstPairs({ pairs, names, table }: MeasuredPairs): WorstPart[] {
  const row = GROUPS + 1;
  const shortfall = (pair: number): number =>
    (table.ceiling[pair * row] as number) - (table.value[pair * row] as number);
  return [...table.strength.keys()]
    .filter((pair) => shortfall(pair) > 0)
    .sort((a, b) => shortfall(b) - shortfall(a) || a - b)
    .slice(0, 50)
    .map((pair) => ({
      name: `${names[pairs.first[pair] as number]} × ${names[pairs.second[pair] as number]}`,
      value: table.value[pair * row] as number,
      ceiling: table.ceiling[pair * row] as number,
    }));
}

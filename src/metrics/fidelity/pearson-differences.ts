import { columnOf } from "../../data/table.ts";
import type { GroupedFrames } from "../grouped.ts";
import { type Estimate, GROUPS, groupStarts } from "../jackknife.ts";
import type { MetricInput } from "../metric.ts";
import { choosePairs } from "../pairs.ts";
import { type Sample, sampleTables } from "../samples.ts";
import { type CentredColumn, correlationOf, differenceOf, type PairDifference, pairName } from "./pair-differences.ts";

/** Values are held for each side, so there are not too many of them; a choice by seed beyond. */
const MOST_COLUMNS = 140;

/** Differences of Pearson's correlation over all pairs of these columns, on the values themselves.
 * @param positions of quantities, ascending */
export function pearsonDifferences(
  frames: GroupedFrames,
  positions: readonly number[],
  input: MetricInput,
): PairDifference[] {
  const random = input.random.split("pearson");
  const chosen = Array.from(random.sample(positions.length, MOST_COLUMNS), (at) => positions[at] as number);
  const samples = sampleTables(input, random.split("samples"));
  const starts = groupStarts(samples.reference.rows.length);
  const columns = chosen.flatMap((position) => {
    const name = frames.columns[position]?.name as string;
    const [reference, synthetic, ceiling] = [samples.reference, samples.synthetic, samples.ceiling].map((sample) =>
      valuesOf(sample, name),
    ) as [Float64Array, Float64Array, Float64Array];
    const scale = scaleOf(reference);
    if (!scale) return [];
    const floor = random.split("floor").split(name).shuffle(ceiling.slice());
    return [
      { position, sides: [reference, synthetic, ceiling, floor].map((values) => centred(values, scale)) } as Centred,
    ];
  });
  const pairs = choosePairs([...columns.keys()], { most: Number.POSITIVE_INFINITY, random });
  const sums = new Float64Array(6 * (GROUPS + 1));
  const out: PairDifference[] = [];
  for (let pair = 0; pair < pairs.count; pair++) {
    const [a, b] = [columns[pairs.first[pair] as number], columns[pairs.second[pair] as number]] as [Centred, Centred];
    const sides = a.sides.map((side, s) => correlationOf(side, b.sides[s] as CentredColumn, starts, sums));
    out.push(
      ...differenceOf(
        pairName(frames, a.position, b.position),
        sides as unknown as [Estimate, Estimate, Estimate, Estimate],
      ),
    );
  }
  return out;
}

interface Centred {
  readonly position: number;
  /** reference, synthetic, ceiling, floor */
  readonly sides: readonly CentredColumn[];
}

function valuesOf(sample: Sample, name: string): Float64Array {
  const column = columnOf(sample.table, name);
  // A side that stores words where the others have amounts has none.
  if (column.type === "text") return new Float64Array(sample.rows.length).fill(Number.NaN);
  return Float64Array.from(sample.rows, (row) => column.values[row] as number);
}

/** Mean and standard deviation of the finite values; nothing where they do not vary. */
function scaleOf(values: Float64Array): { readonly mean: number; readonly deviation: number } | undefined {
  const finite = values.filter(Number.isFinite);
  const mean = finite.reduce((sum, x) => sum + x / finite.length, 0);
  const deviation = Math.sqrt(finite.reduce((sum, x) => sum + (x - mean) ** 2 / finite.length, 0));
  return deviation > 0 && Number.isFinite(deviation) ? { mean, deviation } : undefined;
}

function centred(
  values: Float64Array,
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): CentredColumn {
  return {
    values: values.map((x) => (Number.isFinite(x) ? (x - mean) / deviation : 0)),
    present: Uint8Array.from(values, (x) => (Number.isFinite(x) ? 1 : 0)),
  };
}

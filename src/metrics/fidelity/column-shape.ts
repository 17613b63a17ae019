import { isQuantity, schemaOf } from "../../schema/schema.ts";
import { accuracyOf, countColumn } from "../contingency.ts";
import { type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, GROUPS, intervalOf, meanEstimate, newEstimate } from "../jackknife.ts";
import type { Metric, MetricInput } from "../metric.ts";
import { type GroupedValues, groupedValues, type Samples, sampleTables } from "../samples.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

/** Mean over the columns of the Kolmogorov-Smirnov complement (quantities) or the total variation complement (categories). */
export const columnShape: Metric = {
  name: "column-shape",
  title: "Column shape",
  family: "fidelity",
  better: "higher",
  range: [0, 1],
  source:
    "1 − Kolmogorov-Smirnov statistic for quantities, 1 − total variation distance for categories, missing cells left out; as KSComplement and TVComplement of SDMetrics 0.29, with a measured ceiling",
  definitionVersion: 1,
  explains:
    "How close the distribution of each column's values is, missing cells left out; it says nothing about relations between columns.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(columnShape, few);
    const columns = measureColumns(input);
    if (columns.length === 0)
      return notApplicable(columnShape, "No column has two different values: there is no shape to compare.");
    const ceiling = meanEstimate(columns.map((column) => column.ceiling));
    const parts = columns.map(({ name, kind, measure, value, ceiling }) => ({
      name,
      kind,
      measure,
      ...intervalOf(value, input.level, [0, 1]),
      ceiling: ceiling[0] as number,
    }));
    return comparedScore(
      columnShape,
      input,
      // Permuting a column by itself leaves it the same: the floor of a metric on single columns is its ceiling.
      { value: meanEstimate(columns.map((column) => column.value)), ceiling, floor: ceiling },
      {
        n: input.frames.reference.rows,
        worst: parts
          .map(({ name, value, ceiling }) => ({ name, value, ceiling }))
          .sort((a, b) => b.ceiling - b.value - (a.ceiling - a.value)),
        details: { columns: parts, skipped: input.frames.reference.codes.length - parts.length },
      },
    );
  },
};

interface ColumnResult {
  readonly name: string;
  readonly kind: string;
  readonly measure: "ks" | "tv";
  readonly value: Estimate;
  readonly ceiling: Estimate;
}

function measureColumns(input: MetricInput): ColumnResult[] {
  const random = input.random.split("column-shape");
  const frames = groupFrames(input.frames, random.split("frames"));
  const samples = sampleTables(input, random.split("samples"));
  const out: ColumnResult[] = [];
  frames.columns.forEach(({ name }, j) => {
    const { kind } = schemaOf(input.schema, name);
    const result = isQuantity(kind) ? compareQuantity(samples, name) : compareCategory(frames, j);
    if (result) out.push({ name, kind, ...result });
  });
  return out;
}

type ColumnComparison = Pick<ColumnResult, "measure" | "value" | "ceiling">;

function compareQuantity(samples: Samples, name: string): ColumnComparison | undefined {
  const reference = groupedValues(samples.reference, name);
  const synthetic = groupedValues(samples.synthetic, name);
  const ceiling = groupedValues(samples.ceiling, name);
  if (!reference || !synthetic || !ceiling) return undefined;
  if (reference.values.length === 0 || synthetic.values.length === 0 || ceiling.values.length === 0) return undefined;
  const first = reference.values[0];
  if ([reference, synthetic, ceiling].every(({ values }) => values.every((value) => value === first))) return undefined;
  return { measure: "ks", value: ksComplement(reference, synthetic), ceiling: ksComplement(reference, ceiling) };
}

/** 1 − the largest distance of two distribution functions: the value, then without each group. Groups that leave a side empty repeat the value. */
export function ksComplement(x: GroupedValues, y: GroupedValues): Estimate {
  const points = Float64Array.from(new Set([...x.values, ...y.values])).sort();
  const [xAt, yAt] = [positionsOf(x, points), positionsOf(y, points)];
  const width = GROUPS + 1;
  const [xScale, yScale] = [scalesOf(x), scalesOf(y)];
  // Signed distance of the two distribution functions at the current point, without group r − 1 (0: with all).
  const gap = new Float64Array(width);
  const largest = newEstimate();
  const step = (
    groups: Uint8Array,
    scales: Float64Array,
    rows: Uint32Array,
    from: number,
    to: number,
    sign: number,
  ): void => {
    for (let i = from; i < to; i++) {
      const own = 1 + (groups[rows[i] as number] as number);
      for (let r = 0; r < width; r++) if (r !== own) gap[r] = (gap[r] as number) + sign * (scales[r] as number);
    }
  };
  for (let p = 0; p < points.length; p++) {
    step(x.groups, xScale, xAt.rows, xAt.starts[p] as number, xAt.starts[p + 1] as number, 1);
    step(y.groups, yScale, yAt.rows, yAt.starts[p] as number, yAt.starts[p + 1] as number, -1);
    for (let r = 0; r < width; r++) {
      const distance = Math.abs(gap[r] as number);
      if (distance > (largest[r] as number)) largest[r] = distance;
    }
  }
  return largest.map((distance, r) =>
    Math.max(0, 1 - ((xScale[r] as number) > 0 && (yScale[r] as number) > 0 ? distance : (largest[0] as number))),
  );
}

/** 1 / rows that are left without group r − 1; 0 when none are. */
function scalesOf({ groups }: GroupedValues): Float64Array {
  const left = new Float64Array(GROUPS + 1).fill(groups.length);
  for (const group of groups) left[group + 1] = (left[group + 1] as number) - 1;
  return left.map((rows) => (rows > 0 ? 1 / rows : 0));
}

/** Rows sorted by the point they lie on (a counting sort). */
function positionsOf(
  { values }: GroupedValues,
  points: Float64Array,
): { readonly starts: Uint32Array; readonly rows: Uint32Array } {
  const starts = new Uint32Array(points.length + 2);
  const at = Uint32Array.from(values, (value) => indexOf(points, value));
  for (const point of at) starts[point + 2] = (starts[point + 2] as number) + 1;
  for (let p = 2; p < starts.length; p++) starts[p] = (starts[p] as number) + (starts[p - 1] as number);
  const rows = new Uint32Array(values.length);
  for (let i = 0; i < at.length; i++) {
    const slot = (at[i] as number) + 1;
    rows[starts[slot] as number] = i;
    starts[slot] = (starts[slot] as number) + 1;
  }
  return { starts, rows };
}

function indexOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareCategory(frames: GroupedFrames, j: number): ColumnComparison | undefined {
  const codec = frames.columns[j] as GroupedFrames["columns"][number];
  const counts = [frames.reference, frames.synthetic, frames.ceiling].map((side) =>
    withoutMissing(
      countColumn(side.codes[j] as Uint8Array, codec.levels, side.starts),
      codec.levels,
      codec.missing.length,
    ),
  ) as [Float64Array, Float64Array, Float64Array];
  const [reference, synthetic, ceiling] = counts;
  let used = 0;
  for (let code = 0; code < codec.levels; code++) if (counts.some((count) => (count[code] as number) > 0)) used++;
  if (used < 2) return undefined;
  const value = accuracyOf(reference, synthetic, codec.levels);
  const top = accuracyOf(reference, ceiling, codec.levels);
  // A side without a single value, or with all of them in one group, has no interval to give.
  if (value.some(Number.isNaN) || top.some(Number.isNaN)) return undefined;
  return { measure: "tv", value, ceiling: top };
}

function withoutMissing(counts: Float64Array, levels: number, missing: number): Float64Array {
  for (let block = 0; block <= GROUPS; block++) counts.fill(0, block * levels, block * levels + missing);
  return counts;
}

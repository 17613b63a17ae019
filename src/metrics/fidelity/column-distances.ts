import { hellinger, jensenShannon, sampleDistances, totalVariation } from "../../math/distribution-distances.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import { binColumns, toBins } from "../bins.ts";
import { countColumn } from "../contingency.ts";
import { groupFrames } from "../grouped.ts";
import { type Estimate, intervalOf, meanEstimate, newEstimate } from "../jackknife.ts";
import type { Metric, MetricInput } from "../metric.ts";
import { groupedValues, type Sample, type Samples, sampleTables } from "../samples.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

const BINS = 20;

/** Mean Hellinger distance of the columns, with four more distances of each in the details. */
export const columnDistances: Metric = {
  name: "column-distances",
  title: "Column distances",
  family: "fidelity",
  better: "lower",
  range: [0, 1],
  source:
    "Hellinger distance over shared quantile bins; details: Kolmogorov-Smirnov, first Wasserstein over the real standard deviation, total variation, root of Jensen-Shannon in bits (Lin 1991)",
  definitionVersion: 1,
  explains:
    "How far each column's distribution is off, by five distances; it says nothing about relations between columns, and the mean hides one bad column, which is named.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(columnDistances, few);
    const columns = measureColumns(input);
    if (columns.length === 0)
      return notApplicable(columnDistances, "Every column is constant or empty: there is no distribution to compare.");
    const ceiling = meanEstimate(columns.map((column) => column.ceiling));
    const numbers = columns.map((column) => column.value[0] as number).sort((a, b) => a - b);
    return comparedScore(
      columnDistances,
      input,
      // Permuting a column by itself leaves it the same: the floor of a metric on single columns is its ceiling.
      { value: meanEstimate(columns.map((column) => column.value)), ceiling, floor: ceiling },
      {
        n: input.frames.reference.rows,
        worst: columns
          .map(({ name, value, ceiling }) => ({ name, value: value[0] as number, ceiling: ceiling[0] as number }))
          .sort((a, b) => b.value - b.ceiling - (a.value - a.ceiling)),
        details: {
          bins: BINS,
          median: quantile(numbers, 0.5),
          lowerQuartile: quantile(numbers, 0.25),
          upperQuartile: quantile(numbers, 0.75),
          skipped: input.frames.reference.codes.length - columns.length,
          columns: columns.map(({ name, kind, value, distances, fresh }) => ({
            name,
            kind,
            ...intervalOf(value, input.level, [0, 1]),
            distances,
            ceiling: fresh,
          })),
        },
      },
    );
  },
};

/** Five distances of one column; Kolmogorov-Smirnov and Wasserstein are null where there are no amounts. */
interface Distances {
  readonly hellinger: number;
  readonly totalVariation: number;
  readonly jensenShannon: number;
  readonly kolmogorovSmirnov: number | null;
  /** Over the standard deviation of the reference rows. */
  readonly wasserstein: number | null;
}

interface ColumnResult {
  readonly name: string;
  readonly kind: string;
  /** Hellinger. */
  readonly value: Estimate;
  readonly ceiling: Estimate;
  readonly distances: Distances;
  readonly fresh: Distances;
}

function measureColumns(input: MetricInput): ColumnResult[] {
  const random = input.random.split("column-distances");
  const frames = groupFrames(input.frames, random.split("frames"));
  const samples = sampleTables(input, random.split("samples"));
  const allBins = binColumns(frames, BINS);
  const out: ColumnResult[] = [];
  frames.columns.forEach(({ name }, j) => {
    const bins = allBins[j] as (typeof allBins)[number];
    const [reference, synthetic, ceiling] = [frames.reference, frames.synthetic, frames.ceiling].map((side) =>
      countColumn(toBins(side.codes[j] as Uint8Array, bins), bins.count, side.starts),
    ) as [Float64Array, Float64Array, Float64Array];
    if (usedBins([reference, synthetic, ceiling], bins.count) < 2) return;
    const { kind } = schemaOf(input.schema, name);
    const amounts = isQuantity(kind) ? amountDistances(samples, name) : undefined;
    const binned = (other: Float64Array): Pick<Distances, "hellinger" | "totalVariation" | "jensenShannon"> => {
      const [p, q] = [reference.subarray(0, bins.count), other.subarray(0, bins.count)];
      return { hellinger: hellinger(p, q), totalVariation: totalVariation(p, q), jensenShannon: jensenShannon(p, q) };
    };
    out.push({
      name,
      kind,
      value: hellingerEstimate(reference, synthetic, bins.count),
      ceiling: hellingerEstimate(reference, ceiling, bins.count),
      distances: { ...binned(synthetic), ...(amounts?.synthetic ?? NO_AMOUNTS) },
      fresh: { ...binned(ceiling), ...(amounts?.ceiling ?? NO_AMOUNTS) },
    });
  });
  return out;
}

function usedBins(sides: readonly Float64Array[], count: number): number {
  let used = 0;
  for (let bin = 0; bin < count; bin++) if (sides.some((side) => (side[bin] as number) > 0)) used++;
  return used;
}

/** The distance, and the same without each group, from counts by block. */
function hellingerEstimate(x: Float64Array, y: Float64Array, bins: number): Estimate {
  const without = (counts: Float64Array, r: number): Float64Array =>
    Float64Array.from(
      { length: bins },
      (_, bin) => (counts[bin] as number) - (r === 0 ? 0 : (counts[r * bins + bin] as number)),
    );
  return newEstimate().map((_, r) => hellinger(without(x, r), without(y, r)));
}

type Amounts = Pick<Distances, "kolmogorovSmirnov" | "wasserstein">;

const NO_AMOUNTS: Amounts = { kolmogorovSmirnov: null, wasserstein: null };

function amountDistances(
  samples: Samples,
  name: string,
): { readonly synthetic: Amounts; readonly ceiling: Amounts } | undefined {
  const reference = sortedAmounts(samples.reference, name);
  if (!reference) return undefined;
  const spread = deviationOf(reference);
  const against = (sample: Sample): Amounts => {
    const other = sortedAmounts(sample, name);
    if (!other) return NO_AMOUNTS;
    const { ks, wasserstein } = sampleDistances(reference, other);
    return { kolmogorovSmirnov: ks, wasserstein: spread > 0 ? wasserstein / spread : null };
  };
  return { synthetic: against(samples.synthetic), ceiling: against(samples.ceiling) };
}

/** The finite values of a column, ascending; nothing where there are none. */
function sortedAmounts(sample: Sample, name: string): Float64Array | undefined {
  const values = groupedValues(sample, name)?.values.filter(Number.isFinite).sort();
  return values && values.length > 0 ? values : undefined;
}

/** Standard deviation with n below the line. */
function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}

/** Of ascending numbers, linear between them. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  return low + ((sorted[Math.ceil(at)] as number) - low) * (at - Math.floor(at));
}

import { checkMeasurements } from "./measurements.ts";
import type { Measurement } from "./model.ts";
import { cellsOf, isWithin, placesIn } from "./scope.ts";

/** What noisy marginals say, taken apart: for each set of columns what is peculiar to it, beyond what its subsets say. */
export interface Residuals {
  readonly sizes: readonly number[];
  /** By the columns' indices, joined by commas; that of no columns is the total. */
  readonly parts: ReadonlyMap<string, Residual>;
}

export interface Residual {
  /** Ascending. */
  readonly columns: readonly number[];
  /** Row-major over the columns; sums to 0 along each. */
  readonly values: Float64Array;
}

/** Takes noisy marginals apart into residuals. The noise of one marginal is independent between its residuals, so that the inverse-variance
 * mean of the residuals of all marginals that have one is the generalised least squares estimate, in closed form.
 * @throws {InvalidArgument} measurements that do not fit the domain
 * @source Mullins, Fuentes, Xiao, Kifer, Musco & Sheldon (2024), Efficient and private marginal reconstruction with local non-negativity
 * (GReM-MLE), NeurIPS, arXiv 2410.01091 */
export function residualsOf(sizes: readonly number[], measurements: readonly Measurement[]): Residuals {
  checkMeasurements(sizes, { measurements, zeros: [] });
  const sums = new Map<
    string,
    { readonly columns: readonly number[]; readonly values: Float64Array; weight: number }
  >();
  for (const { clique, noisy, sigma } of measurements)
    for (const columns of subsetsOf(clique)) {
      const values = marginal(sizes, { from: clique, values: noisy }, columns);
      centre(sizes, columns, values);
      // Each cell of the marginal is a sum of so many noisy counts.
      const weight = cellsOf(sizes, columns) / (sigma * sigma * noisy.length);
      const sum = sums.get(columns.join()) ?? { columns, values: new Float64Array(values.length), weight: 0 };
      for (let i = 0; i < values.length; i++)
        sum.values[i] = (sum.values[i] as number) + weight * (values[i] as number);
      sum.weight += weight;
      sums.set(columns.join(), sum);
    }
  const parts = [...sums].map(([name, { columns, values, weight }]): [string, Residual] => [
    name,
    { columns, values: values.map((value) => value / weight) },
  ]);
  return { sizes, parts: new Map(parts) };
}

/** The marginal that residuals make, over any columns: those that no measurement speaks of are even, or independent in the sense of sums.
 * Its cells may be negative.
 * @param options.nonNegative cells below 0 become 0, and the others are scaled to the same total
 * @returns row-major over the clique */
export function marginalOfResiduals(
  { sizes, parts }: Residuals,
  clique: readonly number[],
  options: { readonly nonNegative?: boolean } = {},
): Float64Array {
  const out = new Float64Array(cellsOf(sizes, clique));
  for (const { columns, values } of parts.values()) {
    if (!isWithin(columns, clique)) continue;
    const share = values.length / out.length;
    const places = placesIn(sizes, clique, { scope: columns });
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + share * (values[places[i] as number] as number);
  }
  return options.nonNegative ? truncated(out) : out;
}

function subsetsOf(clique: readonly number[]): number[][] {
  const sets: number[][] = [[]];
  for (const column of clique) for (const set of sets.slice()) sets.push([...set, column]);
  return sets;
}

function marginal(
  sizes: readonly number[],
  table: { readonly from: readonly number[]; readonly values: Float64Array },
  columns: readonly number[],
): Float64Array {
  const places = placesIn(sizes, table.from, { scope: columns });
  const out = new Float64Array(cellsOf(sizes, columns));
  for (let i = 0; i < places.length; i++)
    out[places[i] as number] = (out[places[i] as number] as number) + (table.values[i] as number);
  return out;
}

/** Takes the mean along each column out, one column after the other. */
function centre(sizes: readonly number[], columns: readonly number[], values: Float64Array): void {
  let stride = values.length;
  for (const column of columns) {
    const size = sizes[column] as number;
    const block = stride;
    stride /= size;
    for (let start = 0; start < values.length; start += block)
      for (let at = start; at < start + stride; at++) {
        let sum = 0;
        for (let x = 0; x < size; x++) sum += values[at + x * stride] as number;
        for (let x = 0; x < size; x++) values[at + x * stride] = (values[at + x * stride] as number) - sum / size;
      }
  }
}

function truncated(values: Float64Array): Float64Array {
  let total = 0;
  let kept = 0;
  for (const value of values) {
    total += value;
    kept += Math.max(0, value);
  }
  const scale = kept > 0 ? Math.max(0, total) / kept : 0;
  return values.map((value) => Math.max(0, value) * scale);
}

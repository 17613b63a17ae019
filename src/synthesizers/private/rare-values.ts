import type { Measurement } from "../../learners/graphical/model.ts";
import type { ValueMap } from "./curator.ts";

/** A column's domain with rare values as one. */
export interface MergedColumn extends ValueMap {
  /** The noisy counts over the merged domain. */
  readonly measurement: Measurement;
  /** For each value its share of the merged value that it belongs to. */
  readonly shares: Float64Array;
}

/** Merges the values of a column whose noisy count is below some standard deviations of the noise, if there are two or more: their counts in sets of
 * columns would be noise. Within the merged value they have equal shares.
 *
 * The merged value's count is the inverse-variance mean of two: the sum of its values' counts, and what the other values leave of the
 * total.
 * @param measurement counts of one column
 * @param how.total number of rows according to all columns
 * @source McKenna, Miklau & Sheldon (2021), MST, §3.2 (compressing domains) */
export function mergeRareValues(
  measurement: Measurement,
  how: { readonly sigmas: number; readonly total: number },
): MergedColumn {
  const { clique, noisy, sigma } = measurement;
  const rare = noisy.map((count) => (how.sigmas > 0 && count < how.sigmas * sigma ? 1 : 0));
  const merged = rare.reduce((sum, flag) => sum + flag, 0);
  const kept = noisy.length - merged;
  if (merged < 2)
    return {
      measurement,
      mergedOf: Uint8Array.from(noisy, (_, value) => value),
      size: noisy.length,
      shares: new Float64Array(noisy.length).fill(1),
    };
  const mergedOf = new Uint8Array(noisy.length);
  const counts = new Float64Array(kept + 1);
  let place = 0;
  let sumKept = 0;
  let sumRare = 0;
  noisy.forEach((count, value) => {
    mergedOf[value] = rare[value] ? kept : place;
    if (rare[value]) sumRare += count;
    else {
      counts[place++] = count;
      sumKept += count;
    }
  });
  const left = how.total - sumKept;
  counts[kept] = (sumRare / merged + left / (kept + 1)) / (1 / merged + 1 / (kept + 1));
  return {
    measurement: { clique, noisy: counts, sigma },
    mergedOf,
    size: kept + 1,
    shares: Float64Array.from(rare, (flag) => (flag ? 1 / merged : 1)),
  };
}

/** How much was merged, in words. */
export function mergedNotes(columns: readonly MergedColumn[]): readonly string[] {
  const rare = columns.flatMap(({ mergedOf, size }) => (size < mergedOf.length ? [mergedOf.length - size + 1] : []));
  if (rare.length === 0) return [];
  const values = rare.reduce((sum, count) => sum + count, 0);
  return [
    `${values} rare values of ${rare.length} columns were learned as one value of each column, and are drawn evenly.`,
  ];
}

import type { Measurement } from "../../learners/graphical/model.ts";
import type { ValueMap } from "./curator.ts";

/** A column's domain with rare values as one. */
export interface MergedColumn extends ValueMap {
  /** The noisy counts over the merged domain. */
  readonly measurement: Measurement;
  /** For each value its share of the merged value that it belongs to. */
  readonly shares: Float64Array;
}

/** Standard deviations of noise below which a way of being missing counts as one that no row has. */
const ABSENT_SIGMAS = 2;

/** Merges the values of a column whose noisy count is below some standard deviations of the noise, if there are two or more: their counts in sets of
 * columns would be noise. Within the merged value they have equal shares.
 *
 * A way of being missing that hardly a row has is never drawn, or columns without missing cells would get some by noise: it counts as one of
 * the rare values, or else as the commonest, and has no share of it.
 *
 * The merged value's count is the inverse-variance mean of two: the sum of its values' counts, and what the other values leave of the
 * total.
 * @param measurement counts of one column
 * @param how.total number of rows according to all columns
 * @param how.missing values 0 … missing − 1 are ways of being missing
 * @source McKenna, Miklau & Sheldon (2021), MST, §3.2 (compressing domains) */
export function mergeRareValues(
  measurement: Measurement,
  how: { readonly sigmas: number; readonly total: number; readonly missing: number },
): MergedColumn {
  const { clique, noisy, sigma } = measurement;
  const absent = noisy.map((count, value) => (value < how.missing && count < ABSENT_SIGMAS * sigma ? 1 : 0));
  const rare = noisy.map((count, value) => (!absent[value] && how.sigmas > 0 && count < how.sigmas * sigma ? 1 : 0));
  const sum = (flags: Float64Array): number => flags.reduce((all, flag) => all + flag, 0);
  const values = noisy.length;
  // One rare value alone gains nothing by another name.
  const isMerged = sum(rare) >= 2;
  const group = noisy.map((_, value) => (isMerged && rare[value] ? 1 : 0));
  const kept = [...noisy.keys()].filter((value) => !group[value] && !absent[value]);
  if (kept.length === values || (kept.length === 0 && !isMerged))
    return {
      measurement,
      mergedOf: Uint8Array.from(noisy, (_, value) => value),
      size: values,
      shares: new Float64Array(values).fill(1),
    };
  const counts = kept.map((value) => noisy[value] as number);
  const members = sum(group);
  if (isMerged) {
    const sumRare = noisy.reduce((all, count, value) => (group[value] ? all + count : all), 0);
    const left = how.total - counts.reduce((all, count) => all + count, 0);
    counts.push((sumRare / members + left / (kept.length + 1)) / (1 / members + 1 / (kept.length + 1)));
  }
  const home = isMerged ? kept.length : counts.indexOf(Math.max(...counts));
  return {
    measurement: { clique, noisy: Float64Array.from(counts), sigma },
    mergedOf: Uint8Array.from(noisy, (_, value) => (group[value] || absent[value] ? home : kept.indexOf(value))),
    size: counts.length,
    shares: noisy.map((_, value) => (absent[value] ? 0 : group[value] ? 1 / members : 1)),
  };
}

/** How much was merged, in words. */
export function mergedNotes(columns: readonly MergedColumn[]): readonly string[] {
  const rare = columns.flatMap(({ shares }) => {
    const members = shares.filter((share) => share > 0 && share < 1).length;
    return members > 0 ? [members] : [];
  });
  if (rare.length === 0) return [];
  const values = rare.reduce((sum, count) => sum + count, 0);
  return [
    `${values} rare values of ${rare.length} columns were learned as one value of each column, and are drawn evenly.`,
  ];
}

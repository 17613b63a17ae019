/** How the codes of a column are merged into groups, so that tables of several columns stay small. Four resolutions, each a merging of the
 * one before it: fine, medium, coarse, and one group of all. */
export interface Grouping {
  /** Fine group of each code; codes that never occur get group 0 and are never drawn. */
  readonly groupOf: Uint8Array;
  /** Number of groups at each resolution, finest first; the last is 1. */
  readonly sizes: readonly number[];
  /** `coarser[r][g]`: the group at resolution r of fine group g. */
  readonly coarser: readonly Uint8Array[];
}

/** Most groups at the two resolutions between the finest and all in one; ways of being missing come on top. */
const MEDIUM_GROUPS = 12;
const COARSE_GROUPS = 5;
/** Most fine groups of a column without an order. */
const MOST_LABELS = 64;

/** Merges the codes of a column: neighbours where there is an order (about equal counts, heavy codes alone), the rarest into one
 * group where there is none. Each way of being missing that occurs is a fine group of its own.
 * @param counts training rows of each code */
export function groupCodes(
  counts: Float64Array,
  options: {
    readonly ordered: boolean;
    readonly missing: number;
    /** Most fine groups of an ordered column, ≥ 1. */
    readonly groups: number;
  },
): Grouping {
  const { ordered, missing, groups } = options;
  const present: number[] = [];
  for (let code = 0; code < counts.length; code++) if ((counts[code] as number) > 0) present.push(code);
  const absent = present.filter((code) => code < missing).length;
  const merge = ordered ? mergeNeighbours : mergeRarest;
  const apart = (weights: readonly number[], most: number): number[] => [
    ...weights.slice(0, absent).map((_, i) => i),
    ...merge(weights.slice(absent), most).map((group) => group + absent),
  ];
  const fine = apart(
    present.map((code) => counts[code] as number),
    ordered ? groups : MOST_LABELS,
  );
  const fineSize = sizeOf(fine);
  const groupOf = new Uint8Array(counts.length);
  present.forEach((code, i) => {
    groupOf[code] = fine[i] as number;
  });
  const weights = new Array<number>(fineSize).fill(0);
  present.forEach((code, i) => {
    weights[fine[i] as number] = (weights[fine[i] as number] as number) + (counts[code] as number);
  });
  const medium = apart(weights, Math.min(MEDIUM_GROUPS, groups));
  const mediumWeights = new Array<number>(sizeOf(medium)).fill(0);
  medium.forEach((group, g) => {
    mediumWeights[group] = (mediumWeights[group] as number) + (weights[g] as number);
  });
  const ofMedium = apart(mediumWeights, Math.min(COARSE_GROUPS, groups));
  return {
    groupOf,
    sizes: [fineSize, sizeOf(medium), sizeOf(ofMedium), 1],
    coarser: [
      Uint8Array.from({ length: fineSize }, (_, g) => g),
      Uint8Array.from(medium),
      Uint8Array.from(medium, (group) => ofMedium[group] as number),
      new Uint8Array(fineSize),
    ],
  };
}

function sizeOf(groups: readonly number[]): number {
  return Math.max(1, groups.length === 0 ? 1 : Math.max(...groups) + 1);
}

function mergeNeighbours(weights: readonly number[], most: number): number[] {
  if (weights.length <= most) return weights.map((_, i) => i);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Heavy codes are alone; the light ones share the groups that are left by equal counts. Light runs between heavy codes may each waste a
  // group: then fewer codes count as heavy, and in the end none.
  for (let factor = 1; ; factor *= 1.25) {
    const least = (factor * total) / most;
    const heavy = weights.map((weight) => weight >= least);
    const heavies = heavy.reduce((count, is) => count + (is ? 1 : 0), 0);
    const light = weights.reduce((sum, weight, i) => sum + (heavy[i] ? 0 : weight), 0);
    for (let left = most - heavies; left >= 1; left--) {
      const out = mergeLight(weights, heavy, light / left);
      if (sizeOf(out) <= most) return out;
    }
  }
}

function mergeLight(weights: readonly number[], heavy: readonly boolean[], target: number): number[] {
  let group = -1;
  let held = Number.POSITIVE_INFINITY;
  return weights.map((weight, i) => {
    if (heavy[i] || held + weight / 2 > target) {
      group++;
      held = 0;
    }
    held += heavy[i] ? Number.POSITIVE_INFINITY : weight;
    return group;
  });
}

function mergeRarest(weights: readonly number[], most: number): number[] {
  if (weights.length <= most) return weights.map((_, i) => i);
  const order = weights.map((_, i) => i).sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
  const kept = order.slice(0, most - 1).sort((a, b) => a - b);
  const out = new Array<number>(weights.length).fill(kept.length);
  kept.forEach((i, group) => {
    out[i] = group;
  });
  return out;
}

import { InvalidData } from "../../errors.ts";
import type { RandomKey } from "../../random.ts";
import { permutation } from "./permutation.ts";

/** A numbered set of strings of one format, without a list of them in memory. `offsetOf(at(i)) = i`; −1 for a string outside the set. */
export interface Enumeration {
  /** ≤ 2^52. */
  readonly size: number;
  at(offset: number): string;
  offsetOf(value: string): number;
}

/** Values that are in no real row, numbered: different numbers give different values. */
export interface FreshValues {
  /** How many the first tier holds before the format has to grow. */
  readonly capacity: number;
  /** The value of a number ≥ 0 under a key; the same for every chunk that asks. */
  keyed(key: RandomKey): (index: number) => string;
}

/** A format that has not grown after this many tiers never will. */
const MOST_TIERS = 40;

/** The values of a format that no real row holds.
 *
 * A permutation scatters the numbers over the format. One that lands on a real value is sent on, to one of the numbers held back for that: as
 * many as there are real values in the format, so that nothing is ever met twice. When a format is used up, the next tier (a longer one,
 * disjoint from those before) takes over.
 * @param tier the format number t = 0, 1, …; disjoint, growing without end
 * @param real every real value, of holdout rows too */
export function freshValues(tier: (t: number) => Enumeration, real: readonly string[]): FreshValues {
  const tiers: { readonly format: Enumeration; readonly taken: Float64Array; readonly free: number }[] = [];
  const tierAt = (t: number): (typeof tiers)[number] => {
    if (t > MOST_TIERS)
      throw new InvalidData(
        "format-used-up",
        `The format of an identifier holds too few values for ${t} tries at longer ones.`,
        {
          advice: 'Set "unique: false" for that column in the schema file, or drop it.',
        },
      );
    for (let next = tiers.length; next <= t; next++) {
      const format = tier(next);
      const taken = takenOffsets(format, real);
      tiers.push({ format, taken, free: Math.max(0, format.size - taken.length) });
    }
    return tiers[t] as (typeof tiers)[number];
  };
  return {
    get capacity() {
      return tierAt(0).free;
    },
    keyed(key) {
      const permutations: ((index: number) => number)[] = [];
      return (index) => {
        let t = 0;
        let rest = index;
        while (rest >= tierAt(t).free) rest -= tierAt(t++).free;
        const { format, taken, free } = tierAt(t);
        for (let next = permutations.length; next <= t; next++)
          permutations.push(permutation(Math.max(1, tierAt(next).format.size), key));
        const permute = permutations[t] as (index: number) => number;
        let offset = permute(rest);
        for (let rank = rankIn(taken, offset); rank >= 0; rank = rankIn(taken, offset)) offset = permute(free + rank);
        return format.at(offset);
      };
    },
  };
}

function takenOffsets(format: Enumeration, real: readonly string[]): Float64Array {
  const offsets = Float64Array.from(real, (value) => format.offsetOf(value))
    .filter((offset) => offset >= 0)
    .sort();
  return offsets.filter((offset, i) => i === 0 || offset !== offsets[i - 1]);
}

function rankIn(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] as number;
    if (value === x) return middle;
    if (value < x) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Strings that a bijection makes of another format (a check digit added, blanks put in).
 * @param backward undoes `forward`; undefined for a string that `forward` never makes */
export function mapped(
  inner: Enumeration,
  forward: (value: string) => string,
  backward: (value: string) => string | undefined,
): Enumeration {
  return {
    size: inner.size,
    at: (offset) => forward(inner.at(offset)),
    offsetOf(value) {
      const source = backward(value);
      const offset = source === undefined ? -1 : inner.offsetOf(source);
      return offset >= 0 && forward(inner.at(offset)) === value ? offset : -1;
    },
  };
}

/** The strings of a format that pass a check: one out of each run of 256 neighbours (the check digits stand at the end). */
export function checked(inner: Enumeration, passes: (value: string) => boolean): Enumeration {
  const RUN = 256;
  const at = (offset: number): string => {
    let value = inner.at(offset * RUN);
    for (let k = 1; k < RUN && !passes(value); k++) value = inner.at(offset * RUN + k);
    return value;
  };
  return {
    size: Math.floor(inner.size / RUN),
    at,
    offsetOf(value) {
      const offset = Math.floor(inner.offsetOf(value) / RUN);
      return offset >= 0 && offset < Math.floor(inner.size / RUN) && at(offset) === value ? offset : -1;
    },
  };
}

/** Every combination of one item from each list.
 * @param join one string of the items; must tell different combinations apart
 * @param split undoes `join`, as far as it can: undefined for another format */
export function product(
  lists: readonly (readonly string[])[],
  join: (items: readonly string[]) => string,
  split: (value: string) => readonly string[] | undefined,
): Enumeration {
  const indices = lists.map((list) => new Map(list.map((item, i) => [item, i])));
  return {
    size: lists.reduce((size, list) => size * list.length, 1),
    at(offset) {
      let rest = offset;
      const items = lists.map((list) => {
        const i = rest % list.length;
        rest = (rest - i) / list.length;
        return list[i] as string;
      });
      return join(items);
    },
    offsetOf(value) {
      const items = split(value);
      if (items?.length !== lists.length) return -1;
      let offset = 0;
      for (let j = lists.length - 1; j >= 0; j--) {
        const i = indices[j]?.get(items[j] as string);
        if (i === undefined) return -1;
        offset = offset * (lists[j] as readonly string[]).length + i;
      }
      return offset;
    },
  };
}

import { nextAbove, nextBelow } from "./next-float.ts";

/** Closed intervals of numbers, ascending, no two touching. */
export type Intervals = readonly (readonly [number, number])[];

/** Every number, infinities among them. */
export const EVERYWHERE: Intervals = [[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]];

/** Numbers in both. */
export function intersection(a: Intervals, b: Intervals): Intervals {
  const out: [number, number][] = [];
  for (const [low, high] of a)
    for (const [from, to] of b) {
      const start = Math.max(low, from);
      const end = Math.min(high, to);
      if (start <= end) out.push([start, end]);
    }
  return out;
}

/** Numbers in neither of the intervals. */
export function complement(a: Intervals): Intervals {
  const out: [number, number][] = [];
  let from = Number.NEGATIVE_INFINITY;
  for (const [low, high] of a) {
    if (low > from) out.push([from, nextBelow(low)]);
    if (high === Number.POSITIVE_INFINITY) return out;
    from = nextAbove(high);
  }
  out.push([from, Number.POSITIVE_INFINITY]);
  return out;
}

/** Numbers in one or the other. */
export function union(a: Intervals, b: Intervals): Intervals {
  return complement(intersection(complement(a), complement(b)));
}

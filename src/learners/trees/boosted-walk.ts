import type { Random } from "../../random.ts";
import type { BoostedConditional } from "./boosted-conditional.ts";
import { scoreSplit } from "./boosted-scores.ts";

/** Rows on their way through the splits of conditionals, and workspace. */
export interface Walk {
  /** Column by column; those that a conditional asks are known. */
  readonly codes: readonly Uint8Array[];
  /** The rows, put in another order as they part. */
  readonly order: Uint32Array;
  readonly spare: Uint32Array;
  readonly scores: Float64Array;
}

/** Places start … end − 1 of the walk's order. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export function walkOver(codes: readonly Uint8Array[], rows: number): Walk {
  return { codes, order: new Uint32Array(rows), spare: new Uint32Array(rows), scores: new Float64Array(rows) };
}

/** Draws a code of the conditional's column for each row of the stretch.
 * @param from only codes below this child: a split, or −1 − code */
export function drawBelow(
  conditional: BoostedConditional,
  walk: Walk,
  { start, end, from, random }: Stretch & { readonly from: number; readonly random: Random },
): void {
  const { children } = conditional;
  const { codes, order, spare, scores } = walk;
  const into = codes[conditional.column] as Uint8Array;
  const stack: number[] = [from, start, end];
  while (stack.length > 0) {
    const last = stack.pop() as number;
    const first = stack.pop() as number;
    const s = stack.pop() as number;
    if (first === last) continue;
    if (s < 0) {
      for (let i = first; i < last; i++) into[order[i] as number] = -1 - s;
      continue;
    }
    scoreSplit(conditional, s, { codes, order, start: first, end: last, scores });
    let at = first;
    let spilled = 0;
    for (let i = first; i < last; i++) {
      const row = order[i] as number;
      if (random.uniform() * (1 + Math.exp(-(scores[i - first] as number))) < 1) spare[spilled++] = row;
      else order[at++] = row;
    }
    for (let i = 0; i < spilled; i++) order[at + i] = spare[i] as number;
    stack.push(children[2 * s + 1] as number, at, last, children[2 * s] as number, first, at);
  }
}

/** Log chance of the code that each row of the stretch has, added to `into[row]`; −∞ for a code that training rows never had. */
export function addLogChances(
  conditional: BoostedConditional,
  walk: Walk,
  { start, end, into }: Stretch & { readonly into: Float64Array },
): void {
  const { children, sides, only } = conditional;
  const { codes, order, spare, scores } = walk;
  const own = codes[conditional.column] as Uint8Array;
  if (children.length === 0) {
    for (let i = start; i < end; i++) if (own[order[i] as number] !== only) into[order[i] as number] = -Infinity;
    return;
  }
  const stack: number[] = [0, start, end];
  while (stack.length > 0) {
    const last = stack.pop() as number;
    const first = stack.pop() as number;
    const s = stack.pop() as number;
    if (s < 0 || first === last) continue;
    scoreSplit(conditional, s, { codes, order, start: first, end: last, scores });
    let at = first;
    let spilled = 0;
    for (let i = first; i < last; i++) {
      const row = order[i] as number;
      const side = sides[256 * s + (own[row] as number)] as number;
      const score = scores[i - first] as number;
      if (side === 0) into[row] = -Infinity;
      else into[row] = (into[row] as number) - softplus(side === 1 ? score : -score);
      if (side === 2) spare[spilled++] = row;
      // A code that never occurs goes where it does no harm.
      else order[at++] = row;
    }
    for (let i = 0; i < spilled; i++) order[at + i] = spare[i] as number;
    stack.push(children[2 * s + 1] as number, at, last, children[2 * s] as number, first, at);
  }
}

/** Adds to `into[row]` the log of the sum, over the column's codes, of chance × weight, and draws a code by those products where `random` is
 * given. Where the sum is 0 the code that is drawn means nothing. */
export function drawWeighted(
  conditional: BoostedConditional,
  walk: Walk,
  step: Stretch & {
    readonly weights: Float64Array;
    readonly into: Float64Array;
    readonly random?: Random | undefined;
  },
): void {
  const { weights, into, random, start, end } = step;
  const { children, only } = conditional;
  const { codes, order, scores } = walk;
  const n = end - start;
  const own = codes[conditional.column] as Uint8Array;
  if (children.length === 0) {
    for (let i = start; i < end; i++) {
      const row = order[i] as number;
      into[row] = (into[row] as number) + Math.log(weights[only] as number);
      if (random) own[row] = only;
    }
    return;
  }
  const splits = children.length / 2;
  const even = evenWeights(children, weights);
  const evenOf = (child: number): number => (child < 0 ? (weights[-1 - child] as number) : (even[child] as number));
  // Chance of the second side, and the sum below, of each split whose codes do not all weigh the same.
  const chances = new Map<number, Float64Array>();
  const sums = new Map<number, Float64Array>();
  for (let s = 0; s < splits; s++) {
    if (!Number.isNaN(even[s])) continue;
    scoreSplit(conditional, s, { codes, order, start, end, scores });
    chances.set(
      s,
      scores.subarray(0, n).map((score) => 1 / (1 + Math.exp(-score))),
    );
  }
  for (let s = splits - 1; s >= 0; s--) {
    const chance = chances.get(s);
    if (!chance) continue;
    const below = [0, 1].map((side) => {
      const child = children[2 * s + side] as number;
      return sums.get(child) ?? evenOf(child);
    });
    const [low, high] = below as [number | Float64Array, number | Float64Array];
    sums.set(
      s,
      chance.map(
        (p, i) =>
          (1 - p) * (typeof low === "number" ? low : (low[i] as number)) +
          p * (typeof high === "number" ? high : (high[i] as number)),
      ),
    );
  }
  const total = sums.get(0);
  for (let i = 0; i < n; i++) {
    const row = order[start + i] as number;
    into[row] = (into[row] as number) + Math.log(total ? (total[i] as number) : (even[0] as number));
  }
  if (!random) return;
  // Rows walk down to where all codes weigh the same; from there on they are drawn as ever.
  const stops = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    let at = 0;
    for (let chance = chances.get(at); chance !== undefined; chance = at < 0 ? undefined : chances.get(at)) {
      const high = children[2 * at + 1] as number;
      const share = (chance[i] as number) * (sums.get(high)?.[i] ?? evenOf(high));
      at =
        random.uniform() * ((sums.get(at) as Float64Array)[i] as number) < share ? high : (children[2 * at] as number);
    }
    stops[i] = at;
  }
  const groups = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const stop = stops[i] as number;
    const group = groups.get(stop);
    if (group) group.push(order[start + i] as number);
    else groups.set(stop, [order[start + i] as number]);
  }
  let at = start;
  for (const [stop, rows] of [...groups].sort((a, b) => a[0] - b[0])) {
    order.set(rows, at);
    drawBelow(conditional, walk, { start: at, end: at + rows.length, from: stop, random });
    at += rows.length;
  }
}

/** For each split the weight that all codes below it have; NaN where they differ. */
function evenWeights(children: Int16Array, weights: Float64Array): Float64Array {
  const out = new Float64Array(children.length / 2);
  const of = (child: number): number => (child < 0 ? (weights[-1 - child] as number) : (out[child] as number));
  for (let s = out.length - 1; s >= 0; s--) {
    const low = of(children[2 * s] as number);
    const high = of(children[2 * s + 1] as number);
    out[s] = low === high ? low : Number.NaN;
  }
  return out;
}

function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

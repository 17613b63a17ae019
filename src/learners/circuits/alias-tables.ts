import type { Random } from "../../random.ts";

/** Distributions over the same outcomes 0 … outcomes − 1, each of which is drawn from in constant time.
 * @source Walker (1977), ACM TOMS 3(3); built by Vose (1991), IEEE TSE 17(9) */
export interface AliasTables {
  readonly outcomes: number;
  /** Outcome i of distribution s stays when the draw is below keep[s × outcomes + i], and is other[…] if not. */
  readonly keep: Float64Array;
  readonly other: Uint16Array;
}

/** Tables of rows of weights.
 * @param weights distributions × outcomes, row-major, ≥ 0; a row of zeros is never to be drawn from
 * @param outcomes 1 … 65,536 */
export function aliasTables(weights: Float64Array, outcomes: number): AliasTables {
  const keep = new Float64Array(weights.length);
  const other = new Uint16Array(weights.length);
  const small = new Int32Array(outcomes);
  const large = new Int32Array(outcomes);
  for (let at = 0; at < weights.length; at += outcomes) {
    let total = 0;
    for (let i = 0; i < outcomes; i++) total += weights[at + i] as number;
    if (!(total > 0)) continue;
    let smalls = 0;
    let larges = 0;
    for (let i = 0; i < outcomes; i++) {
      const scaled = ((weights[at + i] as number) / total) * outcomes;
      keep[at + i] = scaled;
      if (scaled < 1) small[smalls++] = i;
      else large[larges++] = i;
    }
    while (smalls > 0 && larges > 0) {
      const low = small[--smalls] as number;
      const high = large[larges - 1] as number;
      other[at + low] = high;
      const rest = (keep[at + high] as number) + (keep[at + low] as number) - 1;
      keep[at + high] = rest;
      if (rest < 1) {
        larges--;
        small[smalls++] = high;
      }
    }
    // What rounding left over: an outcome of no weight must stay impossible.
    while (larges > 0) keep[at + (large[--larges] as number)] = 1;
    while (smalls > 0) settle(weights, at, outcomes, small[--smalls] as number, keep, other);
  }
  return { outcomes, keep, other };
}

function settle(
  weights: Float64Array,
  at: number,
  outcomes: number,
  outcome: number,
  keep: Float64Array,
  other: Uint16Array,
): void {
  if ((weights[at + outcome] as number) > 0) {
    keep[at + outcome] = 1;
    return;
  }
  let top = 0;
  for (let i = 1; i < outcomes; i++) if ((weights[at + i] as number) > (weights[at + top] as number)) top = i;
  keep[at + outcome] = 0;
  other[at + outcome] = top;
}

/** An outcome of one distribution. */
export function drawAlias(tables: AliasTables, distribution: number, random: Random): number {
  const draw = random.uniform() * tables.outcomes;
  const outcome = Math.floor(draw);
  const at = distribution * tables.outcomes + outcome;
  return draw - outcome < (tables.keep[at] as number) ? outcome : (tables.other[at] as number);
}

/** An outcome by weights that are used once.
 * @param total their sum, > 0 */
export function drawWeighted(weights: Float64Array, total: number, random: Random): number {
  const n = weights.length;
  let rest = random.uniform() * total;
  let last = 0;
  for (let i = 0; i < n; i++) {
    const weight = weights[i] as number;
    if (weight <= 0) continue;
    last = i;
    rest -= weight;
    if (rest < 0) return i;
  }
  return last;
}

import type { Neighbours } from "../../learners/neighbours/nearest.ts";
import { clopperPearson } from "../../math/distributions.ts";
import type { Random } from "../../random.ts";
import type { Interval } from "../metric.ts";

/** The real rows, and what exchanges between train and holdout: rows, or entities where rows are grouped. */
export interface Pool {
  /** Unit of each row. */
  readonly unitOf: Int32Array;
  /** Of a unit: 1 when it was trained on. */
  readonly label: Uint8Array;
  readonly trainUnits: number;
}

/** The closest rows at one cut, and what part of them owes its place to training. */
export interface Closest extends Interval {
  /** Share of the looked-at synthetic rows that was asked for. */
  readonly q: number;
  /** Rows looked at: ties at the cut included. */
  readonly rows: number;
  /** Share of them whose nearest real row is a training row; ties share the vote. */
  readonly trainShare: number;
  /** Independent rows that weigh as much: fewer where many share one nearest real row. */
  readonly effectiveRows: number;
  /** Chance of a share as high when labels are permuted over units; 1 where it was not needed. */
  readonly p: number;
}

/** How many of the closest rows are looked at together. */
export interface Cut {
  /** The share that they are of the rows looked at; its name. */
  readonly q: number;
  readonly rows: number;
  /** One-sided level of each of its bounds. */
  readonly alpha: number;
  /** Too many rows for permutations at so small an alpha: Chernoff's bound alone stands in for them. */
  readonly deep?: boolean;
}

/** A row tied with more real rows than this is nobody's copy: its vote is train's share of the pool. */
export const MAX_TIES = 256;

/** What the walk over the closest rows needs to know of each. */
export interface Candidate {
  readonly neighbours: Neighbours;
  readonly row: number;
}

/** Closest first: by distance, then by how few real rows share it, for a row that matches one person tells more than a row that matches many.
 * Blind to labels, so the null holds. */
export function closestFirst(neighbours: Neighbours): Uint32Array {
  const { distance, ties } = neighbours;
  return Uint32Array.from({ length: ties.length }, (_, i) => i).sort(
    (a, b) => (distance[a] as number) - (distance[b] as number) || (ties[a] as number) - (ties[b] as number) || a - b,
  );
}

/** Excess of training rows among the closest, at every cut.
 *
 * With s the share of votes for train and π train's share of the pool: e = (s − π) / (1 − π). Bounds: Clopper-Pearson on s at the cut's alpha each, on the
 * effective number of rows (Kish), because rows that share their nearest real row are one observation, not many. The lower bound
 * is above 0 only where the permutation test of labels over units, which is exact for any such sharing, rejects at that alpha too (of a deep cut:
 * where Chernoff's bound on its p-value does).
 * @param walk candidates, closest first, at least as many as the deepest cut
 * @param options cuts: ascending · always: run the permutations of cuts that are not deep even where the bound does not need them
 * @source Kish (1965), Survey Sampling; Clopper & Pearson (1934) */
export function excessAmongClosest(
  walk: Iterable<Candidate>,
  pool: Pool,
  options: {
    readonly cuts: readonly Cut[];
    readonly random: Random;
    readonly always: boolean;
  },
): Closest[] {
  const { cuts, random } = options;
  const pi = pool.trainUnits / pool.label.length;
  const votes = new Map<number, number>();
  let squares = 0;
  let forTrain = 0;
  let rows = 0;
  let cut = 0;
  let lastDistance = -1;
  let lastTies = 0;
  const out: Closest[] = [];
  const close = (): void => {
    const { q, alpha, deep } = cuts[cut++] as Cut;
    const always = options.always && !deep;
    const last = out.at(-1);
    if (last?.rows === rows) {
      // Ties reach over both cuts: the same rows again.
      out.push({ ...last, q });
      return;
    }
    const trainShare = Math.max(0, Math.min(1, forTrain / rows));
    const effectiveRows = squares > 0 ? Math.min(rows, (rows * rows) / squares) : rows;
    const bounds = clopperPearson(trainShare * effectiveRows, effectiveRows, alpha);
    const excess = (share: number): number => Math.max(-1, (share - pi) / (1 - pi));
    let low = excess(bounds.low);
    let p = 1;
    if (always || low > 0) {
      const weights = Float64Array.from(votes.values());
      const observed = [...votes].reduce((sum, [unit, vote]) => sum + vote * (pool.label[unit] as number), 0);
      const surely = low > 0 && chernoffBound(weights, observed, pi) <= alpha;
      if (always || !(surely || deep))
        p = permutationP(weights, observed, { pool, alpha, random: random.split(q), toTheEnd: always });
      if (low > 0 && !surely && p > alpha) low = 0;
    }
    out.push({ q, rows, trainShare, effectiveRows, value: excess(trainShare), low, high: excess(bounds.high), p });
  };
  for (const { neighbours, row } of walk) {
    const distance = neighbours.distance[row] as number;
    const ties = neighbours.ties[row] as number;
    const tied = distance === lastDistance && ties === lastTies;
    while (cut < cuts.length && rows >= (cuts[cut] as Cut).rows && !tied) close();
    if (cut >= cuts.length) break;
    lastDistance = distance;
    lastTies = ties;
    rows++;
    const start = neighbours.start[row] as number;
    const end = neighbours.start[row + 1] as number;
    if (end - start < ties) {
      forTrain += pi;
      continue;
    }
    const vote = 1 / ties;
    for (let i = start; i < end; i++) {
      const unit = pool.unitOf[neighbours.rows[i] as number] as number;
      const held = votes.get(unit) ?? 0;
      votes.set(unit, held + vote);
      squares += 2 * held * vote + vote * vote;
      forTrain += vote * (pool.label[unit] as number);
    }
  }
  while (cut < cuts.length && rows > 0) close();
  return out;
}

/** P(sum of the weights of train's units ≥ observed) when as many labels as there are training units fall on the units at random.
 * Counts the observed labels among the permutations, so that it is valid at any number of them.
 * @param options toTheEnd: false stops as soon as the answer is known to be over alpha, and then returns a lower bound of p over alpha */
export function permutationP(
  weights: Float64Array,
  observed: number,
  options: { readonly pool: Pool; readonly alpha: number; readonly random: Random; readonly toTheEnd: boolean },
): number {
  const { pool, alpha, random, toTheEnd } = options;
  const permutations = Math.min(99_999, Math.max(1999, Math.ceil(5 / alpha) - 1));
  const enough = toTheEnd ? Number.POSITIVE_INFINITY : alpha * (permutations + 1);
  let reached = 1;
  for (let b = 0; b < permutations && reached <= enough; b++) {
    let units = pool.label.length;
    let train = pool.trainUnits;
    let sum = 0;
    for (let i = 0; i < weights.length; i++) {
      if (random.uniform() * units < train) {
        sum += weights[i] as number;
        train--;
      }
      units--;
    }
    if (sum >= observed - 1e-9) reached++;
  }
  return reached / (permutations + 1);
}

/** An upper bound on the same probability, without permutations: E exp(t · sum) / exp(t · observed) at the best of some t. It holds for labels drawn
 * one by one, and so for labels drawn without replacement.
 * @source Chernoff (1952); Hoeffding (1963), theorem 4 */
export function chernoffBound(weights: Float64Array, observed: number, pi: number): number {
  let total = 0;
  let squares = 0;
  for (const weight of weights) {
    total += weight;
    squares += weight * weight;
  }
  if (total === 0 || observed <= pi * total) return 1;
  const effective = (total * total) / squares;
  const share = Math.min(observed / total, 1 - 0.5 / (effective + 1));
  const scale = (Math.log((share * (1 - pi)) / (pi * (1 - share))) * total) / squares;
  let best = 1;
  for (const factor of [0.35, 0.6, 0.8, 1, 1.3, 2]) {
    const t = scale * factor;
    if (t <= 0) continue;
    let log = -t * observed;
    for (const weight of weights) log += Math.log1p(pi * Math.expm1(t * weight));
    best = Math.min(best, Math.exp(log));
  }
  return best;
}

import type { Response } from "../../learners/trees/cart.ts";
import type { Criterion } from "./options.ts";

/** What a tree of a number predicts under a criterion.
 * @param values one per row of the table
 * @param rows the rows that have a value */
export function responseOf(values: Float64Array, rows: Uint32Array, criterion: Criterion): Response {
  if (criterion === "ranks") return { kind: "number", values: rankValues(values, rows) };
  if (criterion === "classes8") return quantileClasses(values, rows, 8);
  if (criterion === "classes16") return quantileClasses(values, rows, 16);
  return { kind: "number", values: finiteValues(values, rows) };
}

/** Classes of about equal count; equal values share a class. A value that alone fills a class is one, and what is left beside such spikes
 * is still told apart; few distinct values are a class each.
 * @returns classes by row of the table; rows without a value have class 0 */
export function quantileClasses(
  values: Float64Array,
  rows: Uint32Array,
  count: number,
): { readonly kind: "classes"; readonly classes: Uint8Array; readonly count: number } {
  const tops = classTops(gatherValues(values, rows).sort(), count);
  const last = Math.max(0, tops.length - 1);
  const classes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) continue;
    let k = 0;
    while (k < last && value > (tops[k] as number)) k++;
    classes[i] = k;
  }
  return { kind: "classes", classes, count: last + 1 };
}

/** The largest value of each class, ascending. */
function classTops(sorted: Float64Array, count: number): number[] {
  const n = sorted.length;
  const distinct: number[] = [];
  const held: number[] = [];
  for (let i = 0; i < n; ) {
    let j = i + 1;
    while (j < n && sorted[j] === sorted[i]) j++;
    distinct.push(sorted[i] as number);
    held.push(j - i);
    i = j;
  }
  if (distinct.length <= 2 * count) return distinct;
  const isSpike = held.map((rows) => rows >= n / count);
  const rest = held.reduce((sum, rows, i) => sum + (isSpike[i] ? 0 : rows), 0);
  const share = rest / Math.max(LEAST_BESIDE_SPIKES, Math.round((count * rest) / n));
  const tops: number[] = [];
  let open = 0;
  for (let i = 0; i < distinct.length; i++) {
    if (!isSpike[i]) open += held[i] as number;
    const closes = isSpike[i] || isSpike[i + 1] || open >= share || i === distinct.length - 1;
    if (!closes) continue;
    tops.push(distinct[i] as number);
    open = 0;
  }
  return tops;
}

const LEAST_BESIDE_SPIKES = 3;

/** Mid-ranks in 0 … 1. */
function rankValues(values: Float64Array, rows: Uint32Array): Float64Array {
  const sorted = gatherValues(values, rows).sort();
  const distinct: number[] = [];
  const rank: number[] = [];
  for (let i = 0; i < sorted.length; ) {
    let j = i + 1;
    while (j < sorted.length && sorted[j] === sorted[i]) j++;
    distinct.push(sorted[i] as number);
    rank.push((i + j) / 2 / sorted.length);
    i = j;
  }
  const out = new Float64Array(values.length);
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i] as number] as number;
    let low = 0;
    let high = distinct.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value > (distinct[middle] as number)) low = middle + 1;
      else high = middle;
    }
    out[rows[i] as number] = rank[low] as number;
  }
  return out;
}

/** Infinite values at the finite extremes, so that sums stay finite. */
function finiteValues(values: Float64Array, rows: Uint32Array): Float64Array {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let infinite = false;
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i] as number] as number;
    if (!Number.isFinite(value)) infinite = true;
    else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  // Squares of values beyond 1e150 overflow: scale by the largest.
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const scale = largest > 1e100 && Number.isFinite(largest) ? 1 / largest : 1;
  if (!infinite && scale === 1) return values;
  const out = new Float64Array(values.length);
  if (low > high) return out;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    out[row] = Math.min(high, Math.max(low, values[row] as number)) * scale;
  }
  return out;
}

function gatherValues(values: Float64Array, rows: Uint32Array): Float64Array {
  const out = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i] as number] as number;
  return out;
}

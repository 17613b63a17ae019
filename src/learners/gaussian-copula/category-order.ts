import { standardNormalQuantile } from "../../math/standard-normal.ts";
import type { CodeRows } from "../code-rows.ts";

const ROUNDS = 3;
const POWER_STEPS = 60;
/** Categories of few rows are drawn to the middle: mass of a category that knows nothing. */
const SHRINK = 5;
/** Most other columns that an order is found by. */
const MOST_OTHERS = 200;

/** Codes of values that occur, for each column in an order that carries its association with the other columns.
 *
 * Columns with an order keep it. The categories of any other are put in the order of the first axis along which the means of the other
 * columns' scores differ between them: the leading left singular vector of the table of means, categories weighted by their rows. Scores are
 * normal scores of the codes as ordered so far; a few rounds, for orders feed each other. Where no other column has an order to start
 * with, categories start in the order of their rows. This is one axis: what differs along others is lost.
 * @source nonlinear principal components by alternating least squares: Gifi (1990), "Nonlinear Multivariate Analysis", ch. 4 */
export function orderCategories(table: CodeRows, counts: readonly Float64Array[]): number[][] {
  const d = table.codes.length;
  const orders = counts.map((count, j) => {
    const codes: number[] = [];
    for (let code = table.missing[j] as number; code < count.length; code++)
      if ((count[code] as number) > 0) codes.push(code);
    return codes;
  });
  const isFree = orders.map((order, j) => !table.ordered[j] && order.length > 2);
  if (!isFree.some(Boolean)) return orders;
  const startsBlank = isFree.some((free) => !free);
  orders.forEach((order, j) => {
    const count = counts[j] as Float64Array;
    if (isFree[j] && !startsBlank) order.sort((a, b) => (count[b] as number) - (count[a] as number) || a - b);
  });
  const scores = orders.map((order, j) =>
    isFree[j] && startsBlank ? new Float64Array(256) : normalScores(order, counts[j] as Float64Array),
  );
  const step = Math.max(1, d / MOST_OTHERS);
  const others = Array.from({ length: Math.min(d, MOST_OTHERS) }, (_, i) => Math.floor(i * step));
  for (let round = 0; round < ROUNDS; round++)
    for (let j = 0; j < d; j++) {
      if (!isFree[j]) continue;
      const order = orders[j] as number[];
      const axis = firstAxis(table, scores, { column: j, order, counts: counts[j] as Float64Array, others });
      order.sort((a, b) => (axis[a] as number) - (axis[b] as number) || a - b);
      scores[j] = normalScores(order, counts[j] as Float64Array);
    }
  return orders;
}

/** Score of each code: the normal quantile at the middle of its share. */
function normalScores(order: readonly number[], counts: Float64Array): Float64Array {
  const total = order.reduce((sum, code) => sum + (counts[code] as number), 0);
  const out = new Float64Array(256);
  let below = 0;
  for (const code of order) {
    const count = counts[code] as number;
    out[code] = standardNormalQuantile((below + count / 2) / total);
    below += count;
  }
  return out;
}

function firstAxis(
  table: CodeRows,
  scores: readonly Float64Array[],
  input: {
    readonly column: number;
    readonly order: readonly number[];
    readonly counts: Float64Array;
    readonly others: readonly number[];
  },
): Float64Array {
  const { column, order, counts, others } = input;
  const codes = table.codes[column] as Uint8Array;
  const K = order.length;
  const place = new Int32Array(256).fill(-1);
  order.forEach((code, i) => {
    place[code] = i;
  });
  // Gram matrix of the categories' weighted mean scores.
  const gram = new Float64Array(K * K);
  const means = new Float64Array(256);
  for (const other of others) {
    if (other === column) continue;
    const score = scores[other] as Float64Array;
    const cells = table.codes[other] as Uint8Array;
    means.fill(0);
    for (let row = 0; row < table.rows; row++) {
      const code = codes[row] as number;
      means[code] = (means[code] as number) + (score[cells[row] as number] as number);
    }
    let all = 0;
    let rows = 0;
    for (const code of order) {
      all += means[code] as number;
      rows += counts[code] as number;
    }
    const weighted = order.map((code) => {
      const n = counts[code] as number;
      const difference = (means[code] as number) - (n * all) / rows;
      return (Math.sqrt(n) * difference) / (n + SHRINK);
    });
    for (let a = 0; a < K; a++)
      for (let b = 0; b < K; b++)
        gram[a * K + b] = (gram[a * K + b] as number) + (weighted[a] as number) * (weighted[b] as number);
  }
  let best = 0;
  for (let a = 1; a < K; a++) if ((gram[a * K + a] as number) > (gram[best * K + best] as number)) best = a;
  let vector = gram.slice(best * K, (best + 1) * K);
  for (let i = 0; i < POWER_STEPS; i++) {
    const next = new Float64Array(K);
    let norm = 0;
    for (let a = 0; a < K; a++) {
      let sum = 0;
      for (let b = 0; b < K; b++) sum += (gram[a * K + b] as number) * (vector[b] as number);
      next[a] = sum;
      norm += sum * sum;
    }
    if (!(norm > 0)) break;
    vector = next.map((value) => value / Math.sqrt(norm));
  }
  const axis = new Float64Array(256);
  order.forEach((code, i) => {
    axis[code] = (vector[i] as number) / Math.sqrt(counts[code] as number);
  });
  return axis;
}

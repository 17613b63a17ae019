/** How well scores rank one class over another: area under the ROC curve and its variance. */

import { countBelow, countUpTo } from "./sorted-search.ts";

/** For every row, the share of the other class that it is ranked rightly against (a tie counts half): for a positive, the negatives scored
 * lower; for a negative, the positives scored higher. The mean over either class is the AUC; their spread is its variance.
 * @param positive 1 or 0 per row
 * @returns one share per row, in the order of the rows; NaN throughout when a class is empty
 * @source DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44(3), eqs. 3 and 4 */
export function placements(scores: Float64Array, positive: ArrayLike<number>): Float64Array {
  const n = scores.length;
  let count = 0;
  for (let i = 0; i < n; i++) if (positive[i] === 1) count++;
  const positives = new Float64Array(count);
  const negatives = new Float64Array(n - count);
  let p = 0;
  let q = 0;
  for (let i = 0; i < n; i++) {
    if (positive[i] === 1) positives[p++] = scores[i] as number;
    else negatives[q++] = scores[i] as number;
  }
  const out = new Float64Array(n);
  if (count === 0 || count === n) return out.fill(Number.NaN);
  positives.sort();
  negatives.sort();
  for (let i = 0; i < n; i++) {
    const score = scores[i] as number;
    out[i] =
      positive[i] === 1
        ? (countBelow(negatives, score) + countUpTo(negatives, score)) / (2 * negatives.length)
        : 1 - (countBelow(positives, score) + countUpTo(positives, score)) / (2 * positives.length);
  }
  return out;
}

/** Area under the ROC curve: the chance that a random positive is scored above a random negative; ties count half.
 * @param positive 1 or 0 per row
 * @returns NaN when a class is empty */
export function areaUnderCurve(scores: Float64Array, positive: ArrayLike<number>): number {
  return meanOf(placements(scores, positive), positive, 1);
}

/** Covariance of two AUCs measured on the same rows (of one AUC with itself: its variance).
 * @param a placements under one score
 * @param b placements under the other
 * @param positive 1 or 0 per row, the same for both; at least two rows of each class
 * @source DeLong et al. (1988), eq. 5 */
export function areaCovariance(a: Float64Array, b: Float64Array, positive: ArrayLike<number>): number {
  let total = 0;
  for (const side of [1, 0]) {
    const meanA = meanOf(a, positive, side);
    const meanB = meanOf(b, positive, side);
    let sum = 0;
    let count = 0;
    for (let i = 0; i < a.length; i++) {
      if ((positive[i] === 1 ? 1 : 0) !== side) continue;
      sum += ((a[i] as number) - meanA) * ((b[i] as number) - meanB);
      count++;
    }
    total += sum / (count - 1) / count;
  }
  return total;
}

/** How much each row moves the AUC, as a share of the rows: values of mean zero whose sample covariance over n is the covariance of the AUCs
 * (the infinitesimal jackknife of DeLong's estimate). Adds up over several AUCs and other statistics of the same rows.
 * @param shares placements of the rows */
export function areaInfluence(shares: Float64Array, positive: ArrayLike<number>): Float64Array {
  const n = shares.length;
  const area = meanOf(shares, positive, 1);
  let count = 0;
  for (let i = 0; i < n; i++) if (positive[i] === 1) count++;
  return shares.map((share, i) => ((share - area) * n) / (positive[i] === 1 ? count : n - count));
}

function meanOf(values: Float64Array, positive: ArrayLike<number>, side: number): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if ((positive[i] === 1 ? 1 : 0) !== side) continue;
    sum += values[i] as number;
    count++;
  }
  return sum / count;
}

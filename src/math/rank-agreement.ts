/** How far two lists of numbers put the same things in the same order. */

/** Ranks from the greatest (1) to the smallest, ties at their mean rank. */
export function descendingRanks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => (values[b] as number) - (values[a] as number),
  );
  const ranks = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from;
    while (to < n && values[order[to] as number] === values[order[from] as number]) to++;
    for (let at = from; at < to; at++) ranks[order[at] as number] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}

/** Weighted rank correlation, where a thing counts the more the higher either list puts it: 1 for the same order. Without ties the opposite
 * order is −1; things tied in both lists agree.
 * @param a at least two numbers
 * @source Pinto da Costa & Soares (2005), Australian & New Zealand Journal of Statistics 47(4): r_W */
export function weightedRankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  const ranksA = descendingRanks(a);
  const ranksB = descendingRanks(b);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const [r, q] = [ranksA[i] as number, ranksB[i] as number];
    sum += (r - q) ** 2 * (2 * n + 2 - r - q);
  }
  return Math.max(-1, 1 - (6 * sum) / (n ** 4 + n ** 3 - n ** 2 - n));
}

/** Spearman's rank correlation with mean ranks for ties; 0 where a list has one value. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  const ranksA = descendingRanks(a);
  const ranksB = descendingRanks(b);
  const mean = (n + 1) / 2;
  let [cross, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [r, q] = [(ranksA[i] as number) - mean, (ranksB[i] as number) - mean];
    cross += r * q;
    squareA += r * r;
    squareB += q * q;
  }
  return squareA > 0 && squareB > 0 ? cross / Math.sqrt(squareA * squareB) : 0;
}

/** The share of pairs that both lists put in the same order; a pair tied in one list only counts half. (Kendall's τ, moved to [0, 1].)
 * @source Jordon, Yoon & van der Schaar (2018), arXiv:1806.11345: synthetic ranking agreement */
export function pairAgreement(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const inA = Math.sign((a[i] as number) - (a[j] as number));
      const inB = Math.sign((b[i] as number) - (b[j] as number));
      sum += inA === inB ? 1 : inA === 0 || inB === 0 ? 0.5 : 0;
    }
  return sum / ((n * (n - 1)) / 2);
}

/** How well scores rank times to an event, where some rows were lost from sight before it.
 *
 * Two rows are comparable when the one with the earlier time had its event then (at equal times: when one had the event and the other was
 * still there). The pair counts 1 when the earlier row has the higher score, ½ when the scores are equal.
 * @param scores higher means earlier
 * @param times signed: t where the event happened at t > 0, −t where the row was lost from sight at t
 * @returns Harrell's C (NaN where no pair is comparable) and how much each row moves it: values of mean zero whose mean square over n is the
 * variance of C (the infinitesimal jackknife)
 * @source Harrell, Lee & Mark (1996), Statistics in Medicine 15; the sums by a Fenwick tree, O(n log n) */
export function concordance(
  scores: Float64Array,
  times: ArrayLike<number>,
): { readonly value: number; readonly influence: Float64Array } {
  const n = scores.length;
  const rank = denseRanks(scores);
  const won = new Float64Array(n);
  const pairs = new Float64Array(n);
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) =>
      Math.abs(times[a] as number) - Math.abs(times[b] as number) || (times[b] as number) - (times[a] as number),
  );
  // From late to early: rows still there when this one had its event. Those lost at the same time count, other events at it do not.
  const later = newCounts(n);
  eachTie(order, times, true, (from, to) => {
    for (let at = from; at < to; at++) if (!((times[order[at] as number] as number) > 0)) count(later, rank, order[at]);
    for (let at = from; at < to; at++) {
      const row = order[at] as number;
      if ((times[row] as number) > 0) settle(row, later, below(later, rank[row] as number));
    }
    for (let at = from; at < to; at++) if ((times[order[at] as number] as number) > 0) count(later, rank, order[at]);
  });
  // From early to late: events that came before this row's time.
  const earlier = newCounts(n);
  eachTie(order, times, false, (from, to) => {
    const events = (): void => {
      for (let at = from; at < to; at++)
        if ((times[order[at] as number] as number) > 0) count(earlier, rank, order[at]);
    };
    const others = (lost: boolean): void => {
      for (let at = from; at < to; at++) {
        const row = order[at] as number;
        if ((times[row] as number) > 0 !== lost) settle(row, earlier, above(earlier, rank[row] as number));
      }
    };
    others(false);
    events();
    others(true);
  });
  function settle(row: number, counts: Counts, better: number): void {
    won[row] = (won[row] as number) + better + 0.5 * (counts.own[rank[row] as number] as number);
    pairs[row] = (pairs[row] as number) + counts.total;
  }
  // Every pair was met from both of its sides.
  const comparable = pairs.reduce((sum, x) => sum + x, 0) / 2;
  const value = won.reduce((sum, x) => sum + x, 0) / 2 / comparable;
  return { value, influence: won.map((w, i) => (n * (w - value * (pairs[i] as number))) / comparable) };
}

interface Counts {
  readonly tree: Float64Array;
  readonly own: Float64Array;
  total: number;
}

function newCounts(size: number): Counts {
  return { tree: new Float64Array(size + 1), own: new Float64Array(size), total: 0 };
}

function count(counts: Counts, rank: Int32Array, row: number | undefined): void {
  const own = rank[row as number] as number;
  counts.total++;
  counts.own[own] = (counts.own[own] as number) + 1;
  for (let at = own + 1; at < counts.tree.length; at += at & -at) counts.tree[at] = (counts.tree[at] as number) + 1;
}

/** Rows counted whose rank is lower. */
function below(counts: Counts, rank: number): number {
  let sum = 0;
  for (let at = rank; at > 0; at -= at & -at) sum += counts.tree[at] as number;
  return sum;
}

function above(counts: Counts, rank: number): number {
  return counts.total - below(counts, rank) - (counts.own[rank] as number);
}

function denseRanks(scores: Float64Array): Int32Array {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  const rank = new Int32Array(scores.length);
  let own = -1;
  let last = Number.NaN;
  for (const row of order) {
    if (scores[row] !== last) own++;
    last = scores[row] as number;
    rank[row] = own;
  }
  return rank;
}

/** Calls back for each stretch of equal times. */
function eachTie(
  order: Uint32Array,
  times: ArrayLike<number>,
  fromLate: boolean,
  visit: (from: number, to: number) => void,
): void {
  const starts: number[] = [];
  for (let at = 0; at < order.length; at++) {
    const time = Math.abs(times[order[at] as number] as number);
    if (at === 0 || time !== Math.abs(times[order[at - 1] as number] as number)) starts.push(at);
  }
  starts.push(order.length);
  const groups = starts.length - 1;
  for (let g = 0; g < groups; g++) {
    const own = fromLate ? groups - 1 - g : g;
    visit(starts[own] as number, starts[own + 1] as number);
  }
}

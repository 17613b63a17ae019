import type { Random } from "../../random.ts";
import type { ForestCodes } from "./forest-codes.ts";
import type { ForestCells, Split } from "./forest-tree.ts";

export interface SplitOptions {
  /** Fewest rows in a leaf, ≥ 1. */
  readonly minNodeSize: number;
  /** Columns tried at a node, drawn at random. */
  readonly candidates: number;
  /** Columns whose dependence on a split is counted, drawn at random for each node. */
  readonly responses: number;
}

/** Finds the split after which independent columns fit the node's rows best: the gain in log-likelihood when each child gets its own marginals,
 * Σ over the other columns of rows × mutual information between side and column. This is the adversary at its best: no classifier can gain
 * more in log loss from the split when it tells the node's rows from endlessly many with the columns permuted.
 *
 * Ordered columns are cut at a threshold, ways of being missing going with either end; the groups of others are first put in the order of
 * their mean of another column, drawn at random.
 * @param order the rows, as `growNodes` rearranges them */
export function likelihoodSearch(
  data: ForestCells & { readonly codes: ForestCodes; readonly order: Uint32Array; readonly random: Random },
  options: SplitOptions,
): (start: number, end: number, split: Split) => boolean {
  const { cells, codes, order, random } = data;
  const { start } = codes;
  const d = start.length - 1;
  const n = order.length;
  const step = entropySteps(n);
  const totals = new Int32Array(start[d] as number);
  const lefts = new Int32Array(start[d] as number);
  const columns = Int32Array.from({ length: d }, (_, j) => j);
  const responses = Int32Array.from({ length: d }, (_, j) => j);
  const others = new Int32Array(d);
  const list = new Uint8Array(256);
  const score = new Float64Array(256);
  const next = new Uint32Array(256);
  const sorted = new Uint32Array(n);
  let bestGain = 0;

  /** Cuts the listed groups, in their order, where the gain is largest. */
  const tryCuts = (first: number, end: number, column: number, listed: number, split: Split): void => {
    const from = start[column] as number;
    const m = end - first;
    let place = 0;
    for (let t = 0; t < listed; t++) {
      next[list[t] as number] = place;
      place += totals[from + (list[t] as number)] as number;
    }
    for (let i = first; i < end; i++) {
      const row = order[i] as number;
      const group = (cells[row * d + column] as number) - from;
      const at = next[group] as number;
      sorted[at] = row;
      next[group] = at + 1;
    }
    let count = 0;
    const asked = Math.min(options.responses, d);
    for (let t = 0; t < asked; t++) {
      const j = responses[t] as number;
      if (j === column) continue;
      others[count++] = j;
      lefts.fill(0, start[j], start[j + 1]);
    }
    let gain = 0;
    let left = 0;
    for (let t = 0; t < listed - 1; t++) {
      const stop = left + (totals[from + (list[t] as number)] as number);
      for (; left < stop; left++) {
        const row = (sorted[left] as number) * d;
        for (let k = 0; k < count; k++) {
          const at = cells[row + (others[k] as number)] as number;
          const l = lefts[at] as number;
          gain += (step[l] as number) - (step[(totals[at] as number) - l - 1] as number);
          lefts[at] = l + 1;
        }
        gain -= count * ((step[left] as number) - (step[m - left - 1] as number));
      }
      if (left < options.minNodeSize) continue;
      if (m - left < options.minNodeSize) break;
      if (gain > bestGain) {
        bestGain = gain;
        split.column = column;
        split.left.fill(0);
        for (let u = 0; u <= t; u++) split.left[list[u] as number] = 1;
      }
    }
  };

  return (first, end, split) => {
    const m = end - first;
    if (m < 2 * options.minNodeSize || d < 2) return false;
    const asked = Math.min(options.responses, d);
    if (asked < d) drawFirst(responses, asked, random);
    totals.fill(0);
    for (let i = first; i < end; i++) {
      const row = (order[i] as number) * d;
      for (let j = 0; j < d; j++) {
        const at = cells[row + j] as number;
        totals[at] = (totals[at] as number) + 1;
      }
    }
    bestGain = 1e-9 * m;
    split.column = -1;
    let tried = 0;
    for (let t = 0; t < d && tried < options.candidates; t++) {
      drawNext(columns, t, random);
      const column = columns[t] as number;
      const from = start[column] as number;
      const groups = (start[column + 1] as number) - from;
      let listed = 0;
      for (let group = 0; group < groups; group++) if (totals[from + group] !== 0) list[listed++] = group;
      if (listed < 2) continue;
      tried++;
      if (codes.ordered[column] === 0 && listed > 2)
        sortByAnother(column, listed, { first, end, other: anotherColumn(column, d, random) });
      tryCuts(first, end, column, listed, split);
      if (codes.ordered[column] === 1 && moveMissingLast(column, listed)) tryCuts(first, end, column, listed, split);
    }
    return split.column >= 0;
  };

  function sortByAnother(
    column: number,
    listed: number,
    how: { readonly first: number; readonly end: number; readonly other: number },
  ): void {
    const { first, end, other } = how;
    const from = start[column] as number;
    const low = start[other] as number;
    const high = start[other + 1] as number;
    // A column without an order speaks by its commonest group.
    let top = -1;
    if (codes.ordered[other] === 0) {
      top = low;
      for (let at = low; at < high; at++) if ((totals[at] as number) > (totals[top] as number)) top = at;
    }
    score.fill(0);
    for (let i = first; i < end; i++) {
      const row = (order[i] as number) * d;
      const group = (cells[row + column] as number) - from;
      const at = cells[row + other] as number;
      score[group] = (score[group] as number) + (top < 0 ? at - low : at === top ? 1 : 0);
    }
    for (let t = 0; t < listed; t++) {
      const group = list[t] as number;
      score[group] = (score[group] as number) / (totals[from + group] as number);
    }
    list.subarray(0, listed).sort((a, b) => (score[a] as number) - (score[b] as number) || a - b);
  }

  /** Missing groups come first in the list; false when that is all there is to try. */
  function moveMissingLast(column: number, listed: number): boolean {
    const missing = codes.missing[column] as number;
    let count = 0;
    while (count < listed && (list[count] as number) < missing) count++;
    if (count === 0 || listed - count < 2) return false;
    const kept = list.slice(0, count);
    list.copyWithin(0, count, listed);
    list.set(kept, listed - count);
    return true;
  }
}

/** Step k: (k + 1) log (k + 1) − k log k. */
function entropySteps(n: number): Float64Array {
  const out = new Float64Array(n + 1);
  let before = 0;
  for (let k = 0; k <= n; k++) {
    const after = (k + 1) * Math.log(k + 1);
    out[k] = after - before;
    before = after;
  }
  return out;
}

/** The next of a random order of items, drawn when it is needed. */
export function drawNext(items: Int32Array, at: number, random: Random): void {
  const other = at + random.integer(items.length - at);
  const kept = items[other] as number;
  items[other] = items[at] as number;
  items[at] = kept;
}

function drawFirst(items: Int32Array, count: number, random: Random): void {
  for (let t = 0; t < count; t++) drawNext(items, t, random);
}

function anotherColumn(column: number, d: number, random: Random): number {
  const other = random.integer(d - 1);
  return other < column ? other : other + 1;
}

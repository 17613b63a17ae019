import type { MixedRows } from "./mixed-rows.ts";
import { UNIT } from "./mixed-rows.ts";

/** Rows sorted into nested boxes, for exact nearest-neighbour search. Plain data in shared memory.
 *
 * Node 0 is the root. A box bounds every number of the rows inside (`low`, `high`) and, per category column, has one bit for every code modulo 32
 * that occurs: a superset, so the distance from a point to a box is never more than to a row inside. */
export interface NeighbourTree {
  /** The rows, in the order of the leaves. */
  readonly rows: MixedRows;
  /** Which row of the source stands at each place. */
  readonly source: Uint32Array;
  /** First place of a node's rows, and one past the last. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** The first of two adjacent children; 0 in a leaf. */
  readonly child: Uint32Array;
  /** 1 where all rows of a leaf are the same: one stands for all. */
  readonly pure: Uint32Array;
  /** [node, category column] */
  readonly present: Int32Array;
  /** [node, number column] */
  readonly low: Int32Array;
  readonly high: Int32Array;
}

const LEAF_ROWS = 24;
const PROBES = 96;

/** Builds the tree; nothing in it is random.
 * @param rows at least one row
 * @source Bentley (1975), Communications of the ACM: k-d trees; here a split may also part the labels of a category */
export function buildTree(rows: MixedRows): NeighbourTree {
  const { categories, numbers, cells } = rows;
  const n = rows.rows;
  const width = categories + numbers;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const from: number[] = [0];
  const to: number[] = [n];
  const child: number[] = [0];
  const pure: number[] = [0];
  // Children come after their parent, so one pass over a growing list builds top-down, and one backwards bounds bottom-up.
  for (let node = 0; node < from.length; node++) {
    const start = from[node] as number;
    const end = to[node] as number;
    if (end - start <= LEAF_ROWS) continue;
    const middle = split(rows, order, start, end);
    if (middle === start) {
      pure[node] = 1;
      continue;
    }
    child[node] = from.length;
    from.push(start, middle);
    to.push(middle, end);
    child.push(0, 0);
    pure.push(0, 0);
  }
  const nodes = from.length;
  const sorted = new Int32Array(new SharedArrayBuffer(Math.max(4, n * width * 4)));
  for (let i = 0; i < n; i++) {
    const at = (order[i] as number) * width;
    for (let k = 0; k < width; k++) sorted[i * width + k] = cells[at + k] as number;
  }
  const present = shared(nodes * categories);
  const low = shared(nodes * numbers).fill(2 ** 31 - 1);
  const high = shared(nodes * numbers).fill(-(2 ** 31));
  for (let node = nodes - 1; node >= 0; node--) {
    const first = child[node] as number;
    if (first > 0) {
      for (let k = 0; k < categories; k++)
        present[node * categories + k] =
          (present[first * categories + k] as number) | (present[(first + 1) * categories + k] as number);
      for (let k = 0; k < numbers; k++) {
        const a = first * numbers + k;
        const b = a + numbers;
        low[node * numbers + k] = Math.min(low[a] as number, low[b] as number);
        high[node * numbers + k] = Math.max(high[a] as number, high[b] as number);
      }
      continue;
    }
    for (let i = from[node] as number; i < (to[node] as number); i++) {
      const at = i * width;
      for (let k = 0; k < categories; k++) {
        const cell = node * categories + k;
        present[cell] = (present[cell] as number) | (1 << ((sorted[at + k] as number) & 31));
      }
      for (let k = 0; k < numbers; k++) {
        const x = sorted[at + categories + k] as number;
        const cell = node * numbers + k;
        if (x < (low[cell] as number)) low[cell] = x;
        if (x > (high[cell] as number)) high[cell] = x;
      }
    }
  }
  return {
    rows: { ...rows, cells: sorted },
    source: sharedUnsigned(order),
    from: sharedUnsigned(from),
    to: sharedUnsigned(to),
    child: sharedUnsigned(child),
    pure: sharedUnsigned(pure),
    present,
    low,
    high,
  };
}

/** Parts the rows in two along the column on which a probe of them differs most.
 * @returns the first place of the second part; `start` when all rows are the same */
function split(rows: MixedRows, order: Uint32Array, start: number, end: number): number {
  const { categories, numbers, cells } = rows;
  const width = categories + numbers;
  const count = Math.min(PROBES, end - start);
  const stride = (end - start) / count;
  let best = -1;
  let bestSpread = 0;
  const probe = new Int32Array(count);
  const read = (column: number): Int32Array => {
    for (let i = 0; i < count; i++)
      probe[i] = cells[(order[start + Math.floor(i * stride)] as number) * width + column] as number;
    return probe.sort();
  };
  for (let column = 0; column < width; column++) {
    const spread = column < categories ? mismatch(read(column)) : meanDeviation(read(column));
    if (spread > bestSpread) {
      best = column;
      bestSpread = spread;
    }
  }
  if (best < 0) {
    best = firstVaryingColumn(rows, order, start, end);
    if (best < 0) return start;
    // The probe saw one value; the first row's is as good a divider as any.
    const value = cells[(order[start] as number) * width + best] as number;
    return partition(order, start, end, (row) => cells[row * width + best] === value);
  }
  const sorted = read(best);
  if (best >= categories) {
    // Strictly below the cut goes left: a cut at the median, or at the next value when the median is the lowest.
    let cut = sorted[count >> 1] as number;
    if (cut === sorted[0]) cut = sorted.find((value) => value > cut) as number;
    return partition(order, start, end, (row) => (cells[row * width + best] as number) < cut);
  }
  const left = commonHalf(sorted);
  return partition(order, start, end, (row) => left.has(cells[row * width + best] as number));
}

/** Moves the rows that go left to the front. */
function partition(order: Uint32Array, start: number, end: number, left: (row: number) => boolean): number {
  let i = start;
  let j = end - 1;
  while (i <= j) {
    const row = order[i] as number;
    if (left(row)) i++;
    else {
      order[i] = order[j] as number;
      order[j] = row;
      j--;
    }
  }
  return i;
}

/** Codes, commonest first, that make up half of a sorted probe; never all of them. */
function commonHalf(sorted: Int32Array): Set<number> {
  const counts = new Map<number, number>();
  for (const code of sorted) counts.set(code, (counts.get(code) ?? 0) + 1);
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const out = new Set<number>();
  let held = 0;
  for (const [code, count] of byCount.slice(0, -1)) {
    out.add(code);
    held += count;
    if (2 * held >= sorted.length) break;
  }
  return out;
}

/** Chance that two probed cells differ, in units of one. */
function mismatch(sorted: Int32Array): number {
  let same = 0;
  for (let i = 0; i < sorted.length; ) {
    let j = i + 1;
    while (j < sorted.length && sorted[j] === sorted[i]) j++;
    same += (j - i) ** 2;
    i = j;
  }
  return 1 - same / sorted.length ** 2;
}

/** Mean distance from the median, in units of one, doubled to compare with {@link mismatch}: about the mean distance of two cells. */
function meanDeviation(sorted: Int32Array): number {
  const median = sorted[sorted.length >> 1] as number;
  let sum = 0;
  for (const value of sorted) sum += Math.abs(value - median);
  return (1.4 * sum) / sorted.length / UNIT;
}

function firstVaryingColumn(rows: MixedRows, order: Uint32Array, start: number, end: number): number {
  const width = rows.categories + rows.numbers;
  const first = (order[start] as number) * width;
  for (let i = start + 1; i < end; i++) {
    const at = (order[i] as number) * width;
    for (let k = 0; k < width; k++) if (rows.cells[at + k] !== rows.cells[first + k]) return k;
  }
  return -1;
}

function shared(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

function sharedUnsigned(values: ArrayLike<number>): Uint32Array {
  const out = new Uint32Array(new SharedArrayBuffer(values.length * 4));
  out.set(values);
  return out;
}

import { type Executor, runAll, sharedCopy, type Task } from "../../executors/executor.ts";
import { boxDistanceFrom } from "./box-distance.ts";
import { grown } from "./grown.ts";
import { type MixedRows, UNIT } from "./mixed-rows.ts";
import type { NeighbourTree } from "./tree.ts";

/** The k nearest rows of a pool, for each query row. */
export interface NearestFew {
  /** As asked for, or all rows of a smaller pool. */
  readonly k: number;
  /** [query, 0 … k − 1]: their distances, ascending, in columns as in `Neighbours`. */
  readonly distances: Float64Array;
  /** Of each query: marked rows among its k nearest, 0 … k. All rows at the k-th distance share the places that the nearer ones leave, so that
   * the number does not depend on their order. */
  readonly marked: Float64Array;
}

const BLOCK = 256;

/** Finds the k nearest pool rows of every query row, exactly.
 * @param tree the pool, at least one row
 * @param queries the same columns as the pool
 * @param options k: ≥ 1 · marks: 1 for every marked row of the pool, in the order it had before the tree was built; absent: none is */
export async function kNearestRows(
  tree: NeighbourTree,
  queries: MixedRows,
  options: {
    readonly k: number;
    readonly marks?: Uint8Array | undefined;
    readonly executor: Executor;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<NearestFew> {
  const k = Math.min(options.k, tree.rows.rows);
  const shared = { ...queries, cells: sharedCopy(queries.cells) };
  const markedBefore = sharedCopy(countedBefore(tree, options.marks));
  const tasks: Task[] = [];
  for (let from = 0; from < queries.rows; from += BLOCK) {
    const to = Math.min(queries.rows, from + BLOCK);
    const data: FewSearch = { tree, queries: shared, markedBefore, from, to, k };
    tasks.push({ module: import.meta.url, name: "searchFew", data });
  }
  const parts = await runAll<NearestFew>(options.executor, tasks, { signal: options.signal });
  const distances = new Float64Array(queries.rows * k);
  const marked = new Float64Array(queries.rows);
  parts.forEach((part, i) => {
    distances.set(part.distances, i * BLOCK * k);
    marked.set(part.marked, i * BLOCK);
  });
  return { k, distances, marked };
}

/** Marked rows before each place of the tree, and in all: a stretch of places is then a subtraction. */
function countedBefore({ source }: NeighbourTree, marks: Uint8Array | undefined): Uint32Array {
  const out = new Uint32Array(source.length + 1);
  if (marks)
    for (let at = 0; at < source.length; at++)
      out[at + 1] = (out[at] as number) + (marks[source[at] as number] as number);
  return out;
}

export interface FewSearch {
  readonly tree: NeighbourTree;
  readonly queries: MixedRows;
  readonly markedBefore: Uint32Array;
  readonly from: number;
  readonly to: number;
  readonly k: number;
}

/** The task: queries `from` … `to` − 1, nearest box first, skipping every box that lies farther than the k-th row so far. */
export function searchFew(search: FewSearch): NearestFew {
  const { tree, queries, markedBefore, k } = search;
  const { categories, numbers, cells } = tree.rows;
  const { from, to, child, pure } = tree;
  const width = categories + numbers;
  const unrolled = width - 3;
  const count = search.to - search.from;
  const distances = new Float64Array(count * k);
  const marked = new Float64Array(count);
  const query = new Int32Array(width);
  const boxDistance = boxDistanceFrom(tree, query);
  /** The nearest so far, ascending, and which of them are marked. */
  const near = new Float64Array(k);
  const nearMark = new Uint8Array(k);
  let stackNode = new Uint32Array(256);
  let stackBound = new Float64Array(256);

  for (let i = 0; i < count; i++) {
    const atQuery = (search.from + i) * width;
    for (let j = 0; j < width; j++) query[j] = queries.cells[atQuery + j] as number;
    let held = 0;
    let bound = Number.POSITIVE_INFINITY;
    // Rows as far as the last one held for which there was no place.
    let beyond = 0;
    let beyondMarked = 0;
    let depth = 1;
    stackNode[0] = 0;
    stackBound[0] = 0;
    while (depth > 0) {
      depth--;
      if ((stackBound[depth] as number) > bound) continue;
      let node = stackNode[depth] as number;
      let reached = true;
      while ((child[node] as number) > 0) {
        const left = child[node] as number;
        const a = boxDistance(left, bound);
        const b = boxDistance(left + 1, bound);
        const closer = a <= b ? left : left + 1;
        const closerBound = Math.min(a, b);
        const otherBound = Math.max(a, b);
        if (otherBound <= bound) {
          if (depth === stackNode.length) {
            stackNode = grown(stackNode);
            stackBound = grown(stackBound);
          }
          stackNode[depth] = closer === left ? left + 1 : left;
          stackBound[depth++] = otherBound;
        }
        if (closerBound > bound) {
          reached = false;
          break;
        }
        node = closer;
      }
      if (!reached) continue;
      const last = to[node] as number;
      const isPure = pure[node] === 1;
      let sum = 0;
      for (let row = from[node] as number; row < last; row++) {
        if (!isPure || row === from[node]) {
          const at = row * width;
          sum = 0;
          let j = 0;
          for (; j < categories; j++) {
            const bits = (cells[at + j] as number) ^ (query[j] as number);
            sum += (bits | -bits) >>> 31;
          }
          sum *= UNIT;
          while (j < unrolled && sum <= bound) {
            const a = (cells[at + j] as number) - (query[j] as number);
            const b = (cells[at + j + 1] as number) - (query[j + 1] as number);
            const c = (cells[at + j + 2] as number) - (query[j + 2] as number);
            const d = (cells[at + j + 3] as number) - (query[j + 3] as number);
            sum += Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(d);
            j += 4;
          }
          if (sum <= bound) for (; j < width; j++) sum += Math.abs((cells[at + j] as number) - (query[j] as number));
        }
        if (sum > bound) {
          if (isPure) break;
          continue;
        }
        if (held === k && sum === bound) {
          const end = isPure ? last : row + 1;
          beyond += end - row;
          beyondMarked += (markedBefore[end] as number) - (markedBefore[row] as number);
          if (isPure) break;
          continue;
        }
        if (held === k && near[k - 2] === bound) {
          // The one that has to go is tied with the new last.
          beyond++;
          beyondMarked += nearMark[k - 1] as number;
        } else if (held === k) {
          beyond = 0;
          beyondMarked = 0;
        }
        let place = held === k ? k - 1 : held++;
        for (; place > 0 && (near[place - 1] as number) > sum; place--) {
          near[place] = near[place - 1] as number;
          nearMark[place] = nearMark[place - 1] as number;
        }
        near[place] = sum;
        nearMark[place] = (markedBefore[row + 1] as number) - (markedBefore[row] as number);
        if (held === k) bound = near[k - 1] as number;
      }
    }
    let tied = beyond;
    let tiedMarked = beyondMarked;
    let places = 0;
    let sure = 0;
    for (let place = 0; place < k; place++) {
      distances[i * k + place] = (near[place] as number) / UNIT;
      if (near[place] === bound) {
        places++;
        tied++;
        tiedMarked += nearMark[place] as number;
      } else sure += nearMark[place] as number;
    }
    marked[i] = sure + (places * tiedMarked) / tied;
  }
  return { k, distances, marked };
}

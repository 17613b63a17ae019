import { type Executor, runAll, sharedCopy, type Task } from "../../executors/executor.ts";
import { boxDistanceFrom } from "./box-distance.ts";
import { grown } from "./grown.ts";
import { type MixedRows, UNIT } from "./mixed-rows.ts";
import type { NeighbourTree } from "./tree.ts";

/** The nearest rows of a pool, for each query row. */
export interface Neighbours {
  /** Distance to the nearest, in columns: the sum over columns, where 1 is a different category or the whole range of a number. */
  readonly distance: Float64Array;
  /** Rows of the pool at exactly that distance, ≥ 1. */
  readonly ties: Uint32Array;
  /** Query i's nearest rows are `rows[start[i]] … rows[start[i + 1] − 1]`: all `ties` of them, or the first `maxTies` found. */
  readonly start: Uint32Array;
  readonly rows: Uint32Array;
}

const BLOCK = 512;

/** Finds the nearest pool rows of every query row, exactly.
 * @param tree the pool, at least one row
 * @param queries the same columns as the pool
 * @param options maxTies: most rows listed per query; ties beyond are counted all the same · within: a distance per query
 * at which a pool row is known to lie (infinite where none is known), which makes the search shorter and changes nothing else; where none lies
 * so near, the answer is that distance, with no ties */
export async function nearestRows(
  tree: NeighbourTree,
  queries: MixedRows,
  options: {
    readonly executor: Executor;
    readonly maxTies: number;
    readonly within?: Float64Array | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Neighbours> {
  const shared = { ...queries, cells: sharedCopy(queries.cells) };
  const within = options.within && sharedCopy(options.within);
  const tasks: Task[] = [];
  for (let from = 0; from < queries.rows; from += BLOCK) {
    const data: BlockSearch = {
      tree,
      queries: shared,
      within,
      from,
      to: Math.min(queries.rows, from + BLOCK),
      maxTies: options.maxTies,
    };
    tasks.push({ module: import.meta.url, name: "searchBlock", data });
  }
  const parts = await runAll<Neighbours>(options.executor, tasks, { signal: options.signal });
  const distance = new Float64Array(queries.rows);
  const ties = new Uint32Array(queries.rows);
  const start = new Uint32Array(queries.rows + 1);
  const rows = new Uint32Array(parts.reduce((sum, part) => sum + part.rows.length, 0));
  let at = 0;
  let listed = 0;
  for (const part of parts) {
    distance.set(part.distance, at);
    ties.set(part.ties, at);
    rows.set(part.rows, listed);
    for (let i = 0; i < part.ties.length; i++) start[at + i] = listed + (part.start[i] as number);
    at += part.ties.length;
    listed += part.rows.length;
  }
  start[queries.rows] = listed;
  return { distance, ties, start, rows };
}

export interface BlockSearch {
  readonly tree: NeighbourTree;
  readonly queries: MixedRows;
  readonly within: Float64Array | undefined;
  readonly from: number;
  readonly to: number;
  readonly maxTies: number;
}

/** The task: queries `from` … `to` − 1, nearest box first, skipping every box that lies farther than the nearest row so far. */
export function searchBlock(search: BlockSearch): Neighbours {
  const { tree, queries, maxTies } = search;
  const { categories, numbers, cells } = tree.rows;
  const { from, to, child, pure, source } = tree;
  const width = categories + numbers;
  const unrolled = width - 3;
  const count = search.to - search.from;
  const distance = new Float64Array(count);
  const ties = new Uint32Array(count);
  const start = new Uint32Array(count + 1);
  const listed: number[] = [];
  const query = new Int32Array(width);
  const tied = new Uint32Array(maxTies);
  // At most one waiting sibling per level; degenerate splits can make a deep tree, so the stack grows.
  let stackNode = new Uint32Array(256);
  let stackBound = new Float64Array(256);

  const boxDistance = boxDistanceFrom(tree, query);

  for (let i = 0; i < count; i++) {
    const atQuery = (search.from + i) * width;
    for (let k = 0; k < width; k++) query[k] = queries.cells[atQuery + k] as number;
    let best = search.within ? (search.within[search.from + i] as number) * UNIT : Number.POSITIVE_INFINITY;
    let tieCount = 0;
    let kept = 0;
    let depth = 1;
    stackNode[0] = 0;
    stackBound[0] = 0;
    while (depth > 0) {
      depth--;
      if ((stackBound[depth] as number) > best) continue;
      let node = stackNode[depth] as number;
      let reached = true;
      while ((child[node] as number) > 0) {
        const left = child[node] as number;
        const a = boxDistance(left, best);
        const b = boxDistance(left + 1, best);
        const near = a <= b ? left : left + 1;
        const nearBound = Math.min(a, b);
        const farBound = Math.max(a, b);
        if (farBound <= best) {
          if (depth === stackNode.length) {
            stackNode = grown(stackNode);
            stackBound = grown(stackBound);
          }
          stackNode[depth] = near === left ? left + 1 : left;
          stackBound[depth++] = farBound;
        }
        if (nearBound > best) {
          reached = false;
          break;
        }
        node = near;
      }
      if (!reached) continue;
      const first = from[node] as number;
      const last = to[node] as number;
      const isPure = pure[node] === 1;
      const scanned = isPure ? first + 1 : last;
      for (let row = first; row < scanned; row++) {
        const at = row * width;
        let sum = 0;
        // Without branches: which cells differ is a coin toss that the processor would guess wrong.
        let k = 0;
        for (; k < categories; k++) {
          const bits = (cells[at + k] as number) ^ (query[k] as number);
          sum += (bits | -bits) >>> 31;
        }
        sum *= UNIT;
        while (k < unrolled && sum <= best) {
          const a = (cells[at + k] as number) - (query[k] as number);
          const b = (cells[at + k + 1] as number) - (query[k + 1] as number);
          const c = (cells[at + k + 2] as number) - (query[k + 2] as number);
          const d = (cells[at + k + 3] as number) - (query[k + 3] as number);
          sum += Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(d);
          k += 4;
        }
        if (sum > best) continue;
        for (; k < width; k++) sum += Math.abs((cells[at + k] as number) - (query[k] as number));
        if (sum > best) continue;
        if (sum < best) {
          best = sum;
          tieCount = 0;
          kept = 0;
        }
        const same = isPure ? last - first : 1;
        tieCount += same;
        for (let j = 0; j < same && kept < maxTies; j++) tied[kept++] = source[row + j] as number;
      }
    }
    distance[i] = best / UNIT;
    ties[i] = tieCount;
    start[i] = listed.length;
    for (let j = 0; j < kept; j++) listed.push(tied[j] as number);
  }
  start[count] = listed.length;
  return { distance, ties, start, rows: Uint32Array.from(listed) };
}

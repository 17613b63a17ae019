import { type Elimination, eliminationOrder } from "./elimination-order.ts";
import { cellsOf, scopeOf } from "./scope.ts";

/** A forest of cliques in which those that hold a column are connected: what belief propagation runs over. */
export interface JunctionTree extends Elimination {
  readonly sizes: readonly number[];
  /** Children before parents. Every column is in at least one. */
  readonly cliques: readonly TreeClique[];
  /** Cells of all cliques together. */
  readonly cells: number;
}

export interface TreeClique {
  readonly scope: readonly number[];
  readonly cells: number;
  /** Place in `cliques`; −1: a root. */
  readonly parent: number;
  readonly children: readonly number[];
  /** What the clique shares with its parent; none for a root, and never none otherwise. */
  readonly separator: readonly number[];
}

/** The junction tree of a greedy elimination order, for tables over these cliques.
 * @param cliques column indices in any order
 * @source Koller & Friedman (2009), §10.4 */
export function junctionTree(sizes: readonly number[], cliques: readonly (readonly number[])[]): JunctionTree {
  const elimination = eliminationOrder(sizes, cliques);
  const { order, neighbours } = elimination;
  const position = new Int32Array(sizes.length);
  order.forEach((column, at) => {
    position[column] = at;
  });
  // The column of each one's neighbours that is summed out next.
  const next = neighbours.map((list) =>
    list.reduce((first, b) => (first < 0 || (position[b] as number) < (position[first] as number) ? b : first), -1),
  );
  // A column's clique is within that of a column summed out before it if that one has as many neighbours as this clique has columns.
  const holder = new Int32Array(sizes.length).fill(-1);
  const scopes: number[][] = [];
  const last: number[] = [];
  for (const column of order) {
    const size = (neighbours[column] as readonly number[]).length + 1;
    const within = order.find((u) => next[u] === column && (neighbours[u] as readonly number[]).length === size);
    if (within === undefined) {
      holder[column] = scopes.length;
      scopes.push(scopeOf(sizes, [column, ...(neighbours[column] as readonly number[])]));
    } else holder[column] = holder[within] as number;
    last[holder[column] as number] = column;
  }
  const sorted = scopes
    .map((_, c) => c)
    .sort((a, b) => (position[last[a] as number] as number) - (position[last[b] as number] as number));
  const rank = new Int32Array(scopes.length);
  sorted.forEach((c, r) => {
    rank[c] = r;
  });
  const parents = sorted.map((c) => {
    const after = next[last[c] as number] as number;
    return after < 0 ? -1 : (rank[holder[after] as number] as number);
  });
  const tree = sorted.map((c, r) => ({
    scope: scopes[c] as number[],
    cells: cellsOf(sizes, scopes[c] as number[]),
    parent: parents[r] as number,
    children: parents.flatMap((parent, child) => (parent === r ? [child] : [])),
    separator: neighbours[last[c] as number] as readonly number[],
  }));
  return { ...elimination, sizes, cliques: tree, cells: tree.reduce((sum, { cells }) => sum + cells, 0) };
}

/** Cells of the junction tree that tables over these cliques need; what a model takes in memory and time goes with it. */
export function cellsOfJunctionTree(sizes: readonly number[], cliques: readonly (readonly number[])[]): number {
  const { neighbours, order } = eliminationOrder(sizes, cliques);
  const position = new Int32Array(sizes.length);
  order.forEach((column, at) => {
    position[column] = at;
  });
  const isWithin = new Uint8Array(sizes.length);
  for (const column of order) {
    const list = neighbours[column] as readonly number[];
    let next = -1;
    for (const b of list) if (next < 0 || (position[b] as number) < (position[next] as number)) next = b;
    if (next >= 0 && (neighbours[next] as readonly number[]).length + 1 === list.length) isWithin[next] = 1;
  }
  let cells = 0;
  neighbours.forEach((list, column) => {
    if (!isWithin[column]) cells += (sizes[column] as number) * cellsOf(sizes, list);
  });
  return cells;
}

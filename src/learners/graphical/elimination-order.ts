import { cellsOf, scopeOf } from "./scope.ts";

/** An order in which columns are summed out, and what each is then connected with. */
export interface Elimination {
  readonly order: readonly number[];
  /** For each column those that share a table with it when it is summed out, all of them later in `order`; in storage order. */
  readonly neighbours: readonly (readonly number[])[];
}

/** Greedy elimination orders of the graph in which the columns of each clique are connected: once by the smallest table next, once by the
 * least added cells between neighbours that were not connected; the one whose tables have fewer cells together wins. Ties go to the lower
 * column: no chance in it.
 * @source Kjærulff (1990), Triangulation of graphs; Koller & Friedman (2009), §9.4.3 */
export function eliminationOrder(sizes: readonly number[], cliques: readonly (readonly number[])[]): Elimination {
  const graph = graphOf(sizes.length, cliques);
  const one = eliminateGreedily(sizes, graph, smallestTable);
  const other = eliminateGreedily(sizes, graph, leastFill);
  return cellsOfOrder(sizes, other) < cellsOfOrder(sizes, one) ? other : one;
}

type Graph = readonly Uint8Array[];

function graphOf(columns: number, cliques: readonly (readonly number[])[]): Graph {
  const graph = Array.from({ length: columns }, () => new Uint8Array(columns));
  for (const clique of cliques)
    for (const a of clique) for (const b of clique) if (a !== b) (graph[a] as Uint8Array)[b] = 1;
  return graph;
}

type Cost = (
  column: number,
  neighbours: readonly number[],
  input: { sizes: readonly number[]; graph: Graph },
) => number;

const smallestTable: Cost = (column, neighbours, { sizes }) => cellsOf(sizes, neighbours) * (sizes[column] as number);

const leastFill: Cost = (_, neighbours, { sizes, graph }) => {
  let fill = 0;
  for (let i = 0; i < neighbours.length; i++) {
    const a = neighbours[i] as number;
    for (let j = i + 1; j < neighbours.length; j++) {
      const b = neighbours[j] as number;
      if ((graph[a] as Uint8Array)[b] === 0) fill += (sizes[a] as number) * (sizes[b] as number);
    }
  }
  return fill;
};

function eliminateGreedily(sizes: readonly number[], start: Graph, costOf: Cost): Elimination {
  const graph = start.map((row) => row.slice());
  const neighbours = graph.map((row) => {
    const list: number[] = [];
    for (let b = 0; b < row.length; b++) if (row[b]) list.push(b);
    return list;
  });
  const costs = neighbours.map((list, column) => costOf(column, list, { sizes, graph }));
  const isLeft = new Uint8Array(sizes.length).fill(1);
  const order: number[] = [];
  for (let step = 0; step < sizes.length; step++) {
    let column = -1;
    for (let j = 0; j < sizes.length; j++)
      if (isLeft[j] && (column < 0 || (costs[j] as number) < (costs[column] as number))) column = j;
    isLeft[column] = 0;
    order.push(column);
    const around = neighbours[column] as number[];
    for (const a of around) {
      const row = graph[a] as Uint8Array;
      const list = neighbours[a] as number[];
      list.splice(list.indexOf(column), 1);
      for (const b of around)
        if (a !== b && row[b] === 0) {
          row[b] = 1;
          list.push(b);
        }
    }
    for (const a of around) costs[a] = costOf(a, neighbours[a] as number[], { sizes, graph });
    // An edge added between two neighbours can spare a common neighbour of both a fill; that is not looked up again, as the order stays
    // an order, only greedy on an older count.
  }
  return { order, neighbours: neighbours.map((list) => scopeOf(sizes, list)) };
}

function cellsOfOrder(sizes: readonly number[], { neighbours }: Elimination): number {
  let cells = 0;
  neighbours.forEach((list, column) => {
    cells += (sizes[column] as number) * cellsOf(sizes, list);
  });
  return cells;
}

import type { JunctionTree, TreeClique } from "./junction-tree.ts";
import { cellsOf, placesIn } from "./scope.ts";

/** Beliefs of a junction tree's cliques, from a run in log space. */
export interface LogBeliefs {
  /** A clique's belief summed over all but some columns, row-major over them. */
  project(clique: number, scope: readonly number[]): Float64Array;
}

interface LogTable {
  readonly scope: readonly number[];
  readonly logs: Float64Array;
}

/** Belief propagation by logarithms throughout, over tables of whole cliques: as plain as it can be, for potentials of any size, and for
 * comparison.
 * @param logPotentials one table per factor; −Infinity: structurally zero
 * @returns beliefs that sum to `total`; undefined: no row has a chance
 * @source Koller & Friedman (2009), algorithm 10.3; McKenna, Sheldon & Miklau (2019), ICML */
export function logBeliefPropagation(
  model: {
    readonly tree: JunctionTree;
    readonly factors: readonly { readonly scope: readonly number[]; readonly clique: number }[];
  },
  { logPotentials, total }: { readonly logPotentials: readonly Float64Array[]; readonly total: number },
): LogBeliefs | undefined {
  const { tree, factors } = model;
  const { sizes, cliques } = tree;
  const up: LogTable[] = [];
  const product = (c: number, messages: readonly LogTable[]): Float64Array => {
    const { scope, cells } = cliques[c] as TreeClique;
    const logs = new Float64Array(cells);
    const add = (table: LogTable): void => {
      const places = placesIn(sizes, scope, { scope: table.scope });
      for (let i = 0; i < cells; i++) logs[i] = (logs[i] as number) + (table.logs[places[i] as number] as number);
    };
    factors.forEach((factor, f) => {
      if (factor.clique === c) add({ scope: factor.scope, logs: logPotentials[f] as Float64Array });
    });
    messages.forEach(add);
    return logs;
  };
  const isImpossible = (table: LogTable): boolean => !table.logs.some((log) => log > Number.NEGATIVE_INFINITY);
  for (let c = 0; c < cliques.length; c++) {
    const { children, separator } = cliques[c] as TreeClique;
    const logs = product(
      c,
      children.map((child) => up[child] as LogTable),
    );
    const message = { scope: separator, logs: logProject(sizes, { scope: cliques[c]?.scope ?? [], logs }, separator) };
    if (isImpossible(message)) return undefined;
    up.push(message);
  }
  const beliefs: Float64Array[] = [];
  const down: LogTable[] = [];
  for (let c = cliques.length - 1; c >= 0; c--) {
    const { parent, separator, children } = cliques[c] as TreeClique;
    const above =
      parent < 0
        ? Float64Array.of(Math.log(total))
        : logProject(sizes, { scope: cliques[parent]?.scope ?? [], logs: beliefs[parent] as Float64Array }, separator);
    const sent = (up[c] as LogTable).logs;
    // What came from here is taken out; where nothing came, nothing goes back.
    down[c] = {
      scope: separator,
      logs: above.map((log, i) => (sent[i] === Number.NEGATIVE_INFINITY ? log : log - (sent[i] as number))),
    };
    beliefs[c] = product(c, [...children.map((child) => up[child] as LogTable), down[c]]);
  }
  return {
    project: (clique, scope) =>
      logProject(sizes, { scope: cliques[clique]?.scope ?? [], logs: beliefs[clique] as Float64Array }, scope).map(
        Math.exp,
      ),
  };
}

function logProject(sizes: readonly number[], table: LogTable, scope: readonly number[]): Float64Array {
  const places = placesIn(sizes, table.scope, { scope });
  const most = new Float64Array(cellsOf(sizes, scope)).fill(Number.NEGATIVE_INFINITY);
  table.logs.forEach((log, i) => {
    if (log > (most[places[i] as number] as number)) most[places[i] as number] = log;
  });
  const sums = new Float64Array(most.length);
  table.logs.forEach((log, i) => {
    const place = places[i] as number;
    if (log > Number.NEGATIVE_INFINITY) sums[place] = (sums[place] as number) + Math.exp(log - (most[place] as number));
  });
  return sums.map((sum, place) => (sum > 0 ? (most[place] as number) + Math.log(sum) : Number.NEGATIVE_INFINITY));
}

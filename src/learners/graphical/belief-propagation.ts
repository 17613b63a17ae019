import { type JunctionTree, junctionTree, type TreeClique } from "./junction-tree.ts";
import { type LogBeliefs, logBeliefPropagation } from "./log-belief-propagation.ts";
import { cellsOf, isWithin } from "./scope.ts";
import { type ArenaTable, planSumProduct, runSumProduct, type SumProduct } from "./sum-product.ts";

/** Belief propagation over one junction tree, planned once and run many times: all tables lie in one arena, and no table of a whole clique
 * is made, only those of factors and separators.
 *
 * Messages are plain numbers, rescaled so that the largest of each is 1; how much of each could have been lost to underflow is bounded on
 * the way. Where it is more than {@link MOST_LOST}, the same is done in log space, slower. */
export interface Propagation {
  readonly tree: JunctionTree;
  readonly arena: Float64Array;
  readonly factors: readonly PropagatedFactor[];
  /** For each clique the message to its parent, and the one from it; one cell for a root. */
  readonly up: readonly ArenaTable[];
  readonly down: readonly ArenaTable[];
  readonly upward: readonly Pass[];
  readonly downward: readonly Pass[];
  /** What each clique's message was divided by. */
  readonly scales: Float64Array;
  /** Most that a cell of each clique's message can have lost to underflow. */
  readonly lost: Float64Array;
  /** What the last run left, if it had to go to log space. */
  logBeliefs: LogBeliefs | undefined;
}

export interface PropagatedFactor {
  readonly scope: readonly number[];
  /** The clique of the tree that takes it. */
  readonly clique: number;
  readonly potential: ArenaTable;
  /** Views into the arena, row-major over the scope. */
  readonly potentials: Float64Array;
  readonly marginals: Float64Array;
}

/** What one clique does on the way up or down. */
interface Pass {
  readonly inputs: readonly ArenaTable[];
  readonly steps: readonly SumProduct[];
}

/** Potentials and messages below this share of the largest count as 0 outside log space: products of them with what comes back down the
 * tree stay within range. */
const LEAST = 1e-150;
const LOG_LEAST = Math.log(LEAST);
/** Share of a message's largest entry that may be lost. */
const MOST_LOST = 1e-20;

/** @param scopes of the factors, in storage order */
export function planPropagation(sizes: readonly number[], scopes: readonly (readonly number[])[]): Propagation {
  const tree = junctionTree(sizes, scopes);
  let used = 0;
  const allocate = (scope: readonly number[]): ArenaTable => {
    const cells = cellsOf(sizes, scope);
    const table = { scope, start: used, cells };
    used += cells;
    return table;
  };
  const taken = scopes.map((scope) => smallestHolder(tree, scope));
  const potentials = scopes.map(allocate);
  const marginals = scopes.map(allocate);
  const up = tree.cliques.map(({ separator }) => allocate(separator));
  const down = tree.cliques.map(({ separator }) => allocate(separator));
  const upward = tree.cliques.map((clique, c): Pass => {
    const own = potentials.filter((_, f) => taken[f] === c);
    const { steps, tables } = multiplied(sizes, clique, {
      inputs: [...own, ...clique.children.map((child) => up[child] as ArenaTable)],
      allocate,
    });
    return {
      inputs: tables,
      steps: [...steps, ...addedUp(sizes, clique, { inputs: tables, outputs: [up[c] as ArenaTable] })],
    };
  });
  const downward = tree.cliques.map((clique, c): Pass => {
    const before = (upward[c] as Pass).inputs;
    const { steps, tables } = multiplied(sizes, clique, { inputs: [...before, down[c] as ArenaTable], allocate });
    const outputs = [
      ...marginals.filter((_, f) => taken[f] === c),
      ...clique.children.map((child) => down[child] as ArenaTable),
    ];
    return { inputs: tables, steps: [...steps, ...addedUp(sizes, clique, { inputs: tables, outputs })] };
  });
  const arena = new Float64Array(used);
  const view = ({ start, cells }: ArenaTable): Float64Array => arena.subarray(start, start + cells);
  return {
    tree,
    arena,
    factors: scopes.map((scope, f) => ({
      scope,
      clique: taken[f] as number,
      potential: potentials[f] as ArenaTable,
      potentials: view(potentials[f] as ArenaTable),
      marginals: view(marginals[f] as ArenaTable),
    })),
    up,
    down,
    upward,
    downward,
    scales: new Float64Array(tree.cliques.length),
    lost: new Float64Array(tree.cliques.length),
    logBeliefs: undefined,
  };
}

/** The clique with fewest cells that holds a scope. */
export function smallestHolder({ cliques }: JunctionTree, scope: readonly number[]): number {
  let best = -1;
  cliques.forEach((clique, c) => {
    if (isWithin(scope, clique.scope) && (best < 0 || clique.cells < (cliques[best] as TreeClique).cells)) best = c;
  });
  return best;
}

/** Fills the marginals of every factor, scaled to `total`, from the factors' log-potentials.
 * @param logPotentials one table per factor; −Infinity: structurally zero
 * @returns false: no row has a chance */
export function propagate(
  propagation: Propagation,
  { logPotentials, total }: { readonly logPotentials: readonly Float64Array[]; readonly total: number },
): boolean {
  const { factors } = propagation;
  propagation.logBeliefs = undefined;
  for (let f = 0; f < factors.length; f++)
    exponentiate(logPotentials[f] as Float64Array, (factors[f] as PropagatedFactor).potentials);
  if (collect(propagation)) {
    distribute(propagation, total);
    return true;
  }
  const beliefs = logBeliefPropagation(propagation, { logPotentials, total });
  if (!beliefs) return false;
  propagation.logBeliefs = beliefs;
  for (let f = 0; f < factors.length; f++) {
    const { clique, scope, marginals } = factors[f] as PropagatedFactor;
    marginals.set(beliefs.project(clique, scope));
  }
  return true;
}

/** Marginals of a clique's belief over some of its columns each, after {@link propagate}; row-major over the scopes asked. */
export function projectClique(
  { tree, arena, downward, logBeliefs }: Propagation,
  clique: number,
  scopes: readonly (readonly number[])[],
): Float64Array[] {
  if (logBeliefs) return scopes.map((scope) => logBeliefs.project(clique, scope));
  if (scopes.length === 0) return [];
  const { sizes } = tree;
  const { inputs } = downward[clique] as Pass;
  // A small arena of its own: what goes in is copied, so that the plan's arena has room for no more than it needs.
  let used = 0;
  const place = (scope: readonly number[]): ArenaTable => {
    const table = { scope, start: used, cells: cellsOf(sizes, scope) };
    used += table.cells;
    return table;
  };
  const copies = inputs.map(({ scope }) => place(scope));
  const outputs = scopes.map(place);
  const steps = addedUp(sizes, tree.cliques[clique] as TreeClique, { inputs: copies, outputs });
  const own = new Float64Array(used);
  inputs.forEach(({ start, cells }, k) => {
    own.set(arena.subarray(start, start + cells), (copies[k] as ArenaTable).start);
  });
  for (const step of steps) runSumProduct(own, step);
  return outputs.map(({ start, cells }) => own.slice(start, start + cells));
}

function exponentiate(logs: Float64Array, out: Float64Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logs.length; i++) if ((logs[i] as number) > most) most = logs[i] as number;
  if (most === Number.NEGATIVE_INFINITY) out.fill(0);
  else
    for (let i = 0; i < out.length; i++) {
      const log = (logs[i] as number) - most;
      out[i] = log < LOG_LEAST ? 0 : Math.exp(log);
    }
}

/** Messages to the roots. @returns false: too much could be lost */
function collect({ tree, arena, up, upward, scales, lost }: Propagation): boolean {
  for (let c = 0; c < tree.cliques.length; c++) {
    const clique = tree.cliques[c] as TreeClique;
    for (const step of (upward[c] as Pass).steps) runSumProduct(arena, step);
    const { start, cells } = up[c] as ArenaTable;
    let most = 0;
    for (let at = start; at < start + cells; at++) if ((arena[at] as number) > most) most = arena[at] as number;
    // All that is multiplied is at most 1: a cell loses no more than its factors lost.
    let loss = LEAST * (upward[c] as Pass).inputs.length;
    for (const child of clique.children) loss += lost[child] as number;
    loss = (loss * clique.cells) / most + LEAST;
    if (!(loss <= MOST_LOST)) return false;
    for (let at = start; at < start + cells; at++) {
      const share = (arena[at] as number) / most;
      arena[at] = share < LEAST ? 0 : share;
    }
    scales[c] = most;
    lost[c] = loss;
  }
  return true;
}

/** Messages from the roots, and the marginals of the factors. */
function distribute({ tree, arena, up, down, downward, scales }: Propagation, total: number): void {
  for (let c = tree.cliques.length - 1; c >= 0; c--) {
    const message = down[c] as ArenaTable;
    const from = (up[c] as ArenaTable).start;
    if ((tree.cliques[c] as TreeClique).parent < 0) arena[message.start] = total;
    // The parent's belief over the separator, without what came from here.
    const scale = 1 / (scales[c] as number);
    for (let i = 0; i < message.cells; i++) {
      const sent = arena[from + i] as number;
      arena[message.start + i] = sent > 0 ? ((arena[message.start + i] as number) * scale) / sent : 0;
    }
    for (const step of (downward[c] as Pass).steps) runSumProduct(arena, step);
  }
}

/** Small tables that lie within larger ones, still small beside the clique, are multiplied into those first.
 * @returns what is left to multiply over the whole clique */
function multiplied(
  sizes: readonly number[],
  clique: TreeClique,
  input: { readonly inputs: readonly ArenaTable[]; readonly allocate: (scope: readonly number[]) => ArenaTable },
): { readonly steps: SumProduct[]; readonly tables: ArenaTable[] } {
  const { inputs, allocate } = input;
  const { into, ascending } = nested(clique, inputs);
  const steps: SumProduct[] = [];
  const current = [...inputs];
  for (const k of ascending) {
    const guests = ascending.filter((guest) => into[guest] === k);
    if (guests.length === 0) continue;
    const { scope } = inputs[k] as ArenaTable;
    const product = allocate(scope);
    steps.push(
      planSumProduct(sizes, scope, {
        inputs: [inputs[k] as ArenaTable, ...guests.map((guest) => current[guest] as ArenaTable)],
        outputs: [product],
      }),
    );
    current[k] = product;
  }
  return { steps, tables: current.filter((_, k) => into[k] === undefined) };
}

/** The clique's product added up into tables; those that lie within others, still small beside the clique, from those. */
function addedUp(
  sizes: readonly number[],
  clique: TreeClique,
  { inputs, outputs }: { readonly inputs: readonly ArenaTable[]; readonly outputs: readonly ArenaTable[] },
): SumProduct[] {
  if (outputs.length === 0) return [];
  const { into, ascending } = nested(clique, outputs);
  const first = outputs.filter((_, k) => into[k] === undefined);
  return [
    planSumProduct(sizes, clique.scope, { inputs, outputs: first }),
    ...ascending
      .filter((k) => into[k] !== undefined)
      .reverse()
      .map((k) => {
        const from = outputs[into[k] as number] as ArenaTable;
        return planSumProduct(sizes, from.scope, { inputs: [from], outputs: [outputs[k] as ArenaTable] });
      }),
  ];
}

/** Which tables of a clique are better handled through which others: the smallest that holds them and has at most half the clique's cells.
 * A table without the clique's last column costs little as it is, and is only put into another such. */
function nested(
  clique: TreeClique,
  tables: readonly ArenaTable[],
): { readonly into: readonly (number | undefined)[]; readonly ascending: readonly number[] } {
  const last = clique.scope.at(-1);
  const ascending = tables
    .map((_, k) => k)
    .sort((a, b) => (tables[a] as ArenaTable).cells - (tables[b] as ArenaTable).cells || a - b);
  const into: (number | undefined)[] = tables.map(() => undefined);
  ascending.forEach((k, rank) => {
    const { scope } = tables[k] as ArenaTable;
    into[k] = ascending.slice(rank + 1).find((other) => {
      const table = tables[other] as ArenaTable;
      return (
        2 * table.cells <= clique.cells &&
        isWithin(scope, table.scope) &&
        (scope.at(-1) === last || table.scope.at(-1) !== last)
      );
    });
  });
  return { into, ascending };
}

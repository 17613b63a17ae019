import type { BayesianNetworkModel, NetworkNode } from "./model.ts";

/** What is known of a column before a row is drawn: nothing, a chance for each code, or its code (which changes from row to row). */
export type Known = "nothing" | "weights" | "code";

/** How to condition on evidence about certain columns, whatever the evidence says. Only columns that evidence is about, and their
 * ancestors, are in it: the others are drawn forward afterwards. */
export interface EliminationPlan {
  readonly known: readonly Known[];
  /** Columns in the plan, parents before children. */
  readonly columns: readonly number[];
  /** 1 where a column is in the plan. */
  readonly inside: Uint8Array;
  /** Resolution at which each column of the plan is a variable: the finest at which a child in the plan sees it; 3 where none does. */
  readonly resolution: Uint8Array;
  /** States of each column as a variable; 1 for columns that are known. */
  readonly states: Int32Array;
  /** The first factors, one for each of `columns`. */
  readonly factors: readonly FirstFactor[];
  readonly steps: readonly EliminationStep[];
  /** Multiplications that one conditioning takes, about. */
  readonly cost: number;
  /** Cells of the largest table. */
  readonly largest: number;
}

/** P(column | parents) × the chance that its code is as asked, over those of them that are variables: how to compute it. */
export interface FirstFactor {
  readonly column: number;
  /** The variables, the column itself last. */
  readonly scope: readonly number[];
  readonly cells: number;
  /** Parents whose code is known: what each of their codes adds to the configuration and to the place in the emission. */
  readonly fixed: readonly ParentOffsets[];
  /** Parents that vary, in the order of `scope`: the same for each of their states. */
  readonly varying: readonly ParentOffsets[];
  /** State of the column as a variable, for each of its groups. */
  readonly stateOf: Uint8Array;
}

export interface ParentOffsets {
  readonly parent: number;
  readonly config: Int32Array;
  readonly place: Int32Array;
}

export interface EliminationStep {
  readonly variable: number;
  /** The other variables of the factors that are multiplied; the step's table is over these and, last, the variable. */
  readonly scope: readonly number[];
  /** States of each variable of the table. */
  readonly sizes: Int32Array;
  readonly cells: number;
  /** What is multiplied: first factors by their number, then the results of earlier steps; and how far a step of each variable of the
   * table moves in it. */
  readonly inputs: readonly { readonly factor: number; readonly strides: Int32Array }[];
}

/** Plans bucket elimination, smallest table next.
 * @source Dechter (1999), Artificial Intelligence 113; Koller & Friedman (2009), §9.3 */
export function planElimination(model: BayesianNetworkModel, known: readonly Known[]): EliminationPlan {
  const { nodes, order } = model;
  const d = nodes.length;
  const inside = new Uint8Array(d);
  for (let at = d - 1; at >= 0; at--) {
    const j = order[at] as number;
    if (known[j] !== "nothing") inside[j] = 1;
    if (inside[j]) for (const parent of (nodes[j] as NetworkNode).parents) inside[parent] = 1;
  }
  const columns = order.filter((j) => inside[j]);
  const resolution = new Uint8Array(d).fill(3);
  for (const j of columns) {
    const node = nodes[j] as NetworkNode;
    node.parents.forEach((parent, k) => {
      resolution[parent] = Math.min(resolution[parent] as number, node.resolutions[k] as number);
    });
  }
  const states = new Int32Array(d).fill(1);
  for (const j of columns)
    if (known[j] !== "code") states[j] = (nodes[j] as NetworkNode).sizes[resolution[j] as number] as number;
  const factors = columns.map((j) => firstFactorOf(model, j, { known, resolution, states }));
  let cost = 0;
  let largest = 1;
  for (const { column, cells } of factors) {
    // A summed child costs its groups for each configuration of its parents.
    const groups = (nodes[column] as NetworkNode).sizes[0] as number;
    cost += known[column] === "code" ? cells : (cells / (states[column] as number)) * groups;
    largest = Math.max(largest, cells);
  }
  const steps = eliminationSteps(
    columns.filter((j) => (states[j] as number) > 1),
    factors.map((factor) => factor.scope),
    states,
  );
  for (const { cells, inputs } of steps) {
    cost += cells * (inputs.length + 1);
    largest = Math.max(largest, cells);
  }
  return { known, columns, inside, resolution, states, factors, steps, cost, largest };
}

function firstFactorOf(
  { nodes }: BayesianNetworkModel,
  column: number,
  plan: Pick<EliminationPlan, "known" | "resolution" | "states">,
): FirstFactor {
  const node = nodes[column] as NetworkNode;
  const fixed: ParentOffsets[] = [];
  const varying: ParentOffsets[] = [];
  let stride = 1;
  for (let k = node.parents.length - 1; k >= 0; k--) {
    const parent = node.parents[k] as number;
    const of = nodes[parent] as NetworkNode;
    const seen = of.coarser[node.resolutions[k] as number] as Uint8Array;
    const emits = k === node.emissionParent ? 1 : 0;
    if (plan.known[parent] === "code") {
      const config = Int32Array.from(of.groupOf, (group) => (seen[group] as number) * stride);
      fixed.push({ parent, config, place: config.map((offset) => (emits * offset) / stride) });
    } else {
      const stateOf = of.coarser[plan.resolution[parent] as number] as Uint8Array;
      const config = new Int32Array(plan.states[parent] as number);
      seen.forEach((group, g) => {
        config[stateOf[g] as number] = group * stride;
      });
      // The order of the scope is that of the parents.
      if (config.length > 1)
        varying.unshift({ parent, config, place: config.map((offset) => (emits * offset) / stride) });
    }
    stride *= of.sizes[node.resolutions[k] as number] as number;
  }
  const scope = [...varying.map(({ parent }) => parent), ...((plan.states[column] as number) > 1 ? [column] : [])];
  return {
    column,
    scope,
    cells: scope.reduce((product, v) => product * (plan.states[v] as number), 1),
    fixed,
    varying,
    stateOf: node.coarser[plan.resolution[column] as number] as Uint8Array,
  };
}

function eliminationSteps(
  variables: readonly number[],
  scopes: readonly (readonly number[])[],
  states: Int32Array,
): EliminationStep[] {
  const factors = [...scopes];
  const left = new Map<number, Set<number>>(variables.map((v) => [v, new Set()]));
  factors.forEach((scope, f) => {
    for (const v of scope) left.get(v)?.add(f);
  });
  const steps: EliminationStep[] = [];
  while (left.size > 0) {
    let variable = -1;
    let cells = Number.POSITIVE_INFINITY;
    let scope: number[] = [];
    for (const [v, holders] of left) {
      const others = new Set<number>();
      for (const f of holders) for (const u of factors[f] as readonly number[]) others.add(u);
      others.delete(v);
      let size = states[v] as number;
      for (const u of others) size *= states[u] as number;
      if (size >= cells) continue;
      cells = size;
      variable = v;
      scope = [...others].sort((a, b) => a - b);
    }
    const table = [...scope, variable];
    const holders = left.get(variable) as Set<number>;
    left.delete(variable);
    steps.push({
      variable,
      scope,
      cells,
      sizes: Int32Array.from(table, (v) => states[v] as number),
      inputs: [...holders].map((factor) => ({
        factor,
        strides: stridesOf(table, factors[factor] as readonly number[], states),
      })),
    });
    for (const u of scope) {
      const of = left.get(u) as Set<number>;
      for (const f of holders) of.delete(f);
      of.add(factors.length);
    }
    factors.push(scope);
  }
  return steps;
}

/** How far a step of each variable moves in a table over `scope`. */
function stridesOf(variables: readonly number[], scope: readonly number[], states: Int32Array): Int32Array {
  const stride = new Map<number, number>();
  let step = 1;
  for (let i = scope.length - 1; i >= 0; i--) {
    stride.set(scope[i] as number, step);
    step *= states[scope[i] as number] as number;
  }
  return Int32Array.from(variables, (v) => stride.get(v) ?? 0);
}

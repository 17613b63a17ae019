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
  /** The first factors, one for each of `columns`: their variables. */
  readonly scopes: readonly (readonly number[])[];
  readonly steps: readonly EliminationStep[];
  /** Multiplications that one conditioning takes, about. */
  readonly cost: number;
  /** Cells of the largest table. */
  readonly largest: number;
}

export interface EliminationStep {
  readonly variable: number;
  /** The other variables of the factors that are multiplied; the step's table is over these and, last, the variable. */
  readonly scope: readonly number[];
  /** Numbers of factors: first factors, then the results of earlier steps. */
  readonly inputs: readonly number[];
  readonly cells: number;
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
  const states = Int32Array.from({ length: d }, (_, j) =>
    inside[j] && known[j] !== "code" ? ((nodes[j] as NetworkNode).sizes[resolution[j] as number] as number) : 1,
  );
  const scopes = columns.map((j) => [...(nodes[j] as NetworkNode).parents, j].filter((v) => (states[v] as number) > 1));
  const factors = scopes.map((scope) => ({ scope: new Set(scope), used: false }));
  let cost = 0;
  let largest = 1;
  columns.forEach((j, at) => {
    const cells = scopes[at]?.reduce((product, v) => product * (states[v] as number), 1) ?? 1;
    const node = nodes[j] as NetworkNode;
    // A summed child costs its groups for each configuration of its parents.
    cost += known[j] === "code" ? cells : (cells / (states[j] as number)) * (node.sizes[0] as number);
    largest = Math.max(largest, cells);
  });
  const left = new Set(columns.filter((j) => (states[j] as number) > 1));
  const steps: EliminationStep[] = [];
  while (left.size > 0) {
    let variable = -1;
    let least = Number.POSITIVE_INFINITY;
    let scope: number[] = [];
    for (const v of left) {
      const others = new Set<number>();
      for (const factor of factors)
        if (!factor.used && factor.scope.has(v)) for (const u of factor.scope) others.add(u);
      others.delete(v);
      let cells = states[v] as number;
      for (const u of others) cells *= states[u] as number;
      if (cells >= least) continue;
      least = cells;
      variable = v;
      scope = [...others].sort((a, b) => a - b);
    }
    const inputs: number[] = [];
    factors.forEach((factor, f) => {
      if (factor.used || !factor.scope.has(variable)) return;
      inputs.push(f);
      factor.used = true;
    });
    factors.push({ scope: new Set(scope), used: false });
    steps.push({ variable, scope, inputs, cells: least });
    cost += least * (inputs.length + 1);
    largest = Math.max(largest, least);
    left.delete(variable);
  }
  return { known, columns, inside, resolution, states, scopes, steps, cost, largest };
}

/** The network conditioned on evidence, ready to be drawn from. */
export interface Conditioned {
  /** Log probability of the evidence; −Infinity: it cannot be. */
  readonly logEvidence: number;
  /** For each step of the plan its table: states of the variable, unnormalised, for each state of the scope. */
  readonly tables: readonly Float64Array[];
}

/** Chance of each group that its code is as asked: `sums[e * groups + g]`, e the group of the emission's parent. */
export interface AskedNode {
  readonly weights: Float64Array;
  readonly sums: Float64Array;
}

export function askNode(node: NetworkNode, weights: Float64Array): AskedNode {
  const groups = node.sizes[0] as number;
  const places = node.emission.length / node.levels;
  const sums = new Float64Array(places * groups);
  for (let place = 0; place < places; place++)
    for (let code = 0; code < node.levels; code++) {
      const at = place * groups + (node.groupOf[code] as number);
      sums[at] = (sums[at] as number) + (weights[code] ?? 0) * (node.emission[place * node.levels + code] as number);
    }
  return { weights, sums };
}

/** Conditions the network. The tables returned are written anew by the next call with the same workspace.
 * @param evidence.codes the known codes (columns where `plan.known` is "code")
 * @param evidence.asked columns where `plan.known` is "weights" */
export function eliminate(
  model: BayesianNetworkModel,
  plan: EliminationPlan,
  evidence: {
    readonly codes: ArrayLike<number>;
    readonly asked: readonly (AskedNode | undefined)[];
    readonly workspace: EliminationWorkspace;
  },
): Conditioned {
  const { states, steps } = plan;
  const { first, tables, messages } = evidence.workspace;
  plan.columns.forEach((j, at) => {
    firstFactor(model, plan, {
      ...evidence,
      column: j,
      scope: plan.scopes[at] as readonly number[],
      out: first[at] as Float64Array,
    });
  });
  let logEvidence = 0;
  const factors = [...first, ...messages];
  const scopes = [...plan.scopes, ...steps.map((step) => step.scope)];
  steps.forEach((step, s) => {
    const table = tables[s] as Float64Array;
    table.fill(1);
    const variables = [...step.scope, step.variable];
    step.inputs.forEach((f, i) => {
      multiplyInto(table, factors[f] as Float64Array, {
        sizes: variables.map((v) => states[v] as number),
        strides: stridesOf(variables, scopes[f] as readonly number[], states),
      });
      // A column with very many children: the product would underflow.
      if (i % 8 === 7) logEvidence += rescale(table);
    });
    const message = messages[s] as Float64Array;
    const size = states[step.variable] as number;
    for (let i = 0; i < message.length; i++) {
      let sum = 0;
      for (let x = 0; x < size; x++) sum += table[i * size + x] as number;
      message[i] = sum;
    }
    logEvidence += rescale(message);
  });
  // What is left are numbers: factors without variables, of which messages are 1 by now.
  plan.scopes.forEach((scope, f) => {
    if (scope.length === 0) logEvidence += Math.log((first[f] as Float64Array)[0] as number);
  });
  return { logEvidence, tables };
}

/** Divides by the largest entry; returns its log. */
function rescale(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > most) most = values[i] as number;
  if (most > 0) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / most;
  return Math.log(most);
}

export interface EliminationWorkspace {
  readonly first: readonly Float64Array[];
  readonly tables: readonly Float64Array[];
  readonly messages: readonly Float64Array[];
}

export function workspaceFor(plan: EliminationPlan): EliminationWorkspace {
  const cellsOf = (scope: readonly number[]): number =>
    scope.reduce((product, v) => product * (plan.states[v] as number), 1);
  return {
    first: plan.scopes.map((scope) => new Float64Array(cellsOf(scope))),
    tables: plan.steps.map((step) => new Float64Array(step.cells)),
    messages: plan.steps.map((step) => new Float64Array(cellsOf(step.scope))),
  };
}

/** How far a step of each variable moves in a table over `scope`. */
function stridesOf(variables: readonly number[], scope: readonly number[], states: Int32Array): number[] {
  const stride = new Map<number, number>();
  let step = 1;
  for (let i = scope.length - 1; i >= 0; i--) {
    stride.set(scope[i] as number, step);
    step *= states[scope[i] as number] as number;
  }
  return variables.map((v) => stride.get(v) ?? 0);
}

function multiplyInto(
  table: Float64Array,
  factor: Float64Array,
  { sizes, strides }: { readonly sizes: readonly number[]; readonly strides: readonly number[] },
): void {
  const last = sizes.length - 1;
  const inner = sizes[last] as number;
  const innerStride = strides[last] as number;
  const state = new Int32Array(last + 1);
  let from = 0;
  for (let at = 0; at < table.length; at += inner) {
    let place = from;
    for (let x = 0; x < inner; x++) {
      table[at + x] = (table[at + x] as number) * (factor[place] as number);
      place += innerStride;
    }
    for (let i = last - 1; i >= 0; i--) {
      const next = (state[i] as number) + 1;
      from += strides[i] as number;
      if (next < (sizes[i] as number)) {
        state[i] = next;
        break;
      }
      from -= (strides[i] as number) * (sizes[i] as number);
      state[i] = 0;
    }
  }
}

/** P(column | parents) × the chance that its code is as asked, over those of them that are variables. */
export function firstFactor(
  model: BayesianNetworkModel,
  plan: EliminationPlan,
  input: {
    readonly column: number;
    readonly scope: readonly number[];
    readonly codes: ArrayLike<number>;
    readonly asked: readonly (AskedNode | undefined)[];
    readonly out: Float64Array;
  },
): void {
  const { column, scope, codes, asked, out } = input;
  const node = model.nodes[column] as NetworkNode;
  const groups = node.sizes[0] as number;
  const isKnown = plan.known[column] === "code";
  const code = isKnown ? (codes[column] as number) : -1;
  const codeGroup = isKnown ? (node.groupOf[code] as number) : 0;
  const sums = plan.known[column] === "weights" ? asked[column]?.sums : undefined;
  const parentScope = scope.filter((v) => v !== column);
  const size = plan.states[column] as number;
  const stateOf = node.coarser[plan.resolution[column] as number] as Uint8Array;
  // Offsets into the table and the emission for each state of each parent that varies.
  let config = 0;
  let place = 0;
  const stride = new Array<number>(node.parents.length);
  let step = 1;
  for (let k = node.parents.length - 1; k >= 0; k--) {
    stride[k] = step;
    step *= (model.nodes[node.parents[k] as number] as NetworkNode).sizes[node.resolutions[k] as number] as number;
  }
  const configSteps: Int32Array[] = [];
  const placeSteps: Int32Array[] = [];
  node.parents.forEach((parent, k) => {
    const of = model.nodes[parent] as NetworkNode;
    const seen = of.coarser[node.resolutions[k] as number] as Uint8Array;
    const emits = k === node.emissionParent;
    if ((plan.states[parent] as number) === 1) {
      // Known, or a single group: then that group's number is 0.
      const group = plan.known[parent] === "code" ? (seen[of.groupOf[codes[parent] as number] as number] as number) : 0;
      config += group * (stride[k] as number);
      if (emits) place = group;
      return;
    }
    const states = of.coarser[plan.resolution[parent] as number] as Uint8Array;
    const configStep = new Int32Array(plan.states[parent] as number);
    const placeStep = new Int32Array(configStep.length);
    for (let g = 0; g < states.length; g++) {
      configStep[states[g] as number] = (seen[g] as number) * (stride[k] as number);
      if (emits) placeStep[states[g] as number] = seen[g] as number;
    }
    configSteps.push(configStep);
    placeSteps.push(placeStep);
  });
  const state = new Int32Array(parentScope.length);
  const cells = out.length / size;
  out.fill(0);
  for (let cell = 0; cell < cells; cell++) {
    let at = config;
    let emission = place;
    for (let i = 0; i < state.length; i++) {
      at += (configSteps[i] as Int32Array)[state[i] as number] as number;
      emission += (placeSteps[i] as Int32Array)[state[i] as number] as number;
    }
    if (isKnown)
      out[cell] =
        (node.table[at * groups + codeGroup] as number) * (node.emission[emission * node.levels + code] as number);
    else
      for (let g = 0; g < groups; g++) {
        const to = cell * size + (size === 1 ? 0 : (stateOf[g] as number));
        const chance = (node.table[at * groups + g] as number) * (sums ? (sums[emission * groups + g] as number) : 1);
        out[to] = (out[to] as number) + chance;
      }
    for (let i = state.length - 1; i >= 0; i--) {
      const next = (state[i] as number) + 1;
      if (next < (plan.states[parentScope[i] as number] as number)) {
        state[i] = next;
        break;
      }
      state[i] = 0;
    }
  }
}

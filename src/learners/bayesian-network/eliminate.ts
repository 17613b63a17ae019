import type { BayesianNetworkModel, NetworkNode } from "./model.ts";
import type { EliminationPlan, EliminationStep, FirstFactor, ParentOffsets } from "./plan-elimination.ts";

/** The network conditioned on evidence, ready to be drawn from. */
export interface Conditioned {
  /** Log probability of the evidence; −Infinity: it cannot be. */
  readonly logEvidence: number;
  /** For each step of the plan its table: states of the variable, unnormalised, for each state of the scope. */
  readonly tables: readonly Float64Array[];
}

/** What is asked of a column by chances of its codes. */
export interface AskedNode {
  readonly weights: Float64Array;
  /** Chance of each group that its code is as asked: `sums[e * groups + g]`, e the group of the emission's parent. */
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

/** Evidence about one row, for a plan. */
export interface RowEvidence {
  /** The known codes, column by column (columns that the plan knows by their code). */
  readonly codes: ArrayLike<number>;
  /** Columns that the plan knows by weights. */
  readonly asked: readonly (AskedNode | undefined)[];
}

/** Room for the tables of a plan. */
export interface EliminationWorkspace {
  /** The first factors, then the messages of the steps. */
  readonly factors: readonly Float64Array[];
  readonly tables: readonly Float64Array[];
}

export function workspaceFor(plan: EliminationPlan): EliminationWorkspace {
  return {
    factors: [
      ...plan.factors.map(({ cells }) => new Float64Array(cells)),
      ...plan.steps.map(({ cells, variable }) => new Float64Array(cells / (plan.states[variable] as number))),
    ],
    tables: plan.steps.map(({ cells }) => new Float64Array(cells)),
  };
}

/** Conditions the network. The tables returned are written anew by the next call with the same workspace. */
export function eliminate(
  model: BayesianNetworkModel,
  plan: EliminationPlan,
  evidence: RowEvidence & { readonly workspace: EliminationWorkspace },
): Conditioned {
  const { factors, tables } = evidence.workspace;
  let logEvidence = 0;
  plan.factors.forEach((factor, f) => {
    const out = factors[f] as Float64Array;
    fillFirstFactor(model, plan, { ...evidence, factor, out });
    // A factor without variables is a number, and no step asks for it.
    if (factor.scope.length === 0) logEvidence += Math.log(out[0] as number);
  });
  plan.steps.forEach((step, s) => {
    const table = tables[s] as Float64Array;
    logEvidence += multiplyAll(table, step, factors);
    const message = factors[plan.factors.length + s] as Float64Array;
    const size = plan.states[step.variable] as number;
    for (let i = 0; i < message.length; i++) {
      let sum = 0;
      for (let x = 0; x < size; x++) sum += table[i * size + x] as number;
      message[i] = sum;
    }
    logEvidence += rescale(message);
  });
  return { logEvidence, tables };
}

function multiplyAll(table: Float64Array, step: EliminationStep, factors: readonly Float64Array[]): number {
  let log = 0;
  table.fill(1);
  for (let i = 0; i < step.inputs.length; i++) {
    const { factor, strides } = step.inputs[i] as EliminationStep["inputs"][number];
    multiplyInto(table, factors[factor] as Float64Array, { sizes: step.sizes, strides });
    // A column with very many children: the product would underflow.
    if (i % 8 === 7) log += rescale(table);
  }
  return log;
}

/** Divides by the largest entry; returns its log. */
function rescale(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > most) most = values[i] as number;
  if (most > 0) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / most;
  return Math.log(most);
}

const state = new Int32Array(65_536);

function multiplyInto(
  table: Float64Array,
  factor: Float64Array,
  { sizes, strides }: { readonly sizes: Int32Array; readonly strides: Int32Array },
): void {
  const last = sizes.length - 1;
  const inner = sizes[last] as number;
  const innerStride = strides[last] as number;
  state.fill(0, 0, last);
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
export function fillFirstFactor(
  model: BayesianNetworkModel,
  plan: EliminationPlan,
  input: RowEvidence & { readonly factor: FirstFactor; readonly out: Float64Array },
): void {
  const { codes, asked, factor, out } = input;
  const { column, fixed, varying, stateOf } = factor;
  const { table, emission, levels, sizes, groupOf } = model.nodes[column] as NetworkNode;
  const groups = sizes[0] as number;
  const isKnown = plan.known[column] === "code";
  const code = isKnown ? (codes[column] as number) : 0;
  const codeGroup = isKnown ? (groupOf[code] as number) : 0;
  const sums = plan.known[column] === "weights" ? asked[column]?.sums : undefined;
  const size = plan.states[column] as number;
  let config = 0;
  let place = 0;
  for (let k = 0; k < fixed.length; k++) {
    const offsets = fixed[k] as ParentOffsets;
    const parentCode = codes[offsets.parent] as number;
    config += offsets.config[parentCode] as number;
    place += offsets.place[parentCode] as number;
  }
  if (isKnown && varying.length === 0) {
    out[0] = (table[config * groups + codeGroup] as number) * (emission[place * levels + code] as number);
    return;
  }
  const cells = out.length / size;
  state.fill(0, 0, varying.length);
  out.fill(0);
  for (let cell = 0; cell < cells; cell++) {
    let at = config;
    let from = place;
    for (let i = 0; i < varying.length; i++) {
      const offsets = varying[i] as ParentOffsets;
      at += offsets.config[state[i] as number] as number;
      from += offsets.place[state[i] as number] as number;
    }
    if (isKnown) out[cell] = (table[at * groups + codeGroup] as number) * (emission[from * levels + code] as number);
    else
      for (let g = 0; g < groups; g++) {
        const to = cell * size + (size === 1 ? 0 : (stateOf[g] as number));
        const chance = (table[at * groups + g] as number) * (sums ? (sums[from * groups + g] as number) : 1);
        out[to] = (out[to] as number) + chance;
      }
    for (let i = varying.length - 1; i >= 0; i--) {
      const next = (state[i] as number) + 1;
      if (next < (varying[i] as ParentOffsets).config.length) {
        state[i] = next;
        break;
      }
      state[i] = 0;
    }
  }
}

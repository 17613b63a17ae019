import type { Random } from "../../random.ts";
import type { AskedNode } from "./eliminate.ts";
import type { BayesianNetworkModel, NetworkNode } from "./model.ts";
import type { EliminationPlan } from "./plan-elimination.ts";

/** Rows being drawn: codes, fine groups, and (columns of a plan) the state as a variable. */
export interface DrawnRows {
  readonly codes: readonly Uint8Array[];
  readonly groups: readonly Uint8Array[];
  readonly states: readonly Uint8Array[];
}

/** The codes of a column, group by group. */
export interface GroupCodes {
  readonly start: Uint16Array;
  readonly codes: Uint8Array;
}

export function groupCodesOf(node: NetworkNode): GroupCodes {
  const groups = node.sizes[0] as number;
  const start = new Uint16Array(groups + 1);
  const codes: number[] = [];
  const places = node.emission.length / node.levels;
  for (let g = 0; g < groups; g++) {
    for (let code = 0; code < node.levels; code++) {
      if (node.groupOf[code] !== g) continue;
      let sum = 0;
      for (let place = 0; place < places; place++) sum += node.emission[place * node.levels + code] as number;
      if (sum > 0) codes.push(code);
    }
    start[g + 1] = codes.length;
  }
  return { start, codes: Uint8Array.from(codes) };
}

const chances = new Float64Array(256);

/** Draws one column of some rows, given its parents and, where a plan conditioned it, its state and what is asked of its code. */
export function drawColumn(
  model: BayesianNetworkModel,
  column: number,
  input: {
    readonly rows: readonly number[];
    readonly drawn: DrawnRows;
    readonly groupCodes: GroupCodes;
    readonly random: Random;
    readonly plan?: EliminationPlan | undefined;
    readonly asked?: AskedNode | undefined;
  },
): void {
  const { rows, drawn, groupCodes, random, plan, asked } = input;
  const node = model.nodes[column] as NetworkNode;
  const { table, emission, levels } = node;
  const size = node.sizes[0] as number;
  const parents = node.parents.map((parent) => drawn.groups[parent] as Uint8Array);
  const seen = node.parents.map(
    (parent, k) => (model.nodes[parent] as NetworkNode).coarser[node.resolutions[k] as number] as Uint8Array,
  );
  const parentSizes = node.parents.map(
    (parent, k) => (model.nodes[parent] as NetworkNode).sizes[node.resolutions[k] as number] as number,
  );
  const count = parents.length;
  const { emissionParent } = node;
  const { start, codes } = groupCodes;
  const outGroups = drawn.groups[column] as Uint8Array;
  const outCodes = drawn.codes[column] as Uint8Array;
  const inside = plan !== undefined && plan.inside[column] === 1 && (plan.states[column] as number) > 1;
  const stateOf = inside ? (node.coarser[plan.resolution[column] as number] as Uint8Array) : undefined;
  const states = drawn.states[column] as Uint8Array;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    let config = 0;
    let place = 0;
    for (let k = 0; k < count; k++) {
      const group = (seen[k] as Uint8Array)[(parents[k] as Uint8Array)[row] as number] as number;
      config = config * (parentSizes[k] as number) + group;
      if (k === emissionParent) place = group;
    }
    let group = 0;
    if (!stateOf && !asked) {
      // Rows of the table sum to 1; the last group takes what rounding leaves.
      let u = random.uniform();
      const base = config * size;
      for (; group < size - 1; group++) {
        u -= table[base + group] as number;
        if (u < 0) break;
      }
    } else {
      const state = stateOf ? (states[row] as number) : 0;
      let total = 0;
      for (let g = 0; g < size; g++) {
        const fits = !stateOf || stateOf[g] === state;
        const chance = fits
          ? (table[config * size + g] as number) * (asked ? (asked.sums[place * size + g] as number) : 1)
          : 0;
        chances[g] = chance;
        total += chance;
      }
      group = pick(chances, size, random.uniform() * total);
    }
    outGroups[row] = group;
    const from = start[group] as number;
    const end = start[group + 1] as number;
    if (end - from === 1) {
      outCodes[row] = codes[from] as number;
      continue;
    }
    let total = 0;
    for (let at = from; at < end; at++) {
      const code = codes[at] as number;
      const chance = (emission[place * levels + code] as number) * (asked ? (asked.weights[code] as number) : 1);
      chances[at - from] = chance;
      total += chance;
    }
    outCodes[row] = codes[from + pick(chances, end - from, random.uniform() * total)] as number;
  }
}

/** The place where the running sum of chances passes u; never one of chance 0, if any is not. */
export function pick(chances: Float64Array, count: number, u: number): number {
  let left = u;
  let last = 0;
  for (let x = 0; x < count; x++) {
    const chance = chances[x] as number;
    if (chance <= 0) continue;
    last = x;
    left -= chance;
    if (left < 0) return x;
  }
  return last;
}

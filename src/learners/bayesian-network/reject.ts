import type { Random } from "../../random.ts";
import { type DrawnRows, drawColumn, type GroupCodes } from "./draw-columns.ts";
import { fillFirstFactor, type RowEvidence } from "./eliminate.ts";
import type { BayesianNetworkModel, NetworkNode } from "./model.ts";
import type { EliminationPlan, FirstFactor } from "./plan-elimination.ts";

/** Tries for one row before it is given up. */
export const MOST_TRIES = 400;
/** Forward passes for one estimate of the log evidence. */
const PASSES = 400;

export interface ForwardInput extends RowEvidence {
  readonly plan: EliminationPlan;
  readonly groupCodes: readonly GroupCodes[];
  readonly random: Random;
}

/** Draws rows given evidence by rejection: forward through the plan's columns, each piece of evidence accepted with its chance given the
 * parents over the highest chance it can have. What is accepted is an exact draw.
 * @returns 1 where a row was drawn within {@link MOST_TRIES} tries */
export function drawByRejection(
  model: BayesianNetworkModel,
  rows: readonly number[],
  input: ForwardInput & { readonly drawn: DrawnRows },
): Uint8Array {
  const { plan, random } = input;
  const bounds = plan.columns.map((j) => (plan.known[j] === "nothing" ? 1 : boundOf(model, j, input)));
  const accepted = new Uint8Array(rows.length);
  rows.forEach((row, i) => {
    for (let attempt = 0; attempt < MOST_TRIES && !accepted[i]; attempt++) {
      accepted[i] = 1;
      for (let at = 0; at < plan.columns.length; at++) {
        const j = plan.columns[at] as number;
        if (plan.known[j] !== "nothing") {
          const chance = chanceOf(model, j, { ...input, row });
          if (!(random.uniform() * (bounds[at] as number) < chance)) {
            accepted[i] = 0;
            break;
          }
        }
        advance(model, j, { ...input, row });
      }
    }
  });
  return accepted;
}

/** Draws a row given evidence approximately: one of {@link PASSES} forward draws that keep to the evidence, by its likelihood weight.
 * @source Rubin (1987), JASA 82 (sampling, importance, resampling) */
export function drawByWeight(
  model: BayesianNetworkModel,
  row: number,
  input: ForwardInput & { readonly drawn: DrawnRows },
): void {
  const { plan, drawn, random } = input;
  let most = Number.NEGATIVE_INFINITY;
  let total = 0;
  const kept = plan.columns.map(() => [0, 0] as [number, number]);
  for (let pass = 0; pass < PASSES; pass++) {
    let log = 0;
    for (const j of plan.columns) {
      if (plan.known[j] !== "nothing") log += Math.log(chanceOf(model, j, { ...input, row }));
      advance(model, j, { ...input, row });
    }
    // A reservoir of one, in weights relative to the largest so far.
    if (log > most) {
      total *= Math.exp(most - log);
      most = log;
    }
    const weight = most === Number.NEGATIVE_INFINITY ? 1 : Math.exp(log - most);
    total += weight;
    if (random.uniform() * total < weight)
      plan.columns.forEach((j, at) => {
        kept[at] = [drawn.codes[j]?.[row] as number, drawn.groups[j]?.[row] as number];
      });
  }
  plan.columns.forEach((j, at) => {
    const [code, group] = kept[at] as [number, number];
    (drawn.codes[j] as Uint8Array)[row] = code;
    (drawn.groups[j] as Uint8Array)[row] = group;
  });
}

/** An estimate of the log probability of the evidence: the mean of the likelihood weights of some forward passes.
 * @source Fung & Chang (1989), UAI; Shachter & Peot (1989), UAI */
export function estimateLogEvidence(model: BayesianNetworkModel, input: ForwardInput): number {
  const { plan } = input;
  const one = (): Uint8Array => new Uint8Array(1);
  const drawn: DrawnRows = {
    codes: model.nodes.map(one),
    groups: model.nodes.map(one),
    states: model.nodes.map(one),
  };
  let most = Number.NEGATIVE_INFINITY;
  const logs = new Float64Array(PASSES);
  for (let pass = 0; pass < PASSES; pass++) {
    let log = 0;
    for (const j of plan.columns) {
      if (plan.known[j] !== "nothing") log += Math.log(chanceOf(model, j, { ...input, drawn, row: 0 }));
      if (log === Number.NEGATIVE_INFINITY) break;
      advance(model, j, { ...input, drawn, row: 0 });
    }
    logs[pass] = log;
    most = Math.max(most, log);
  }
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - most);
  return most + Math.log(sum / PASSES);
}

type RowInput = ForwardInput & { readonly drawn: DrawnRows; readonly row: number };

/** Chance that a column's code is as asked, given its parents in the row. */
function chanceOf(model: BayesianNetworkModel, column: number, { plan, codes, asked, drawn, row }: RowInput): number {
  const node = model.nodes[column] as NetworkNode;
  const size = node.sizes[0] as number;
  let config = 0;
  let place = 0;
  node.parents.forEach((parent, k) => {
    const of = model.nodes[parent] as NetworkNode;
    const resolution = node.resolutions[k] as number;
    const group = of.coarser[resolution]?.[drawn.groups[parent]?.[row] as number] as number;
    config = config * (of.sizes[resolution] as number) + group;
    if (k === node.emissionParent) place = group;
  });
  if (plan.known[column] === "code") {
    const code = codes[column] as number;
    const group = node.groupOf[code] as number;
    return (node.table[config * size + group] as number) * (node.emission[place * node.levels + code] as number);
  }
  const sums = asked[column]?.sums as Float64Array;
  let chance = 0;
  for (let g = 0; g < size; g++)
    chance += (node.table[config * size + g] as number) * (sums[place * size + g] as number);
  return chance;
}

function advance(model: BayesianNetworkModel, column: number, input: RowInput): void {
  const { plan, asked, row, groupCodes, random, drawn } = input;
  if (plan.known[column] === "code") setKnown(model, column, input);
  else
    drawColumn(model, column, {
      rows: [row],
      drawn,
      groupCodes: groupCodes[column] as GroupCodes,
      random,
      asked: asked[column],
    });
}

function setKnown(
  model: BayesianNetworkModel,
  column: number,
  { codes, drawn, row }: Pick<RowInput, "codes" | "drawn" | "row">,
): void {
  const code = codes[column] as number;
  (drawn.codes[column] as Uint8Array)[row] = code;
  (drawn.groups[column] as Uint8Array)[row] = model.nodes[column]?.groupOf[code] as number;
}

/** The highest chance that the evidence on a column can have, given what is known of its parents. */
function boundOf(model: BayesianNetworkModel, column: number, input: ForwardInput): number {
  const { plan } = input;
  const factor = plan.factors.find((one) => one.column === column) as FirstFactor;
  const size = plan.states[column] as number;
  const out = new Float64Array(factor.cells);
  fillFirstFactor(model, plan, { ...input, factor, out });
  let most = 0;
  for (let at = 0; at < out.length; at += size) {
    let sum = 0;
    for (let x = 0; x < size; x++) sum += out[at + x] as number;
    most = Math.max(most, sum);
  }
  return most;
}

import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import { groupCodesOf } from "../bayesian-network/draw-columns.ts";
import type { BayesianNetworkModel, NetworkNode } from "../bayesian-network/model.ts";
import { drawBayesianNetwork, logEvidenceBayesianNetwork } from "../bayesian-network.ts";
import type { CodeEvidence } from "../code-rows.ts";

/** Draws rows from the network of a graphical model (see `networkOf`), in the learners' contract. With evidence: as
 * `drawBayesianNetwork`. Without: every row has the model's distribution, and all rows together come closer to the expected counts than
 * independent ones (see {@link drawSystematically}). */
export function drawGraphical(data: {
  readonly model: BayesianNetworkModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] | { readonly codes: Uint8Array[]; readonly accepted: Uint8Array } {
  const { evidence } = data;
  const isAsked =
    evidence.weights.some((weights) => weights?.some((weight) => weight !== 1)) ||
    evidence.given?.known.some((known) => known.includes(1));
  return isAsked ? drawBayesianNetwork(data) : drawSystematically(data);
}

/** Log probability of what is known of each row. */
export const logEvidenceGraphical = logEvidenceBayesianNetwork;

/** Draws rows column by column, parents first. Among rows with the same parents each value is drawn as often as expected, rounded down or
 * up: systematic sampling from a uniform start, so that the expected count is exact. The starts of one group after the next are one
 * golden section apart, so that what small groups round up evens out over neighbouring groups.
 * @source Madow & Madow (1944), Ann. Math. Stat. 15 (systematic sampling); rounding within groups: McKenna, Miklau & Sheldon (2021),
 * Winning the NIST Contest, §4.3 */
export function drawSystematically(data: {
  readonly model: BayesianNetworkModel;
  readonly rows: number;
  readonly key: RandomKey;
}): Uint8Array[] {
  const { model, rows } = data;
  const random = randomFrom(data.key);
  const groups = model.nodes.map(() => new Uint8Array(rows));
  for (const column of model.order) drawColumn(model, column, { groups, rows, random });
  return model.nodes.map((node, j) => {
    const out = new Uint8Array(new SharedArrayBuffer(rows));
    drawCodes(node, { groups: groups[j] as Uint8Array, out, random });
    return out;
  });
}

const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

function drawColumn(
  model: BayesianNetworkModel,
  column: number,
  { groups, rows, random }: { readonly groups: readonly Uint8Array[]; readonly rows: number; readonly random: Random },
): void {
  const { table, parents, sizes } = model.nodes[column] as NetworkNode;
  const size = sizes[0] as number;
  const out = groups[column] as Uint8Array;
  const configs = new Int32Array(rows);
  for (const parent of parents) {
    const own = groups[parent] as Uint8Array;
    const values = (model.nodes[parent] as NetworkNode).sizes[0] as number;
    for (let row = 0; row < rows; row++) configs[row] = (configs[row] as number) * values + (own[row] as number);
  }
  const { order, ends } = sortedByConfig(configs, table.length / size);
  let start = random.uniform();
  for (let from = 0, config = 0; from < rows; config++) {
    const end = ends[config] as number;
    if (end === from) continue;
    shuffle(order, { from, end, random });
    const base = config * size;
    const count = end - from;
    let drawn = 0;
    let sum = 0;
    let last = 0;
    for (let x = 0; x < size && drawn < count; x++) {
      const chance = table[base + x] as number;
      if (chance <= 0) continue;
      last = x;
      sum += chance * count;
      for (; drawn < count && drawn + start < sum; drawn++) out[order[from + drawn] as number] = x;
    }
    // What rounding leaves goes to the last value that has a chance.
    for (; drawn < count; drawn++) out[order[from + drawn] as number] = last;
    from = end;
    start = (start + GOLDEN_SECTION) % 1;
  }
}

/** Rows by configuration of the parents, and where each configuration ends. */
function sortedByConfig(configs: Int32Array, count: number): { readonly order: Int32Array; readonly ends: Int32Array } {
  const ends = new Int32Array(count);
  for (let row = 0; row < configs.length; row++)
    ends[configs[row] as number] = (ends[configs[row] as number] as number) + 1;
  let sum = 0;
  for (let config = 0; config < count; config++) {
    const own = ends[config] as number;
    ends[config] = sum;
    sum += own;
  }
  const order = new Int32Array(configs.length);
  for (let row = 0; row < configs.length; row++) {
    const config = configs[row] as number;
    const at = ends[config] as number;
    order[at] = row;
    ends[config] = at + 1;
  }
  return { order, ends };
}

function shuffle(
  order: Int32Array,
  { from, end, random }: { readonly from: number; readonly end: number; readonly random: Random },
): void {
  for (let i = end - from - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const kept = order[from + i] as number;
    order[from + i] = order[from + j] as number;
    order[from + j] = kept;
  }
}

/** A code for each row's group; those of a group of several as often as expected, rounded down or up. */
function drawCodes(
  node: NetworkNode,
  { groups, out, random }: { readonly groups: Uint8Array; readonly out: Uint8Array; readonly random: Random },
): void {
  const { start, codes } = groupCodesOf(node);
  const first = Uint8Array.from(start.subarray(0, -1), (from) => codes[from] as number);
  for (let row = 0; row < out.length; row++) out[row] = first[groups[row] as number] as number;
  for (let group = 0; group + 1 < start.length; group++) {
    const [from, end] = [start[group] as number, start[group + 1] as number];
    if (end - from < 2) continue;
    const own = codes.subarray(from, end);
    const order = Int32Array.from(groups.keys()).filter((row) => groups[row] === group);
    shuffle(order, { from: 0, end: order.length, random });
    const begin = random.uniform();
    let drawn = 0;
    let sum = 0;
    for (const code of own) {
      sum += (node.emission[code] as number) * order.length;
      for (; drawn < order.length && drawn + begin < sum; drawn++) out[order[drawn] as number] = code;
    }
    for (; drawn < order.length; drawn++) out[order[drawn] as number] = own[own.length - 1] as number;
  }
}

import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import type { CodeEvidence } from "../code-rows.ts";
import { type AliasTables, aliasTables, drawAlias, drawWeighted } from "./alias-tables.ts";
import type { ColumnTree } from "./chow-liu.ts";
import { type CircuitMessages, circuitMessages } from "./circuit-messages.ts";
import { type CodeGroups, groupWeights } from "./code-groups.ts";
import { codeDrawer } from "./mixture.ts";
import type { Smoothing } from "./smoothed-chances.ts";

/** A hidden Chow-Liu tree: every column has a latent state, the states form a tree, and a column depends on its own state alone. Plain data.
 * @source Liu & Van den Broeck (2021), NeurIPS; for tables: arXiv 2603.23016 */
export interface CircuitModel {
  readonly states: number;
  readonly tree: ColumnTree;
  /** Chance of each state of the root. */
  readonly prior: Float64Array;
  readonly columns: readonly CircuitColumn[];
  /** Mean log-likelihood of held-out rows, of the model before the held-out rows were learnt from; NaN when none were held out. */
  readonly heldOutLogLikelihood: number;
  /** Passes over the training rows. */
  readonly passes: number;
}

export interface CircuitColumn {
  readonly groups: CodeGroups;
  /** Chance of each group in each state: states × groups, row-major. */
  readonly chances: Float64Array;
  /** Chance of each state given the parent column's: the parent's state × own state, row-major; undefined for the root. */
  readonly moves: Float64Array | undefined;
  readonly smoothing: Smoothing;
  readonly moveSmoothing: Smoothing;
}

const BATCH = 256;

/** Rows drawn given the evidence, exactly: the states from the root down, each by its chance given all that is known, then the cells.
 * @returns one array of codes per column */
export function drawCircuit(data: {
  readonly model: CircuitModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] {
  const { model, rows, evidence, key } = data;
  const random = randomFrom(key);
  const { given } = evidence;
  const states = given ? givenStates(model, { rows, evidence, random }) : freeStates(model, { rows, evidence, random });
  const out = model.columns.map(() => new Uint8Array(new SharedArrayBuffer(rows)));
  for (const j of model.tree.order) {
    const column = model.columns[j] as CircuitColumn;
    const weights = evidence.weights[j];
    const groups = aliasTables(weightedChances(column, weights), column.groups.mass.length);
    const inside = codeDrawer(column.groups, weights);
    const known = given?.known[j];
    const own = out[j] as Uint8Array;
    const state = states[j] as Uint16Array;
    for (let i = 0; i < rows; i++)
      own[i] = known?.[i]
        ? (given?.codes[j]?.[i] as number)
        : inside(drawAlias(groups, state[i] as number, random), random);
  }
  return out;
}

/** Log probability of what is known of each row; −∞ where it is impossible. A state less likely than 1e-20 of a row's others counts as
 * that much. */
export function logEvidenceCircuit(data: {
  readonly model: CircuitModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
}): Float64Array {
  const { model, rows, evidence } = data;
  const out = new Float64Array(rows);
  const { given } = evidence;
  if (rows === 0 || model.columns.length === 0 || (!given && !evidence.weights.some(Boolean))) return out;
  const reader = evidenceReader(model, evidence);
  if (!given) {
    reader.read(0, 1, out);
    return out.fill(out[0] as number);
  }
  for (let from = 0; from < rows; from += BATCH) {
    const size = Math.min(BATCH, rows - from);
    reader.read(from, size, out.subarray(from, from + size));
  }
  return out;
}

interface EvidenceReader {
  readonly messages: CircuitMessages;
  /** Passes what is known of some rows up the tree. */
  read(from: number, size: number, logs: Float64Array): void;
}

function evidenceReader(model: CircuitModel, { weights, given }: CodeEvidence): EvidenceReader {
  const H = model.states;
  const messages = circuitMessages({
    tree: model.tree,
    states: H,
    groups: model.columns.map(({ groups }) => groups.mass.length),
    batch: BATCH,
  });
  messages.prior.view.set(model.prior);
  const impossible: boolean[] = [];
  model.columns.forEach(({ groups, chances, moves }, j) => {
    const G = groups.mass.length;
    const table = messages.emissions[j]?.view as Float32Array;
    for (let h = 0; h < H; h++) for (let g = 0; g < G; g++) table[g * H + h] = chances[h * G + g] as number;
    const asked = weights[j] && groupWeights(groups, weights[j]);
    impossible[j] = asked ? !asked.some((weight) => weight > 0) : false;
    if (asked && !impossible[j])
      for (let h = 0; h < H; h++) {
        let sum = 0;
        for (let g = 0; g < G; g++) sum += (chances[h * G + g] as number) * (asked[g] as number);
        table[G * H + h] = sum;
      }
    if (!moves) return;
    const up = messages.up[j]?.view as Float32Array;
    messages.down[j]?.view.set(moves);
    for (let p = 0; p < H; p++) for (let c = 0; c < H; c++) up[c * H + p] = moves[p * H + c] as number;
  });
  const factor = new Float64Array(BATCH);
  return {
    messages,
    read(from, size, logs) {
      factor.fill(0);
      model.columns.forEach(({ groups }, j) => {
        const to = messages.codes[j]?.view as Uint8Array;
        const G = groups.mass.length;
        for (let i = 0; i < size; i++) {
          if (!given?.known[j]?.[from + i]) {
            to[i] = G;
            if (impossible[j]) factor[i] = Number.NEGATIVE_INFINITY;
            continue;
          }
          const code = given.codes[j]?.[from + i] as number;
          const group = groups.groupOf[code] ?? -1;
          to[i] = group < 0 ? G : group;
          factor[i] =
            (factor[i] as number) + (group < 0 ? Number.NEGATIVE_INFINITY : Math.log(groups.share[code] as number));
        }
      });
      messages.upward(size, logs);
      for (let i = 0; i < size; i++) logs[i] = (logs[i] as number) + (factor[i] as number);
    },
  };
}

interface StateRequest {
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly random: Random;
}

/** States of rows of which only the weights are known: conditioned once. */
function freeStates(model: CircuitModel, { rows, evidence, random }: StateRequest): Uint16Array[] {
  const H = model.states;
  const below = evidence.weights.some(Boolean) ? beliefsOf(model, evidence) : undefined;
  const out = model.columns.map(() => new Uint16Array(rows));
  for (const j of model.tree.order) {
    const { moves } = model.columns[j] as CircuitColumn;
    const own = out[j] as Uint16Array;
    const belief = below?.[j];
    const above = out[model.tree.parent[j] as number];
    let tables: AliasTables;
    if (!moves || !above) {
      tables = aliasTables(belief ?? model.prior, H);
      for (let i = 0; i < rows; i++) own[i] = drawAlias(tables, 0, random);
      continue;
    }
    tables = aliasTables(belief ? moves.map((chance, at) => chance * (belief[at % H] as number)) : moves, H);
    for (let i = 0; i < rows; i++) own[i] = drawAlias(tables, above[i] as number, random);
  }
  return out;
}

function beliefsOf(model: CircuitModel, { weights }: CodeEvidence): Float64Array[] {
  const reader = evidenceReader(model, { weights });
  reader.read(0, 1, new Float64Array(1));
  return reader.messages.beliefs.map(({ view }) => Float64Array.from(view.subarray(0, model.states)));
}

/** States of rows of which some cells are known: conditioned row by row. */
function givenStates(model: CircuitModel, { rows, evidence, random }: StateRequest): Uint16Array[] {
  const H = model.states;
  const reader = evidenceReader(model, evidence);
  const out = model.columns.map(() => new Uint16Array(rows));
  const weights = new Float64Array(H);
  const logs = new Float64Array(BATCH);
  for (let from = 0; from < rows; from += BATCH) {
    const size = Math.min(BATCH, rows - from);
    reader.read(from, size, logs);
    for (const j of model.tree.order) {
      const { moves } = model.columns[j] as CircuitColumn;
      const belief = reader.messages.beliefs[j]?.view as Float32Array;
      const above = out[model.tree.parent[j] as number];
      const own = out[j] as Uint16Array;
      for (let i = 0; i < size; i++) {
        const row = moves && above ? (above[from + i] as number) * H : -1;
        let total = 0;
        for (let h = 0; h < H; h++) {
          const weight = (belief[i * H + h] as number) * (row < 0 ? 1 : ((moves as Float64Array)[row + h] as number));
          weights[h] = weight;
          total += weight;
        }
        own[from + i] = drawWeighted(weights, total, random);
      }
    }
  }
  return out;
}

function weightedChances({ chances, groups }: CircuitColumn, weights: Float64Array | undefined): Float64Array {
  if (!weights) return chances;
  const asked = groupWeights(groups, weights);
  return chances.map((chance, at) => chance * (asked[at % asked.length] as number));
}

import { InvalidArgument } from "../../errors.ts";
import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import type { CodeEvidence, CodeRows } from "../code-rows.ts";
import { associatedColumns, coarseColumns } from "./associated-columns.ts";
import { type BoostedConditional, type ConditionalOptions, fitBoostedConditional } from "./boosted-conditional.ts";
import { addLogChances, drawBelow, drawWeighted, type Walk, walkOver } from "./boosted-walk.ts";

export interface AutoregressiveBoostingOptions extends ConditionalOptions {
  /** Most columns that a conditional looks at: those most associated with it. */
  readonly maxPredictors: number;
}

export const DEFAULT_AUTOREGRESSIVE_BOOSTING: AutoregressiveBoostingOptions = {
  trees: 300,
  leaves: 8,
  learningRate: 0.15,
  minLeafRows: 20,
  l2: 1,
  minRows: 40,
  minRarer: 4,
  patience: 8,
  minGain: 6,
  rotateRows: 2000,
  bins: 64,
  fitRows: 100_000,
  maxPredictors: 60,
};

/** A distribution of whole rows: P(row) is the product, in the order, of P(code of a column | codes of the columns before it). */
export interface AutoregressiveBoostingModel {
  /** Every column once. */
  readonly order: readonly number[];
  /** In the order. */
  readonly conditionals: readonly BoostedConditional[];
}

/** What `fitBoostedConditional` is told for each column of the order; the results, in the same order, are the model's conditionals.
 * @param data.order columns; default: as they come */
export function planAutoregressiveBoosting(data: {
  readonly rows: CodeRows;
  readonly order?: readonly number[] | undefined;
  readonly options?: Partial<AutoregressiveBoostingOptions> | undefined;
  readonly key: RandomKey;
}): Parameters<typeof fitBoostedConditional>[0][] {
  const { rows } = data;
  const options = { ...DEFAULT_AUTOREGRESSIVE_BOOSTING, ...data.options };
  const order = data.order ?? rows.levels.map((_, j) => j);
  const random = randomFrom(data.key);
  const most = options.maxPredictors;
  const coarse = order.length - 1 > most ? coarseColumns(rows) : [];
  return order.map((column, at) => ({
    rows,
    column,
    predictors: associatedColumns(coarse, { column, among: order.slice(0, at), most }),
    options,
    key: random.split(column).key,
  }));
}

/** Fits all conditionals one after the other. A task.
 * @source McCarter (2024), "Unmasking Trees for Tabular Data", arXiv 2407.05593: binary meta-trees of boosted trees, here in a fixed order,
 * with the number of trees of each split chosen on rows held out */
export function fitAutoregressiveBoosting(
  data: Parameters<typeof planAutoregressiveBoosting>[0],
): AutoregressiveBoostingModel {
  return {
    order: data.order ?? data.rows.levels.map((_, j) => j),
    conditionals: planAutoregressiveBoosting(data).map(fitBoostedConditional),
  };
}

/** Rows drawn, and which of them count. */
export interface DrawnRows {
  readonly codes: Uint8Array[];
  /** 1: a draw given the evidence; 0: to be thrown away. */
  readonly accepted: Uint8Array;
}

/** Rows that are on their way at the same time. */
const BLOCK_ROWS = 4096;
/** Rows tried beforehand for the greatest chance that evidence can have. */
const PILOT_ROWS = 4096;
/** Draws of each row with known cells, of which one is kept. */
const PARTICLES = 16;

/** Draws rows column by column. A task.
 *
 * A column that evidence weighs is drawn by chance × weight given the columns before it, and the row's importance is multiplied by the sum of
 * those products. Under weights alone a row is then accepted in proportion to its importance, the greatest of some rows tried beforehand
 * standing for the greatest there is (Caffo, Booth & Davis 2002): `accepted` says so. Cells known row by row must all come back: of
 * sixteen draws of each row one is kept by its importance (Rubin 1987, sampling/importance resampling), which is exact only in the limit of
 * many draws, or where the known cells come first in the order.
 * @source Caffo, Booth & Davis (2002), Biometrika 89(4); Rubin (1987), JASA 82 */
export function drawAutoregressiveBoosting(data: {
  readonly model: AutoregressiveBoostingModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): DrawnRows {
  const { model, rows, evidence } = data;
  const random = randomFrom(data.key);
  const codes = model.order.map(() => new Uint8Array(rows));
  const accepted = new Uint8Array(rows).fill(1);
  const last = lastAsked(model, evidence);
  if (last < 0) drawFree(model, walkOver(codes, rows), { from: 0, rows, random });
  else if (evidence.given) {
    for (let start = 0; start < rows; start += BLOCK_ROWS / PARTICLES)
      drawKnown(model, {
        codes,
        start,
        end: Math.min(rows, start + BLOCK_ROWS / PARTICLES),
        evidence,
        last,
        random: random.split(start),
      });
  } else {
    // The same rows for every call with this evidence, so that all of them use one measure.
    const pilot = drawUnder(model, { rows: PILOT_ROWS, evidence, last, random: randomFrom(PILOT_KEY) });
    const top = pilot.importance.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    for (let start = 0; start < rows; start += BLOCK_ROWS) {
      const size = Math.min(BLOCK_ROWS, rows - start);
      const own = random.split(start);
      const part = drawUnder(model, { rows: size, evidence, last, random: own });
      const coin = own.split("accept");
      for (let i = 0; i < size; i++)
        accepted[start + i] = coin.uniform() < Math.exp((part.importance[i] as number) - top) ? 1 : 0;
      drawFree(model, walkOver(part.codes, size), { from: last + 1, rows: size, random: own.split("rest") });
      part.codes.forEach((column, j) => {
        (codes[j] as Uint8Array).set(column, start);
      });
    }
  }
  return { codes, accepted };
}

/** Names the rows that are tried beforehand. */
const PILOT_KEY: RandomKey = [0x70696c6f, 0x74726f77, 0x73747279, 0];

/** Log-likelihood of known cells, row by row. A task.
 * @param data.evidence every cell is given, or those of the first columns of the order; no weights
 * @returns −∞ where a cell has a code that training rows never had
 * @throws {InvalidArgument} a cell is known whose column comes after one that is not, or weights are given: the sum over what is unknown has no
 * closed form */
export function logEvidenceAutoregressiveBoosting(data: {
  readonly model: AutoregressiveBoostingModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
}): Float64Array {
  const { model, rows, evidence } = data;
  const out = new Float64Array(rows);
  const { given } = evidence;
  if (evidence.weights.some((weights) => weights !== undefined))
    throw new InvalidArgument("bad-evidence", "Evidence: weights were given, of which this model has no closed form.", {
      advice: "Give whole rows.",
    });
  if (!given) return out;
  const walk = walkOver(given.codes, rows);
  const isOpen = new Uint8Array(rows).fill(1);
  for (const conditional of model.conditionals) {
    const known = given.known[conditional.column] as Uint8Array;
    let end = 0;
    for (let row = 0; row < rows; row++) {
      if (known[row] !== 1) isOpen[row] = 0;
      else if (isOpen[row] === 1) walk.order[end++] = row;
      else
        throw new InvalidArgument(
          "bad-evidence",
          `Evidence: row ${row} knows column ${conditional.column}, but not all columns before it in the order.`,
          { advice: "Give whole rows." },
        );
    }
    addLogChances(conditional, walk, { start: 0, end, into: out });
  }
  return out;
}

/** The last place in the order that evidence says anything of; −1: none. */
function lastAsked({ order }: AutoregressiveBoostingModel, { weights, given }: CodeEvidence): number {
  for (let at = order.length - 1; at >= 0; at--) {
    const column = order[at] as number;
    if (weights[column] !== undefined || given?.known[column]?.includes(1)) return at;
  }
  return -1;
}

function drawFree(
  { conditionals }: AutoregressiveBoostingModel,
  walk: Walk,
  { from, rows, random }: { readonly from: number; readonly rows: number; readonly random: Random },
): void {
  for (let at = from; at < conditionals.length; at++)
    drawColumn(conditionals[at] as BoostedConditional, walk, rows, random);
}

function drawColumn(conditional: BoostedConditional, walk: Walk, rows: number, random: Random): void {
  for (let i = 0; i < rows; i++) walk.order[i] = i;
  const from = conditional.children.length > 0 ? 0 : -1 - conditional.only;
  drawBelow(conditional, walk, { start: 0, end: rows, from, random });
}

/** Rows drawn up to the last column that is weighed, and the log of their importance. */
function drawUnder(
  model: AutoregressiveBoostingModel,
  step: {
    readonly rows: number;
    readonly evidence: CodeEvidence;
    readonly last: number;
    readonly random: Random;
  },
): { readonly codes: Uint8Array[]; readonly importance: Float64Array } {
  const { rows, evidence, last, random } = step;
  const codes = model.order.map(() => new Uint8Array(rows));
  const importance = new Float64Array(rows);
  const walk = walkOver(codes, rows);
  for (let at = 0; at <= last; at++) {
    const conditional = model.conditionals[at] as BoostedConditional;
    const weights = evidence.weights[conditional.column];
    if (!weights) drawColumn(conditional, walk, rows, random);
    else {
      for (let i = 0; i < rows; i++) walk.order[i] = i;
      drawWeighted(conditional, walk, { start: 0, end: rows, weights, into: importance, random });
    }
  }
  return { codes, importance };
}

/** Draws rows start … end − 1 given cells of their own: some particles of each up to the last column that anything is known of, of which one
 * goes on. */
function drawKnown(
  model: AutoregressiveBoostingModel,
  step: {
    readonly codes: readonly Uint8Array[];
    readonly start: number;
    readonly end: number;
    readonly evidence: CodeEvidence;
    readonly last: number;
    readonly random: Random;
  },
): void {
  const { codes, start, end, last, random } = step;
  const { weights, given } = step.evidence;
  const rows = end - start;
  const tried = rows * PARTICLES;
  const particles = model.order.map(() => new Uint8Array(tried));
  const importance = new Float64Array(tried);
  const walk = walkOver(particles, tried);
  for (let at = 0; at <= last; at++) {
    const conditional = model.conditionals[at] as BoostedConditional;
    const { column } = conditional;
    const own = particles[column] as Uint8Array;
    const known = given?.known[column];
    let first = 0;
    let unknown = tried;
    for (let i = 0; i < tried; i++) {
      const row = start + Math.floor(i / PARTICLES);
      if (known?.[row] === 1) {
        own[i] = given?.codes[column]?.[row] as number;
        walk.order[first++] = i;
      } else walk.order[--unknown] = i;
    }
    const asked = weights[column];
    if (asked) drawWeighted(conditional, walk, { start: first, end: tried, weights: asked, into: importance, random });
    else {
      const from = conditional.children.length > 0 ? 0 : -1 - conditional.only;
      drawBelow(conditional, walk, { start: first, end: tried, from, random });
    }
    addLogChances(conditional, walk, { start: 0, end: first, into: importance });
    // A known code that training rows never had is as unlikely for every particle.
    for (let i = 0; i < first; i++) {
      const place = walk.order[i] as number;
      if (importance[place] === -Infinity && !occurs(conditional, own[place] as number)) importance[place] = 0;
    }
  }
  const chosen = model.order.map(() => new Uint8Array(rows));
  for (let i = 0; i < rows; i++) {
    const place = i * PARTICLES + choose(importance.subarray(i * PARTICLES, (i + 1) * PARTICLES), random);
    for (let j = 0; j < chosen.length; j++)
      (chosen[j] as Uint8Array)[i] = (particles[j] as Uint8Array)[place] as number;
  }
  drawFree(model, walkOver(chosen, rows), { from: last + 1, rows, random });
  chosen.forEach((column, j) => {
    (codes[j] as Uint8Array).set(column, start);
  });
}

function occurs({ children, sides, only }: BoostedConditional, code: number): boolean {
  return children.length === 0 ? code === only : sides[code] !== 0;
}

/** A place by weight; where all weights are 0, any. */
function choose(logWeights: Float64Array, random: Random): number {
  const top = logWeights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (top === Number.NEGATIVE_INFINITY) return random.integer(logWeights.length);
  let total = 0;
  for (const value of logWeights) total += Math.exp(value - top);
  let u = random.uniform() * total;
  for (let i = 0; i < logWeights.length; i++) {
    u -= Math.exp((logWeights[i] as number) - top);
    if (u < 0) return i;
  }
  return logWeights.indexOf(top);
}

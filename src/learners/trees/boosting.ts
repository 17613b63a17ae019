import { randomFrom } from "../../random.ts";
import { byTimeDescending } from "../cox.ts";
import { mergeLevels } from "./boosting-bins.ts";
import { coxGradients } from "./boosting-cox.ts";
import { type BoostingModel, boostingScores, growingNodes, type Objective } from "./boosting-model.ts";
import { type BoostingOptions, DEFAULT_BOOSTING } from "./boosting-options.ts";
import { emptyNodes, growTree, type TreeData } from "./boosting-tree.ts";

export type { BoostingModel, Objective } from "./boosting-model.ts";
export { predictBoosting } from "./boosting-model.ts";
export type { BoostingOptions } from "./boosting-options.ts";

/** Columns of small whole numbers: `columns[j][row]` < `levels[j]` ≤ 256. An ordered column is split at a threshold, any other by a set of levels. */
export interface BinnedColumns {
  readonly columns: readonly Uint8Array[];
  readonly levels: readonly number[];
  readonly ordered: readonly boolean[];
}

/** Gradient boosting of trees grown leaf by leaf on histograms of gradients.
 *
 * Deterministic: sums run in a fixed order and nothing is drawn at random, unless trees are to see a share of the columns
 * each, which `options.key` then names. Category levels are sorted by gradient over hessian and split
 * where that order says; levels held by few rows of a node stay on the right.
 * @param input.target one number per row of the columns (not per index of `rows`)
 * @param input.rows indices of the rows to learn from, default all; none at all gives a constant model
 * @param input.weights one weight > 0 per row of the columns, default 1
 * @param input.from a model of the same objective and columns to go on from: its trees stay, and those of these rows follow. A model of a rounds
 * that goes on for b more on the same rows is the model of a + b rounds
 * @source Friedman (2001), Annals of Statistics 29(5); Ke et al. (2017), NIPS (LightGBM: leaf-wise growth, histogram subtraction, sorted
 * categories after Fisher 1958) */
export function fitBoosting(
  input: BinnedColumns & {
    readonly target: ArrayLike<number>;
    readonly objective: Objective;
    readonly rows?: Uint32Array | undefined;
    readonly weights?: ArrayLike<number> | undefined;
    readonly from?: BoostingModel | undefined;
    readonly options?: Partial<BoostingOptions> | undefined;
  },
): BoostingModel {
  const options = { ...DEFAULT_BOOSTING, ...input.options };
  const { objective, from } = input;
  const outputs = objective.kind === "softmax" ? objective.classes : 1;
  const all = input.columns[0]?.length ?? input.target.length;
  const rows = input.rows ?? Uint32Array.from({ length: all }, (_, i) => i);
  const n = rows.length;
  const target = Float64Array.from(rows, (row) => input.target[row] as number);
  const weights = input.weights && Float64Array.from(rows, (row) => input.weights?.[row] as number);
  const data = prepare(input, rows, options);
  const base = from?.base ?? baseScores(target, weights, objective);
  const latest = objective.kind === "cox" ? byTimeDescending(target, n) : undefined;
  const scores = new Float64Array(n * outputs);
  const before = from && boostingScores(from, input.columns, rows);
  for (let k = 0; k < outputs; k++)
    for (let i = 0; i < n; i++) scores[k * n + i] = before ? (before[i * outputs + k] as number) : (base[k] as number);
  const model = from ? growingNodes(from) : emptyNodes(input.columns.length);
  const d = input.columns.length;
  const drawn = data.active.length;
  const random = randomFrom(options.key);
  const rounds = isConstant(target) && !from ? 0 : options.trees;
  for (let round = 0; round < rounds; round++) {
    if (objective.kind === "softmax") softmaxOf(scores, outputs, data.chances);
    let grown = 0;
    for (let k = 0; k < outputs; k++) {
      const own = outputs === 1 ? scores : scores.subarray(k * n, (k + 1) * n);
      gradients({ data, own, target, weights, objective, k, latest });
      if (drawn < d) data.active.set(random.split(model.roots.length).sample(d, drawn));
      grown += growTree(data, { scores: own, options, nodes: model });
    }
    // No output found a split: every later round would be the same.
    if (grown === 0 && drawn === d) break;
  }
  return {
    objective,
    outputs,
    base,
    roots: Int32Array.from(model.roots),
    column: Int16Array.from(model.column),
    threshold: Uint8Array.from(model.threshold),
    set: Int32Array.from(model.set),
    left: Int32Array.from(model.left),
    value: Float64Array.from(model.value),
    sets: Uint32Array.from(model.sets),
    gains: model.gains,
  };
}

/** The rows' codes side by side, with neighbouring levels of ordered columns merged down to the number of bins asked for. */
function prepare(
  input: BinnedColumns & { readonly objective: Objective },
  rows: Uint32Array,
  options: BoostingOptions,
): TreeData {
  const n = rows.length;
  const d = input.columns.length;
  const columns: Uint8Array[] = [];
  const tops: Uint8Array[] = [];
  const plain: boolean[] = [];
  const offsets = new Int32Array(d + 1);
  for (let j = 0; j < d; j++) {
    const from = input.columns[j] as Uint8Array;
    const codes = new Uint8Array(n);
    for (let i = 0; i < n; i++) codes[i] = from[rows[i] as number] as number;
    const counts = new Int32Array(input.levels[j] as number);
    for (let i = 0; i < n; i++) counts[codes[i] as number] = (counts[codes[i] as number] as number) + 1;
    const groups = input.ordered[j] ? mergeLevels(counts, options.bins) : compactLevels(counts);
    for (let i = 0; i < n; i++) codes[i] = groups.group[codes[i] as number] as number;
    columns.push(codes);
    tops.push(groups.top);
    plain.push(groups.top.length <= options.plainLevels);
    offsets[j + 1] = (offsets[j] as number) + groups.top.length;
  }
  return {
    rows: n,
    columns,
    tops,
    plain,
    ordered: input.ordered,
    offsets,
    active: Int32Array.from({ length: Math.min(d, Math.ceil(d * options.columnShare)) }, (_, j) => j),
    gradient: new Float64Array(n),
    hessian: new Float64Array(n),
    chances: new Float64Array(input.objective.kind === "softmax" ? input.objective.classes * n : 0),
    order: new Int32Array(n),
    spill: new Int32Array(n),
    orderedGradient: new Float64Array(n),
    orderedHessian: new Float64Array(n),
    pool: [],
  };
}

/** Category levels that occur, numbered anew; `top` says which level each was. */
function compactLevels(counts: Int32Array): { readonly group: Uint8Array; readonly top: Uint8Array } {
  const group = new Uint8Array(counts.length);
  const top: number[] = [];
  for (let level = 0; level < counts.length; level++) {
    if (counts[level] === 0) continue;
    group[level] = top.length;
    top.push(level);
  }
  return { group, top: Uint8Array.from(top) };
}

function baseScores(target: Float64Array, weights: Float64Array | undefined, objective: Objective): Float64Array {
  const outputs = objective.kind === "softmax" ? objective.classes : 1;
  const sums = new Float64Array(outputs);
  let total = 0;
  for (let i = 0; i < target.length; i++) {
    const weight = weights ? (weights[i] as number) : 1;
    total += weight;
    const y = target[i] as number;
    if (objective.kind === "softmax") sums[y] = (sums[y] as number) + weight;
    else sums[0] = (sums[0] as number) + weight * y;
  }
  // Half a row more on each side keeps the odds of a class that never occurs finite.
  if (objective.kind === "softmax") return sums.map((sum) => Math.log((sum + 0.5) / (total + outputs / 2)));
  const sum = sums[0] as number;
  if (objective.kind === "cox") return Float64Array.of(0);
  if (objective.kind === "logistic") return Float64Array.of(Math.log((sum + 0.5) / (total - sum + 0.5)));
  return Float64Array.of(total > 0 ? sum / total : 0);
}

function isConstant(target: Float64Array): boolean {
  for (let i = 1; i < target.length; i++) if (target[i] !== target[0]) return false;
  return true;
}

/** Chances of every output from its scores, both output after output (outputs × rows). */
function softmaxOf(scores: Float64Array, outputs: number, chances: Float64Array): void {
  const n = scores.length / outputs;
  for (let i = 0; i < n; i++) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < outputs; k++) top = Math.max(top, scores[k * n + i] as number);
    let sum = 0;
    for (let k = 0; k < outputs; k++) {
      const e = Math.exp((scores[k * n + i] as number) - top);
      chances[k * n + i] = e;
      sum += e;
    }
    for (let k = 0; k < outputs; k++) chances[k * n + i] = (chances[k * n + i] as number) / sum;
  }
}

/** First and second derivatives of the loss at the present scores, into the data's arrays. */
function gradients(step: {
  readonly data: TreeData;
  readonly own: Float64Array;
  readonly target: Float64Array;
  readonly weights: Float64Array | undefined;
  readonly objective: Objective;
  readonly k: number;
  readonly latest: Uint32Array | undefined;
}): void {
  const { data, own, target, weights, objective, k, latest } = step;
  const { gradient, hessian, chances, rows: n } = data;
  if (objective.kind === "squared-error") {
    for (let i = 0; i < n; i++) gradient[i] = (own[i] as number) - (target[i] as number);
    hessian.fill(1);
  } else if (latest) {
    coxGradients(own, target, { latest, gradient, hessian });
  } else if (objective.kind === "logistic") {
    for (let i = 0; i < n; i++) {
      const p = 1 / (1 + Math.exp(-(own[i] as number)));
      gradient[i] = p - (target[i] as number);
      hessian[i] = p * (1 - p);
    }
  } else if (objective.kind === "softmax") {
    // The diagonal of the softmax's Hessian underrates the curvature by (K − 1) / K (Friedman 2001, algorithm 6).
    const factor = objective.classes / (objective.classes - 1);
    for (let i = 0; i < n; i++) {
      const p = chances[k * n + i] as number;
      gradient[i] = p - (target[i] === k ? 1 : 0);
      hessian[i] = factor * p * (1 - p);
    }
  }
  if (!weights) return;
  for (let i = 0; i < n; i++) {
    gradient[i] = (gradient[i] as number) * (weights[i] as number);
    hessian[i] = (hessian[i] as number) * (weights[i] as number);
  }
}

import type { GrowingNodes } from "./boosting-tree.ts";

/** What is predicted: a number, the chance of 1 (target 0 or 1), the chances of classes 0 … classes − 1, or the log hazard of an event, up to a
 * constant (target t > 0 where it happened at t, −t where the row was lost from sight at t). */
export type Objective =
  | { readonly kind: "squared-error" }
  | { readonly kind: "cox" }
  | { readonly kind: "logistic" }
  | { readonly kind: "softmax"; readonly classes: number };

/** A fitted model: plain data, can be saved and sent to threads. Trees lie one after the other in the node arrays; tree t speaks for
 * output t mod `outputs`. */
export interface BoostingModel {
  readonly objective: Objective;
  readonly outputs: number;
  /** Score of each output before the first tree (log-odds, log-chance, or mean). */
  readonly base: Float64Array;
  /** First node of each tree. */
  readonly roots: Int32Array;
  /** Column of each node's split; −1 at a leaf. */
  readonly column: Int16Array;
  /** Ordered split: codes ≤ threshold go left. */
  readonly threshold: Uint8Array;
  /** Split by a set: number of the set in `sets` (its levels go left); −1 for an ordered split. */
  readonly set: Int32Array;
  /** Left child; the right one follows it. */
  readonly left: Int32Array;
  /** Score that a leaf adds. */
  readonly value: Float64Array;
  /** 256 bits a set: eight words each. */
  readonly sets: Uint32Array;
  /** Gain in loss of all splits on each column. */
  readonly gains: Float64Array;
}

/** Predictions of a model.
 * @param rows indices to predict, default all
 * @returns one value (or chance of 1) per row; for softmax, rows × classes, row-major */
export function predictBoosting(
  model: BoostingModel,
  columns: readonly Uint8Array[],
  rows?: Uint32Array | undefined,
): Float64Array {
  const out = boostingScores(model, columns, rows);
  const { outputs } = model;
  const n = out.length / outputs;
  if (model.objective.kind === "logistic") for (let i = 0; i < n; i++) out[i] = 1 / (1 + Math.exp(-(out[i] as number)));
  else if (model.objective.kind === "softmax") {
    for (let i = 0; i < n; i++) {
      let top = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < outputs; k++) top = Math.max(top, out[i * outputs + k] as number);
      let sum = 0;
      for (let k = 0; k < outputs; k++) {
        const e = Math.exp((out[i * outputs + k] as number) - top);
        out[i * outputs + k] = e;
        sum += e;
      }
      for (let k = 0; k < outputs; k++) out[i * outputs + k] = (out[i * outputs + k] as number) / sum;
    }
  }
  return out;
}

/** What the base and the trees add up to, before it becomes a chance: rows × outputs, row-major. */
export function boostingScores(
  model: BoostingModel,
  columns: readonly Uint8Array[],
  rows?: Uint32Array | undefined,
): Float64Array {
  const n = rows?.length ?? columns[0]?.length ?? 0;
  const { outputs, roots, column, threshold, set, left, value, sets } = model;
  const out = new Float64Array(n * outputs);
  for (let i = 0; i < n; i++) for (let k = 0; k < outputs; k++) out[i * outputs + k] = model.base[k] as number;
  for (let t = 0; t < roots.length; t++) {
    const root = roots[t] as number;
    const k = t % outputs;
    for (let i = 0; i < n; i++) {
      const row = rows ? (rows[i] as number) : i;
      let node = root;
      for (;;) {
        const j = column[node] as number;
        if (j < 0) break;
        const code = (columns[j] as Uint8Array)[row] as number;
        const s = set[node] as number;
        const goesLeft =
          s < 0
            ? code <= (threshold[node] as number)
            : (((sets[s * 8 + (code >> 5)] as number) >>> (code & 31)) & 1) === 1;
        node = (left[node] as number) + (goesLeft ? 0 : 1);
      }
      out[i * outputs + k] = (out[i * outputs + k] as number) + (value[node] as number);
    }
  }
  return out;
}

/** A model's trees, ready for more to be grown behind them. */
export function growingNodes(model: BoostingModel): GrowingNodes {
  return {
    roots: [...model.roots],
    column: [...model.column],
    threshold: [...model.threshold],
    set: [...model.set],
    left: [...model.left],
    value: [...model.value],
    sets: [...model.sets],
    gains: model.gains.slice(),
  };
}

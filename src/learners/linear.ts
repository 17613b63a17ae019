import type { BinnedColumns, Objective } from "./trees/boosting.ts";
import { mergeLevels } from "./trees/boosting-bins.ts";

/** A fitted additive model: the score of a row is the intercept plus one weight per column, found by its level. Plain data. */
export interface LinearModel {
  readonly objective: Exclude<Objective, { readonly kind: "cox" }>;
  readonly outputs: number;
  readonly intercept: Float64Array;
  /** weights[j][level · outputs + k]; 0 for a level that was never seen. */
  readonly weights: readonly Float64Array[];
}

export interface LinearOptions {
  /** Ridge penalty on every weight, in rows. */
  readonly l2: number;
  /** Groups of about equal count that an ordered column is cut into, so that it may bend. */
  readonly groups: number;
  /** Most passes over the columns. */
  readonly sweeps: number;
  /** Passes end when no weight moves by more. */
  readonly tolerance: number;
}

export const DEFAULT_LINEAR: LinearOptions = { l2: 1, groups: 16, sweeps: 20, tolerance: 1e-3 };

/** Ridge regression on one-hot levels: linear for a number, logistic for a chance, one-against-the-rest logistic for classes.
 * Newton's method column by column: the levels of one column never overlap, so its part of the Hessian is diagonal.
 * @param input.target one number per row of the columns: a value, 0 or 1, or a class
 * @param input.rows indices of the rows to learn from, default all
 * @source Hoerl & Kennard (1970), Technometrics; le Cessie & van Houwelingen (1992), Applied Statistics 41 */
export function fitLinear(
  input: BinnedColumns & {
    readonly target: ArrayLike<number>;
    readonly objective: Exclude<Objective, { readonly kind: "cox" }>;
    readonly rows?: Uint32Array | undefined;
    readonly options?: Partial<LinearOptions> | undefined;
  },
): LinearModel {
  const options = { ...DEFAULT_LINEAR, ...input.options };
  const { objective, columns } = input;
  const all = columns[0]?.length ?? input.target.length;
  const rows = input.rows ?? Uint32Array.from({ length: all }, (_, i) => i);
  const groups = columns.map((codes, j) => {
    const counts = new Int32Array(input.levels[j] as number);
    for (const row of rows) counts[codes[row] as number] = (counts[codes[row] as number] as number) + 1;
    if (!input.ordered[j]) return Uint8Array.from(counts, (_, level) => level);
    return mergeLevels(counts, options.groups).group;
  });
  const design = columns.map((codes, j) =>
    Uint8Array.from(rows, (row) => (groups[j] as Uint8Array)[codes[row] as number] as number),
  );
  const outputs = objective.kind === "softmax" ? objective.classes : 1;
  const intercept = new Float64Array(outputs);
  const weights = columns.map((_, j) => new Float64Array((input.levels[j] as number) * outputs));
  for (let k = 0; k < outputs; k++) {
    const target = Float64Array.from(rows, (row) => {
      const y = input.target[row] as number;
      return objective.kind === "softmax" ? (y === k ? 1 : 0) : y;
    });
    const fitted = fitOutput(design, target, objective.kind === "squared-error", options);
    intercept[k] = fitted.intercept;
    weights.forEach((own, j) => {
      const group = groups[j] as Uint8Array;
      for (let level = 0; level < group.length; level++)
        own[level * outputs + k] = (fitted.weights[j] as Float64Array)[group[level] as number] as number;
    });
  }
  return { objective, outputs, intercept, weights };
}

/** Predictions of a model.
 * @param rows indices to predict, default all
 * @returns one value (or chance of 1) per row; for classes, rows × classes, row-major, each row summing to 1 */
export function predictLinear(
  model: LinearModel,
  columns: readonly Uint8Array[],
  rows?: Uint32Array | undefined,
): Float64Array {
  const n = rows?.length ?? columns[0]?.length ?? 0;
  const { outputs, objective } = model;
  const out = new Float64Array(n * outputs);
  for (let i = 0; i < n; i++) {
    const row = rows ? (rows[i] as number) : i;
    let sum = 0;
    for (let k = 0; k < outputs; k++) {
      let score = model.intercept[k] as number;
      for (let j = 0; j < columns.length; j++) {
        const level = (columns[j] as Uint8Array)[row] as number;
        score += (model.weights[j] as Float64Array)[level * outputs + k] as number;
      }
      const value = objective.kind === "squared-error" ? score : 1 / (1 + Math.exp(-score));
      out[i * outputs + k] = value;
      sum += value;
    }
    if (objective.kind === "softmax")
      for (let k = 0; k < outputs; k++) out[i * outputs + k] = (out[i * outputs + k] as number) / sum;
  }
  return out;
}

/** Intercept and weights (by column and group) of one output. */
function fitOutput(
  design: readonly Uint8Array[],
  target: Float64Array,
  isSquared: boolean,
  options: LinearOptions,
): { readonly intercept: number; readonly weights: readonly Float64Array[] } {
  const n = target.length;
  const weights = design.map(() => new Float64Array(256));
  if (n === 0) return { intercept: 0, weights };
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (target[i] as number) / n;
  let intercept = isSquared ? mean : Math.log((mean * n + 0.5) / (n - mean * n + 0.5));
  // Nothing to learn: penalised weights would creep all the same.
  if (target.every((y) => y === target[0])) return { intercept, weights };
  const scores = new Float64Array(n).fill(intercept);
  const gradient = new Float64Array(256);
  const hessian = new Float64Array(256);
  const step = new Float64Array(256);
  const nothing = new Uint8Array(n);
  const residual = new Float64Array(n);
  const curvature = new Float64Array(n).fill(1);
  // Column −1 is the intercept: one level, held by all, without a penalty.
  for (let sweep = 0; sweep < options.sweeps; sweep++) {
    // Derivatives at the start of the sweep; within it they follow the quadratic that Newton's method minimises.
    for (let i = 0; i < n; i++) {
      const score = scores[i] as number;
      const value = isSquared ? score : 1 / (1 + Math.exp(-score));
      residual[i] = value - (target[i] as number);
      if (!isSquared) curvature[i] = value * (1 - value);
    }
    let moved = 0;
    for (let j = -1; j < design.length; j++) {
      const codes = j < 0 ? nothing : (design[j] as Uint8Array);
      const own = j < 0 ? undefined : (weights[j] as Float64Array);
      gradient.fill(0);
      hessian.fill(0);
      for (let i = 0; i < n; i++) {
        const code = codes[i] as number;
        gradient[code] = (gradient[code] as number) + (residual[i] as number);
        hessian[code] = (hessian[code] as number) + (curvature[i] as number);
      }
      for (let level = 0; level < 256; level++) {
        const weight = own ? (own[level] as number) : 0;
        const penalty = own ? options.l2 : 1e-9;
        let move =
          -((gradient[level] as number) + (own ? penalty * weight : 0)) / ((hessian[level] as number) + penalty);
        // Far from the optimum a Newton step on log-odds can overshoot.
        if (!isSquared) move = Math.max(-1, Math.min(1, move));
        step[level] = move;
        if (own) own[level] = weight + move;
        moved = Math.max(moved, Math.abs(move));
      }
      if (!own) intercept += step[0] as number;
      for (let i = 0; i < n; i++) {
        const move = step[codes[i] as number] as number;
        scores[i] = (scores[i] as number) + move;
        residual[i] = (residual[i] as number) + (curvature[i] as number) * move;
      }
    }
    if (moved < options.tolerance) break;
  }
  return { intercept, weights };
}

import type { PreparedColumn } from "../cells/columns.ts";
import type { StepData, Target } from "./grow-task.ts";

/** One draw of the chain: whether a number is missing, the number, or a category. */
export interface Step {
  readonly kind: "missing" | "value" | "label";
  /** Index of the column. */
  readonly column: number;
  /** Indices of the earlier steps that the tree asks. */
  readonly predictors: readonly number[];
}

/** A step with the training rows' codes of it, for later trees to ask. */
export interface TrainingStep extends Step {
  readonly codes: Uint8Array;
  readonly ordered: boolean;
  /** Codes below this are ways of being missing. */
  readonly missingCodes: number;
  readonly target: Target;
  /** The rows that it may be learned from. */
  readonly rows: Uint32Array;
}

/** The chain of steps for an order of columns: a number with missing cells takes two, first whether it is missing, then its value. Each step
 * may ask all before it.
 * @param order column indices
 * @param missingFirst all questions of the first kind before everything else */
export function stepsOf(
  columns: readonly PreparedColumn[],
  { order, missingFirst }: { readonly order: readonly number[]; readonly missingFirst: boolean },
): TrainingStep[] {
  const chain: { readonly column: number; readonly kind: Step["kind"] }[] = [];
  const asksMissing = (j: number): boolean => columns[j]!.plan.kind === "quantity" && columns[j]!.plan.hasMissing;
  if (missingFirst) for (const column of order) if (asksMissing(column)) chain.push({ column, kind: "missing" });
  for (const column of order) {
    if (columns[column]!.plan.kind === "labels") chain.push({ column, kind: "label" });
    else {
      if (!missingFirst && asksMissing(column)) chain.push({ column, kind: "missing" });
      chain.push({ column, kind: "value" });
    }
  }
  const valueAt = new Map(chain.flatMap(({ column, kind }, at) => (kind === "value" ? [[column, at] as const] : [])));
  const allRows = rowsWhere(columns[0]?.codes.length ?? 0, () => true);
  return chain.map(({ column, kind }, at) => {
    const predictors: number[] = [];
    for (let i = 0; i < at; i++) {
      const other = chain[i]!;
      // A value's codes say too whether it is missing: the earlier question is then told twice.
      if (other.kind === "missing" && (valueAt.get(other.column) as number) <= at) continue;
      predictors.push(i);
    }
    return trainingStep(columns[column]!, { column, kind, predictors }, allRows);
  });
}

/** What a grow task is told of a step. */
export function stepDataOf(
  steps: readonly TrainingStep[],
  step: TrainingStep,
  options: { readonly minLeaf: number; readonly price: number; readonly scores: boolean },
): StepData {
  const asked = step.predictors.map((p) => steps[p] as TrainingStep);
  return {
    predictors: { codes: asked.map(({ codes }) => codes), ordered: asked.map(({ ordered }) => ordered) },
    missingCodes: asked.map(({ missingCodes }) => missingCodes),
    scoreRows: options.scores ? SCORE_ROWS : 0,
    target: step.target,
    minLeaf: options.minLeaf,
    price: options.price,
  };
}

/** Most rows that an additive score is fitted on: its weights are known well long before a tree's leaves are. */
export const SCORE_ROWS = 10_000;

function trainingStep(prepared: PreparedColumn, step: Step, allRows: Uint32Array): TrainingStep {
  const { plan, codes, usable } = prepared;
  const present = plan.codec.missing.length;
  const usableRows = (holds: (row: number) => boolean): Uint32Array => {
    for (let i = 0; i < codes.length; i++) if (!holds(i)) return rowsWhere(codes.length, holds);
    return allRows;
  };
  if (step.kind === "missing") {
    const classes = new Uint8Array(new SharedArrayBuffer(codes.length));
    for (let i = 0; i < codes.length; i++) classes[i] = Math.min(codes[i] as number, present);
    return {
      ...step,
      codes: classes,
      ordered: false,
      missingCodes: 0,
      target: { kind: "classes", classes, count: present + 1 },
      rows: allRows,
    };
  }
  if (step.kind === "label")
    return {
      ...step,
      codes,
      ordered: plan.codec.ordered,
      missingCodes: present,
      target: { kind: "classes", classes: codes, count: plan.codec.levels },
      rows: usableRows((i) => usable[i] === 1),
    };
  return {
    ...step,
    codes,
    ordered: true,
    missingCodes: present,
    target: {
      kind: "values",
      values: prepared.values as Float64Array,
      codes,
    },
    rows: usableRows((i) => usable[i] === 1 && (codes[i] as number) >= present),
  };
}

function rowsWhere(n: number, holds: (row: number) => boolean): Uint32Array {
  const out = new Uint32Array(new SharedArrayBuffer(4 * n));
  let count = 0;
  for (let i = 0; i < n; i++) if (holds(i)) out[count++] = i;
  return out.subarray(0, count);
}

import { type BinnedColumns, fitBoosting, type Objective, predictBoosting } from "../learners/trees/boosting.ts";

/** What one fold's model learns from. */
export interface FoldTask extends BinnedColumns {
  /** Of all units. */
  readonly target: Float64Array;
  /** Units to learn from, and to predict. */
  readonly rows: Uint32Array;
  readonly predict: Uint32Array;
  readonly objective: Objective;
}

/** A task: fits on some units and predicts others, in their order. Small trees and few of them, for labels are few. */
export function predictFold(task: FoldTask): Float64Array {
  const { rows } = task;
  const few = rows.length < 2000;
  const model = fitBoosting({
    ...task,
    options: {
      trees: few ? 60 : 100,
      leaves: few ? 6 : 31,
      learningRate: few ? 0.08 : 0.1,
      minLeafRows: Math.max(5, Math.min(20, Math.floor(rows.length / 20))),
      bins: 64,
    },
  });
  return predictBoosting(model, task.columns, task.predict);
}

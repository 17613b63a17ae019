import { fitBoosting, predictBoosting } from "../../learners/trees/boosting.ts";
import type { RandomKey } from "../../random.ts";
import type { Sides } from "./sides.ts";

/** Boosted trees that learn from half of the units which table a row is of, and score the other half; a task.
 * @returns the rows scored, their scores, and how much the splits on each column removed of the loss */
export function classify(
  data: Pick<Sides, "rows" | "isNew" | "unit" | "learns" | "codes"> & {
    readonly levels: readonly number[];
    readonly ordered: readonly boolean[];
    readonly key: RandomKey;
  },
): { readonly rows: Uint32Array; readonly scores: Float64Array; readonly gains: Float64Array } {
  const { codes, levels, ordered, isNew, key } = data;
  const all = Uint32Array.from({ length: data.rows }, (_, i) => i);
  const isLearnt = (row: number): boolean => data.learns[data.unit[row] as number] === 1;
  const rows = all.filter((row) => !isLearnt(row));
  const model = fitBoosting({
    columns: codes,
    levels,
    ordered,
    target: isNew,
    rows: all.filter(isLearnt),
    objective: { kind: "logistic" },
    options: { trees: 100, leaves: 16, learningRate: 0.1, minLeafRows: 20, bins: 48, columnShare: 0.5, key },
  });
  return { rows, scores: predictBoosting(model, codes, rows), gains: model.gains };
}

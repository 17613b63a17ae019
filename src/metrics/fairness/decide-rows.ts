import { type BinnedColumns, fitBoosting, predictBoosting } from "../../learners/trees/boosting.ts";
import type { RandomKey } from "../../random.ts";

/** One model to fit and to decide with: a task. */
export interface DecideData {
  /** Target 1 or 0; only the rows named are learned from. */
  readonly train: BinnedColumns & { readonly target: Float64Array; readonly rows: Uint32Array };
  readonly test: { readonly columns: readonly Uint8Array[]; readonly rows: Uint32Array };
  readonly key: RandomKey;
}

/** Decisions of a boosted model about the test rows: for as large a share of its own training rows as had the outcome, so that a rare outcome is
 * decided for as well.
 * @returns 1 or 0 per test row */
export function decideRows({ train, test, key }: DecideData): Uint8Array {
  const model = fitBoosting({
    ...train,
    objective: { kind: "logistic" },
    options: { trees: 30, leaves: 16, learningRate: 0.3, bins: 32, columnShare: 0.5, key },
  });
  const decide = thresholdOf(
    predictBoosting(model, train.columns, train.rows),
    train.rows.reduce((sum, row) => sum + (train.target[row] as number), 0),
  );
  return Uint8Array.from(predictBoosting(model, test.columns, test.rows), (chance) => (decide(chance) ? 1 : 0));
}

/** The cut that takes as near to `count` of the chances as ties allow. */
function thresholdOf(chances: Float64Array, count: number): (chance: number) => boolean {
  if (count === 0 || count === chances.length) return () => count > 0;
  const sorted = chances.slice().sort();
  const cut = sorted[sorted.length - count] as number;
  const above = sorted.reduce((sum, chance) => sum + (chance > cut ? 1 : 0), 0);
  const from = sorted.reduce((sum, chance) => sum + (chance >= cut ? 1 : 0), 0);
  return from - count <= count - above ? (chance) => chance >= cut : (chance) => chance > cut;
}

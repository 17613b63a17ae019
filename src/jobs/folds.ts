import { foldRows } from "../data/split.ts";
import { type Table, takeRows } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import type { Trial } from "../metrics/metric.ts";
import type { Random } from "../random.ts";
import type { JobEvents } from "./job.ts";

/** Refits by which a procedure is judged. */
export const FOLDS = 5;

/** Runs the whole procedure once per fold, on the other folds, so that every real row is a member of four trials and a non-member of one.
 * @param fit the procedure: real rows → synthetic rows
 * @param options entities: whose each row is; they stay together */
export async function refitOnFolds(
  table: Table,
  fit: (train: Table, random: Random) => Promise<Table>,
  options: {
    readonly entities: Int32Array | undefined;
    readonly random: Random;
    readonly events: JobEvents;
    readonly signal: AbortSignal | undefined;
  },
): Promise<readonly Trial[]> {
  const { entities, random, events, signal } = options;
  const splits = foldRows(table.rows, {
    folds: FOLDS,
    ...(entities ? { entities } : {}),
    random: random.split("folds"),
  });
  events.phase?.("refit", `${splits.length} folds, to judge the procedure`);
  const trials: Trial[] = [];
  for (const [fold, split] of splits.entries()) {
    throwIfCancelled(signal);
    const train = takeRows(table, split.train);
    const of = (rows: Uint32Array): Int32Array =>
      Int32Array.from(rows, (row) => (entities as Int32Array)[row] as number);
    trials.push({
      train,
      holdout: takeRows(table, split.holdout),
      synthetic: await fit(train, random.split("refit").split(fold)),
      ...(entities ? { entities: { train: of(split.train), holdout: of(split.holdout) } } : {}),
    });
    events.progress?.(trials.length, splits.length, "refits");
  }
  return trials;
}

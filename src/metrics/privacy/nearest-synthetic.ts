import type { Table } from "../../data/table.ts";
import { selectColumns } from "../../data/table.ts";
import { type Neighbours, nearestRows } from "../../learners/neighbours/nearest.ts";
import { buildTree } from "../../learners/neighbours/tree.ts";
import type { MetricInput, Trial } from "../metric.ts";
import { encodeMixed, fitMixedCodec } from "./mixed-table.ts";

/** Equally near rows that are listed. */
const MAX_TIES = 8;

/** The nearest rows of one table for each row of others, on some columns: numbers by rank among the trial's real rows, labels equal or not.
 * @param pool the table whose rows are found, at least one row
 * @param queries looked up one table after the other */
export function nearestOn(
  names: readonly string[],
  tables: { readonly pool: Table; readonly queries: readonly Table[]; readonly trial: Trial },
  input: Pick<MetricInput, "schema" | "executor" | "signal">,
): Promise<Neighbours> {
  const { pool, queries, trial } = tables;
  const codec = fitMixedCodec([selectColumns(trial.train, names), selectColumns(trial.holdout, names)], input.schema);
  return nearestRows(buildTree(encodeMixed([pool], codec)), encodeMixed([...queries], codec), {
    executor: input.executor,
    maxTies: MAX_TIES,
    signal: input.signal,
  });
}

/** The nearest rows of one query. */
export function nearestTo({ start, rows }: Neighbours, query: number): Uint32Array {
  return rows.subarray(start[query] as number, start[query + 1] as number);
}

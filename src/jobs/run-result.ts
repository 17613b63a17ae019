import type { Score } from "../metrics/metric.ts";
import type { Decision } from "../policy/decision.ts";
import type { DataLineage } from "../runs/data-lineage.ts";
import type { RunSummary } from "../text/run-summary.ts";

/** What a run of a text recipe came to. Plain JSON; `docs/schemas/run-result.schema.json` describes it. */
export interface RunResult {
  readonly format: "counterfoil-run-result/1";
  readonly decision: Decision;
  readonly scores: readonly Score[];
  /** How far the rows are from real ones, and what they were made from. */
  readonly lineage: DataLineage;
  readonly summary: RunSummary;
  /** Absolute path of the bundle; null: none was written. */
  readonly bundle: string | null;
  /** Absolute path of the report inside it. */
  readonly report: string | null;
  /** Rows of the release. */
  readonly rows: number;
  readonly seed: number;
  /** Wall clock of the whole job, judging and sealing included. */
  readonly seconds: number;
  readonly notices: readonly string[];
}

import type { BundleFolder } from "../evidence/bundle.ts";
import type { Signer } from "../evidence/sign.ts";
import type { Json } from "../llm/model.ts";
import type { Score } from "../metrics/metric.ts";
import type { Decision } from "../policy/decision.ts";
import type { Policy } from "../policy/policy.ts";
import type { Lineage, RunSummary } from "../text/run-summary.ts";
import type { JobEvents } from "./job.ts";

/** An accepted row on its way into the bundle. */
export interface ReleasedRow {
  /** The exported columns. */
  readonly values: Readonly<Record<string, Json>>;
  readonly lineage: Lineage;
  /** The cells of its source row that a prompt reads, as texts; empty: none. They are measured against, and go no further. */
  readonly source: readonly string[];
}

/** A model that a recipe names. */
export interface RunModel {
  /** The recipe's own name. */
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  /** Without key, user or password. */
  readonly endpoint: string;
}

export interface RunSource {
  /** The file or folder; only the last part of its path is told. */
  readonly name: string;
  /** False: a bundle of synthetic data. */
  readonly real: boolean;
  /** Of the bytes that were read, lower-case hex; only a salted digest of it leaves the house. */
  readonly sha256: string;
}

/** A judge's cell, which is told of though it is not exported. */
export interface RunJudge {
  /** Name of the step. */
  readonly step: string;
  /** Names of the scores in its cell. */
  readonly scores: readonly string[];
  readonly scale: readonly [number, number];
}

/** A run that is over. */
export interface RunPublication {
  readonly title: string;
  /** Final path of the bundle, absolute. */
  readonly out: string;
  /** The recipe as it was run: plain JSON, without keys, functions and paths of private data. It goes into the bundle as it is. */
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Names of the exported columns, in order. */
  readonly columns: readonly string[];
  /** In the order of the release; read once, one at a time. */
  readonly rows: AsyncIterable<ReleasedRow> | Iterable<ReleasedRow>;
  /** Asked for once the rows were read. */
  readonly summary: () => RunSummary;
  readonly models: readonly RunModel[];
  /** Null: the recipe has no source. */
  readonly source: RunSource | null;
  /** Default: none. */
  readonly judges?: readonly RunJudge[] | undefined;
  /** What samplers were told to draw, for exported columns: shares by label. Default: nothing is known. */
  readonly intended?: Readonly<Record<string, Readonly<Record<string, number>>>> | undefined;
  readonly policy: Policy;
  readonly policyText: string;
  readonly signer: Signer;
  readonly notices: readonly string[];
  readonly events: JobEvents;
  readonly signal?: AbortSignal | undefined;
}

/** Writes the release (Parquet and JSON lines), its lineage and what the run came to, judges it, decides by the policy, writes the report and seals the
 * bundle; the ledger learns of it. Memory does not grow with the rows, but for some tens of bytes each.
 * @param folder the unfinished bundle: `writeBundle(out, (folder) => publishRun(folder, …))`
 * @throws {ResourceError} disk full, read-only
 * @throws {Cancelled} the signal fired */
export declare function publishRun(
  folder: BundleFolder,
  run: RunPublication,
): Promise<{ readonly scores: readonly Score[]; readonly decision: Decision; readonly rows: number }>;

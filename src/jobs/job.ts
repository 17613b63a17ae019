import type { CompatReport, Peer } from "../compat/report.ts";
import type { PrivacyStatement } from "../evidence/privacy-statement.ts";
import type { Score } from "../metrics/metric.ts";
import type { Decision } from "../policy/decision.ts";
import type { DataLineage } from "../runs/data-lineage.ts";
import type { Shares } from "../synthesizers/shares.ts";
import type { PurposeOptions } from "./purpose.ts";
import type { SelfTest } from "./self-test.ts";
import type { TestRows } from "./test-rows.ts";

/** What a job tells while it runs; the command line draws it, a library user may ignore it. */
export interface JobEvents {
  /** A phase began ("read", "split", "fit", "sample", "evaluate", "report", "sign"). */
  readonly phase?: (name: string, detail?: string) => void;
  /** `done` of `total` units in the current phase. */
  readonly progress?: (done: number, total: number, unit?: string) => void;
  /** Something the user should know and that is no error: a column dropped, a header renamed, a key made. */
  readonly notice?: (message: string) => void;
}

export interface SynthesizeOptions extends PurposeOptions {
  /** Path of the source: CSV, TSV, JSON, JSONL, Parquet, DuckDB or SQLite file, or the folder of a bundle. */
  readonly source: string;
  /** SQL over the source (a database file needs it when it has more than one table). */
  readonly query?: string | undefined;
  /** Path of real rows beside a synthetic source: both are learnt from, and the holdout is drawn from these alone. */
  readonly anchor?: string | undefined;
  /** What somebody knows of the source: 0 real, k learnt from a source of generation k − 1. It can only raise what is found. */
  readonly sourceGeneration?: number | undefined;
  /** Folder of the bundle; must not exist. Default: `<source name>-synthetic` in the current folder. */
  readonly out?: string | undefined;
  /** Synthetic rows; default: as many as the source has. */
  readonly rows?: number | undefined;
  /** With the purpose "test": rows for rare combinations, at most; default 1,000. */
  readonly testPairRows?: number | undefined;
  /** A condition in CEL that every synthetic row meets. */
  readonly where?: string | undefined;
  /** Shares that the labels of a column get in the synthetic table. */
  readonly shares?: Shares | undefined;
  /** Default: "auto". */
  readonly synthesizer?: string | undefined;
  /** Options of the synthesizer, by name; its page in the docs lists them. */
  readonly synthesizerOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Path of a schema YAML; overrides what is inferred. */
  readonly schema?: string | undefined;
  /** Path of a policy YAML, or the name of a built-in one. */
  readonly policy?: string | undefined;
  /** Default .25. */
  readonly holdoutShare?: number | undefined;
  /** Release under (ε, δ)-differential privacy, spending so much; the source's ledger is charged. Absent: no guarantee. */
  readonly epsilon?: number | undefined;
  /** Default 1e-9. */
  readonly delta?: number | undefined;
  /** Column that says which rows belong to one person. */
  readonly group?: string | undefined;
  /** With `epsilon` and `group`: rows of one person that are learned from, at most; default 1. */
  readonly groupRows?: number | undefined;
  /** Column that is a key, to be made anew. */
  readonly id?: string | undefined;
  /** Whether privacy is measured on this release, or on the procedure that made it by five refits on folds of the source; "auto" (the default):
   * the procedure where the holdout has fewer than 500 rows. */
  readonly judge?: "auto" | "release" | "procedure" | undefined;
  /** Refits on random halves of the people by which the most isolated of them are attacked: an even number from 16; absent: none. */
  readonly shadowModels?: number | undefined;
  /** File in which the fitted model is kept, to be sampled later; must not exist. As private as the training rows. */
  readonly saveModel?: string | undefined;
  /** Write CSV beside Parquet. */
  readonly csv?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly signingKey?: string | undefined;
  /** A name for the real rows, the same in every run over them; their number of runs is counted under it, and by the rows themselves. */
  readonly sourceId?: string | undefined;
  /** Drop free-text columns instead of refusing them. */
  readonly dropText?: boolean | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EvaluateOptions extends PurposeOptions {
  readonly real: string;
  readonly synthetic: string;
  readonly holdout?: string | undefined;
  /** Tables whose keys the synthetic rows must refer to (`references` constraints): a path each, or name=path where there are several. */
  readonly parents?: readonly string[] | undefined;
  /** Those that the real rows refer to, in the same form. */
  readonly realParents?: readonly string[] | undefined;
  /** Also compute a peer's own numbers, to stand beside ours. */
  readonly compat?: Peer | undefined;
  /** Also try the gate on cases with a known right answer, made of the real rows (`jobs/killer-fixtures.ts`). */
  readonly selfTest?: boolean | undefined;
  readonly schema?: string | undefined;
  readonly policy?: string | undefined;
  /** Folder of the bundle; must not exist. Absent: nothing is written. */
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly signingKey?: string | undefined;
  /** A name for the real rows, the same in every run over them; their number of runs is counted under it, and by the rows themselves. */
  readonly sourceId?: string | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `synthesize` and `evaluate` answer, and what `--json` prints (published as a JSON Schema in docs/). */
export interface JobResult {
  readonly format: "counterfoil-result/1";
  readonly job: "synthesize" | "evaluate";
  readonly decision: Decision;
  readonly scores: readonly Score[];
  /** The five numbers that matter, by name; null where not computable. */
  readonly headline: {
    readonly pairs: { readonly value: number; readonly ceiling: number } | null;
    readonly twoSample: number | null;
    readonly trainOnSynthetic: number | null;
    readonly excessCopies: number | null;
    readonly commonestCategoryLost: { readonly column: string; readonly expected: number } | null;
  };
  /** A peer's own numbers for this table; null when they were not asked for. */
  readonly compat: CompatReport | null;
  /** What the gate answered to cases with a known right answer; null when it was not asked. */
  readonly selfTest: SelfTest | null;
  /** Absolute path of the bundle, and of its report; null when none was written. */
  readonly bundle: string | null;
  readonly report: string | null;
  readonly rows: { readonly train: number; readonly holdout: number; readonly synthetic: number };
  /** Test cases that follow the ordinary rows, which are all that `rows`, scores and decision speak of; absent: none were asked for. */
  readonly testCases?: TestRows;
  /** What the privacy metrics looked at. */
  readonly judged: "release" | "procedure";
  /** How far the synthetic rows are from real ones, and what they were learnt from; null: nobody knows. */
  readonly lineage: DataLineage | null;
  /** The guarantee, where there is one: what was spent on what, and what is outside. The same is in the bundle as `dp.json`. */
  readonly privacy?: PrivacyStatement;
  /** Folder of the evaluation, where the policy keeps it out of the bundle; null: it is in the bundle. */
  readonly evaluation?: string | null;
  /** Runs so far that measured the same real rows on this machine, this one included: each answer tells something of them. */
  readonly queries: number;
  readonly seed: number;
  readonly seconds: number;
  readonly notices: readonly string[];
}

export interface VerifyOptions {
  readonly bundle: string;
  /** Path of a public key (PEM) to trust; absent: this user's own key store. */
  readonly trust?: string | undefined;
  /** Measure every metric again from the private files, which `real` and its fellows name. */
  readonly recompute?: boolean | undefined;
  readonly real?: string | undefined;
  readonly anchor?: string | undefined;
  readonly synthetic?: string | undefined;
  readonly holdout?: string | undefined;
  readonly parents?: readonly string[] | undefined;
  readonly realParents?: readonly string[] | undefined;
  readonly schema?: string | undefined;
  readonly threads?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifyResult {
  readonly format: "counterfoil-verification/1";
  readonly trusted: boolean;
  /** The signed decision; null when not trusted. */
  readonly decision: Decision["decision"] | null;
  readonly signer: string | null;
  /** As it was signed; absent: not trusted, or a bundle that says nothing of it. */
  readonly lineage?: DataLineage;
  readonly files: number;
  /** What does not check, one sentence each; empty when trusted. */
  readonly problems: readonly string[];
  /** What was asked for and could not be done, and is no fault of the bundle; absent: nothing. */
  readonly notices?: readonly string[];
}

import type { Family, Score } from "../../metrics/metric.ts";
import type { Decision } from "../../policy/decision.ts";
import type { DataLineage } from "../../runs/data-lineage.ts";
import type { Kind } from "../../schema/schema.ts";
import type { PrivacyStatement } from "../privacy-statement.ts";
import type { Profiles } from "./profiles.ts";

/** Everything the report shows. Plain data; no table, so that no row can reach the page. */
export interface ReportInput {
  readonly title: string;
  readonly job: "synthesize" | "evaluate";
  readonly decision: Decision;
  readonly scores: readonly Score[];
  /** What each metric says and does not show; a `Metric` fits. A score without one is defined by its own fields. */
  readonly definitions?: readonly Definition[];
  readonly profiles: Profiles;
  readonly provenance: Provenance;
  readonly notices: readonly string[];
  /** The same five numbers as in the job's result. */
  readonly headline: Headline;
  /** What the privacy metrics looked at: this release, or the procedure by refits on folds; default: the release. */
  readonly judged?: "release" | "procedure";
  readonly selfTest?: SelfTestReport | null;
  /** The guarantee of a release under differential privacy; null: none. */
  readonly privacy?: PrivacyStatement | null;
  /** Set where the policy withholds what was computed from the real rows: no score, no profile and no count of theirs is in this input, and the page shows
   * the synthetic table alone. */
  readonly withheld?: { readonly columns: readonly SyntheticColumn[] } | null;
}

/** What was measured and decided, whatever it was measured on. */
export type Judgement = Pick<ReportInput, "decision" | "scores" | "definitions">;

/** A column of the synthetic table by itself. */
export interface SyntheticColumn {
  readonly name: string;
  readonly kind: Kind;
  /** Share of missing cells. */
  readonly missing: number;
  /** What its values are: quantiles, or the commonest labels with their shares, in words. */
  readonly words: string;
}

/** What the gate answered to cases with a known right answer. */
export interface SelfTestReport {
  /** Rows of each of the three parts that the real rows were cut into. */
  readonly rows: number;
  readonly held: number;
  readonly tried: number;
  readonly cases: readonly {
    readonly name: string;
    readonly says: string;
    readonly right: readonly string[];
    readonly got: string | null;
    readonly held: boolean | null;
    readonly because: readonly string[];
  }[];
}

/** The five numbers that matter; null where not computable. Same shape as in `jobs/job.ts`. */
export interface Headline {
  readonly pairs: { readonly value: number; readonly ceiling: number } | null;
  readonly twoSample: number | null;
  readonly trainOnSynthetic: number | null;
  readonly excessCopies: number | null;
  readonly commonestCategoryLost: { readonly column: string; readonly expected: number } | null;
}

/** The public words about one metric. */
export interface Definition {
  readonly name: string;
  readonly title: string;
  readonly family: Family;
  readonly better: "higher" | "lower";
  readonly range: readonly [number, number];
  readonly source: string;
  readonly definitionVersion: number;
  readonly explains: string;
  /** Shown, and never to be gated on. */
  readonly diagnostic?: true;
  /** How the number is computed, in words or symbols. */
  readonly formula?: string;
}

/** How the result came to be, and how somebody else can check it. */
export interface Provenance {
  /** Name of the source file; folders are cut off. */
  readonly source: string;
  /** Name of the synthetic file, when it was made elsewhere. */
  readonly synthetic?: string;
  /** Null: withheld. */
  readonly rows: { readonly train: number | null; readonly holdout: number | null; readonly synthetic: number };
  /** Of the synthetic table; null: nobody knows. */
  readonly lineage?: DataLineage | null | undefined;
  readonly seed: number;
  /** Null: the synthetic table was made elsewhere. */
  readonly synthesizer: {
    readonly name: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly notes: readonly string[];
  } | null;
  /** Version of the product. */
  readonly version: string;
  readonly node: string;
  /** ISO 8601. */
  readonly created: string;
  readonly policy: { readonly name: string; readonly sha256: string };
  /** SHA-256 of the split; null: nothing was split. */
  readonly splitDigest: string | null;
  readonly schemaDigest: string;
  /** Id of the key that signs the bundle; null: not signed. */
  readonly signer: string | null;
  /** Commands that check this result, one a line. */
  readonly verify: readonly string[];
}

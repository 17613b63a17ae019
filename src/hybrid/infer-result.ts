import type { CombiningRule } from "./estimation/combining-rules.ts";
import type { AlarmTest, MethodName, TermEstimate } from "./estimation/estimation.ts";
import type { FamilyName } from "./formula/outcome.ts";

/** How free-running synthetic tables were made: each record drawn from one fitted model (as our own synthesizers do), from posterior draws, or
 * values of real records replaced. */
export type Synthesis = "fitted" | "full" | "partial";

/** What `counterfoil infer --json` prints and `infer.json` holds. Estimates only, no row. */
export interface InferResult {
  readonly format: "counterfoil-infer/1";
  readonly version: string;
  /** "alarm": there is an estimate, and a test says that its assumptions do not hold. "none": no valid interval can be given. */
  readonly decision: "estimated" | "alarm" | "none";
  /** Whole sentences, the answer first. */
  readonly sentences: readonly string[];
  readonly formula: string;
  readonly family: FamilyName;
  /** Of the quantile; null: no quantile is estimated. */
  readonly probability: number | null;
  readonly outcome: {
    readonly column: string;
    /** As the formula has it: "log(cost)". */
    readonly label: string;
    readonly labels: readonly [zero: string, one: string] | null;
  };
  readonly level: number;
  readonly seed: number;
  /** All units and the labelled ones among them, after rows with empty cells were left out. */
  readonly units: number;
  readonly labelled: number;
  readonly files: readonly InferFile[];
  readonly sources: readonly InferSource[];
  /** The method to go by; null: none gives a valid interval. */
  readonly primary: MethodName | null;
  /** Why the default method is not the one to go by. */
  readonly refusal: string | null;
  /** The coefficient that the first sentence speaks of. */
  readonly headline: string | null;
  readonly estimations: readonly InferEstimation[];
  readonly alarms: readonly InferAlarm[];
  /** What free-running synthetic tables say; null: there are none. */
  readonly tables: InferTables | null;
  readonly notices: readonly string[];
}

export interface InferFile {
  readonly role: "labelled" | "unlabelled" | "synthetic";
  readonly name: string;
  readonly rows: number;
  readonly sha256: string;
}

export interface InferSource {
  readonly name: string;
  readonly kind: "proxy" | "synthetic" | "cross-fitted";
}

export type InferTerm = TermEstimate;

export interface InferEstimation {
  readonly method: MethodName;
  /** Null where the method gives no estimate here. */
  readonly terms: readonly InferTerm[] | null;
  /** p rows of p numbers; null where there is no estimate. */
  readonly covariance: readonly (readonly number[])[] | null;
  readonly degreesOfFreedom: number | null;
  readonly lambda: number | null;
  /** Why there is no estimate. */
  readonly notComputable: string | null;
}

export interface InferAlarm extends AlarmTest {
  /** What the test says, in a whole sentence. */
  readonly words: string;
}

export interface InferTables {
  readonly tables: number;
  /** Rows of one table, on average, and complete labelled rows. */
  readonly syntheticRows: number;
  readonly realRows: number;
  readonly synthesis: Synthesis;
  /** The rule that belongs to it. */
  readonly rule: CombiningRule;
  readonly combined: readonly {
    readonly rule: CombiningRule;
    readonly terms: readonly Omit<InferTerm, "effectiveN">[] | null;
    readonly repaired: boolean;
    readonly notComputable: string | null;
  }[];
  /** The first table as if it were real: what must not be done. */
  readonly asIfReal: readonly Omit<InferTerm, "effectiveN">[];
  /** The tables beside the labelled rows alone, by the rule that belongs. */
  readonly agreement: readonly {
    readonly term: string;
    /** Mean share of the two intervals that they have in common; below 0: the length of the gap. */
    readonly overlap: number;
    /** Difference over the standard error of labelled rows alone. */
    readonly standardisedDifference: number;
  }[];
}

/** What a policy makes of the scores. Plain data, written to `decision.json`. */

export type Outcome = "pass" | "warn" | "fail" | "indeterminate" | "not-applicable";

export type Verdict = "pass" | "refuse" | "indeterminate" | "waived";

export interface RuleResult {
  readonly rule: string;
  readonly metric: string;
  readonly outcome: Outcome;
  /** Whether a fail refuses the release ("refuse") or is only told ("warn"). */
  readonly severity: "refuse" | "warn";
  /** One plain sentence with the numbers in it: what was measured, what was wanted. */
  readonly reason: string;
  /** When indeterminate: what would make it decidable. */
  readonly remedy?: string;
  readonly bound: string;
  readonly observed: number | null;
  readonly op: string;
  readonly threshold: number;
}

export interface Decision {
  readonly decision: Verdict;
  readonly policy: { readonly name: string; readonly sha256: string };
  /** One sentence a person who was not there understands. */
  readonly summary: string;
  readonly rules: readonly RuleResult[];
  /** Smallest planted leaks that this policy refuses in at least 4 of 5 plantings on this very table. */
  readonly detectable: readonly {
    readonly leak: "verbatim" | "noisy" | "outliers";
    /** Share of the released rows; null: none of the planted shares. */
    readonly share: number | null;
    readonly tried: readonly { readonly share: number; readonly refused: number; readonly plantings: number }[];
  }[];
}

import type { Planting } from "../metrics/metric.ts";
import type { Facts } from "./facts.ts";

/** What a policy makes of the scores. Plain data, written to `decision.json`. */

export type Outcome = "pass" | "warn" | "fail" | "indeterminate" | "not-applicable";

export type Verdict = "pass" | "refuse" | "indeterminate" | "waived";

export interface RuleResult {
  readonly rule: string;
  /** Whose score the rule looks at; null: at facts, or at several. */
  readonly metric: string | null;
  readonly outcome: Outcome;
  /** Whether a fail refuses the release ("refuse") or is only told ("warn"). */
  readonly severity: "refuse" | "warn";
  /** One plain sentence with the numbers in it: what was measured, what was wanted. */
  readonly reason: string;
  /** When indeterminate: what would make it decidable. */
  readonly remedy?: string;
  /** The rule's expressions, as the policy has them. */
  readonly pass: string;
  readonly fail: string;
  /** Where the rule is one comparison: the bound it looks at, what that was, and what was wanted. */
  readonly bound: string | null;
  readonly observed: number | null;
  readonly op: string | null;
  readonly threshold: number | null;
}

export interface Decision {
  readonly decision: Verdict;
  readonly policy: { readonly name: string; readonly sha256: string };
  /** One sentence a person who was not there understands. */
  readonly summary: string;
  readonly rules: readonly RuleResult[];
  /** Smallest planted leaks that this policy refuses in at least 4 of 5 plantings on this very table. */
  readonly detectable: readonly {
    readonly leak: Planting["leak"];
    /** Share of the released rows; null: none of the planted shares. */
    readonly share: number | null;
    readonly tried: readonly { readonly share: number; readonly refused: number; readonly plantings: number }[];
  }[];
  /** What rules may have asked beside scores. */
  readonly facts: Facts;
}

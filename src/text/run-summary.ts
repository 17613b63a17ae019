import type { CallRecord } from "../llm/call.ts";
import type { LaneSummary } from "../llm/lane.ts";
import type { Json } from "../llm/model.ts";
import type { CallMark, Stop } from "./step.ts";

export type { LaneSummary };

/** What a run came to: projections of the journal and of the rows, plain data for scores, report and result. */
export interface RunSummary {
  /** Rows that were asked for: the recipe's number, or as many as the source has. */
  readonly asked: number;
  readonly accepted: number;
  /** Rows that were begun: accepted + rejected + unfinished. */
  readonly attempts: number;
  readonly rejected: number;
  /** Begun and left when the run was stopped. */
  readonly unfinished: number;
  /** By step and reason, most first. */
  readonly rejections: readonly RejectionCount[];
  /** Why the run ended before it had what was asked for; null: it has. */
  readonly stopped: Stop | null;
  /** Most expensive first. */
  readonly spending: readonly Spending[];
  readonly lanes: readonly LaneSummary[];
  /** Wall clock of this process, from the first step to the last. */
  readonly seconds: number;
}

export interface RejectionCount {
  readonly step: string;
  readonly reason: string;
  readonly rows: number;
  /** Up to five: number of the attempt, of its source row, and what was said of it. */
  readonly examples: readonly {
    readonly index: number;
    readonly sourceIndex: number | null;
    readonly detail: string;
    readonly matched?: number | undefined;
  }[];
}

/** The answers that the rows of this run rest on, rejected rows included, by who asked and who answered. */
export interface Spending {
  readonly column: string;
  readonly model: string;
  /** Answers, and those among them that stood in the journal before. */
  readonly calls: number;
  readonly replayed: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Calls whose number of tokens the provider did not say. */
  readonly uncounted: number;
  /** US dollars of all of them, replayed ones at the price of today's file; null: not known. */
  readonly price: number | null;
  /** US dollars of those that this run paid. */
  readonly paidNow: number | null;
  readonly rungs: Readonly<Record<string, number>>;
  readonly repaired: number;
  readonly unusable: number;
}

/** One row from its source to the release. */
export interface Lineage {
  /** Number in the release, 0 …. */
  readonly row: number;
  readonly index: number;
  readonly sample: number;
  readonly sourceIndex: number | null;
  readonly steps: readonly {
    readonly step: string;
    /** "sampler", "expression", "call", "check", "deduplicate" or "own". */
    readonly kind: string;
    readonly value: Json;
    /** With what became of the answer, where there is something to tell. */
    readonly calls: readonly (CallRecord & { readonly mark?: CallMark | undefined })[];
  }[];
}

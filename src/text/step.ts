import type { Caller, CallRecord } from "../llm/call.ts";
import type { Json } from "../llm/model.ts";
import type { Random } from "../random.ts";

/** A row while it is being made. */
export interface Row {
  /** Number of the attempt, 0 …: the order in which rows are accepted, whatever the order in which answers arrive. */
  readonly index: number;
  /** Which draw of its source row this is, so that equal prompts of different rows get different answers: see `identity.ts`. */
  readonly sample: number;
  /** The source row; empty where the recipe has no source. */
  readonly source: Readonly<Record<string, Json>>;
  /** Number of the source row in the file, 0 …; null: no source. */
  readonly sourceIndex: number | null;
  /** What the steps made so far, by their names. A step writes one cell, of its own name. */
  readonly cells: Readonly<Record<string, Json>>;
}

export interface CellContext {
  /** A stream of this row and this step alone. */
  readonly random: Random;
  readonly caller: Caller;
  /** Fires when the run ends early: cancelled, or broken. */
  readonly signal: AbortSignal;
  /** Every call this cell made, answered or not: written by the step as results come. */
  readonly record: (call: CallRecord, mark?: CallMark) => void;
}

/** What became of an answer. */
export interface CallMark {
  /** Rung of the ladder on which a structured answer was asked for. */
  readonly rung?: string;
  /** The answer was not what was asked for, and something was mended: which repair. */
  readonly repaired?: string;
  /** The answer could not be used, and it was asked again: why. */
  readonly unusable?: string;
}

export type CellOutcome =
  | { readonly value: Json; readonly reject?: undefined; readonly stop?: undefined }
  /** The row is rejected here; no later step of it runs. */
  | { readonly reject: Rejection; readonly value?: undefined; readonly stop?: undefined }
  /** The whole run must end here: a limit of the budget, a key that is refused. Rows that are done are kept. */
  | { readonly stop: Stop; readonly value?: undefined; readonly reject?: undefined };

export interface Rejection {
  /** Stable and short: "check", "duplicate", "unparsable", "filtered", "context", "failed", "not-recorded", "own". Counted in the report. */
  readonly reason: string;
  /** One sentence for a reader. */
  readonly detail: string;
  /** Number of the attempt (`Row.index`) of the accepted row that it duplicates. */
  readonly matched?: number | undefined;
}

export interface Stop {
  /** Of a step: "budget", "bad-key", "no-model". Of the run: "every-row-rejected", "attempts-used-up", "source-used-up". */
  readonly reason: string;
  readonly detail: string;
}

/** A stage of a text recipe. The scheduler runs a `cell` step for a row as soon as everything it reads is there, in any order over rows; it offers rows to
 * a `stream` step (a barrier) one by one in the order of their numbers, once all their cell steps are done. */
export interface Step {
  readonly name: string;
  /** Names of the steps whose cells it reads; "source" for the source row. */
  readonly reads: readonly string[];
  /** Names of the checks listed before it: it starts only when they have passed the row, so that nothing is paid for a row that is rejected anyway. */
  readonly after: readonly string[];
  readonly cell?: ((row: Row, context: CellContext) => CellOutcome | Promise<CellOutcome>) | undefined;
  /** Called once for a run, in which it may keep what it has seen. */
  readonly stream?: (() => StreamFilter) | undefined;
}

/** A filter that must see the rows in order: deduplication, decontamination. Its verdict may depend on rows accepted before, on nothing else. */
export interface StreamFilter {
  /** Judges a row when its turn has come: every row before it is decided.
   * @returns undefined: the row stays */
  offer(row: Row): Rejection | undefined | Promise<Rejection | undefined>;
  /** The row that was offered last was accepted, by the filters after this one too. */
  accepted?(row: Row): void;
  /** Asked before a row's turn: a rejection that will stand when its turn comes, whatever rows are accepted until then. Its replacement starts at once. */
  early?(row: Row): Rejection | undefined;
  /** Of rows with the same key one at most can ever be accepted, the first whose turn comes: lets the others be replaced at once. */
  key?(row: Row): string;
}

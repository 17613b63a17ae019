import type { Table } from "../data/table.ts";
import type { Executor } from "../executors/executor.ts";
import type { Random } from "../random.ts";
import type { Parents } from "../schema/broken-rows.ts";
import type { Codec, Encoded } from "../schema/encode.ts";
import type { Purpose } from "../schema/purpose.ts";
import type { TableSchema } from "../schema/schema.ts";

export type Family = "validity" | "fidelity" | "coverage" | "diversity" | "utility" | "fairness" | "privacy";

/** A measurement of a synthetic table. Adding one: one file, one line in `index.ts`, one docs page. */
export interface Metric {
  /** Equal to the file's name. */
  readonly name: string;
  readonly title: string;
  readonly family: Family;
  readonly better: "higher" | "lower";
  /** Least and greatest possible value. */
  readonly range: readonly [number, number];
  readonly source: string;
  /** Raised whenever the number for the same data would change. */
  readonly definitionVersion: number;
  /** One plain sentence: what it says, and what it does not show. */
  readonly explains: string;
  /** Shown, and never to be gated on: it rewards damage, or a copy can pass it. */
  readonly diagnostic?: true;
  measure(input: MetricInput): Promise<Score>;
}

/** A number with its uncertainty; low and high at the score's level. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type Score = MeasuredScore | UncomputedScore;

interface ScoreBase {
  readonly metric: string;
  readonly title: string;
  readonly family: Family;
  readonly definitionVersion: number;
  readonly better: "higher" | "lower";
}

export interface MeasuredScore extends ScoreBase, Interval {
  /** Confidence of every interval here, e.g. .95; privacy: 1 − the rule's false-alarm share. */
  readonly level: number;
  /** Rows the number rests on, per side. */
  readonly n: number;
  readonly seeds: readonly number[];
  /** Everything there is was counted: value, low and high are one number. Absent: it rests on a sample. */
  readonly counted?: true;
  /** The same metric for fresh real rows: training rows against the holdout, at the same number of rows. */
  readonly ceiling?: Interval;
  /** The same metric for columns permuted independently of each other, at the same number of rows. */
  readonly floor?: Interval;
  /** value − ceiling. */
  readonly difference?: Interval;
  /** (value − floor) / (ceiling − floor). */
  readonly normalised?: Interval;
  /** Attacks and tests: one-sided probability of so much or more where nothing leaked. */
  readonly p?: number;
  /** Privacy: the same score for leaks planted in this very table. */
  readonly plantings?: readonly Planting[];
  /** The worst parts by name (columns, pairs), worst first; at most 50. Never a row. */
  readonly worst?: readonly WorstPart[];
  /** Anything else the report shows: plain JSON, aggregates only, no cell that fewer than 5 rows hold. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface UncomputedScore extends ScoreBase {
  /** Why there is no number; a policy takes it as indeterminate unless the metric does not apply. */
  readonly notComputable: string;
  /** True when there is nothing to measure (no category column for a category metric), as against something that stood in the way. */
  readonly notApplicable?: boolean;
}

export interface WorstPart {
  readonly name: string;
  readonly value: number;
  readonly ceiling?: number;
  readonly note?: string;
}

/** The score after a leak was planted: rows of the synthetic table replaced by training rows. */
export interface Planting extends Interval {
  readonly leak: "verbatim" | "noisy" | "outliers" | "spread";
  /** Share of the synthetic rows replaced. */
  readonly share: number;
  /** Attacks: as in the score. */
  readonly p?: number;
  /** Which planting of this leak and share, 0 … ; the same number names the same planted table in every privacy metric. */
  readonly index: number;
}

export interface MetricInput {
  /** Training rows. Columns that were modelled (`schema/reduce.ts`), the same in all three tables. */
  readonly train: Table;
  /** Real rows that nothing was fitted on; absent: quality is measured between halves of `train`, and privacy cannot be. */
  readonly holdout: Table | undefined;
  readonly synthetic: Table;
  /** The columns that were not modelled (identifiers, free text), where the synthetic table has any; rows as in the tables above. */
  readonly unmodelled?:
    | { readonly train: Table; readonly holdout: Table | undefined; readonly synthetic: Table }
    | undefined;
  /** Tables whose keys the rows refer to (`references` constraints): those that the synthetic table must, and the real ones. */
  readonly parents?: { readonly synthetic: Parents; readonly real: Parents } | undefined;
  readonly schema: TableSchema;
  /** Real rows as codes, fitted on train ∪ holdout. */
  readonly codec: Codec;
  /** Equal numbers of rows for the quality metrics. */
  readonly frames: Frames;
  /** Entity of each row (0 …), where rows are grouped; labels are permuted over entities, not rows. */
  readonly entities?: { readonly train: Int32Array; readonly holdout: Int32Array } | undefined;
  readonly purpose: Purpose;
  /** What privacy metrics look at, pooled: the release, or refits of its procedure. Empty where there are no non-members. */
  readonly trials: readonly Trial[];
  /** Refits of the procedure with and without the most isolated people, where they were asked for. */
  readonly shadows?: Shadows | undefined;
  readonly level: number;
  /** The one-sided false-alarm share of each privacy test. */
  readonly alpha: number;
  readonly seed: number;
  readonly random: Random;
  readonly executor: Executor;
  readonly signal?: AbortSignal | undefined;
}

/** One fit as an attacker meets it: the rows it learnt from, rows of the same people that it never saw, and what it gave out. Columns as in the
 * whole input. One trial is the release itself; several are refits of the same procedure on folds of the real rows, where every row is a
 * member of some and a non-member of another. */
export interface Trial {
  readonly train: Table;
  readonly holdout: Table;
  readonly synthetic: Table;
  readonly entities?: MetricInput["entities"];
}

/** What the procedure gives out when it is run on random halves of the real people. */
export interface Shadows {
  /** Training rows of different people: those who are attacked. Columns as in the whole input. */
  readonly targets: Table;
  /** Runs 2i and 2i + 1 learnt from two halves that have nobody in common and everybody together; on which side a target fell was decided by a fair
   * coin for each target and pair. */
  readonly runs: readonly ShadowRun[];
}

export interface ShadowRun {
  /** 1 for each target that was in the half. */
  readonly member: Uint8Array;
  readonly synthetic: Table;
}

/** Four encoded tables of the same number of rows. */
export interface Frames {
  /** Real rows to compare with: from the holdout (or one half of train when there is none). */
  readonly reference: Encoded;
  readonly synthetic: Encoded;
  /** Fresh real rows: from train (or the other half). */
  readonly ceiling: Encoded;
  /** The ceiling's rows with every column permuted by itself. */
  readonly floor: Encoded;
}

export function isMeasured(score: Score): score is MeasuredScore {
  return !("notComputable" in score);
}

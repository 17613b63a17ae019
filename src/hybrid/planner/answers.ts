import type { Arm, PilotMetric } from "./pilot.ts";
import type { ResponseSurface, SurfaceKind } from "./surface.ts";

/** A number with an interval over seeds. All three may be infinite: no size within the pilot's reach suffices. (JSON has no infinity: write null.) */
export interface Ranged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What the planner is asked. */
export interface PlanQuestion {
  /** In the metric's own units. Null: no target; then only the questions without one are answered. */
  readonly target: number | null;
  /** Money (or minutes) for one row. */
  readonly cost: { readonly real: number; readonly synthetic: number };
  /** Real rows at hand or to be had at most; a whole number > 0. */
  readonly realAvailable: number;
  /** Of all intervals, above .5 and below 1; .9 is usual. */
  readonly level: number;
}

/** Real and synthetic rows. */
export interface Rows {
  readonly real: number;
  readonly synthetic: number;
}

/** A mix and what is expected of it. */
export interface Mix extends Rows {
  readonly cost: number;
  readonly value: Ranged;
}

/** A mean over seeds. */
export interface MeasuredCell extends Rows {
  readonly arm: Arm;
  readonly seeds: number;
  /** By Student's t over seeds; infinitely wide for one seed. */
  readonly value: Ranged;
}

/** One share of synthetic rows among a fixed total of rows. */
export interface SharePoint extends Rows {
  readonly share: number;
  /** Null where the surface says nothing: without real rows, and too far from what was tried. */
  readonly fitted: Ranged | null;
  /** The nearest cell, where one lies within about a third of the total and of the ratio of rows. */
  readonly measured: MeasuredCell | null;
}

/** What more real rows would bring. */
export interface Worth {
  readonly extra: number;
  readonly at: Rows;
  /** In the metric's own units, above 0 for better. */
  readonly gain: Ranged;
  /** Synthetic rows that would bring as much; infinite: none would. */
  readonly asSynthetic: Ranged;
}

/** Whether synthetic rows help; "depends": over all they do, and yet measurably harm at some real size; "not-enough": fewer than two synthetic levels
 * were tried. */
export type SyntheticVerdict = "helps" | "depends" | "no-evidence" | "harms" | "not-enough";

/** What the planner answers; all values in the metric's own units. */
export interface PlanAnswers {
  readonly metric: PilotMetric;
  readonly question: PlanQuestion;
  /** The surface that answers come from, of the arm that is recommended: "saturating" where synthetic rows help; else "real-only", from the cells
   * without synthetic rows. */
  readonly surface: ResponseSurface;
  /** All kinds that were fitted, by ascending AICc. `rmse` is relative to the loss. */
  readonly compared: readonly { readonly kind: SurfaceKind; readonly aicc: number; readonly rmse: number }[];
  /** Judged by the interval of the exchange rate of either sign without saturation, and by paired cells at each real size. */
  readonly synthetic: SyntheticVerdict;
  /** Real sizes at which what was measured, in paired cells and beyond chance, goes against that verdict; ascending. */
  readonly turnsAt: readonly number[];
  /** Real rows that the first synthetic row stands for (1 real row ≈ 1 / this synthetic ones); null where not enough was tried. */
  readonly exchangeRate: Ranged | null;
  /** Real rows that one synthetic row stood for on average, by synthetic rows for a real one that were tried. */
  readonly averageExchange: readonly { readonly multiple: number; readonly rate: Ranged }[];
  /** Real rows for the target without, and with, as many synthetic rows as help (no more for a real row than were tried); null without a
   * target. */
  readonly realRowsAlone: Ranged | null;
  readonly fewestRealRows: Ranged | null;
  /** Null without a target, and where it is out of reach of the rows available. */
  readonly cheapest: Mix | null;
  /** At `real` rows: synthetic rows after which nine tenths of what they can bring is reached; null where they do not help or no end is in sight. */
  readonly stopsHelping: { readonly real: number; readonly synthetic: Ranged } | null;
  readonly worth: readonly Worth[];
  /** Mix, or pretrain on synthetic rows and finish on real ones: mean difference in the metric of cells that have both, > 0 in favour of
   * pretraining; null where only one was tried. */
  readonly arm: { readonly recommended: Arm; readonly difference: Ranged | null; readonly pairs: number };
  /** At a fixed total of rows, by synthetic share: what the surface says, and what was measured near it. */
  readonly shareCurve: { readonly total: number; readonly points: readonly SharePoint[] };
  /** Best value for every cost, ascending; cheapest first. */
  readonly frontier: readonly Mix[];
  /** Metric by real rows, one line for each multiple of synthetic rows that was tried, 0 first. */
  readonly lines: readonly {
    readonly multiple: number;
    readonly points: readonly { readonly real: number; readonly value: Ranged }[];
  }[];
  /** What was measured of the recommended arm and of real rows alone, averaged over seeds. */
  readonly measured: readonly MeasuredCell[];
  /** The same on the shifted test set; null: there is none. */
  readonly shifted: PlanAnswers | null;
  /** Cells without a value. */
  readonly holes: readonly (Rows & { readonly seed: number; readonly arm: Arm; readonly failure: string })[];
  /** What the answers rest on. */
  readonly basis: {
    readonly seeds: number;
    /** Redrawn pilots behind each interval. */
    readonly draws: number;
    readonly values: number;
    /** Least and greatest number of real rows, and most synthetic rows for a real one. */
    readonly smallestReal: number;
    readonly largestReal: number;
    readonly largestMultiple: number;
    /** Real rows, or what stands for them, beyond which nothing is said: 4 × the largest that was measured. */
    readonly reach: number;
  };
  /** Whole sentences, the deciding one first, the rule of the real anchor last. */
  readonly sentences: readonly string[];
}

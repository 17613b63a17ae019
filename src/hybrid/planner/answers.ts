import type { Arm, PilotMetric } from "./pilot.ts";
import type { ResponseSurface, SurfaceKind } from "./surface.ts";

/** A number with an interval by the bootstrap over seeds. `low` and `high` may be infinite: no size within the data's reach suffices. */
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
  /** Real rows at hand or to be had at most. */
  readonly realAvailable: number;
  readonly level: number;
}

/** A mix and what is expected of it. */
export interface Mix {
  readonly real: number;
  readonly synthetic: number;
  readonly cost: number;
  readonly value: Ranged;
}

/** What the planner answers; all values in the metric's own units. */
export interface PlanAnswers {
  readonly metric: PilotMetric;
  readonly question: PlanQuestion;
  /** The surface that was chosen for the arm that is recommended, and all that were fitted, the chosen one first. */
  readonly surface: ResponseSurface;
  readonly compared: readonly { readonly kind: SurfaceKind; readonly aicc: number; readonly rmse: number }[];
  /** Whether synthetic rows help here: judged by the interval of the exchange rate. */
  readonly synthetic: "helps" | "no-evidence" | "harms";
  /** Real rows that the first synthetic row stands for (1 real row ≈ 1 / this synthetic ones). */
  readonly exchangeRate: Ranged;
  /** Real rows for the target without, and with, as many synthetic rows as help; null without a target. */
  readonly realRowsAlone: Ranged | null;
  readonly fewestRealRows: Ranged | null;
  readonly cheapest: Mix | null;
  /** At `real` rows: synthetic rows after which nine tenths of what they can bring is reached; null where they do not help or no end is in sight. */
  readonly stopsHelping: { readonly real: number; readonly synthetic: Ranged } | null;
  /** What more real rows are worth at the rows at hand: gain in the metric, and the synthetic rows that would bring as much (infinite: none would). */
  readonly worth: readonly {
    readonly extra: number;
    readonly at: { readonly real: number; readonly synthetic: number };
    readonly gain: Ranged;
    readonly asSynthetic: Ranged;
  }[];
  /** Mix, or pretrain on synthetic rows and finish on real ones: mean difference in the metric of cells that have both, > 0 in favour of
   * pretraining; null where only one was tried. */
  readonly arm: { readonly recommended: Arm; readonly difference: Ranged | null };
  /** At a fixed total of rows, by synthetic share: what the surface says, and what was measured near it. */
  readonly shareCurve: {
    readonly total: number;
    readonly points: readonly { readonly share: number; readonly fitted: Ranged; readonly measured: Ranged | null }[];
  };
  /** Best value for every cost, ascending. */
  readonly frontier: readonly Mix[];
  /** What was measured, averaged over seeds, for the picture. */
  readonly measured: readonly {
    readonly real: number;
    readonly synthetic: number;
    readonly arm: Arm;
    readonly seeds: number;
    readonly value: Ranged;
  }[];
  /** The same share curve on the shifted test set; null: there is none. */
  readonly shifted: PlanAnswers | null;
  /** Cells without a value. */
  readonly holes: readonly {
    readonly real: number;
    readonly synthetic: number;
    readonly seed: number;
    readonly arm: Arm;
    readonly failure: string;
  }[];
  /** Whole sentences, the deciding one first, the rule of the real anchor last. */
  readonly sentences: readonly string[];
}

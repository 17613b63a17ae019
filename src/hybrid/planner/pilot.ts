/** What a student's skill is measured by. */
export interface PilotMetric {
  /** "accuracy", "AUC", "BLEU" … */
  readonly name: string;
  readonly better: "higher" | "lower";
  /** The value of a perfect student: 1 for an accuracy, 0 for an error. Losses are distances to it. */
  readonly perfect: number;
}

/** How real and synthetic rows are used: thrown together, or synthetic ones first and the real ones after. */
export type Arm = "mix" | "pretrain";

/** One measurement: a student trained on `real` real and `synthetic` synthetic rows (made by a generator that saw just those real rows), tested on
 * real rows that neither has seen. */
export interface PilotCell {
  /** 0: the student saw synthetic rows alone. Such cells are the 100 % point of the share curve, and no more: the surface knows nothing of them. */
  readonly real: number;
  readonly synthetic: number;
  /** Of a cell without real rows: those that the generator saw. Absent: as many as `real`. */
  readonly source?: number | undefined;
  /** Which draw of real rows; cells of one seed and size share theirs. */
  readonly seed: number;
  readonly arm: Arm;
  /** The frozen test set, or the shifted one. */
  readonly test: "test" | "shifted";
  /** In the metric's own units; null: the cell failed. */
  readonly value: number | null;
  /** Why there is no value. */
  readonly failure?: string | undefined;
}

/** A pilot grid that was run or read. */
export interface Pilot {
  readonly metric: PilotMetric;
  /** Empty cells (`value` null) are holes; at least one cell has a value. */
  readonly cells: readonly PilotCell[];
  /** How the real rows of one seed at several sizes were drawn: each size by itself, or (also where that is not known) the smaller within
   * the larger. Draws that are independent let fewer seeds suffice. Default "nested". */
  readonly draws?: "independent" | "nested" | undefined;
}

/** Whether a number can be a measurement: beyond 1e100 squares overflow, and it is no metric of anything. */
export function isValue(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) < 1e100;
}

/** Distance to a perfect student, ≥ 0 but for noise. */
export function lossOf(metric: PilotMetric, value: number): number {
  return metric.better === "higher" ? metric.perfect - value : value - metric.perfect;
}

/** The metric's value at a loss. */
export function metricOf(metric: PilotMetric, loss: number): number {
  return metric.better === "higher" ? metric.perfect - loss : metric.perfect + loss;
}

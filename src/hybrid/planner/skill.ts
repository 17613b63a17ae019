import { areaUnderCurve } from "../../math/ranking.ts";
import type { PilotMetric } from "./pilot.ts";

/** The metrics that the built-in students know. */
export const SKILLS = {
  auc: { name: "AUC", better: "higher", perfect: 1 },
  accuracy: { name: "accuracy", better: "higher", perfect: 1 },
  "log-loss": { name: "log loss", better: "lower", perfect: 0 },
  r2: { name: "R²", better: "higher", perfect: 1 },
  rmse: { name: "RMSE", better: "lower", perfect: 0 },
} as const satisfies Readonly<Record<string, PilotMetric>>;

export type SkillName = keyof typeof SKILLS;
export type ClassSkill = "auc" | "accuracy" | "log-loss";
export type NumberSkill = "r2" | "rmse";

/** How well chances of classes meet the truth.
 * @param chances rows × classes, row-major
 * @param truth the class of each row; −1: one that the student could not know, always a miss (left out of the area under the curve) */
export function classSkill(
  chances: Float64Array,
  truth: Int32Array,
  options: { readonly metric: ClassSkill; readonly classes: number },
): number {
  const { metric, classes } = options;
  const n = truth.length;
  if (metric === "auc") {
    const known = [...truth.keys()].filter((row) => (truth[row] as number) >= 0);
    return areaUnderCurve(
      Float64Array.from(known, (row) => chances[row * classes + 1] as number),
      known.map((row) => (truth[row] === 1 ? 1 : 0)),
    );
  }
  let sum = 0;
  for (let row = 0; row < n; row++) {
    const own = truth[row] as number;
    const chance = own < 0 ? 0 : (chances[row * classes + own] as number);
    if (metric === "log-loss") sum -= Math.log(Math.max(chance, LEAST_CHANCE));
    else {
      let isTop = own >= 0;
      for (let k = 0; k < classes; k++)
        if (k !== own && (chances[row * classes + k] as number) > chance) isTop = false;
        // Of classes that are equally likely the first is the answer.
        else if (k < own && chances[row * classes + k] === chance) isTop = false;
      sum += isTop ? 1 : 0;
    }
  }
  return sum / n;
}

/** A row that was held impossible must not outweigh all others. */
const LEAST_CHANCE = 1e-6;

/** How well numbers are met. */
export function numberSkill(predictions: Float64Array, truth: Float64Array, metric: NumberSkill): number {
  const n = truth.length;
  let mean = 0;
  for (const y of truth) mean += y / n;
  let error = 0;
  let spread = 0;
  truth.forEach((y, row) => {
    error += (y - (predictions[row] as number)) ** 2 / n;
    spread += (y - mean) ** 2 / n;
  });
  return metric === "rmse" ? Math.sqrt(error) : 1 - error / spread;
}

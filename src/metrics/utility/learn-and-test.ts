import { fitCoxOnCodes, predictCodes } from "../../learners/cox-codes.ts";
import { fitLinear, predictLinear } from "../../learners/linear.ts";
import { predictNearest } from "../../learners/neighbours/nearest-vote.ts";
import {
  type BinnedColumns,
  type BoostingOptions,
  fitBoosting,
  type Objective,
  predictBoosting,
} from "../../learners/trees/boosting.ts";
import { concordance } from "../../math/concordance.ts";
import { areaInfluence, areaUnderCurve, placements } from "../../math/ranking.ts";
import type { RandomKey } from "../../random.ts";

export type LearnerName = "boosted-trees" | "boosted-stumps" | "single-tree" | "ridge" | "nearest-rows" | "cox";

/** One model to fit and to test: a task. The target is a standardised number, or a class; −1 or NaN never occurs among the rows named. */
export interface LearnData {
  readonly learner: LearnerName;
  readonly objective: Objective;
  readonly train: BinnedColumns & {
    readonly missing: readonly number[];
    readonly target: Float64Array;
    readonly rows: Uint32Array;
  };
  readonly test: { readonly columns: readonly Uint8Array[]; readonly target: Float64Array; readonly rows: Uint32Array };
  readonly key: RandomKey;
}

/** How well the model does on the test rows, and how much each of them moves that number: `influence` has mean zero, and its mean square over n
 * is the variance that the luck of the test rows gives. */
export interface Skill {
  readonly value: number;
  readonly influence: Float64Array;
}

/** Fits a learner on some rows and tests it on others: AUC for two classes, the mean over classes of one-against-the-rest AUC for more, R² for
 * a number, Harrell's C for a time to an event. */
export function learnAndTest(data: LearnData): Skill {
  const { test, objective } = data;
  const predictions = predict(data);
  const target = Float64Array.from(test.rows, (row) => test.target[row] as number);
  if (objective.kind === "cox") return concordance(predictions, target);
  if (objective.kind === "squared-error") return explainedVariance(predictions, target);
  if (objective.kind === "logistic") return area(predictions, target);
  return meanArea(predictions, target, objective.classes);
}

function predict(data: LearnData): Float64Array {
  const { train, test, objective, learner } = data;
  if (learner === "cox") return predictCodes(fitCoxOnCodes(train), test.columns, test.rows);
  if (objective.kind !== "cox") {
    if (learner === "ridge") return predictLinear(fitLinear({ ...train, objective }), test.columns, test.rows);
    if (learner === "nearest-rows") return predictNearest({ ...train, objective }, test.columns, test.rows);
  }
  const model = fitBoosting({ ...train, objective, options: treesFor(learner, objective, data.key) });
  return predictBoosting(model, test.columns, test.rows);
}

/** With many classes every round grows as many trees: fewer rounds, with longer steps. */
function treesFor(learner: LearnerName, objective: Objective, key: RandomKey): Partial<BoostingOptions> {
  if (learner === "single-tree") return { trees: 1, leaves: 16, learningRate: 1, bins: 64 };
  const trees = objective.kind === "softmax" ? Math.round(150 / objective.classes) : 100;
  const common = { trees, learningRate: Math.min(0.3, 10 / trees), bins: 64, columnShare: 0.5, key };
  return learner === "boosted-stumps" ? { ...common, leaves: 2 } : common;
}

function area(scores: Float64Array, positive: ArrayLike<number>): Skill {
  return {
    value: areaUnderCurve(scores, positive),
    influence: areaInfluence(placements(scores, positive), positive),
  };
}

function meanArea(chances: Float64Array, target: Float64Array, classes: number): Skill {
  const n = target.length;
  const influence = new Float64Array(n);
  let value = 0;
  for (let k = 0; k < classes; k++) {
    const own = Float64Array.from(target, (_, i) => chances[i * classes + k] as number);
    const skill = area(
      own,
      target.map((y) => (y === k ? 1 : 0)),
    );
    value += skill.value / classes;
    for (let i = 0; i < n; i++) influence[i] = (influence[i] as number) + (skill.influence[i] as number) / classes;
  }
  return { value, influence };
}

/** R² = 1 − mean squared error / variance of the target. */
export function explainedVariance(predictions: Float64Array, target: Float64Array): Skill {
  const n = target.length;
  const mean = target.reduce((sum, y) => sum + y, 0) / n;
  const error = target.map((y, i) => (y - (predictions[i] as number)) ** 2);
  const spread = target.map((y) => (y - mean) ** 2);
  const meanError = error.reduce((sum, x) => sum + x, 0) / n;
  const variance = spread.reduce((sum, x) => sum + x, 0) / n;
  return {
    value: 1 - meanError / variance,
    influence: error.map(
      (e, i) => -(e - meanError) / variance + (meanError / variance ** 2) * ((spread[i] as number) - variance),
    ),
  };
}

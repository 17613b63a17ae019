import { cholesky, solveCholesky } from "../../math/cholesky.ts";
import { added } from "../../math/matrix.ts";
import { mEstimate } from "./m-estimate.ts";
import type { Predictions } from "./predictions.ts";
import { type Rows, scoreAt, sumOf } from "./rows.ts";

/** The prediction-powered estimate as a function of the weight λ of the predictions: 0 is labelled-only, 1 is PPI. `start` is an estimate at a λ
 * nearby. Null: no minimum. */
export type RectifiedEstimate = (lambda: number, start?: Float64Array) => Float64Array | null;

/** Fits what does not depend on λ once. A linear model is rectified by its coefficients, θ_L + λ (η_U − η_L); others minimise
 * λ L_U(ŷ) − λ L_L(ŷ) + L_L(y), which for 0 ≤ λ ≤ 1 and a canonical link is convex.
 * @returns a sentence where a part has no estimate
 * @source Angelopoulos, Duchi & Zrnic (2023), "PPI++", arXiv 2311.01453 */
export function rectifiedEstimate(predictions: Predictions): RectifiedEstimate | string {
  const { real, predicted, unlabelled, link, terms } = predictions;
  const labelled = mEstimate(real, link);
  if ("problem" in labelled) return `The term "${terms[labelled.term]}" cannot be estimated from the labelled units.`;
  if (link !== "identity")
    return (lambda, start) =>
      lambda === 0 ? labelled.coefficients : minimised(predictions, { lambda, start: start ?? labelled.coefficients });
  const everywhere = predictions.isMean ? meanOf(unlabelled) : mEstimate(unlabelled, link);
  const here = mEstimate(predicted, link);
  for (const part of [everywhere, here])
    if ("problem" in part) return `The term "${terms[part.term]}" cannot be estimated from the predictions.`;
  if ("problem" in everywhere || "problem" in here) return "";
  return (lambda) =>
    labelled.coefficients.map(
      (value, j) => value + lambda * ((everywhere.coefficients[j] as number) - (here.coefficients[j] as number)),
    );
}

/** A mean needs no Newton. */
function meanOf({ outcome, units, weights }: Rows): { readonly coefficients: Float64Array } {
  const count = units?.length ?? outcome.length;
  let sum = 0;
  if (!units && !weights) for (let k = 0; k < count; k++) sum += outcome[k] as number;
  else
    for (let k = 0; k < count; k++)
      sum += (outcome[units ? (units[k] as number) : k] as number) * (weights ? (weights[k] as number) : 1);
  return { coefficients: Float64Array.of(sum / (weights ? sumOf(weights) : count)) };
}

const ROUNDS = 60;
const TOLERANCE = 1e-14;

function minimised(
  predictions: Predictions,
  { lambda, start }: { readonly lambda: number; readonly start: Float64Array },
): Float64Array | null {
  let coefficients = start;
  let score = combinedScore(predictions, { lambda, coefficients });
  for (let round = 0; round < ROUNDS; round++) {
    const decomposed = cholesky(score.information, coefficients.length);
    if ("dependent" in decomposed) return null;
    const step = solveCholesky(decomposed.factor, score.gradient);
    const decrement = dot(step, score.gradient);
    for (let share = 1; ; share /= 2) {
      const next = added(coefficients, step, share);
      score = combinedScore(predictions, { lambda, coefficients: next });
      if (share < 1e-6 || dot(step, score.gradient) >= -decrement) {
        coefficients = next;
        break;
      }
    }
    if (decrement <= TOLERANCE) return coefficients;
  }
  return null;
}

function combinedScore(
  { real, predicted, unlabelled, link }: Predictions,
  { lambda, coefficients }: { readonly lambda: number; readonly coefficients: Float64Array },
): { readonly gradient: Float64Array; readonly information: Float64Array } {
  const parts: readonly [Rows, number][] = [
    [real, 1],
    [predicted, -lambda],
    [unlabelled, lambda],
  ];
  let gradient: Float64Array = new Float64Array(coefficients.length);
  let information: Float64Array = new Float64Array(coefficients.length ** 2);
  for (const [rows, factor] of parts) {
    const score = scoreAt(rows, coefficients, link);
    gradient = added(gradient, score.gradient, factor / score.weight);
    information = added(information, score.information, factor / score.weight);
  }
  return { gradient, information };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}

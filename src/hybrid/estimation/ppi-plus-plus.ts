import type { Estimation, NoEstimation } from "./estimation.ts";
import { estimationOf } from "./estimation-of.ts";
import type { Predictions } from "./predictions.ts";
import { type RectifiedEstimate, rectifiedEstimate } from "./rectified.ts";
import { rectifiedSpreadAt } from "./rectified-spread.ts";

/** Prediction-powered inference: λ is 1 (PPI, and cross-PPI with cross-fitted predictions), given, or tuned to the least variance (PPI++).
 * @param options.lambda 0 … 1; absent: tuned
 * @param options.coordinate tuned for this coefficient alone; absent: for the sum of all variances
 * @param options.rounds of tuning: λ from the estimate at λ = 1, then again from the tuned one; 2
 * @param options.estimate of the same predictions, where it is at hand
 * @param options.labelledVariance p, of labelled-only, for the effective n
 * @source Angelopoulos, Bates, Fannjiang, Jordan & Zrnic (2023), Science 382; Angelopoulos, Duchi & Zrnic (2023), "PPI++" */
export function predictionPowered(
  predictions: Predictions,
  options: {
    readonly method: "ppi" | "ppi-plus-plus" | "cross-ppi";
    readonly level: number;
    readonly labelledVariance?: Float64Array | undefined;
    readonly lambda?: number | undefined;
    readonly coordinate?: number | undefined;
    readonly rounds?: number | undefined;
    readonly estimate?: RectifiedEstimate | string;
  },
): Estimation | NoEstimation {
  const { method, level, labelledVariance, coordinate, rounds = 2 } = options;
  const estimate = options.estimate ?? rectifiedEstimate(predictions);
  if (typeof estimate === "string") return { method, notComputable: estimate };
  let lambda = options.lambda ?? 1;
  let coefficients = estimate(lambda);
  let spread = coefficients && rectifiedSpreadAt(predictions, coefficients);
  for (let round = 0; options.lambda === undefined && coefficients && spread && round < rounds; round++) {
    lambda = spread.bestLambda(coordinate);
    coefficients = estimate(lambda, coefficients);
    // Of a mean without weights the spread about one value is that about any.
    if (coefficients && !(predictions.isMean && !predictions.unlabelled.weights))
      spread = rectifiedSpreadAt(predictions, coefficients);
  }
  if (!coefficients || !spread) return { method, notComputable: "Its loss has no minimum on these rows." };
  return estimationOf(method, {
    terms: predictions.terms,
    coefficients,
    covariance: spread.covariance(lambda),
    degreesOfFreedom: null,
    level,
    labelled: predictions.real.units?.length ?? predictions.real.outcome.length,
    labelledVariance,
    lambda: method === "ppi-plus-plus" ? lambda : undefined,
  });
}

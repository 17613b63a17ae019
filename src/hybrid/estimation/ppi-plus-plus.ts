import type { Estimation, NoEstimation } from "./estimation.ts";
import { estimationOf } from "./estimation-of.ts";
import type { Predictions } from "./predictions.ts";
import { type RectifiedEstimate, rectifiedEstimate } from "./rectified.ts";
import { type RectifiedSpread, rectifiedSpreadAt } from "./rectified-spread.ts";

/** Prediction-powered inference: λ is 1 (PPI, and cross-PPI with cross-fitted predictions), given, or tuned to the least variance (PPI++).
 * @param options.lambda 0 … 1; absent: tuned
 * @param options.coordinate tuned for this coefficient alone; absent: for the sum of all variances
 * @param options.rounds of tuning: λ from the estimate at λ = 1, then again from the tuned one; 2
 * @param options.whole the estimate and the spread of the same predictions at λ = 1, where they are at hand
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
    readonly whole?: RectifiedAt | string;
  },
): Estimation | NoEstimation {
  const { method, level, labelledVariance, coordinate, rounds = 2 } = options;
  const at =
    options.whole !== undefined && (options.lambda ?? 1) === 1
      ? options.whole
      : rectifiedAt(predictions, options.lambda ?? 1);
  if (typeof at === "string") return { method, notComputable: at };
  const { estimate } = at;
  let lambda = options.lambda ?? 1;
  let { coefficients, spread } = at;
  for (let round = 0; options.lambda === undefined && coefficients && spread && round < rounds; round++) {
    lambda = spread.bestLambda(coordinate);
    coefficients = estimate(lambda, coefficients);
    // Of a mean without weights the spread about one value is that about any.
    if (coefficients && !(predictions.isMean && !predictions.unlabelled.weights))
      spread = rectifiedSpreadAt(predictions, coefficients, spread);
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

/** An estimate and its spread at one weight of the predictions, which others can start from. */
export interface RectifiedAt {
  readonly estimate: RectifiedEstimate;
  /** Null: no minimum. */
  readonly coefficients: Float64Array | null;
  readonly spread: RectifiedSpread | null;
}

/** Both, or the sentence why there is no estimate. */
export function rectifiedAt(predictions: Predictions, lambda: number): RectifiedAt | string {
  const estimate = rectifiedEstimate(predictions);
  if (typeof estimate === "string") return estimate;
  const coefficients = estimate(lambda);
  return { estimate, coefficients, spread: coefficients && rectifiedSpreadAt(predictions, coefficients) };
}

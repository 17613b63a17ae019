import type { Estimation, NoEstimation } from "./estimation.ts";
import { quantileOf } from "./estimation-of.ts";
import type { Labelling } from "./labelling.ts";
import { pooledRows } from "./naive-pooling.ts";
import type { PairedSample } from "./sample.ts";
import { weightedQuantile } from "./weighted-quantile.ts";

/** The quantile of real rows and rows of sources as if all were real, with the interval that a share of so many rows would have. */
export function naiveQuantile(
  sample: PairedSample,
  options: { readonly labelling: Labelling; readonly probability: number; readonly level: number },
): Estimation | NoEstimation {
  const { labelling, probability, level } = options;
  const method = "naive-pooling";
  if (sample.sources.length === 0)
    return { method, notComputable: "There is no source of predicted or synthetic rows." };
  const { outcome, weights } = pooledRows(sample, labelling);
  const z = quantileOf(level, null);
  const reach = z * Math.sqrt((probability * (1 - probability)) / outcome.length);
  const at = (share: number): number =>
    weightedQuantile(outcome, { probability: Math.min(1, Math.max(0, share)), weights });
  const low = at(probability - reach);
  const high = at(probability + reach);
  const standardError = (high - low) / (2 * z);
  const term = sample.terms[0] as string;
  return {
    method,
    terms: [{ term, value: at(probability), standardError, low, high, effectiveN: null }],
    covariance: Float64Array.of(standardError ** 2),
    degreesOfFreedom: null,
  };
}

import { standardNormalQuantile } from "../../math/standard-normal.ts";
import type { Estimation, NoEstimation } from "./estimation.ts";
import type { Predictions } from "./predictions.ts";

/** A quantile by the rectified distribution function F_U(ŷ) + F_L(y) − F_L(ŷ), on the grid of all outcomes; its interval reaches from the first to
 * the last value at which the share below does not differ from `probability` by a normal test. Too short where few labelled outcomes lie on
 * one side.
 * @param options.labelledVariance of labelled-only; absent: no effective n
 * @source Angelopoulos, Bates, Fannjiang, Jordan & Zrnic (2023), Science 382; the grid is `exact_grid` of ppi_py */
export function predictionPoweredQuantile(
  predictions: Predictions,
  options: {
    readonly probability: number;
    readonly level: number;
    readonly labelledVariance?: number | undefined;
  },
): Estimation | NoEstimation {
  const { probability, level, labelledVariance } = options;
  if (predictions.strata)
    return { method: "ppi", notComputable: "A rectified quantile is not defined here for strata." };
  const z = standardNormalQuantile(1 - (1 - level) / 2);
  let nearest = Number.POSITIVE_INFINITY;
  let value = Number.NaN;
  let low: number | null = null;
  let high = Number.NaN;
  rectifiedShares(predictions, (at, { share, standardError }) => {
    const away = Math.abs(share - probability);
    if (away < nearest) {
      nearest = away;
      value = at;
    }
    if (away < z * Math.max(standardError, 1e-16)) {
      low ??= at;
      high = at;
    }
  });
  if (low === null) return { method: "ppi", notComputable: "No outcome agrees with the quantile." };
  const standardError = (high - low) / (2 * z);
  const n = predictions.real.outcome.length;
  const effectiveN =
    labelledVariance === undefined || standardError === 0 ? null : (n * labelledVariance) / standardError ** 2;
  return {
    method: "ppi",
    terms: [{ term: predictions.terms[0] as string, value, standardError, low, high, effectiveN }],
    covariance: Float64Array.of(standardError ** 2),
    degreesOfFreedom: null,
  };
}

/** Walks up through all outcomes and tells the rectified share at or below each. */
function rectifiedShares(
  { real, predicted, unlabelled }: Predictions,
  tell: (at: number, rectified: { readonly share: number; readonly standardError: number }) => void,
): void {
  const n = real.outcome.length;
  const shares = sharesOf(n, real.weights);
  const labelled = [
    ...Array.from(real.outcome, (at, i) => ({ at, i, step: 1 })),
    ...Array.from(predicted.outcome, (at, i) => ({ at, i, step: -1 })),
  ].sort((a, b) => a.at - b.at);
  const { values, weights } = ascending(unlabelled.outcome, unlabelled);
  const state = new Int8Array(n);
  let difference = 0;
  let squares = 0;
  let imputed = 0;
  let imputedSquares = 0;
  let next = 0;
  let other = 0;
  while (next < labelled.length || other < values.length) {
    const at = Math.min(labelled[next]?.at ?? Number.POSITIVE_INFINITY, values[other] ?? Number.POSITIVE_INFINITY);
    for (; next < labelled.length && labelled[next]!.at === at; next++) {
      const { i, step } = labelled[next]!;
      const share = shares[i] as number;
      squares -= (share * (state[i] as number)) ** 2;
      state[i] = (state[i] as number) + step;
      squares += (share * (state[i] as number)) ** 2;
      difference += share * step;
    }
    for (; other < values.length && values[other] === at; other++) {
      imputed += weights[other] as number;
      imputedSquares += (weights[other] as number) ** 2;
    }
    const variance =
      Math.max(0, squares - difference ** 2 / n) + Math.max(0, imputedSquares - imputed ** 2 / values.length);
    tell(at, { share: imputed + difference, standardError: Math.sqrt(variance) });
  }
}

/** Picked outcomes in ascending order, and their shares. */
function ascending(
  outcome: Float64Array,
  { units, weights }: { readonly units?: Uint32Array | undefined; readonly weights?: Float64Array | undefined },
): { readonly values: Float64Array; readonly weights: Float64Array } {
  const picked = units ? Float64Array.from(units, (t) => outcome[t] as number) : outcome;
  const shares = sharesOf(picked.length, weights);
  if (!weights) return { values: Float64Array.from(picked).sort(), weights: shares };
  const order = Uint32Array.from(picked, (_, j) => j).sort((a, b) => (picked[a] as number) - (picked[b] as number));
  return {
    values: Float64Array.from(order, (j) => picked[j] as number),
    weights: Float64Array.from(order, (j) => shares[j] as number),
  };
}

function sharesOf(count: number, weights: Float64Array | undefined): Float64Array {
  if (!weights) return new Float64Array(count).fill(1 / count);
  let total = 0;
  for (const weight of weights) total += weight;
  return weights.map((weight) => weight / total);
}

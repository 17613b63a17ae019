import { standardNormalQuantile } from "../../math/standard-normal.ts";
import { studentQuantile } from "../../math/student-t.ts";
import type { Estimation, MethodName } from "./estimation.ts";

/** Intervals of all terms from coefficients and their covariance.
 * @param options.labelledVariance p, of labelled-only, for the effective n; absent: none is owed */
export function estimationOf(
  method: MethodName,
  options: {
    readonly terms: readonly string[];
    readonly coefficients: Float64Array;
    readonly covariance: Float64Array;
    readonly degreesOfFreedom: number | null;
    readonly level: number;
    readonly labelled: number;
    readonly labelledVariance?: Float64Array | undefined;
    readonly lambda?: number | undefined;
  },
): Estimation {
  const { terms, coefficients, covariance, degreesOfFreedom, level, labelled, labelledVariance, lambda } = options;
  const quantile = quantileOf(level, degreesOfFreedom);
  return {
    method,
    terms: terms.map((term, j) => {
      const value = coefficients[j] as number;
      const variance = Math.max(0, covariance[j * terms.length + j] as number);
      const standardError = Math.sqrt(variance);
      return {
        term,
        value,
        standardError,
        low: value - quantile * standardError,
        high: value + quantile * standardError,
        effectiveN: labelledVariance && variance > 0 ? (labelled * (labelledVariance[j] as number)) / variance : null,
      };
    }),
    covariance,
    degreesOfFreedom,
    ...(lambda === undefined ? {} : { lambda }),
  };
}

/** Half the width of an interval in standard errors. */
export function quantileOf(level: number, degreesOfFreedom: number | null): number {
  const tail = 1 - (1 - level) / 2;
  return degreesOfFreedom === null ? standardNormalQuantile(tail) : studentQuantile(tail, degreesOfFreedom);
}

/** The diagonal of a covariance. */
export function variancesOf(covariance: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, j) => covariance[j * size + j] as number);
}

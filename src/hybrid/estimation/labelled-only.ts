import { contributionsOf, groupedVariance } from "./contributions.ts";
import type { Estimation } from "./estimation.ts";
import { estimationOf, variancesOf } from "./estimation-of.ts";
import type { Prepared } from "./prepared.ts";

/** Real labelled rows alone: the M-estimate with HC3 variance and Student's t with n − p degrees of freedom; of generalised linear models with
 * the leverage of their last weighted regression. A mean gets HC2, which for it is the exact interval of Student. With strata, spread is
 * counted within them.
 * @source MacKinnon & White (1985), Journal of Econometrics 29; Long & Ervin (2000), The American Statistician 54 */
export function labelledOnly(prepared: Prepared, level: number): Estimation {
  const { sample, estimate } = prepared;
  const covariance = labelledCovariance(prepared);
  return estimationOf("labelled-only", {
    terms: sample.terms,
    coefficients: estimate.coefficients,
    covariance,
    degreesOfFreedom: sample.labelled.length - prepared.labelling.labelledCount.length + 1 - sample.width,
    level,
    labelled: sample.labelled.length,
    labelledVariance: variancesOf(covariance, sample.width),
  });
}

/** p × p. */
export function labelledCovariance(prepared: Prepared): Float64Array {
  const { influence, leverage, labelling, sample, family } = prepared;
  const { width } = sample;
  const isStratified = labelling.labelledCount.length > 1;
  const values = influence.map(
    (value, at) =>
      (value * (labelling.share[Math.floor(at / width)] as number)) /
      // The means of strata take the place of the leverage of a mean.
      (isStratified && family.kind === "mean"
        ? 1
        : leverageCorrection(family.kind === "mean", leverage[Math.floor(at / width)] as number)),
  );
  const contributions = contributionsOf(values, labelling);
  // Without strata the contributions sum to nearly 0 and HC3 is not centred.
  return isStratified
    ? groupedVariance(contributions, labelling.labelledCount, { isUnbiased: true })
    : (contributions.crosses[0] as Float64Array);
}

/** What a residual is divided by to make up for the pull of its own row. */
export function leverageCorrection(isMean: boolean, leverage: number): number {
  return isMean ? Math.sqrt(1 - leverage) : 1 - leverage;
}

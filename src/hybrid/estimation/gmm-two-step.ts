import { cholesky, invertCholesky, solveCholesky } from "../../math/cholesky.ts";
import { added, product, sandwich, transpose } from "../../math/matrix.ts";
import type { Estimation, NoEstimation } from "./estimation.ts";
import { estimationOf, variancesOf } from "./estimation-of.ts";
import { gmmMomentsAt, gmmSpreadAt } from "./gmm-moments.ts";
import { labelledCovariance } from "./labelled-only.ts";
import type { Prepared } from "./prepared.ts";

/** Where the second step of the generalised method of moments ended. */
export interface GmmSolution {
  /** p + q: coefficients of the real rows, then those of each source. */
  readonly parameters: Float64Array;
  /** p × p, of the coefficients of the real rows. */
  readonly covariance: Float64Array;
  /** Hansen's J, χ² with q degrees of freedom if labelled and unlabelled units follow one mechanism. */
  readonly overidentification: number;
}

/** The two-step estimator: equal weights first, then the inverse spread of the moments; a sentence where it does not exist.
 * @source Byun, Gupta, Lipton, Childers & Wilder (2025), "Valid inference with imperfect synthetic data", NeurIPS; Hansen (1982), Econometrica 50 */
export function solveGmm(prepared: Prepared): GmmSolution | string {
  const { sample, sources, estimate } = prepared;
  const { width, units } = sample;
  if (sources.length === 0) return "There is no source of predicted or synthetic rows.";
  if (prepared.labelling.unlabelled.length === 0) return "Every unit is labelled; sources have nothing to add.";
  const size = width * (1 + 2 * sources.length);
  const start = new Float64Array(width * (1 + sources.length));
  start.set(estimate.coefficients);
  for (const [m, { all }] of sources.entries()) start.set(all.coefficients, width * (m + 1));
  const equal = new Float64Array(size * size);
  for (let i = 0; i < size; i++) equal[i * size + i] = 1;
  const first = minimised(prepared, { start, weight: equal });
  if (!first) return NOT_FOUND;
  const weight = inverted(gmmSpreadAt(prepared, first), size);
  if (!weight) return `${size} moments of ${sample.labelled.length} labelled units are linearly dependent.`;
  const parameters = minimised(prepared, { start: first, weight });
  if (!parameters) return NOT_FOUND;
  const again = inverted(gmmSpreadAt(prepared, parameters), size);
  const { mean, slope } = gmmMomentsAt(prepared, parameters);
  const information =
    again &&
    sandwich(transpose(slope, { rows: size, columns: start.length }), again, { rows: start.length, inner: size });
  const whole = information && inverted(information, start.length);
  if (!whole || !again) return NOT_FOUND;
  const covariance = new Float64Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++) covariance[i * width + j] = (whole[i * start.length + j] as number) / units;
  const overidentification = units * (sandwich(mean, again, { rows: 1, inner: size })[0] as number);
  return { parameters, covariance, overidentification };
}

/** The two-step estimate with normal intervals as published; too short below a few hundred labelled units, and here to compare with.
 * @param solution from {@link solveGmm}, which the test of over-identification shares */
export function gmmTwoStep(
  prepared: Prepared,
  { level, solution }: { readonly level: number; readonly solution: GmmSolution | string },
): Estimation | NoEstimation {
  if (typeof solution === "string") return { method: "gmm-two-step", notComputable: solution };
  const { width, terms, labelled } = prepared.sample;
  return estimationOf("gmm-two-step", {
    terms,
    coefficients: solution.parameters.slice(0, width),
    covariance: solution.covariance,
    degreesOfFreedom: null,
    level,
    labelled: labelled.length,
    labelledVariance: variancesOf(labelledCovariance(prepared), width),
  });
}

const NOT_FOUND = "The two-step estimator found no minimum.";

const ROUNDS = 50;

/** Gauss-Newton on ḡᵀWḡ; one step where moments are linear. */
function minimised(
  prepared: Prepared,
  { start, weight }: { readonly start: Float64Array; readonly weight: Float64Array },
): Float64Array | null {
  const columns = start.length;
  let parameters: Float64Array = start;
  for (let round = 0; round < ROUNDS; round++) {
    const { mean, slope } = gmmMomentsAt(prepared, parameters);
    const size = mean.length;
    const weighted = product(transpose(slope, { rows: size, columns }), weight, {
      rows: columns,
      inner: size,
      columns: size,
    });
    const decomposed = cholesky(product(weighted, slope, { rows: columns, inner: size, columns }), columns);
    if ("dependent" in decomposed) return null;
    const right = product(weighted, mean, { rows: columns, inner: size, columns: 1 });
    const step = solveCholesky(decomposed.factor, right);
    parameters = added(parameters, step);
    if (prepared.link === "identity") return parameters;
    let length = 0;
    for (let i = 0; i < columns; i++) length += (step[i] as number) * (right[i] as number);
    // Relative to the weights, which grow with the inverse square of the outcomes.
    if (Math.abs(length) < 1e-14 * trace(weight, size)) return parameters;
    if (!parameters.every(Number.isFinite)) return null;
  }
  return null;
}

function inverted(matrix: Float64Array, size: number): Float64Array | null {
  const decomposed = cholesky(matrix, size, { tolerance: 1e-12 });
  return "factor" in decomposed ? invertCholesky(decomposed.factor, size) : null;
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i] as number;
  return sum;
}

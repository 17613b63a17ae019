import { cholesky, invertCholesky } from "../../math/cholesky.ts";
import { added, sandwich } from "../../math/matrix.ts";
import { type Contributions, contributionsOf, groupedVariance } from "./contributions.ts";
import type { Labelling } from "./labelling.ts";
import type { Predictions } from "./predictions.ts";
import { countOf, momentsOf, type Rows, scoreAt } from "./rows.ts";
import { stackedMoments } from "./stacked-moments.ts";

/** Spread of a prediction-powered estimate about coefficients, for any weight of the predictions. */
export interface RectifiedSpread {
  /** p × p. */
  covariance(lambda: number): Float64Array;
  /** The λ of least variance, clipped to 0 … 1: of all coefficients together, or of one. */
  bestLambda(coordinate?: number): number;
  /** p × p: mean information of unlabelled rows. */
  readonly information: Float64Array;
}

/** One pass over the unlabelled rows. Null: the Hessian has no inverse.
 * @param known the spread of the same predictions about other coefficients: of a linear model the information is the same
 * @source Angelopoulos, Duchi & Zrnic (2023), "PPI++", arXiv 2311.01453, §§ 4, 6; divisors as in their package ppi_py */
export function rectifiedSpreadAt(
  predictions: Predictions,
  coefficients: Float64Array,
  known?: RectifiedSpread,
): RectifiedSpread | null {
  const { real, predicted, unlabelled, link, isMean, strata } = predictions;
  const { width } = real;
  const n = countOf(real);
  const N = countOf(unlabelled);
  const groups = strata ?? single(n, N);
  const own = scaled(momentsOf(real, coefficients, link), real);
  const foreign = scaled(momentsOf(predicted, coefficients, link), predicted);
  const both = new Float64Array(2 * own.length);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < width; j++) {
      both[2 * i * width + j] = own[i * width + j] as number;
      both[(2 * i + 1) * width + j] = foreign[i * width + j] as number;
    }
  const labelled = groupedVariance(contributionsOf(both, groups), groups.labelledCount, { isUnbiased: !isMean });
  const rest = unlabelledContributions(predictions, coefficients, link === "identity" ? known?.information : undefined);
  const others = groupedVariance(rest, groups.unlabelledCount, { isUnbiased: !isMean });
  const part = (row: 0 | 1, column: 0 | 1): Float64Array =>
    Float64Array.from(
      { length: width * width },
      (_, at) => labelled[(row * width + Math.floor(at / width)) * 2 * width + column * width + (at % width)] as number,
    );
  const here = scoreAt(real, coefficients, link);
  const plainHessian = here.information.map((value) => value / here.weight);
  const pooledHessian = plainHessian.map((value, at) => (n * value + N * (rest.information[at] as number)) / (n + N));
  const plain = isMean ? Float64Array.of(1) : inverted(plainHessian, width);
  const tuned = isMean ? Float64Array.of(1) : inverted(pooledHessian, width);
  if (!tuned || !plain) return null;
  return {
    information: rest.information,
    covariance(lambda) {
      const crossed = added(part(0, 1), part(1, 0));
      const middle = added(
        added(added(part(0, 0), crossed, -lambda), part(1, 1), lambda * lambda),
        others,
        lambda * lambda,
      );
      return sandwich(lambda === 0 ? plain : tuned, middle, { rows: width, inner: width });
    },
    bestLambda(coordinate) {
      const crossed = added(part(0, 1), part(1, 0));
      // ppi_py divides cross products by n here whatever it does elsewhere, and takes the variance of predictions over all units.
      const numerator = strata || isMean ? crossed : crossed.map((value) => (value * (n - 1)) / n);
      const denominator = strata
        ? added(part(1, 1), others)
        : overall({ foreign, rest, n, N }).map((value) => value * (1 / n + 1 / N));
      const lambda = traced(tuned, numerator, coordinate) / (2 * traced(tuned, denominator, coordinate));
      return Number.isFinite(lambda) ? Math.min(1, Math.max(0, lambda)) : 0;
    },
  };
}

/** Rows' moments times their shares, which sum to 1. */
function scaled(moments: Float64Array, { weights, width }: Rows): Float64Array {
  const n = moments.length / width;
  const total = weights === undefined ? n : weights.reduce((sum, w) => sum + w, 0);
  return moments.map(
    (value, at) => (value * (weights === undefined ? 1 : (weights[Math.floor(at / width)] as number))) / total,
  );
}

function unlabelledContributions(
  { unlabelled, link, isMean, strata }: Predictions,
  coefficients: Float64Array,
  information: Float64Array | undefined,
): Contributions & { readonly information: Float64Array } {
  const count = countOf(unlabelled);
  const { weights, units, design, outcome } = unlabelled;
  if (isMean && !weights && !units && !strata) return meanContributions(outcome, coefficients[0] as number);
  const total = weights === undefined ? count : weights.reduce((sum, w) => sum + w, 0);
  const { sums, crosses, informations } = stackedMoments([{ design, outcome, coefficients }], {
    link,
    count,
    units,
    weights,
    withInformation: information === undefined,
    strata: strata?.unlabelledCount.length ?? 1,
    stratum: strata?.unlabelledStratum,
  });
  return {
    sums: sums.map((sum) => sum.map((value) => value / total)),
    crosses: crosses.map((cross) => cross.map((value) => value / total ** 2)),
    information: information ?? informations[0]!.map((value) => value / total),
  };
}

/** The same of a plain mean, as fast as memory is read. */
function meanContributions(
  outcome: Float64Array,
  mean: number,
): Contributions & { readonly information: Float64Array } {
  const count = outcome.length;
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < count; k++) {
    const residual = (outcome[k] as number) - mean;
    sum += residual;
    squares += residual * residual;
  }
  return {
    sums: [Float64Array.of(sum / count)],
    crosses: [Float64Array.of(squares / count / count)],
    information: Float64Array.of(1),
  };
}

/** Variance of the predictions' weighted moments over labelled and unlabelled rows together, by their number less 1. */
function overall({
  foreign,
  rest,
  n,
  N,
}: {
  readonly foreign: Float64Array;
  readonly rest: Contributions;
  readonly n: number;
  readonly N: number;
}): Float64Array {
  const sum = rest.sums[0]!.map((value) => value * N);
  const cross = rest.crosses[0]!.map((value) => value * N * N);
  const width = sum.length;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < width; j++) {
      const value = n * (foreign[i * width + j] as number);
      sum[j] = (sum[j] as number) + value;
      for (let k = 0; k < width; k++)
        cross[j * width + k] = (cross[j * width + k] as number) + value * n * (foreign[i * width + k] as number);
    }
  const total = n + N;
  return cross.map(
    (value, at) =>
      (value - ((sum[Math.floor(at / width)] as number) * (sum[at % width] as number)) / total) / (total - 1),
  );
}

function inverted(matrix: Float64Array, size: number): Float64Array | null {
  const decomposed = cholesky(matrix, size);
  return "factor" in decomposed ? invertCholesky(decomposed.factor, size) : null;
}

/** Trace of H⁻¹ M H⁻¹, or its element at a coordinate. */
function traced(inverse: Float64Array, middle: Float64Array, coordinate: number | undefined): number {
  const width = Math.sqrt(inverse.length);
  const whole = sandwich(inverse, middle, { rows: width, inner: width });
  if (coordinate !== undefined) return whole[coordinate * width + coordinate] as number;
  let sum = 0;
  for (let j = 0; j < width; j++) sum += whole[j * width + j] as number;
  return sum;
}

function single(
  n: number,
  N: number,
): Pick<Labelling, "labelledStratum" | "unlabelledStratum" | "labelledCount" | "unlabelledCount"> {
  return {
    labelledStratum: new Int32Array(n),
    unlabelledStratum: new Int32Array(0),
    labelledCount: Uint32Array.of(n),
    unlabelledCount: Uint32Array.of(N),
  };
}

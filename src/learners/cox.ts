import { type Design, dot, maximise, type NoRegression, type Regression } from "./regression.ts";

/** Cox's proportional hazards: log hazard = coefficients · row, by Newton's method on Efron's partial likelihood.
 * @param design without a constant column
 * @param times of each row, signed: t > 0 where the event happened at t, −t where the row was lost from sight at t
 * @param options.l2 ridge penalty ½·l2·Σb², default 0; the covariance is the inverse of the penalised information
 * @source Cox (1972), JRSS B 34; ties: Efron (1977), JASA 72; ridge: Verweij & van Houwelingen (1994), Statistics in Medicine 13 */
export function fitCox(
  design: Design,
  times: ArrayLike<number>,
  options: { readonly l2?: number } = {},
): Regression | NoRegression {
  if (design.rows <= design.width) return { failed: "too few rows" };
  const order = byTimeDescending(times, design.rows);
  return maximise(design.width, (coefficients, gradient, information) =>
    coxDerivatives(design, { times, order, l2: options.l2 ?? 0, coefficients, gradient, information }),
  );
}

/** Efron's log partial likelihood (less the penalty) at some coefficients, with its derivatives written into the arrays given.
 * @param at.order rows from the latest time to the earliest
 * @param at.information minus the second derivatives; the lower triangle */
export function coxDerivatives(
  design: Design,
  at: {
    readonly times: ArrayLike<number>;
    readonly order: Uint32Array;
    readonly l2: number;
    readonly coefficients: Float64Array;
    readonly gradient: Float64Array;
    readonly information: Float64Array;
  },
): number {
  const { values, rows, width } = design;
  const { times, order, coefficients, gradient, information, l2 } = at;
  gradient.fill(0);
  information.fill(0);
  const scores = new Float64Array(rows);
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows; i++) {
    scores[i] = dot(design, i, coefficients);
    top = Math.max(top, scores[i] as number);
  }
  const risk = newSums(width);
  const tied = newSums(width);
  let logLikelihood = 0;
  for (let start = 0; start < rows; ) {
    const time = Math.abs(times[order[start] as number] as number);
    tied.zeroth = 0;
    tied.first.fill(0);
    let deaths = 0;
    let end = start;
    for (; end < rows && Math.abs(times[order[end] as number] as number) === time; end++) {
      const row = order[end] as number;
      const weight = Math.exp((scores[row] as number) - top);
      addRow(risk, values, row * width, weight);
      if ((times[row] as number) <= 0) continue;
      if (deaths++ === 0) tied.second.fill(0);
      addRow(tied, values, row * width, weight);
      logLikelihood += (scores[row] as number) - top;
      for (let j = 0; j < width; j++) gradient[j] = (gradient[j] as number) + (values[row * width + j] as number);
    }
    start = end;
    if (deaths === 0) continue;
    // With s₀ = S₀ − f·D₀, f = 0, 1/d, …: sums of f^a / s₀^b, so that each set of ties costs one pass over the matrix.
    let [a0, a1, b0, b1, b2] = [0, 0, 0, 0, 0];
    for (let l = 0; l < deaths; l++) {
      const share = l / deaths;
      const left = risk.zeroth - share * tied.zeroth;
      logLikelihood -= Math.log(left);
      a0 += 1 / left;
      a1 += share / left;
      b0 += 1 / left ** 2;
      b1 += share / left ** 2;
      b2 += share ** 2 / left ** 2;
    }
    for (let j = 0; j < width; j++) {
      const s = risk.first[j] as number;
      const d = tied.first[j] as number;
      gradient[j] = (gradient[j] as number) - (a0 * s - a1 * d);
      const forS = b0 * s - b1 * d;
      const forD = b2 * d - b1 * s;
      for (let k = 0, to = j * width; k <= j; k++, to++)
        information[to] =
          (information[to] as number) +
          a0 * (risk.second[to] as number) -
          a1 * (tied.second[to] as number) -
          forS * (risk.first[k] as number) -
          forD * (tied.first[k] as number);
    }
  }
  for (let j = 0; j < width; j++) {
    const b = coefficients[j] as number;
    logLikelihood -= 0.5 * l2 * b * b;
    gradient[j] = (gradient[j] as number) - l2 * b;
    information[j * width + j] = (information[j * width + j] as number) + l2;
  }
  return logLikelihood;
}

/** Rows from the latest time to the earliest; ties in the order of the rows. */
export function byTimeDescending(times: ArrayLike<number>, rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, i) => i).sort(
    (a, b) => Math.abs(times[b] as number) - Math.abs(times[a] as number) || a - b,
  );
}

/** Sums over rows of w, w·x and w·x·xᵀ (lower triangle), where w = e^score. */
interface Sums {
  zeroth: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function newSums(width: number): Sums {
  return { zeroth: 0, first: new Float64Array(width), second: new Float64Array(width * width) };
}

function addRow(sums: Sums, values: Float64Array, from: number, weight: number): void {
  const { first, second } = sums;
  const width = first.length;
  sums.zeroth += weight;
  for (let j = 0; j < width; j++) {
    const x = weight * (values[from + j] as number);
    if (x === 0) continue;
    first[j] = (first[j] as number) + x;
    for (let k = 0, to = j * width; k <= j; k++, to++)
      second[to] = (second[to] as number) + x * (values[from + k] as number);
  }
}

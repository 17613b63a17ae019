import { leastSquares } from "../../math/least-squares.ts";
import { nonNegativePair } from "../../math/non-negative-pair.ts";
import type { Law, LawKind } from "./law.ts";

/** How to fit. */
export interface FitOptions {
  readonly kind: LawKind;
  /** Distances in log loss beyond this count by their size instead of their square. */
  readonly huber: number;
  /** From the one best start, and to seven places instead of eleven: for resampling. */
  readonly quick?: boolean | undefined;
}

/** A law and how well it goes through the points. */
export interface LawFit {
  readonly law: Law;
  /** Σ ρ(log loss − log law), see `leastSquares`. */
  readonly cost: number;
  /** log loss − log law by point. */
  readonly residuals: Float64Array;
  /** Root of the mean squared residual. */
  readonly rmsdLog: number;
}

/** Exponents that are looked at; a law at either end is one that the points do not tell. */
export const EXPONENT = { low: 0.01, high: 3 } as const;

/** `learnt` at most, in units of the largest size to the exponent: the knee may lie beyond the data, but not at any distance. */
export const LEARNT_MOST = 4;

/** Fits both kinds of law to losses at the given sizes; made once for the sizes, for the powers of them are most of the work.
 *
 * On a grid of (exponent, learnt) the best (amplitude, floor) is a least-squares problem with a closed form, weighted by 1 / loss; the best few
 * points of the grid are refined together in log space with Huber's loss.
 * @param sizes > 0, one per loss
 * @returns `fit(losses, options)`; losses > 0, in the order of the sizes
 * @source Golub & Pereyra (2003), Inverse Problems 19, for the variable projection */
export function lawFitter(sizes: Float64Array): (losses: Float64Array, options: FitOptions) => LawFit {
  const count = sizes.length;
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const logs = sizes.map((size) => Math.log(size / largest));
  const cells = gridOf(logs, Math.log(smallest / largest));
  // 3 and the number of knees have no common divisor, so that every knee is still there.
  const coarse = cells.filter((_, i) => i % 3 === 0);
  return (losses, { kind, huber, quick }) => {
    const starts = project({ cells: quick ? coarse : cells, losses, kind, most: quick ? 1 : STARTS });
    const logLosses = losses.map(Math.log);
    const problem = lawProblem({ logs, logLosses, kind });
    let best: ReturnType<typeof leastSquares> | undefined;
    for (const start of starts) {
      const found = leastSquares({ ...problem, start, huber, tolerance: quick ? 1e-7 : 1e-11, iterations: 200 });
      if (best === undefined || found.cost < best.cost) best = found;
    }
    const { parameters, cost } = best as ReturnType<typeof leastSquares>;
    const residuals = new Float64Array(count);
    problem.residuals(parameters, residuals);
    for (let i = 0; i < count; i++) residuals[i] = -(residuals[i] as number);
    return { law: lawIn(parameters, { kind, unit: largest }), cost, residuals, rmsdLog: rootMeanSquare(residuals) };
  };
}

/** The least-squares problem of a law in log space, in sizes over a unit: parameters are log amplitude, learnt, exponent and floor.
 * @param of.logs log (size / unit) */
export function lawProblem(of: {
  readonly logs: Float64Array;
  readonly logLosses: Float64Array;
  readonly kind: LawKind;
}): {
  readonly count: number;
  readonly lower: number[];
  readonly upper: number[];
  readonly residuals: (parameters: Float64Array, out: Float64Array) => void;
  readonly jacobian: (parameters: Float64Array, out: Float64Array) => void;
} {
  const { logs, logLosses, kind } = of;
  const count = logs.length;
  return {
    count,
    lower: [Number.NEGATIVE_INFINITY, 0, EXPONENT.low, 0],
    upper: [Number.POSITIVE_INFINITY, kind === "power" ? 0 : LEARNT_MOST, EXPONENT.high, Number.POSITIVE_INFINITY],
    residuals: (parameters, out) => {
      const amplitude = Math.exp(parameters[0] as number);
      const [, learnt, exponent, floor] = parameters as unknown as [number, number, number, number];
      for (let i = 0; i < count; i++)
        out[i] =
          Math.log(amplitude / (learnt + Math.exp(exponent * (logs[i] as number))) + floor) - (logLosses[i] as number);
    },
    jacobian: (parameters, out) => {
      const amplitude = Math.exp(parameters[0] as number);
      const [, learnt, exponent, floor] = parameters as unknown as [number, number, number, number];
      for (let i = 0; i < count; i++) {
        const power = Math.exp(exponent * (logs[i] as number));
        const fall = amplitude / (learnt + power);
        const loss = fall + floor;
        out[4 * i] = fall / loss;
        out[4 * i + 1] = -fall / ((learnt + power) * loss);
        out[4 * i + 2] = (-fall * power * (logs[i] as number)) / ((learnt + power) * loss);
        out[4 * i + 3] = 1 / loss;
      }
    },
  };
}

/** The law of parameters in sizes over `unit`. */
export function lawIn(parameters: ArrayLike<number>, of: { readonly kind: LawKind; readonly unit: number }): Law {
  const [logAmplitude, learnt, exponent, floor] = Array.from(parameters) as [number, number, number, number];
  const scale = of.unit ** exponent;
  return { kind: of.kind, amplitude: Math.exp(logAmplitude) * scale, learnt: learnt * scale, exponent, floor };
}

/** The parameters of a law in sizes over `unit`. */
export function parametersIn(law: Law, unit: number): [number, number, number, number] {
  const scale = unit ** law.exponent;
  return [Math.log(law.amplitude / scale), law.learnt / scale, law.exponent, law.floor];
}

interface Cell {
  readonly learnt: number;
  readonly exponent: number;
  /** 1 / (learnt + size^exponent) by point. */
  readonly shape: Float64Array;
}

const EXPONENTS = 20;
const KNEES = 10;
/** Places on the grid that are refined. */
const STARTS = 3;

function gridOf(logs: Float64Array, logSmallest: number): readonly Cell[] {
  const cells: Cell[] = [];
  for (let i = 0; i < EXPONENTS; i++) {
    const exponent = 0.02 * 100 ** (i / (EXPONENTS - 1));
    const powers = logs.map((log) => Math.exp(exponent * log));
    for (let k = -1; k < KNEES; k++) {
      // Knees from a tenth of the smallest size up to the largest; −1: none.
      const knee = (logSmallest - 2.3) * (1 - k / (KNEES - 1));
      const learnt = k < 0 ? 0 : Math.exp(exponent * knee);
      cells.push({ learnt, exponent, shape: powers.map((power) => 1 / (learnt + power)) });
    }
  }
  return cells;
}

/** The best places on the grid, of exponents that are well apart. */
function project(of: {
  readonly cells: readonly Cell[];
  readonly losses: Float64Array;
  readonly kind: LawKind;
  readonly most: number;
}): readonly (readonly number[])[] {
  const { cells, losses, kind, most } = of;
  const inverse = losses.map((loss) => 1 / loss);
  let vv = 0;
  let vy = 0;
  for (const v of inverse) {
    vv += v * v;
    vy += v;
  }
  const yy = losses.length;
  const found: { readonly rest: number; readonly start: readonly number[] }[] = [];
  for (const { learnt, exponent, shape } of cells) {
    if (kind === "power" && learnt > 0) continue;
    let uu = 0;
    let uv = 0;
    let uy = 0;
    for (let i = 0; i < shape.length; i++) {
      const v = inverse[i] as number;
      const u = (shape[i] as number) * v;
      uu += u * u;
      uv += u * v;
      uy += u;
    }
    const { a, b, rest } = nonNegativePair({ uu, uv, vv, uy, vy, yy });
    if (a > 0) found.push({ rest, start: [Math.log(a), learnt, exponent, b] });
  }
  if (found.length === 0) return [[Math.log(1e-6 / vy), 0, 0.5, yy / vy]];
  found.sort((a, b) => a.rest - b.rest);
  const kept: (readonly number[])[] = [];
  for (const { start } of found) {
    if (kept.every((other) => Math.abs(Math.log((start[2] as number) / (other[2] as number))) > 0.3)) kept.push(start);
    if (kept.length === (kind === "power" ? 1 : most)) break;
  }
  return kept;
}

function rootMeanSquare(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}

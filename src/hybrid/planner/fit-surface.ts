import { leastSquares } from "../../math/least-squares.ts";
import { nonNegativePair } from "../../math/non-negative-pair.ts";
import type { ResponseSurface, SurfaceKind } from "./surface.ts";

/** A mean loss over seeds; real > 0. */
export interface SurfaceCell {
  readonly real: number;
  readonly synthetic: number;
  readonly loss: number;
  /** What a residual is divided by: about the loss's own standard error, up to a factor that all cells share. */
  readonly scale: number;
}

/** A surface with how well it fits. */
export interface SurfaceFit {
  readonly surface: ResponseSurface;
  /** Akaike's criterion with the small-sample correction; infinite where there are too few cells for the parameters. */
  readonly aicc: number;
  /** Root mean square of the scaled residuals, Huber's loss. */
  readonly rmse: number;
  /** Scaled residuals beyond this count by their size, not their square. */
  readonly huber: number;
  /** To start a fit of slightly different losses from. */
  readonly start: Float64Array;
}

/** Fits one kind of surface ("exchange" with a rate of either sign, so that harm can be seen): a grid over everything that enters non-linearly, with floor and scale ≥ 0 solved exactly at each of its points
 * (variable projection), then all parameters together with Huber's loss, whose threshold follows from the residuals of a first fit.
 *
 * @param options.start of a fit to almost the same losses: no grid is searched, and its `huber` is kept
 * @source Lin et al. (2024), ICML, arXiv 2402.02314, for the law; Golub & Pereyra (1973), SIAM J. Numer. Anal. 10 */
export function fitSurface(
  cells: readonly SurfaceCell[],
  options: { readonly kind: SurfaceKind; readonly from?: SurfaceFit | undefined },
): SurfaceFit {
  const { kind, from } = options;
  const problem = problemOf(cells, kind);
  if (from) return finished(problem, { ...refined(problem, from.start, from.huber), huber: from.huber });
  const starts = gridStarts(problem);
  let best = starts.map((start) => refined(problem, start, Number.POSITIVE_INFINITY)).reduce(lesser);
  const sizes = scaledResiduals(problem, best.parameters).map(Math.abs).sort();
  const spread = 1.4826 * (sizes[sizes.length >> 1] as number);
  // 1.345 spreads: 95 % of the efficiency of squares under the normal distribution.
  const huber = Math.max(1e-9, 1.345 * spread);
  best = [best.parameters, ...starts].map((start) => refined(problem, start, huber)).reduce(lesser);
  return finished(problem, { ...best, huber });
}

/** How many parameters are free, with the variance of the residuals. */
const PARAMETERS = { "real-only": 0, exchange: 1, saturating: 2 } as const;

/** Fewer real sizes than this cannot tell floor, scale, exponent and offset apart: the offset is then 0. */
const SIZES_FOR_OFFSET = 6;

const EXPONENTS = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5];
const OFFSETS = [0, 0.1, 0.5, 2];
const EXCHANGES = [0.01, 0.03, 0.1, 0.3, 1];
const SIGNED = [-0.2, -0.02, 0, 0.02, 0.1, 0.5];
const CEILINGS = [0.1, 0.3, 1, 4];
/** Starting points that are refined; losses of few cells have several valleys. */
const STARTS = 3;

/** Parameters: floor, scale / unit^exponent, offset / unit^exponent, exponent, then the exchange rate, or for "saturating" its logarithm and that
 * of the ceiling (exchange · saturation). */
interface Problem {
  readonly kind: SurfaceKind;
  readonly cells: readonly SurfaceCell[];
  /** Rows are counted in this unit, so that all parameters are of size about 1. */
  readonly unit: number;
  readonly hasOffset: boolean;
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

interface Refined {
  readonly parameters: Float64Array;
  readonly cost: number;
}

function problemOf(cells: readonly SurfaceCell[], kind: SurfaceKind): Problem {
  const sizes = new Set(cells.map(({ real }) => real));
  const hasOffset = sizes.size >= SIZES_FOR_OFFSET;
  const unit = Math.exp(cells.reduce((sum, { real }) => sum + Math.log(real), 0) / cells.length);
  const top = Math.max(...cells.map(({ loss }) => Math.abs(loss)));
  const extra: Readonly<Record<SurfaceKind, readonly (readonly [number, number])[]>> = {
    "real-only": [],
    exchange: [[-0.5, 16]],
    saturating: [
      [Math.log(1e-4), Math.log(16)],
      [Math.log(1e-3), Math.log(100)],
    ],
  };
  const bounds = [[0, 10 * top], [0, 1e3 * top], [0, hasOffset ? 100 : 0], [0.05, 2.5], ...extra[kind]] as const;
  return { kind, cells, unit, hasOffset, lower: bounds.map(([a]) => a), upper: bounds.map(([, b]) => b) };
}

/** The few best points of the grid. */
function gridStarts(problem: Problem): Float64Array[] {
  const { kind, cells, hasOffset } = problem;
  const shapes: readonly (readonly number[])[] =
    kind === "real-only"
      ? [[]]
      : kind === "exchange"
        ? SIGNED.map((rate) => [rate])
        : EXCHANGES.flatMap((rate) => CEILINGS.map((ceiling) => [Math.log(rate), Math.log(ceiling)]));
  const found: { readonly start: Float64Array; readonly rest: number }[] = [];
  for (const shape of shapes) {
    const logs = cells.map((cell) => Math.log(effectiveSize(problem, cell, shape).size));
    for (const exponent of EXPONENTS) {
      const powers = logs.map((log) => Math.exp(exponent * log));
      for (const offset of hasOffset ? OFFSETS : [0]) {
        const [uu, uv, vv, uy, vy, yy] = [0, 0, 0, 0, 0, 0] as number[] as [
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const sums = { uu, uv, vv, uy, vy, yy };
        for (const [i, { loss, scale }] of cells.entries()) {
          const u = 1 / scale;
          const v = u / (offset + (powers[i] as number));
          const y = loss / scale;
          sums.uu += u * u;
          sums.uv += u * v;
          sums.vv += v * v;
          sums.uy += u * y;
          sums.vy += v * y;
          sums.yy += y * y;
        }
        const { a, b, rest } = nonNegativePair(sums);
        found.push({ start: Float64Array.of(a, b, offset, exponent, ...shape), rest });
      }
    }
  }
  found.sort((x, y) => x.rest - y.rest);
  return found.slice(0, STARTS).map(({ start }) => start);
}

function refined(problem: Problem, start: Float64Array, huber: number): Refined {
  const { cells, lower, upper } = problem;
  return leastSquares({
    residuals: (at, out) => evaluate(problem, at, { residuals: out }),
    jacobian: (at, out) => evaluate(problem, at, { slopes: out }),
    count: cells.length,
    start,
    lower,
    upper,
    huber,
    tolerance: 1e-7,
    iterations: 40,
  });
}

function evaluate(
  problem: Problem,
  at: Float64Array,
  out: { readonly residuals?: Float64Array; readonly slopes?: Float64Array },
): void {
  const [floor, factor, offset, exponent] = at as unknown as readonly [number, number, number, number];
  const shape = at.subarray(4);
  const width = at.length;
  for (const [i, cell] of problem.cells.entries()) {
    const { size, slopes } = effectiveSize(problem, cell, shape);
    const power = size ** exponent;
    const below = 1 / (offset + power);
    const inverse = 1 / cell.scale;
    if (out.residuals) out.residuals[i] = (floor + factor * below - cell.loss) * inverse;
    if (!out.slopes) continue;
    const steep = -factor * below * below * inverse;
    out.slopes[i * width] = inverse;
    out.slopes[i * width + 1] = below * inverse;
    out.slopes[i * width + 2] = steep;
    out.slopes[i * width + 3] = steep * power * Math.log(size);
    for (let j = 4; j < width; j++)
      out.slopes[i * width + j] = ((steep * exponent * power) / size) * (slopes[j - 4] as number);
  }
}

/** Real rows and what stands for them, in the problem's unit, with its slope by each parameter of the exchange. */
function effectiveSize(
  problem: Problem,
  cell: SurfaceCell,
  shape: ArrayLike<number>,
): { readonly size: number; readonly slopes: readonly number[] } {
  const real = cell.real / problem.unit;
  const multiple = cell.synthetic / cell.real;
  const first = shape[0] ?? 0;
  if (problem.kind === "real-only") return { size: real, slopes: NONE };
  if (multiple === 0) return { size: real, slopes: ZEROS };
  if (problem.kind === "saturating") {
    // 1 / share = 1 / (exchange · multiple) + 1 / ceiling
    const rising = Math.exp(first) * multiple;
    const ceiling = Math.exp(shape[1] as number);
    const share = (rising * ceiling) / (rising + ceiling);
    return {
      size: real * (1 + share),
      slopes: [(real * share * share) / rising, (real * share * share) / ceiling],
    };
  }
  if (first >= 0) return { size: real * (1 + first * multiple), slopes: [real * multiple] };
  const damped = 1 - first * multiple;
  return { size: real / damped, slopes: [(real * multiple) / (damped * damped)] };
}

const NONE: readonly number[] = [];
const ZEROS: readonly number[] = [0, 0];

function scaledResiduals(problem: Problem, at: Float64Array): Float64Array {
  const out = new Float64Array(problem.cells.length);
  evaluate(problem, at, { residuals: out });
  return out;
}

function finished(problem: Problem, found: Refined & { readonly huber: number }): SurfaceFit {
  const { cells, kind, unit, hasOffset } = problem;
  const { parameters, cost, huber } = found;
  const [floor, factor, offset, exponent, first = 0, second = 0] =
    parameters as unknown as readonly number[] as readonly [number, number, number, number, number?, number?];
  const count = cells.length;
  const free = 3 + (hasOffset ? 1 : 0) + PARAMETERS[kind] + 1;
  const room = count - free - 1;
  const mean = Math.max(cost / count, 1e-300);
  const power = unit ** exponent;
  const exchange = kind === "saturating" ? Math.exp(first) : first;
  return {
    surface: {
      kind,
      floor,
      scale: factor * power,
      offset: offset * power,
      exponent,
      exchange,
      saturation:
        kind === "saturating" ? Math.exp(second - first) : exchange < 0 ? -1 / exchange : Number.POSITIVE_INFINITY,
    },
    aicc: room > 0 ? count * Math.log(mean) + 2 * free + (2 * free * (free + 1)) / room : Number.POSITIVE_INFINITY,
    rmse: Math.sqrt(mean),
    huber,
    start: parameters,
  };
}

function lesser(a: Refined, b: Refined): Refined {
  return b.cost < a.cost ? b : a;
}

import { leastSquares } from "../../math/least-squares.ts";
import { nonNegativePair } from "../../math/non-negative-pair.ts";
import type { ResponseSurface, SurfaceKind } from "./surface.ts";
import {
  type SurfaceCell,
  type SurfaceModel,
  surfaceModel,
  writeResiduals,
  writeSizes,
  writeSlopes,
} from "./surface-model.ts";

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

/** Fits one kind of surface ("exchange" with a rate of either sign, so that harm can be seen): a grid over everything that enters non-linearly,
 * with floor and scale ≥ 0 solved exactly at each of its points (variable projection), then all parameters together with Huber's loss, whose
 * threshold follows from the residuals of a first fit.
 *
 * @param options.from a fit to almost the same losses: no grid is searched, and its `huber` is kept
 * @source Lin et al. (2024), ICML, arXiv 2402.02314, for the law; Golub & Pereyra (1973), SIAM J. Numer. Anal. 10 */
export function fitSurface(
  cells: readonly SurfaceCell[],
  options: { readonly kind: SurfaceKind; readonly from?: SurfaceFit | undefined },
): SurfaceFit {
  const { kind, from } = options;
  const model = surfaceModel(cells, kind);
  const hasOffset = new Set(cells.map(({ real }) => real)).size >= SIZES_FOR_OFFSET;
  const bounds = boundsOf(cells, { kind, hasOffset });
  const refine = (start: Float64Array, huber: number): Refined => refined(model, start, { bounds, huber });
  const finish = (found: Refined, huber: number): SurfaceFit => finished(model, found, { huber, hasOffset });
  if (from) return finish(refine(from.start, from.huber), from.huber);
  const starts = gridStarts(model, hasOffset);
  const first = starts.map((start) => refine(start, Number.POSITIVE_INFINITY)).reduce(lesser);
  const residuals = new Float64Array(model.count);
  writeResiduals(model, first.parameters, residuals);
  const sizes = residuals.map(Math.abs).sort();
  // 1.345 standard deviations: 95 % of the efficiency of squares under the normal distribution.
  const huber = Math.max(1e-9, 1.345 * 1.4826 * (sizes[sizes.length >> 1] as number));
  return finish([first.parameters, ...starts].map((start) => refine(start, huber)).reduce(lesser), huber);
}

/** Fewer real sizes than this cannot tell floor, scale, exponent and offset apart: the offset is then 0. */
const SIZES_FOR_OFFSET = 6;

const EXPONENTS = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5];
const OFFSETS = [0, 0.1, 0.5, 2];
const SIGNED = [-0.2, -0.02, 0, 0.02, 0.1, 0.5];
const EXCHANGES = [0.01, 0.03, 0.1, 0.3, 1];
const CEILINGS = [0.1, 0.3, 1, 4];
/** Starting points that are refined; losses of few cells have several valleys. */
const STARTS = 3;

interface Refined {
  readonly parameters: Float64Array;
  readonly cost: number;
}

type Bounds = readonly (readonly [low: number, high: number])[];

function boundsOf(
  cells: readonly SurfaceCell[],
  of: { readonly kind: SurfaceKind; readonly hasOffset: boolean },
): Bounds {
  const top = Math.max(...cells.map(({ loss }) => Math.abs(loss)));
  const exchange: Readonly<Record<SurfaceKind, Bounds>> = {
    "real-only": [],
    exchange: [[-0.5, 16]],
    saturating: [
      [Math.log(1e-4), Math.log(16)],
      [Math.log(1e-3), Math.log(100)],
    ],
  };
  return [[0, 10 * top], [0, 1e3 * top], [0, of.hasOffset ? 100 : 0], [0.05, 2.5], ...exchange[of.kind]];
}

/** The few best points of the grid. */
function gridStarts(model: SurfaceModel, hasOffset: boolean): Float64Array[] {
  const { kind, count, logSize, inverse, target } = model;
  const shapes: readonly (readonly number[])[] =
    kind === "real-only"
      ? [[]]
      : kind === "exchange"
        ? SIGNED.map((rate) => [rate])
        : EXCHANGES.flatMap((rate) => CEILINGS.map((ceiling) => [Math.log(rate), Math.log(ceiling)]));
  const found: { readonly start: Float64Array; readonly rest: number }[] = [];
  for (const shape of shapes) {
    writeSizes(model, shape);
    for (const exponent of EXPONENTS) {
      const powers = logSize.map((log) => Math.exp(exponent * log));
      for (const offset of hasOffset ? OFFSETS : [0]) {
        const sums = { uu: 0, uv: 0, vv: 0, uy: 0, vy: 0, yy: 0 };
        for (let i = 0; i < count; i++) {
          const u = inverse[i] as number;
          const v = u / (offset + (powers[i] as number));
          const y = target[i] as number;
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

function refined(
  model: SurfaceModel,
  start: Float64Array,
  options: { readonly bounds: Bounds; readonly huber: number },
): Refined {
  const { bounds, huber } = options;
  return leastSquares({
    residuals: (at, out) => writeResiduals(model, at, out),
    jacobian: (at, out) => writeSlopes(model, at, out),
    count: model.count,
    start,
    lower: bounds.map(([low]) => low),
    upper: bounds.map(([, high]) => high),
    huber,
    tolerance: 1e-7,
    iterations: 40,
  });
}

function finished(
  model: SurfaceModel,
  found: Refined,
  of: { readonly huber: number; readonly hasOffset: boolean },
): SurfaceFit {
  const { kind, unit, count, width } = model;
  const [floor = 0, factor = 0, offset = 0, exponent = 1, first = 0, second = 0] = found.parameters;
  // The variance of the residuals is a parameter, too.
  const free = width + 1 - (of.hasOffset ? 0 : 1);
  const room = count - free - 1;
  const mean = Math.max(found.cost / count, 1e-300);
  const power = unit ** exponent;
  const exchange = kind === "saturating" ? Math.exp(first) : first;
  const saturation =
    kind === "saturating" ? Math.exp(second - first) : exchange < 0 ? -1 / exchange : Number.POSITIVE_INFINITY;
  return {
    surface: { kind, floor, scale: factor * power, offset: offset * power, exponent, exchange, saturation },
    aicc: room > 0 ? count * Math.log(mean) + 2 * free + (2 * free * (free + 1)) / room : Number.POSITIVE_INFINITY,
    rmse: Math.sqrt(mean),
    huber: of.huber,
    start: found.parameters,
  };
}

function lesser(a: Refined, b: Refined): Refined {
  return b.cost < a.cost ? b : a;
}

import type { SurfaceKind } from "./surface.ts";

/** A mean loss over seeds; real > 0. */
export interface SurfaceCell {
  readonly real: number;
  readonly synthetic: number;
  readonly loss: number;
  /** What a residual is divided by: about the loss's own standard error, up to a factor that all cells share. */
  readonly scale: number;
}

/** A surface as a sum of squares over its parameters: floor, scale / unit^exponent, offset / unit^exponent, exponent; then the exchange rate, or for
 * "saturating" the logarithms of the rate and of the ceiling (exchange · saturation). */
export interface SurfaceModel {
  readonly kind: SurfaceKind;
  readonly count: number;
  /** Parameters. */
  readonly width: number;
  /** Rows are counted in this unit, so that all parameters are of size about 1. */
  readonly unit: number;
  /** log(real / unit), synthetic / real, loss / scale and 1 / scale, by cell. */
  readonly logReal: Float64Array;
  readonly multiple: Float64Array;
  readonly target: Float64Array;
  readonly inverse: Float64Array;
  /** log of the effective size by cell, in the unit, with its slopes by the parameters of the exchange (two a cell), and the power of the size; at
   * the parameters that were looked at last. */
  readonly logSize: Float64Array;
  readonly slopes: Float64Array;
  readonly power: Float64Array;
  readonly last: Float64Array;
}

/** The model of some cells. */
export function surfaceModel(cells: readonly SurfaceCell[], kind: SurfaceKind): SurfaceModel {
  const count = cells.length;
  const width = 4 + { "real-only": 0, exchange: 1, saturating: 2 }[kind];
  const logs = Float64Array.from(cells, ({ real }) => Math.log(real));
  const centre = logs.reduce((sum, log) => sum + log, 0) / count;
  return {
    kind,
    count,
    width,
    unit: Math.exp(centre),
    logReal: logs.map((log) => log - centre),
    multiple: Float64Array.from(cells, ({ real, synthetic }) => synthetic / real),
    target: Float64Array.from(cells, ({ loss, scale }) => loss / scale),
    inverse: Float64Array.from(cells, ({ scale }) => 1 / scale),
    logSize: new Float64Array(count),
    slopes: new Float64Array(2 * count),
    power: new Float64Array(count),
    last: new Float64Array(width).fill(Number.NaN),
  };
}

/** Writes (loss of the surface − loss) / scale by cell. */
export function writeResiduals(model: SurfaceModel, at: Float64Array, out: Float64Array): void {
  const { count, target, inverse, power } = model;
  lookAt(model, at);
  const floor = at[0] as number;
  const factor = at[1] as number;
  const offset = at[2] as number;
  for (let i = 0; i < count; i++)
    out[i] = (floor + factor / (offset + (power[i] as number))) * (inverse[i] as number) - (target[i] as number);
}

/** Writes the slopes of the residuals, cells × parameters. */
export function writeSlopes(model: SurfaceModel, at: Float64Array, out: Float64Array): void {
  const { count, width, inverse, power, logSize, slopes } = model;
  lookAt(model, at);
  const factor = at[1] as number;
  const offset = at[2] as number;
  const exponent = at[3] as number;
  for (let i = 0; i < count; i++) {
    const row = i * width;
    const below = 1 / (offset + (power[i] as number));
    const scaled = below * (inverse[i] as number);
    const steep = -factor * below * scaled;
    const bySize = steep * (power[i] as number);
    out[row] = inverse[i] as number;
    out[row + 1] = scaled;
    out[row + 2] = steep;
    out[row + 3] = bySize * (logSize[i] as number);
    if (width > 4) out[row + 4] = bySize * exponent * (slopes[2 * i] as number);
    if (width > 5) out[row + 5] = bySize * exponent * (slopes[2 * i + 1] as number);
  }
}

/** Logarithms of the effective sizes, and their slopes, for some parameters of the exchange. */
export function writeSizes(model: SurfaceModel, exchange: ArrayLike<number>): void {
  const { kind, count, logReal, multiple, logSize, slopes } = model;
  const first = exchange[0] ?? 0;
  const rate = kind === "saturating" ? Math.exp(first) : first;
  const ceiling = kind === "saturating" ? Math.exp(exchange[1] as number) : Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const m = multiple[i] as number;
    const rising = rate * m;
    let log = 0;
    if (m === 0 || kind === "real-only") {
      slopes[2 * i] = 0;
      slopes[2 * i + 1] = 0;
    } else if (kind === "saturating") {
      // 1 / share = 1 / rising + 1 / ceiling
      const share = (rising * ceiling) / (rising + ceiling);
      log = Math.log1p(share);
      slopes[2 * i] = (share * share) / rising / (1 + share);
      slopes[2 * i + 1] = (share * share) / ceiling / (1 + share);
    } else {
      // Below 0 each row undoes less than the one before: the size is real / (1 + |rate| · multiple).
      log = rate >= 0 ? Math.log1p(rising) : -Math.log1p(-rising);
      slopes[2 * i] = m / (1 + Math.abs(rising));
    }
    logSize[i] = (logReal[i] as number) + log;
  }
}

/** A step that is taken is looked at twice, for its residuals and for its slopes; powers are dear. */
function lookAt(model: SurfaceModel, at: Float64Array): void {
  const { last, width, count, power, logSize } = model;
  let same = true;
  for (let j = 3; j < width; j++) same &&= last[j] === at[j];
  if (same) return;
  writeSizes(model, at.subarray(4));
  const exponent = at[3] as number;
  for (let i = 0; i < count; i++) power[i] = Math.exp(exponent * (logSize[i] as number));
  last.set(at);
}

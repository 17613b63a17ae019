/** How synthetic rows enter: not at all, each for a fixed part of a real row, or with an end to what they can stand for. */
export type SurfaceKind = "real-only" | "exchange" | "saturating";

/** loss(r, s) = floor + scale / (offset + (r + k(r, s))^exponent), k = exchange · s / (1 + s / (saturation · r)), for r > 0.
 *
 * `exchange` is the number of real rows that the first synthetic row stands for (0 for "real-only"); exchange · saturation · r is the most that
 * synthetic rows can stand for (saturation is infinite for "exchange"). An exchange below 0 is harm: saturation is then −1 / exchange, so that
 * the harm can at most undo all real rows. */
export interface ResponseSurface {
  readonly kind: SurfaceKind;
  /** ≥ 0. */
  readonly floor: number;
  /** ≥ 0. */
  readonly scale: number;
  /** ≥ 0; 0 where the pilot has fewer than six real sizes, which cannot tell it. */
  readonly offset: number;
  readonly exponent: number;
  readonly exchange: number;
  readonly saturation: number;
}

/** Real rows that synthetic ones stand for, for each real row, at `multiple` synthetic rows for a real one; below 0 where they harm. */
export function standIn(surface: ResponseSurface, multiple: number): number {
  const { exchange, saturation } = surface;
  if (multiple === 0 || exchange === 0) return 0;
  return (exchange * multiple) / (1 + multiple / saturation);
}

/** The loss that the surface says. @param rows real > 0, synthetic ≥ 0 */
export function lossAt(surface: ResponseSurface, rows: { readonly real: number; readonly synthetic: number }): number {
  return lossOfSize(surface, rows.real * (1 + standIn(surface, rows.synthetic / rows.real)));
}

/** The loss of so many real rows, or what stands for them. */
export function lossOfSize(surface: ResponseSurface, size: number): number {
  return surface.floor + surface.scale / (surface.offset + size ** surface.exponent);
}

/** Real rows, or what stands for them, for a loss: 0 where none are needed, infinite where no number suffices. */
export function sizeForLoss(surface: ResponseSurface, loss: number): number {
  const above = loss - surface.floor;
  if (!(above > 0)) return Number.POSITIVE_INFINITY;
  const power = surface.scale / above - surface.offset;
  return power > 0 ? power ** (1 / surface.exponent) : 0;
}

/** Synthetic rows for a real one that stand for `share` of a real row; infinite where no number does. */
export function multipleFor(surface: ResponseSurface, share: number): number {
  if (share <= 0) return 0;
  const { exchange, saturation } = surface;
  if (exchange <= 0) return Number.POSITIVE_INFINITY;
  const left = exchange - share / saturation;
  return left > 0 ? share / left : Number.POSITIVE_INFINITY;
}

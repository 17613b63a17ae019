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

/** Real rows that would do as much as `synthetic` synthetic ones beside `real` real ones; below 0 where they harm. */
export function standIn(surface: ResponseSurface, rows: { readonly real: number; readonly synthetic: number }): number {
  const { exchange, saturation } = surface;
  const { real, synthetic } = rows;
  if (synthetic === 0 || exchange === 0) return 0;
  const perRow = exchange * synthetic;
  return Number.isFinite(saturation) ? perRow / (1 + synthetic / (saturation * real)) : perRow;
}

/** The loss that the surface says. @param rows real > 0, synthetic ≥ 0 */
export function lossAt(surface: ResponseSurface, rows: { readonly real: number; readonly synthetic: number }): number {
  const { floor, scale, offset, exponent } = surface;
  return floor + scale / (offset + (rows.real + standIn(surface, rows)) ** exponent);
}

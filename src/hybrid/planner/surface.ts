/** How synthetic rows enter: not at all, each for a fixed part of a real row, or with an end to what they can stand for. */
export type SurfaceKind = "real-only" | "exchange" | "saturating";

/** loss(r, s) = floor + scale / (offset + (r + k(r, s))^exponent), k = exchange · s / (1 + s / (saturation · r)).
 *
 * `exchange` is the number of real rows that the first synthetic row stands for (0 for "real-only"); exchange · saturation · r is the most that
 * synthetic rows can stand for (saturation is infinite for "exchange"). */
export interface ResponseSurface {
  readonly kind: SurfaceKind;
  /** ≥ 0. */
  readonly floor: number;
  readonly scale: number;
  readonly offset: number;
  readonly exponent: number;
  readonly exchange: number;
  readonly saturation: number;
}

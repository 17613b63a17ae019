/** Sums that two regressors u, v and an outcome y come to; weights are already inside. */
export interface PairSums {
  readonly uu: number;
  readonly uv: number;
  readonly vv: number;
  readonly uy: number;
  readonly vy: number;
  readonly yy: number;
}

/** The a, b ≥ 0 that make Σ (y − a·u − b·v)² least, exactly, by looking at the inside and both edges.
 * @returns both, and the sum of squares that is left (≥ 0)
 * @source Lawson & Hanson (1974), "Solving Least Squares Problems", chapter 23, for two columns */
export function nonNegativePair(sums: PairSums): { readonly a: number; readonly b: number; readonly rest: number } {
  const { uu, uv, vv, uy, vy, yy } = sums;
  const rest = (a: number, b: number): number =>
    Math.max(0, yy - 2 * a * uy - 2 * b * vy + a * a * uu + 2 * a * b * uv + b * b * vv);
  const determinant = uu * vv - uv * uv;
  if (determinant > 1e-14 * uu * vv) {
    const a = (uy * vv - vy * uv) / determinant;
    const b = (vy * uu - uy * uv) / determinant;
    if (a >= 0 && b >= 0) return { a, b, rest: rest(a, b) };
  }
  const a = uu > 0 ? Math.max(0, uy / uu) : 0;
  const b = vv > 0 ? Math.max(0, vy / vv) : 0;
  const [alone, other] = [rest(a, 0), rest(0, b)];
  return alone <= other ? { a, b: 0, rest: alone } : { a: 0, b, rest: other };
}

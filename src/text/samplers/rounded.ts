/** A number with so many digits after the point. */
export function rounded(x: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(x * scale) / scale;
}

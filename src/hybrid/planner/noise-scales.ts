import type { PilotGrid } from "./pilot-grid.ts";

/** About the standard error of each cell's mean, in the grid's order: what its residual is divided by.
 *
 * Noise is a share of the loss that follows a power of the real rows (draws of few rows differ more, also relative to the loss), found by the
 * variances over seeds; and two hundredths of the loss, for no curve is exact. */
export function noiseScales({ cells }: PilotGrid): Float64Array {
  const sizes = cells.map(({ mean }) => Math.abs(mean)).sort((a, b) => a - b);
  // A loss near 0 would make its cell all-important.
  const least = 0.05 * (sizes[sizes.length >> 1] as number) || 1e-9;
  const level = (mean: number): number => Math.max(Math.abs(mean), least);
  const share = shareByRows(
    cells.map(({ real, losses, mean }) => ({
      real,
      freedom: losses.length - 1,
      squares: losses.reduce((sum, loss) => sum + ((loss - mean) / level(mean)) ** 2, 0),
    })),
  );
  return Float64Array.from(cells, ({ real, mean, seeds }) => (level(mean) * share(real)) / Math.sqrt(seeds.length));
}

const MISFIT = 0.02;

/** The relative standard deviation of one value by real rows: a line through the logarithms of the variances of each size. */
function shareByRows(
  cells: readonly { readonly real: number; readonly freedom: number; readonly squares: number }[],
): (real: number) => number {
  const bySize = new Map<number, { freedom: number; squares: number }>();
  for (const { real, freedom, squares } of cells) {
    const entry = bySize.get(real) ?? { freedom: 0, squares: 0 };
    bySize.set(real, { freedom: entry.freedom + freedom, squares: entry.squares + squares });
  }
  const points = [...bySize]
    .filter(([, { freedom, squares }]) => freedom > 0 && squares > 0)
    .map(([real, { freedom, squares }]) => ({ x: Math.log(real), y: Math.log(squares / freedom), weight: freedom }));
  if (points.length < 3) return () => 1;
  const total = points.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: (point: (typeof points)[number]) => number): number =>
    points.reduce((sum, point) => sum + point.weight * of(point), 0) / total;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const slope = mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2);
  return (real) => Math.sqrt(Math.exp(y + slope * (Math.log(real) - x)) + MISFIT * MISFIT);
}

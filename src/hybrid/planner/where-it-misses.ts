import { studentQuantile } from "../../math/student-t.ts";
import type { Rows } from "./answers.ts";
import { noiseScales } from "./noise-scales.ts";
import { metricOf } from "./pilot.ts";
import type { Planning } from "./planning.ts";
import { seedSpread } from "./redraw.ts";
import { lossAt } from "./surface.ts";

/** A cell that the surface which is planned with does not meet. */
export interface Miss {
  readonly at: Rows;
  /** In the metric's own units. */
  readonly measured: number;
  readonly fitted: number;
}

/** The cell that the surface which is planned with misses most: beyond chance (Student's t with the spread of seeds, at a level that all cells share)
 * and a twentieth of the loss. Where synthetic rows do not help, only cells without them are looked at. */
export function whereItMisses(planning: Planning): readonly Miss[] {
  const { grid, surfaces, metric, level } = planning;
  const scales = noiseScales(grid);
  const spread = seedSpread(grid, scales);
  if (Number.isNaN(spread)) return [];
  const looked = [...grid.cells.entries()].filter(
    ([, { synthetic }]) => surfaces.verdict === "helps" || synthetic === 0,
  );
  // Cells of one size share their draws: they are no more than one.
  const seeds = new Map(grid.cells.map(({ real, losses }) => [real, losses.length]));
  const freedom = Math.max(
    1,
    [...seeds.values()].reduce((sum, count) => sum + count - 1, 0),
  );
  const quantile = studentQuantile(1 - (1 - level) / (2 * looked.length), freedom);
  let worst: { readonly miss: Miss; readonly excess: number } | undefined;
  for (const [i, { real, synthetic, mean }] of looked) {
    const loss = lossAt(surfaces.plan.point, { real, synthetic });
    const excess = Math.abs(loss - mean) / (quantile * spread * (scales[i] as number) + 0.05 * Math.abs(mean));
    if (excess > Math.max(1, worst?.excess ?? 0))
      worst = {
        excess,
        miss: { at: { real, synthetic }, measured: metricOf(metric, mean), fitted: metricOf(metric, loss) },
      };
  }
  return worst ? [worst.miss] : [];
}

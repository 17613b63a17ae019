import { studentQuantile } from "../../math/student-t.ts";
import type { Rows } from "./answers.ts";
import { metricOf } from "./pilot.ts";
import type { Planning } from "./planning.ts";
import { lossAt } from "./surface.ts";

/** A cell that the surface which is planned with does not meet. */
export interface Miss {
  readonly at: Rows;
  /** In the metric's own units. */
  readonly measured: number;
  readonly fitted: number;
}

/** Cells at which the surface is beyond chance (Student's t with the spread of seeds at that many real rows, at a level that all cells share) and by
 * a twentieth of the loss at least: the worst one. Where synthetic rows do not help, only cells without them are looked at. */
export function whereItMisses(planning: Planning): readonly Miss[] {
  const { grid, surfaces, metric, level } = planning;
  const cells = grid.cells.filter(({ synthetic }) => surfaces.verdict === "helps" || synthetic === 0);
  let worst: { readonly miss: Miss; readonly excess: number } | undefined;
  for (const cell of cells) {
    const same = grid.cells.filter(({ real }) => real === cell.real);
    const freedom = same.reduce((sum, { losses }) => sum + losses.length - 1, 0);
    if (freedom === 0) continue;
    const squares = same.reduce(
      (sum, { losses, mean }) => sum + losses.reduce((part, loss) => part + (loss - mean) ** 2, 0),
      0,
    );
    // Cells of one size share their draws: their departures are no more than those of one.
    const quantile = studentQuantile(1 - (1 - level) / (2 * cells.length), Math.max(1, cell.losses.length - 1));
    const allowed = quantile * Math.sqrt(squares / freedom / cell.losses.length) + 0.05 * Math.abs(cell.mean);
    const loss = lossAt(surfaces.plan.point, cell);
    const excess = Math.abs(loss - cell.mean) / allowed;
    if (excess > Math.max(1, worst?.excess ?? 0))
      worst = {
        excess,
        miss: {
          at: { real: cell.real, synthetic: cell.synthetic },
          measured: metricOf(metric, cell.mean),
          fitted: metricOf(metric, loss),
        },
      };
  }
  return worst ? [worst.miss] : [];
}

import type { MeasuredCell, PlanAnswers, Rows } from "./answers.ts";
import { type GridCell, measuredCell } from "./pilot-grid.ts";
import { expected, type Planning } from "./planning.ts";

/** Synthetic shares that are shown; from nine tenths on, where curves break, more closely. */
export const SHARES = [0, 0.5, 0.9, 0.95, 0.975, 1] as const;

/** A cell this far off, in total and in the ratio of rows, still stands for a share. */
const NEAR = Math.log(1.35);
/** Without real rows the number of synthetic ones matters little. */
const NEAR_ALONE = Math.log(2);

/** The metric by synthetic share at one total of rows: the total at which most shares were measured, and most nearly. */
export function shareCurve(planning: Planning): PlanAnswers["shareCurve"] {
  const { grid } = planning;
  const totals = new Set(grid.cells.map(({ real, synthetic }) => real + synthetic));
  let total = 0;
  let most = -1;
  for (const candidate of [...totals].sort((a, b) => a - b)) {
    // A share counts for one that is near, and for up to one more the nearer it is.
    const score = SHARES.reduce<number>((sum, share) => {
      const found = nearest(planning, { total: candidate, share });
      return sum + (found ? 2 - found.distance / (2 * NEAR_ALONE) : 0);
    }, 0);
    if (score >= most - 1e-9) [total, most] = [candidate, score];
  }
  return {
    total,
    points: SHARES.map((share) => {
      const rows = rowsOf(total, share);
      return {
        share,
        ...rows,
        fitted: isInside(planning, rows) ? expected(planning, rows) : null,
        measured: nearest(planning, { total, share })?.cell ?? null,
      };
    }),
  };
}

function rowsOf(total: number, share: number): Rows {
  const real = Math.round(total * (1 - share));
  return { real, synthetic: total - real };
}

/** A factor of two beyond what was tried is as far as a share is filled in. */
function isInside(planning: Planning, { real, synthetic }: Rows): boolean {
  const { smallestReal, largestMultiple, reach, surfaces } = planning;
  if (real === 0 || real > reach) return false;
  if (synthetic > 0 && surfaces.verdict === "not-enough") return false;
  return real >= smallestReal / 2 && synthetic / real <= 2 * largestMultiple;
}

function nearest(
  planning: Planning,
  at: { readonly total: number; readonly share: number },
): { readonly cell: MeasuredCell; readonly distance: number } | null {
  const { grid, metric, level } = planning;
  let best: GridCell | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const cell of at.share === 1 ? grid.syntheticOnly : grid.cells) {
    if (at.share === 0 && cell.synthetic > 0) continue;
    const total = Math.abs(Math.log((cell.real + cell.synthetic) / at.total));
    const ratio = at.share === 1 ? 0 : Math.abs(Math.log((1 + cell.synthetic / cell.real) * (1 - at.share)));
    if (total > (at.share === 1 ? NEAR_ALONE : NEAR) || ratio > NEAR) continue;
    const distance = Math.hypot(total, ratio);
    if (distance < least) [best, least] = [cell, distance];
  }
  return best ? { cell: measuredCell(best, { arm: grid.arm, metric, level }), distance: least } : null;
}

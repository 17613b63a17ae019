import type { Ranged, Rows } from "./answers.ts";
import { type GridCell, type PilotGrid, studentInterval } from "./pilot-grid.ts";

/** A place where what was measured goes against the verdict. */
export interface Turn {
  /** At this many real rows, synthetic ones help or harm; or at this many synthetic rows for a real one, against the next fewer. */
  readonly at: { readonly real: number } | { readonly multiple: number; readonly than: number };
  /** Mean gain in the metric over seeds, at a level that all places share (Bonferroni). */
  readonly gain: Ranged;
}

/** What a surface cannot hold: synthetic rows that help few real rows and harm many, or where more of them is worse than some. Paired differences
 * of cells that share their real rows; only those whose interval leaves 0 out are told. */
export function whereItTurns(
  grid: PilotGrid,
  of: { readonly level: number; readonly verdict: "helps" | "no-evidence" | "harms" },
): readonly Turn[] {
  const sizes = grid.realAlone.filter((real) => grid.cells.some((cell) => cell.real === real && cell.synthetic > 0));
  const steps = grid.multiples.slice(1).map((multiple, i) => ({ multiple, than: grid.multiples[i] as number }));
  const level = 1 - (1 - of.level) / Math.max(1, sizes.length + steps.length);
  const bySize = sizes.map((real): Turn => {
    const [alone, ...others] = grid.cells.filter((cell) => cell.real === real);
    return {
      at: { real },
      gain: gainOf(
        others.map((cell) => [alone as GridCell, cell] as const),
        level,
      ),
    };
  });
  const byStep = steps.map((at): Turn => {
    const pairs = grid.realAlone.flatMap((real) => {
      const [less, more] = [at.than, at.multiple].map((multiple) => cellNear(grid, { real, multiple }));
      return less && more ? [[less, more] as const] : [];
    });
    return { at, gain: gainOf(pairs, level) };
  });
  return [
    ...bySize.filter(
      ({ gain }) => (gain.high < 0 && of.verdict !== "harms") || (gain.low > 0 && of.verdict !== "helps"),
    ),
    ...byStep.filter(({ gain }) => gain.high < 0 && of.verdict === "helps"),
  ];
}

function cellNear(grid: PilotGrid, at: { readonly real: number; readonly multiple: number }): GridCell | undefined {
  return grid.cells.find(({ real, synthetic }: Rows) => {
    const ratio = synthetic / real / at.multiple;
    return real === at.real && ratio > 1 / 1.1 && ratio < 1.1;
  });
}

/** Mean over pairs within each seed, then over seeds. */
function gainOf(pairs: readonly (readonly [GridCell, GridCell])[], level: number): Ranged {
  const bySeed = new Map<number, number[]>();
  for (const [before, after] of pairs)
    for (const [k, seed] of before.seeds.entries()) {
      const other = after.losses[after.seeds.indexOf(seed)];
      if (other === undefined) continue;
      bySeed.set(seed, [...(bySeed.get(seed) ?? []), (before.losses[k] as number) - other]);
    }
  const means = [...bySeed.values()].map((all) => all.reduce((sum, x) => sum + x, 0) / all.length);
  if (means.length < 2) return { value: means[0] ?? 0, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return studentInterval(means, level);
}

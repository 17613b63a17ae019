import { sliceRows } from "../../src/data/table.ts";
import type { Arm, PilotCell } from "../../src/hybrid/planner/pilot.ts";
import { SEEN } from "./banking-pools.ts";
import { accuracyOf } from "./lessons.ts";
import { type ModelDraw, modelDraws } from "./model-pools.ts";
import type { TextRows } from "./study-rows.ts";

export const SHARES = [0, 0.5, 0.9, 0.95, 0.975, 1] as const;
const SIZES = [SEEN, 62, 125, 250, 500] as const;

/** A pilot whose synthetic rows a language model wrote, from {@link SEEN} real rows that every cell of that many or more holds.
 * @returns the cells of the grid, with the total of rows along the share of synthetic ones */
export function modelPilot(
  of: TextRows,
  { orders, quick }: { readonly orders: number; readonly quick: boolean },
): { readonly cells: readonly PilotCell[]; readonly total: number } {
  const draws = modelDraws(of, { orders });
  const pool = Math.min(...draws.map(({ synthetic }) => synthetic.rows));
  const total = Math.floor(pool / 10) * 10;
  const plan = new Map<string, readonly [real: number, synthetic: number, arm: Arm]>();
  const add = (real: number, synthetic: number, arm: Arm): void => {
    plan.set([real, synthetic, arm].join(" "), [real, synthetic, arm]);
  };
  for (const share of SHARES) {
    const real = Math.round((1 - share) * total);
    add(real, total - real, "mix");
    if (real > 0) add(real, 0, "mix");
  }
  for (const real of quick ? SIZES.slice(0, 2) : SIZES) {
    for (const synthetic of [0, 125, 250, total]) add(real, synthetic, "mix");
    for (const synthetic of [125, total]) add(real, synthetic, "pretrain");
  }
  const cells = draws.flatMap((draw) => {
    console.error(`banking77, model: draw ${draw.seed + 1} of ${draws.length}`);
    return [...plan.values()].map(([real, synthetic, arm]) => cellOf(of, { draw, real, synthetic, arm }));
  });
  return { cells, total };
}

function cellOf(
  of: TextRows,
  cell: { readonly draw: ModelDraw; readonly real: number; readonly synthetic: number; readonly arm: Arm },
): PilotCell {
  const { draw, real, synthetic, arm } = cell;
  const value = accuracyOf(of, {
    real: real > 0 ? sliceRows(draw.real, 0, real) : null,
    synthetic: synthetic > 0 ? sliceRows(draw.synthetic, 0, synthetic) : null,
    arm,
  });
  return {
    ...{ real, synthetic, arm, seed: draw.seed, test: "test", value },
    // Fewer real rows than the writer saw: the cell says so.
    ...(real < SEEN && synthetic > 0 ? { source: SEEN } : {}),
  };
}

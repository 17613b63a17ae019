import type { PlanAnswers } from "./answers.ts";
import { lossOf, type PilotCell, type PilotMetric } from "./pilot.ts";
import { studentInterval } from "./pilot-grid.ts";

/** Mix, or pretrain on synthetic rows: by the differences of cells that have both, averaged within each seed and then over seeds. Pretraining is
 * recommended where it is better by more than chance with three seeds or more, or was tried alone: mixing takes one training instead of two. */
export function compareArms(
  cells: readonly PilotCell[],
  of: { readonly metric: PilotMetric; readonly level: number },
): PlanAnswers["arm"] {
  const losses = new Map<string, number>();
  for (const { real, synthetic, seed, arm, value } of cells)
    if (value !== null && synthetic > 0 && real > 0)
      losses.set(keyOf(arm, { real, synthetic, seed }), lossOf(of.metric, value));
  const bySeed = new Map<number, number[]>();
  for (const cell of cells) {
    if (cell.arm !== "pretrain") continue;
    const [mix, pretrain] = [losses.get(keyOf("mix", cell)), losses.get(keyOf("pretrain", cell))];
    if (mix !== undefined && pretrain !== undefined)
      bySeed.set(cell.seed, [...(bySeed.get(cell.seed) ?? []), mix - pretrain]);
  }
  const means = [...bySeed.values()].map((all) => all.reduce((sum, x) => sum + x, 0) / all.length);
  const pairs = [...bySeed.values()].reduce((sum, all) => sum + all.length, 0);
  if (pairs === 0) {
    const tried = [...losses.keys()];
    const alone = tried.length > 0 && tried.every((key) => key.startsWith("pretrain"));
    return { recommended: alone ? "pretrain" : "mix", difference: null, pairs };
  }
  const difference = studentInterval(means, of.level);
  return { recommended: means.length >= FEWEST_SEEDS && difference.low > 0 ? "pretrain" : "mix", difference, pairs };
}

/** The differences of two seeds can be the same by chance, for an accuracy is a multiple of one test row: no interval is that short. */
const FEWEST_SEEDS = 3;

function keyOf(arm: PilotCell["arm"], of: Pick<PilotCell, "real" | "synthetic" | "seed">): string {
  return `${arm} ${of.real} ${of.synthetic} ${of.seed}`;
}

import type { Mix, PlanQuestion, Rows } from "./answers.ts";
import { expected, geometric, type Planning } from "./planning.ts";
import { lossAt, multipleFor, sizeForLoss, standIn } from "./surface.ts";

/** Below this many real rows, or this part of all rows, synthetic ones are not mixed in unless the pilot itself shows that it works.
 * @source Ashok & May (2025), ACL: scores fall off where the last tenth of the rows is replaced, and 125 real rows help every purely synthetic set */
export const ANCHOR = { rows: 125, share: 0.1 } as const;

/** Which mixes may be named: none without real rows, none beyond what was tried or is at hand. */
export interface MixLimits {
  readonly real: number;
  /** Whether the rule of the real anchor holds. */
  readonly anchored: boolean;
}

/** Whether a mix keeps the rule of the anchor. Where fewer rows than it asks for are at hand, all of them do. */
export function keepsAnchor(rows: Rows, available: number): boolean {
  const { real, synthetic } = rows;
  if (synthetic === 0) return true;
  return real >= Math.min(ANCHOR.rows, available) && real >= ANCHOR.share * (real + synthetic) - 1e-9;
}

/** The cheapest mix for a loss, by search over synthetic rows for a real one; null: out of reach. */
export function cheapestMix(
  planning: Planning,
  options: { readonly loss: number; readonly cost: PlanQuestion["cost"]; readonly limits: MixLimits },
): Mix | null {
  const { loss, cost, limits } = options;
  const { smallestReal, reach } = planning;
  const { point } = planning.surfaces.plan;
  const size = sizeForLoss(point, loss);
  if (size > reach) return null;
  let best: (Rows & { readonly cost: number }) | null = null;
  for (const multiple of multiplesOf(planning)) {
    const least =
      limits.anchored && multiple > 0 ? Math.max(smallestReal, Math.min(ANCHOR.rows, limits.real)) : smallestReal;
    const real = Math.max(least, Math.ceil(size / (1 + standIn(point, multiple)) - 1e-9));
    // Where real rows are no longer the limit, fewer synthetic ones do.
    const enough = real === least ? fewestSynthetic(planning, { real, loss, most: multiple }) : multiple;
    const rows = { real, synthetic: Math.max(0, Math.ceil(real * enough - 1e-9)) };
    if (real > limits.real || (limits.anchored && !keepsAnchor(rows, limits.real))) continue;
    const spent = rows.real * cost.real + rows.synthetic * cost.synthetic;
    if (best === null || spent < best.cost - 1e-9 * Math.abs(best.cost)) best = { ...rows, cost: spent };
  }
  return best && { ...best, value: expected(planning, best) };
}

/** The best value for every cost: mixes that no other one equals for less. */
export function costFrontier(
  planning: Planning,
  options: { readonly cost: PlanQuestion["cost"]; readonly limits: MixLimits },
): Mix[] {
  const { cost, limits } = options;
  const { smallestReal, reach } = planning;
  const { point } = planning.surfaces.plan;
  const found: (Rows & { readonly cost: number; readonly loss: number })[] = [];
  const sizes = new Set(
    geometric(Math.min(smallestReal, limits.real), Math.min(limits.real, reach), 80).map(Math.round),
  );
  for (const real of sizes)
    for (const multiple of multiplesOf(planning)) {
      const rows = { real, synthetic: Math.round(real * multiple) };
      if (real * (1 + Math.max(0, standIn(point, multiple))) > reach) continue;
      if (limits.anchored && !keepsAnchor(rows, limits.real)) continue;
      found.push({
        ...rows,
        cost: rows.real * cost.real + rows.synthetic * cost.synthetic,
        loss: lossAt(point, rows),
      });
    }
  found.sort((a, b) => a.cost - b.cost || a.loss - b.loss || a.synthetic - b.synthetic);
  let least = Number.POSITIVE_INFINITY;
  const kept = found.filter(({ loss }) => {
    const falls = loss < least - 1e-12;
    if (falls) least = loss;
    return falls;
  });
  return thinned(kept, 40).map(({ real, synthetic, cost }) => ({
    real,
    synthetic,
    cost,
    value: expected(planning, { real, synthetic }),
  }));
}

/** Synthetic rows for a real one that are looked at: none, and, where they help, up to the most that was tried. */
function multiplesOf(planning: Planning): number[] {
  const { surfaces, largestMultiple } = planning;
  if (surfaces.verdict !== "helps") return [0];
  return [0, ...geometric(Math.min(0.1, largestMultiple), largestMultiple, 60)];
}

function fewestSynthetic(
  planning: Planning,
  options: { readonly real: number; readonly loss: number; readonly most: number },
): number {
  const { real, loss, most } = options;
  const { point } = planning.surfaces.plan;
  return Math.min(most, multipleFor(point, sizeForLoss(point, loss) / real - 1));
}

function thinned<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T);
}

import type { Ranged } from "./answers.ts";
import { answer, type Planning } from "./planning.ts";
import { sizeForLoss, standIn } from "./surface.ts";

/** Real rows for a loss at a number of synthetic rows for each: whole, never fewer than were tried, infinite beyond the pilot's reach. */
export function neededRows(planning: Planning, options: { readonly loss: number; readonly multiple: number }): Ranged {
  const { smallestReal, reach } = planning;
  return answer(planning, (surface) => {
    const size = sizeForLoss(surface, options.loss);
    if (size > reach) return Number.POSITIVE_INFINITY;
    return Math.max(smallestReal, Math.ceil(size / (1 + standIn(surface, options.multiple)) - 1e-9));
  });
}

import { type Law, lossAt } from "../../../src/hybrid/scaling/law.ts";
import type { ScalingPoints } from "../../../src/hybrid/scaling/points.ts";
import type { Random } from "../../../src/random.ts";

/** Laws of real tables, or close to. */
export const LAWS = {
  bent: { kind: "rectified", amplitude: 564, learnt: 166, exponent: 0.455, floor: 1.07 },
  floorless: { kind: "rectified", amplitude: 26.1, learnt: 4.83, exponent: 0.173, floor: 0 },
  plain: { kind: "power", amplitude: 5, learnt: 0, exponent: 0.3, floor: 0.2 },
} as const satisfies Record<string, Law>;

/** Losses of a law at doubled sizes from 200 on, with a normal scatter in log loss. */
export function pointsOfLaw(
  law: Law,
  of: { readonly rungs: number; readonly seeds: number; readonly scatter: number; readonly random: Random },
): ScalingPoints {
  const sizes = Float64Array.from({ length: of.rungs * of.seeds }, (_, i) => 200 * 2 ** Math.floor(i / of.seeds));
  const losses = sizes.map((size) => lossAt(law, size) * Math.exp(of.scatter * of.random.normal()));
  return { group: null, sizes, losses };
}

import type { Random } from "../../random.ts";
import { cumulativeOf, drawIndex } from "./weighted.ts";

/** Draws of a law on 0, 1, 2, … with one peak, by inversion of its table: exact to double precision, whatever the size of the counts.
 * @param mode the most likely count
 * @param ratio P(k + 1) / P(k)
 * @param most the largest count there is; may be infinite */
export function countLaw(law: {
  readonly mode: number;
  readonly ratio: (k: number) => number;
  readonly most: number;
}): (random: Random) => number {
  const { mode, ratio, most } = law;
  // Relative to the mode; what is left out has less than a double can tell from 0 beside the whole.
  const above: number[] = [];
  for (let k = mode, weight = 1; k < most; k++) {
    weight *= ratio(k);
    if (weight < 1e-25) break;
    above.push(weight);
  }
  const below: number[] = [];
  for (let k = mode, weight = 1; k > 0; k--) {
    weight /= ratio(k - 1);
    if (weight < 1e-25) break;
    below.push(weight);
  }
  const first = mode - below.length;
  const cumulative = cumulativeOf([...below.reverse(), 1, ...above]);
  return (random) => first + drawIndex(cumulative, random);
}

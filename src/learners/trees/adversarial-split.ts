import type { Random } from "../../random.ts";
import type { ForestCodes } from "./forest-codes.ts";
import type { ForestCells, Split } from "./forest-tree.ts";
import { drawNext, type SplitOptions } from "./likelihood-split.ts";

/** Finds the split that best tells real rows from synthetic ones, by Gini impurity. Ordered columns are cut at a threshold, ways of being missing
 * before all others; the groups of others are first put in the order of their share of real rows.
 * @param real rows below this index are real, the others synthetic
 * @source Watson, Blesch, Kapar & Wright (2023), AISTATS, algorithm 1; ranked categories: Breiman et al. (1984), §4.2 */
export function adversarialSearch(
  data: ForestCells & {
    readonly codes: ForestCodes;
    readonly order: Uint32Array;
    readonly real: number;
    readonly random: Random;
  },
  options: SplitOptions,
): (start: number, end: number, split: Split) => boolean {
  const { cells, codes, order, real, random } = data;
  const { start } = codes;
  const d = start.length - 1;
  const columns = Int32Array.from({ length: d }, (_, j) => j);
  const reals = new Int32Array(256);
  const fakes = new Int32Array(256);
  const list = new Uint8Array(256);
  return (first, end, split) => {
    const m = end - first;
    let allReal = 0;
    for (let i = first; i < end; i++) if ((order[i] as number) < real) allReal++;
    const allFake = m - allReal;
    if (allReal < 2 * options.minNodeSize || allFake === 0) return false;
    let best = (allReal * allReal + allFake * allFake) / m + 1e-9 * m;
    split.column = -1;
    let tried = 0;
    for (let t = 0; t < d && tried < options.candidates; t++) {
      drawNext(columns, t, random);
      const column = columns[t] as number;
      const from = start[column] as number;
      const groups = (start[column + 1] as number) - from;
      reals.fill(0, 0, groups);
      fakes.fill(0, 0, groups);
      for (let i = first; i < end; i++) {
        const row = order[i] as number;
        const group = (cells[row * d + column] as number) - from;
        const counts = row < real ? reals : fakes;
        counts[group] = (counts[group] as number) + 1;
      }
      let listed = 0;
      for (let group = 0; group < groups; group++) if (reals[group] !== 0 || fakes[group] !== 0) list[listed++] = group;
      if (listed < 2) continue;
      tried++;
      if (codes.ordered[column] === 0) list.subarray(0, listed).sort((a, b) => realShare(a) - realShare(b) || a - b);
      let leftReal = 0;
      let leftFake = 0;
      for (let k = 0; k < listed - 1; k++) {
        leftReal += reals[list[k] as number] as number;
        leftFake += fakes[list[k] as number] as number;
        if (leftReal < options.minNodeSize) continue;
        const rightReal = allReal - leftReal;
        const rightFake = allFake - leftFake;
        if (rightReal < options.minNodeSize) break;
        const purity =
          (leftReal * leftReal + leftFake * leftFake) / (leftReal + leftFake) +
          (rightReal * rightReal + rightFake * rightFake) / (rightReal + rightFake);
        if (purity > best) {
          best = purity;
          split.column = column;
          split.left.fill(0);
          for (let u = 0; u <= k; u++) split.left[list[u] as number] = 1;
        }
      }
    }
    return split.column >= 0;
  };

  function realShare(group: number): number {
    const count = reals[group] as number;
    return count / (count + (fakes[group] as number));
  }
}

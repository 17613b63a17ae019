import type { ForestCodes } from "./forest-codes.ts";
import type { FilledTree } from "./forest-tree.ts";

/** A tree with its rows, and how much each node's marginals lean on their parent's (see `smoothTree`). */
export interface ModelTree extends FilledTree {
  readonly priorRows: Float32Array;
}

/** A mixture of the leaves of some trees: a leaf's weight is its share of its tree's rows over the number of trees, and given the leaf the
 * columns are independent (see `walkLeaves` for their densities). Plain data. */
export interface ForestModel {
  readonly codes: ForestCodes;
  /** For each column, how many times the prior rows of a node count. */
  readonly factors: Float64Array;
  readonly trees: readonly ModelTree[];
}

/** Chance of each group's cells to be as asked: Σ share × weight of its codes; 1 where nothing is asked. One number a place. */
export function askedOf(codes: ForestCodes, weights: readonly (Float64Array | undefined)[]): Float64Array {
  const asked = new Float64Array(codes.mass.length).fill(1);
  for (let j = 0; j < codes.start.length - 1; j++) {
    const column = weights[j];
    if (!column) continue;
    const from = codes.start[j] as number;
    asked.fill(0, from, codes.start[j + 1]);
    for (let code = 0; code < column.length; code++) {
      const at = from + (codes.groupOf[256 * j + code] as number);
      asked[at] = (asked[at] as number) + (codes.share[256 * j + code] as number) * (column[code] as number);
    }
  }
  return asked;
}

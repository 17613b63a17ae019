import { UNIT } from "./mixed-rows.ts";
import type { NeighbourTree } from "./tree.ts";

/** Least distance from a point to any row inside a node's box, in whole {@link UNIT}s' parts.
 * @param query one row of the tree's columns; read anew at every call, so that a search may write the next point into it
 * @returns of a node: that distance, or something over `limit` as soon as it is known to be */
export function boxDistanceFrom(tree: NeighbourTree, query: Int32Array): (node: number, limit: number) => number {
  const { categories, numbers } = tree.rows;
  const { present, low, high } = tree;
  return (node, limit) => {
    let sum = 0;
    const atCategory = node * categories;
    for (let k = 0; k < categories; k++) {
      if ((((present[atCategory + k] as number) >>> ((query[k] as number) & 31)) & 1) === 0) sum += UNIT;
    }
    if (sum > limit) return sum;
    const atNumber = node * numbers;
    for (let k = 0; k < numbers; k++) {
      const x = query[categories + k] as number;
      const below = (low[atNumber + k] as number) - x;
      if (below > 0) sum += below;
      else {
        const above = x - (high[atNumber + k] as number);
        if (above > 0) sum += above;
      }
    }
    return sum;
  };
}

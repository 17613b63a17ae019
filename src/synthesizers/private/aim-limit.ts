import { cellsOfJunctionTree, type JunctionTree } from "../../learners/graphical/junction-tree.ts";
import type { Candidate } from "./candidates.ts";

/** Says which candidates a model has room for. */
export interface ModelLimit {
  /** Those that are within a clique of the model's junction tree, and those with which the tree would have at most `limit` cells.
   * @param taken measured or constrained already */
  within(how: {
    readonly tree: JunctionTree;
    readonly taken: readonly (readonly number[])[];
    readonly limit: number;
  }): readonly Candidate[];
}

/** @param mostCells no limit is above this: a candidate that once needed more is not asked after again */
export function modelLimit(
  candidates: readonly Candidate[],
  { sizes, mostCells }: { readonly sizes: readonly number[]; readonly mostCells: number },
): ModelLimit {
  let open = candidates;
  /** Cells that the tree would have with each candidate, as long as what is measured stays the same. */
  let needed = new Map<Candidate, number>();
  let before = "";
  return {
    within({ tree, taken, limit }) {
      const distinct = new Map(taken.map((clique) => [clique.join(), clique]));
      const now = [...distinct.keys()].sort().join(" ");
      if (now !== before) needed = new Map();
      before = now;
      const held = tree.cliques.map(({ scope }) => new Set(scope));
      const part = partsOf(tree, sizes.length);
      const fits = (candidate: Candidate): boolean => {
        const { clique, cells } = candidate;
        if (held.some((scope) => clique.every((j) => scope.has(j)))) return true;
        if (cells > limit) return false;
        // Between columns that nothing joins, a table is all that is added.
        if (new Set(clique.map((j) => part[j])).size === clique.length && tree.cells + cells <= limit) return true;
        let total = needed.get(candidate);
        if (total === undefined) {
          total = cellsOfJunctionTree(sizes, [...distinct.values(), clique]);
          needed.set(candidate, total);
        }
        return total <= limit;
      };
      const able = open.filter(fits);
      open = open.filter((candidate) => (needed.get(candidate) ?? 0) <= mostCells);
      return able;
    },
  };
}

/** For each column a number that those it is joined with have too. */
function partsOf(tree: JunctionTree, columns: number): Int32Array {
  const part = new Int32Array(columns);
  // Parents come after their children.
  const roots = new Int32Array(tree.cliques.length);
  for (let c = tree.cliques.length - 1; c >= 0; c--) {
    const parent = tree.cliques[c]?.parent as number;
    roots[c] = parent < 0 ? c : (roots[parent] as number);
  }
  tree.cliques.forEach(({ scope }, c) => {
    for (const j of scope) part[j] = roots[c] as number;
  });
  return part;
}

import { type ForestCodes, RARE_SHARE } from "./forest-codes.ts";
import type { ForestCells, Split } from "./forest-tree.ts";

export type SplitSearch = (start: number, end: number, split: Split) => boolean;

/** A search that first parts off the rare classes of one column, the rarest first, and goes on inside each by `inside`; everywhere else by
 * `elsewhere`. By likelihood a class of a few percent comes late, when its rows are scattered over nodes too small to part it off.
 * @param fewest a class with fewer rows at the node is left where it is */
export function rareFirst(
  data: ForestCells & { readonly codes: ForestCodes; readonly order: Uint32Array },
  how: {
    readonly column: number;
    readonly fewest: number;
    readonly inside: SplitSearch;
    readonly elsewhere: SplitSearch;
  },
): SplitSearch {
  const { cells, codes, order } = data;
  const { column, fewest } = how;
  const d = codes.start.length - 1;
  const from = codes.start[column] as number;
  const groups = (codes.start[column + 1] as number) - from;
  const massOf = (group: number): number => codes.mass[from + group] as number;
  const rare = Array.from({ length: groups }, (_, group) => group)
    .filter((group) => massOf(group) <= RARE_SHARE)
    .sort((a, b) => massOf(a) - massOf(b) || a - b);
  const counts = new Uint32Array(groups);
  return (start, end, split) => {
    counts.fill(0);
    for (let i = start; i < end; i++) {
      const group = (cells[(order[i] as number) * d + column] as number) - from;
      counts[group] = (counts[group] as number) + 1;
    }
    for (const group of rare) {
      const held = counts[group] as number;
      if (held === end - start) return how.inside(start, end, split);
      if (held < fewest || end - start - held < fewest) continue;
      split.column = column;
      split.left.fill(0);
      split.left[group] = 1;
      return true;
    }
    return how.elsewhere(start, end, split);
  };
}

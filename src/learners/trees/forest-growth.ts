import { type RandomKey, randomFrom } from "../../random.ts";
import { adversarialSearch } from "./adversarial-split.ts";
import type { ForestCodes } from "./forest-codes.ts";
import { walkLeaves } from "./forest-densities.ts";
import { type FilledTree, type ForestCells, fillTree, growNodes, placeRows } from "./forest-tree.ts";
import { likelihoodSearch, type SplitOptions } from "./likelihood-split.ts";

export type ForestCriterion = "likelihood" | "adversary";

export interface GrowTreeData extends ForestCells {
  readonly codes: ForestCodes;
  /** Real rows: the first of the cells. Any that follow are as many synthetic ones. */
  readonly rows: number;
  readonly criterion: ForestCriterion;
  readonly split: SplitOptions;
  readonly key: RandomKey;
}

export interface GrownTree {
  /** Holds all real rows. */
  readonly tree: FilledTree;
  /** `scores[p · columns + j]`: log-likelihood of column j of the rows put aside, with PRIORS[p] prior rows. */
  readonly scores: Float64Array;
  /** Rows put aside that the scores are of. */
  readonly scored: number;
  /** Criterion "adversary": for each row put aside the share of real rows in its leaf less a half; 0 for the others. */
  readonly votes?: Float32Array;
}

/** Prior rows that are tried. */
export const PRIORS: readonly number[] = [0.3, 1, 3, 10, 30, 100, 300, 1000, 3000];

/** Share of the rows that a tree is grown on, drawn without replacement: as many as a bootstrap sample holds. */
const BAG_SHARE = 0.632;
/** Enough to choose between priors that lie a factor of three apart. */
const MAX_SCORED = 4096;

/** Grows one tree on a share of the rows, finds on others how each column's marginals are best smoothed, and puts all real rows into it; a task. */
export function growForestTree(data: GrowTreeData): GrownTree {
  const { codes, rows, criterion, split } = data;
  const random = randomFrom(data.key);
  const inBag = random.split("bag").sample(rows, Math.ceil(BAG_SHARE * rows));
  const aside = restOf(inBag, rows);
  const judges = random
    .split("judges")
    .sample(aside.length, MAX_SCORED)
    .map((i) => aside[i] as number);
  const growRandom = random.split("grow");
  if (criterion === "likelihood") {
    const order = inBag.slice();
    const tree = growNodes(order, data, likelihoodSearch({ ...data, order, random: growRandom }, split));
    return { ...scored(data, fillTree(tree, data, inBag), judges), tree: fillTree(tree, data, allOf(rows)) };
  }
  const fakes = random.split("fakes").sample(rows, inBag.length);
  const order = new Uint32Array(2 * inBag.length);
  order.set(inBag);
  for (let i = 0; i < fakes.length; i++) order[inBag.length + i] = rows + (fakes[i] as number);
  const bag = order.slice();
  const tree = growNodes(order, data, adversarialSearch({ ...data, real: rows, order, random: growRandom }, split));
  const outside = new Uint32Array(2 * aside.length);
  outside.set(aside);
  restOf(fakes, rows).forEach((row, i) => {
    outside[aside.length + i] = rows + row;
  });
  return {
    ...scored(data, fillTree(tree, data, inBag), judges),
    tree: fillTree(tree, { cells: data.cells, start: codes.start }, allOf(rows)),
    votes: votesOf(data, { tree, bag, outside }),
  };
}

function scored(
  data: GrowTreeData,
  tree: FilledTree,
  rows: Uint32Array,
): { readonly scores: Float64Array; readonly scored: number } {
  const { codes } = data;
  const d = codes.start.length - 1;
  const { order, first, end } = placeRows(tree, data, rows);
  const scores = new Float64Array(PRIORS.length * d);
  if (rows.length > 0)
    PRIORS.forEach((prior, p) => {
      walkLeaves(
        tree,
        { codes, priorRows: new Float64Array(d).fill(prior) },
        {
          enters: (node) => (end[node] as number) > (first[node] as number),
          leaf(node, density) {
            for (let i = first[node] as number; i < (end[node] as number); i++) {
              const row = (order[i] as number) * d;
              for (let j = 0; j < d; j++)
                scores[p * d + j] =
                  (scores[p * d + j] as number) + Math.log(density[data.cells[row + j] as number] as number);
            }
          },
        },
      );
    });
  return { scores, scored: rows.length };
}

function votesOf(
  data: GrowTreeData,
  grown: {
    readonly tree: Parameters<typeof placeRows>[0];
    readonly bag: Uint32Array;
    readonly outside: Uint32Array;
  },
): Float32Array {
  const { tree, bag, outside } = grown;
  const inBag = placeRows(tree, data, bag);
  const others = placeRows(tree, data, outside);
  const votes = new Float32Array(2 * data.rows);
  for (let node = 0; node < tree.column.length; node++) {
    if ((tree.column[node] as number) >= 0) continue;
    const first = inBag.first[node] as number;
    const end = inBag.end[node] as number;
    let real = 0;
    for (let i = first; i < end; i++) if ((inBag.order[i] as number) < data.rows) real++;
    const vote = real / (end - first) - 0.5;
    for (let i = others.first[node] as number; i < (others.end[node] as number); i++)
      votes[others.order[i] as number] = vote;
  }
  return votes;
}

function allOf(rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row);
}

/** The rows that an ascending list leaves out. */
function restOf(chosen: Uint32Array, rows: number): Uint32Array {
  const out = new Uint32Array(rows - chosen.length);
  let next = 0;
  let at = 0;
  for (let row = 0; row < rows; row++)
    if (chosen[next] === row) next++;
    else out[at++] = row;
  return out;
}

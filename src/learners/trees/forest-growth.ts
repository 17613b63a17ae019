import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import { adversarialSearch } from "./adversarial-split.ts";
import type { ForestCodes } from "./forest-codes.ts";
import { walkLeaves } from "./forest-densities.ts";
import { smoothTree } from "./forest-smoothing.ts";
import {
  type FilledTree,
  type ForestCells,
  type ForestTree,
  fillTree,
  growNodes,
  placeRows,
  pruneTree,
} from "./forest-tree.ts";
import { likelihoodSearch, type SplitOptions } from "./likelihood-split.ts";
import { rareFirst, type SplitSearch } from "./rare-first.ts";

export type ForestCriterion = "likelihood" | "adversary";

export interface GrowTreeData extends ForestCells {
  readonly codes: ForestCodes;
  /** Real rows: the first of the cells. Any that follow are as many synthetic ones. */
  readonly rows: number;
  readonly criterion: ForestCriterion;
  readonly split: SplitOptions;
  /** The rows that a tree was grown on do not fill its leaves. */
  readonly honest: boolean;
  /** Column whose rare classes are parted off first, see `rareFirst`; −1: none. */
  readonly rareColumn: number;
  readonly key: RandomKey;
}

export interface GrownTree {
  /** Holds the real rows that it was not grown on, or all. */
  readonly tree: FilledTree;
  /** Of each node and column, see `smoothTree`. */
  readonly priorRows: Float32Array;
  /** `scores[p · columns + j]`: log-likelihood of column j of the rows put aside, with FACTORS[p] times the prior rows. */
  readonly scores: Float64Array;
  /** Rows put aside that the scores are of. */
  readonly scored: number;
  /** Criterion "adversary": for each row put aside the share of real rows in its leaf less a half; 0 for the others. */
  readonly votes?: Float32Array;
}

/** Multiples of each node's prior rows that are tried. */
export const FACTORS: readonly number[] = [0.03, 0.1, 0.3, 1, 3];

/** Share of the rows that a tree is grown on, drawn without replacement: half each to find the leaves and to fill them. */
const BAG_SHARE = 0.5;
/** Fewest rows that fill a leaf. */
const LEAST_FILL = 2;
/** A leaf inside a rare class may be so much smaller. */
const RARE_NODE_SHARE = 0.25;
/** Enough to choose between priors that lie a factor of three apart. */
const MAX_SCORED = 4096;

/** Grows one tree on half of the rows, finds on the other half how each column's marginals are best smoothed, and fills its leaves; a task.
 * Leaves are where the rows they were found on lie unusually dense; filled with those rows they would say more of them than of the next ones.
 * @source honest trees: Athey & Imbens (2016), PNAS 113(27) */
export function growForestTree(data: GrowTreeData): GrownTree {
  const { rows, criterion, split } = data;
  const random = randomFrom(data.key);
  const inBag = random.split("bag").sample(rows, Math.ceil(BAG_SHARE * rows));
  const aside = restOf(inBag, rows);
  const [counted, judges] = halves(aside, random.split("judges"));
  const growRandom = random.split("grow");
  const finish = (grown: ForestTree): Omit<GrownTree, "votes"> => {
    const filling = data.honest ? aside : allOf(rows);
    const pruned = pruneTree(grown, data, { rows: filling, least: LEAST_FILL });
    const tree = fillTree(pruned, data, filling);
    return {
      ...scored(data, fillTree(pruned, data, data.honest ? counted : inBag), judges),
      tree,
      priorRows: smoothTree(tree, data.codes),
    };
  };
  if (criterion === "likelihood") {
    const order = inBag.slice();
    return finish(growNodes(order, data, searchOf(data, order, growRandom)));
  }
  const fakes = random.split("fakes").sample(rows, inBag.length);
  const bag = new Uint32Array(2 * inBag.length);
  bag.set(inBag);
  for (let i = 0; i < fakes.length; i++) bag[inBag.length + i] = rows + (fakes[i] as number);
  const order = bag.slice();
  const tree = growNodes(order, data, adversarialSearch({ ...data, real: rows, order, random: growRandom }, split));
  const outside = new Uint32Array(2 * aside.length);
  outside.set(aside);
  restOf(fakes, rows).forEach((row, i) => {
    outside[aside.length + i] = rows + row;
  });
  return { ...finish(tree), votes: votesOf(data, { tree, bag, outside }) };
}

function searchOf(data: GrowTreeData, order: Uint32Array, random: Random): SplitSearch {
  const { split, rareColumn } = data;
  const elsewhere = likelihoodSearch({ ...data, order, random }, split);
  if (rareColumn < 0) return elsewhere;
  const minNodeSize = Math.max(1, Math.ceil(RARE_NODE_SHARE * split.minNodeSize));
  const inside = likelihoodSearch({ ...data, order, random }, { ...split, minNodeSize });
  return rareFirst({ ...data, order }, { column: rareColumn, fewest: minNodeSize, inside, elsewhere });
}

function scored(
  data: GrowTreeData,
  tree: FilledTree,
  rows: Uint32Array,
): { readonly scores: Float64Array; readonly scored: number } {
  const { codes } = data;
  const d = codes.start.length - 1;
  const { order, first, end } = placeRows(tree, data, rows);
  const scores = new Float64Array(FACTORS.length * d);
  const priorRows = smoothTree(tree, codes);
  if (rows.length > 0)
    FACTORS.forEach((factor, p) => {
      walkLeaves(
        tree,
        { codes, priorRows, factors: new Float64Array(d).fill(factor) },
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
    readonly tree: ForestTree;
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

/** Two parts of some rows, each ascending, the second of at most MAX_SCORED. */
function halves(rows: Uint32Array, random: Random): [Uint32Array, Uint32Array] {
  const chosen = random.sample(rows.length, Math.min(rows.length >> 1, MAX_SCORED));
  return [restOf(chosen, rows.length).map((i) => rows[i] as number), chosen.map((i) => rows[i] as number)];
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

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CodeRows } from "../../../src/learners/code-rows.ts";
import { groupForest, placesOf } from "../../../src/learners/trees/forest-codes.ts";
import { walkLeaves } from "../../../src/learners/trees/forest-densities.ts";
import { smoothTree } from "../../../src/learners/trees/forest-smoothing.ts";
import { fillTree, goesLeft, growNodes, placeRows, pruneTree } from "../../../src/learners/trees/forest-tree.ts";
import { likelihoodSearch } from "../../../src/learners/trees/likelihood-split.ts";
import { randomFromSeed } from "../../../src/random.ts";

const OPTIONS = { minNodeSize: 3, candidates: 9, responses: 9 };

test("the split of ordered columns gains as much log-likelihood as the best of all cuts, missing cells on either side", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const grown = grow(seed, 60);
      const split = { column: -1, left: new Uint8Array(256) };
      const order = grown.all.slice();
      const found = likelihoodSearch({ ...grown, order, random: randomFromSeed(seed) }, OPTIONS)(0, 60, split);
      let best = 0;
      for (let j = 0; j < 3; j++)
        for (const left of cuts(grown.rows, j)) best = Math.max(best, gainOf(grown.rows, j, left) ?? 0);
      assert.equal(found, best > 60e-9);
      if (found) {
        const left = Array.from({ length: 6 }, (_, code) => {
          const at = 256 * split.column + code;
          return grown.codes.share[at]! > 0 && split.left[grown.codes.groupOf[at]!] === 1;
        });
        assert.ok(Math.abs(gainOf(grown.rows, split.column, left)! - best) < 1e-9);
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});

test("leaves hold minNodeSize rows or more, boxes hold the rows that walk to them, and pruning leaves no thin leaf", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      const grown = grow(seed, 200);
      const order = grown.all.slice();
      const tree = growNodes(
        order,
        grown,
        likelihoodSearch({ ...grown, order, random: randomFromSeed(seed) }, OPTIONS),
      );
      const { order: placed, first, end } = placeRows(tree, grown, grown.all);
      const leaves = [...tree.column.keys()].filter((v) => tree.column[v]! < 0);
      assert.equal(
        leaves.reduce((sum, v) => sum + end[v]! - first[v]!, 0),
        200,
      );
      for (const v of leaves) {
        assert.ok(end[v]! - first[v]! >= 3);
        for (let i = first[v]!; i < end[v]!; i++) assert.equal(leafOf(tree, grown, placed[i]!), v);
      }
      const some = grown.all.filter((row) => row % 3 === 0);
      const pruned = pruneTree(tree, grown, { rows: some, least: 5 });
      const filled = placeRows(pruned, grown, some);
      pruned.column.forEach((column, v) => {
        if (column < 0 && pruned.column.length > 1) assert.ok(filled.end[v]! - filled.first[v]! >= 5);
      });
    }),
    { numRuns: 60, seed: 2 },
  );
});

test("each leaf's marginals are its counts and its parent's marginal inside the box, mixed as the prior rows say, by plain recursion", () => {
  const grown = grow(5, 120);
  const order = grown.all.slice();
  const tree = fillTree(
    growNodes(order, grown, likelihoodSearch({ ...grown, order, random: randomFromSeed(5) }, OPTIONS)),
    grown,
    grown.all,
  );
  const priorRows = smoothTree(tree, grown.codes);
  const factors = Float64Array.of(0.5, 1, 2);
  const { start, mass } = grown.codes;
  const plain = new Map<number, Float64Array>();
  const recurse = (node: number, above: Float64Array, rows: Uint32Array): void => {
    plain.set(node, above);
    if (tree.column[node]! < 0) return;
    const column = tree.column[node]!;
    for (const [child, left] of [
      [node + 1, true],
      [tree.right[node]!, false],
    ] as const) {
      const inBox = (place: number): boolean => goesLeft(tree.set, node, place - start[column]!) === left;
      const own = rows.filter((row) => inBox(grown.cells[row * 3 + column]!));
      const next = new Float64Array(mass.length);
      for (let j = 0; j < 3; j++) {
        const prior = priorRows[child * 3 + j]! * factors[j]!;
        let inside = 0;
        for (let at = start[j]!; at < start[j + 1]!; at++) if (j !== column || inBox(at)) inside += above[at]!;
        for (let at = start[j]!; at < start[j + 1]!; at++) {
          const counted = own.filter((row) => grown.cells[row * 3 + j] === at).length;
          const from = j !== column || inBox(at) ? above[at]! / inside : 0;
          next[at] = (counted + prior * from) / (own.length + prior);
        }
      }
      recurse(child, next, own);
    }
  };
  recurse(0, mass, grown.all);
  let leaves = 0;
  walkLeaves(
    tree,
    { codes: grown.codes, priorRows, factors },
    {
      enters: () => true,
      leaf(node, density) {
        leaves++;
        density.forEach((x, at) => {
          assert.ok(Math.abs(x - plain.get(node)![at]!) < 1e-12);
        });
      },
    },
  );
  assert.ok(leaves > 5);
});

test("a node that looks like its parent leans on it, one that does not keeps what it counts", () => {
  // Column 1 differs between the halves of column 0; column 2 does not.
  const random = randomFromSeed(3);
  const n = 2000;
  const first = Uint8Array.from({ length: n }, () => random.integer(2));
  const second = first.map((bit) => 4 * bit + random.integer(4));
  const third = first.map(() => random.integer(8));
  const grown = cellsOf({
    rows: n,
    codes: [first, second, third],
    levels: [2, 8, 8],
    ordered: [true, true, true],
    missing: [0, 0, 0],
  });
  const halves = {
    column: Int32Array.of(0, -1, -1),
    right: Int32Array.of(2, -1, -1),
    set: Uint32Array.from({ length: 24 }, (_, word) => Number(word === 0)),
  };
  const tree = fillTree(halves, grown, grown.all);
  const prior = smoothTree(tree, grown.codes);
  assert.ok(prior[1 * 3 + 1]! < 30 && prior[1 * 3 + 2]! > 500, `${prior[4]} and ${prior[5]}`);
});

interface Grown {
  readonly rows: CodeRows;
  readonly codes: ReturnType<typeof groupForest>;
  readonly cells: Uint16Array | Uint32Array;
  readonly start: Uint32Array;
  readonly all: Uint32Array;
}

function cellsOf(rows: CodeRows): Grown {
  const codes = groupForest(rows, { most: 250, rareColumn: -1 });
  const all = Uint32Array.from({ length: rows.rows }, (_, i) => i);
  return { rows, codes, cells: placesOf(codes, rows.codes, all), start: codes.start, all };
}

/** Three ordered columns of six codes, the first of which is a way of being missing. */
function grow(seed: number, n: number): Grown {
  const random = randomFromSeed(seed).split("rows");
  const first = Uint8Array.from({ length: n }, () => random.integer(6));
  const second = first.map((code) => (random.uniform() < 0.5 ? random.integer(6) : (code + 2) % 6));
  const third = Uint8Array.from({ length: n }, () => random.integer(6));
  return cellsOf({
    rows: n,
    codes: [first, second, third],
    levels: [6, 6, 6],
    ordered: [true, true, true],
    missing: [1, 1, 1],
  });
}

/** All ways to cut a column: a threshold, with the missing code on either side. */
function cuts(rows: CodeRows, _column: number): boolean[][] {
  const out: boolean[][] = [];
  for (let threshold = 0; threshold <= 6; threshold++)
    for (const missingLeft of [true, false])
      out.push(Array.from({ length: rows.levels[0]! }, (_, code) => (code === 0 ? missingLeft : code <= threshold)));
  return out;
}

/** Gain in log-likelihood of the other columns; undefined where a side has too few rows. */
function gainOf(rows: CodeRows, column: number, left: readonly boolean[]): number | undefined {
  const sides = [true, false].map((side) =>
    [...rows.codes[column]!.keys()].filter((row) => left[rows.codes[column]![row]!] === side),
  );
  if (sides.some((side) => side.length < OPTIONS.minNodeSize)) return undefined;
  const all = [...rows.codes[column]!.keys()];
  let gain = 0;
  rows.codes.forEach((codes, j) => {
    if (j !== column)
      gain += logLikelihood(codes, sides[0]!) + logLikelihood(codes, sides[1]!) - logLikelihood(codes, all);
  });
  return gain;
}

function logLikelihood(codes: Uint8Array, rows: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(codes[row]!, (counts.get(codes[row]!) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum + count * Math.log(count / rows.length), 0);
}

function leafOf(tree: { column: Int32Array; right: Int32Array; set: Uint32Array }, grown: Grown, row: number): number {
  let node = 0;
  while (tree.column[node]! >= 0) {
    const column = tree.column[node]!;
    const group = grown.cells[row * 3 + column]! - grown.start[column]!;
    node = goesLeft(tree.set, node, group) ? node + 1 : tree.right[node]!;
  }
  return node;
}

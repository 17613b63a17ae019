import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { localExecutor } from "../../../src/executors/local.ts";
import { threadExecutor } from "../../../src/executors/threads.ts";
import { kNearestRows } from "../../../src/learners/neighbours/k-nearest.ts";
import { type MixedRows, UNIT } from "../../../src/learners/neighbours/mixed-rows.ts";
import { nearestRows } from "../../../src/learners/neighbours/nearest.ts";
import { buildTree } from "../../../src/learners/neighbours/tree.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { randomRows, slowDistance } from "./random-rows.ts";

/** By sorting all rows; those tied at the last place share what the nearer ones leave. */
function slowFew(
  pool: MixedRows,
  marks: Uint8Array,
  query: { readonly rows: MixedRows; readonly row: number; readonly k: number },
): { distances: number[]; marked: number } {
  const all = Array.from({ length: pool.rows }, (_, row) => ({
    distance: slowDistance(pool, row, query),
    mark: marks[row] as number,
  })).sort((a, b) => a.distance - b.distance);
  const k = Math.min(query.k, pool.rows);
  const last = all[k - 1]?.distance as number;
  const sure = all.filter(({ distance }) => distance < last);
  const tied = all.filter(({ distance }) => distance === last);
  const count = (rows: typeof all): number => rows.reduce((sum, { mark }) => sum + mark, 0);
  return {
    distances: all.slice(0, k).map(({ distance }) => distance / UNIT),
    marked: count(sure) + ((k - sure.length) * count(tied)) / tied.length,
  };
}

test("the k nearest and the marked among them equal those by sorting, ties included, on tables of any shape", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rows: fc.integer({ min: 1, max: 400 }),
        categories: fc.integer({ min: 0, max: 5 }),
        numbers: fc.integer({ min: 0, max: 5 }),
        levels: fc.constantFrom(1, 2, 5, 70, 1000),
      }),
      fc.constantFrom(1, 2, 3, 20, 500),
      fc.integer({ min: 0, max: 1e6 }),
      async (shape, k, seed) => {
        const random = randomFromSeed(seed);
        const pool = randomRows(shape, random.split("pool"));
        const queries = randomRows({ ...shape, rows: 15 }, random.split("queries"));
        const chance = random.split("marks");
        const marks = Uint8Array.from({ length: pool.rows }, () => (chance.uniform() < 0.4 ? 1 : 0));
        const found = await kNearestRows(buildTree(pool), queries, { k, marks, executor: localExecutor() });
        for (let row = 0; row < queries.rows; row++) {
          const slow = slowFew(pool, marks, { rows: queries, row, k });
          assert.deepEqual([...found.distances.slice(row * found.k, (row + 1) * found.k)], slow.distances);
          assert.ok(Math.abs((found.marked[row] as number) - slow.marked) < 1e-9);
        }
      },
    ),
    { numRuns: 200, seed: 4 },
  );
});

test("the first of the k is the nearest row, and threads change nothing", async () => {
  const shape = { rows: 3000, categories: 4, numbers: 4, levels: 30 };
  const pool = buildTree(randomRows(shape, randomFromSeed(1)));
  const queries = randomRows({ ...shape, rows: 1100 }, randomFromSeed(2));
  const marks = Uint8Array.from({ length: 3000 }, (_, i) => i % 2);
  const executor = localExecutor();
  const one = await kNearestRows(pool, queries, { k: 20, marks, executor });
  const nearest = await nearestRows(pool, queries, { executor, maxTies: 1 });
  for (let i = 0; i < queries.rows; i++) assert.equal(one.distances[20 * i], nearest.distance[i]);
  const threads = threadExecutor(2);
  try {
    assert.deepEqual(await kNearestRows(pool, queries, { k: 20, marks, executor: threads }), one);
  } finally {
    await threads.close();
  }
});

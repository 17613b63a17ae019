import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { localExecutor } from "../../../src/executors/local.ts";
import { threadExecutor } from "../../../src/executors/threads.ts";
import { type MixedRows, mixedRows, UNIT } from "../../../src/learners/neighbours/mixed-rows.ts";
import { nearestRows } from "../../../src/learners/neighbours/nearest.ts";
import { buildTree } from "../../../src/learners/neighbours/tree.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { randomRows, slowDistance } from "./random-rows.ts";

function slowNearest(pool: MixedRows, queries: MixedRows, i: number): { distance: number; rows: number[] } {
  let best = Number.POSITIVE_INFINITY;
  let rows: number[] = [];
  for (let row = 0; row < pool.rows; row++) {
    const sum = slowDistance(pool, row, { rows: queries, row: i });
    if (sum < best) {
      best = sum;
      rows = [];
    }
    if (sum === best) rows.push(row);
  }
  return { distance: best / UNIT, rows };
}

async function assertEqualsSlow(pool: MixedRows, queries: MixedRows): Promise<void> {
  const executor = localExecutor();
  const found = await nearestRows(buildTree(pool), queries, { executor, maxTies: 100_000 });
  for (let i = 0; i < queries.rows; i++) {
    const slow = slowNearest(pool, queries, i);
    assert.equal(found.distance[i], slow.distance);
    assert.equal(found.ties[i], slow.rows.length);
    assert.deepEqual(
      [...found.rows.slice(found.start[i], found.start[i + 1])].sort((a, b) => a - b),
      slow.rows,
    );
  }
}

test("fast nearest neighbours equal slow ones, with all their ties, on tables of any shape", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rows: fc.integer({ min: 1, max: 400 }),
        categories: fc.integer({ min: 0, max: 6 }),
        numbers: fc.integer({ min: 0, max: 6 }),
        levels: fc.constantFrom(1, 2, 5, 70, 1000),
      }),
      fc.integer({ min: 0, max: 1e6 }),
      async (shape, seed) => {
        const random = randomFromSeed(seed);
        const pool = randomRows(shape, random.split("pool"));
        const queries = randomRows({ ...shape, rows: 20 }, random.split("queries"));
        await assertEqualsSlow(pool, queries);
      },
    ),
    { numRuns: 150, seed: 7 },
  );
});

test("distances beyond 32 bits, in tables of thousands of columns, are exact", async () => {
  const shape = { rows: 60, categories: 2100, numbers: 30, levels: 1000 };
  const pool = randomRows(shape, randomFromSeed(3));
  await assertEqualsSlow(pool, randomRows({ ...shape, rows: 5 }, randomFromSeed(4)));
});

test("knowing a row within some distance shortens the search and changes nothing", async () => {
  const shape = { rows: 800, categories: 3, numbers: 4, levels: 30 };
  const tree = buildTree(randomRows(shape, randomFromSeed(5)));
  const queries = randomRows({ ...shape, rows: 100 }, randomFromSeed(6));
  const options = { executor: localExecutor(), maxTies: 800 };
  const plain = await nearestRows(tree, queries, options);
  const within = plain.distance.map((distance, i) => distance + (i % 3) * 0.25);
  const sorted = (found: typeof plain) =>
    Array.from(found.ties, (_, i) => [...found.rows.slice(found.start[i], found.start[i + 1])].sort((a, b) => a - b));
  const told = await nearestRows(tree, queries, { ...options, within });
  assert.deepEqual(told.distance, plain.distance);
  assert.deepEqual(told.ties, plain.ties);
  assert.deepEqual(sorted(told), sorted(plain));
});

test("a pool of one row many times over is searched at once, and every copy counts", async () => {
  const pool = mixedRows(5000, 2, 2);
  const queries = mixedRows(3, 2, 2);
  queries.cells.set([0, 0, 0, 0, 1, 0, UNIT / 2, 0, 1, 1, 0, UNIT]);
  const found = await nearestRows(buildTree(pool), queries, { executor: localExecutor(), maxTies: 4 });
  assert.deepEqual([...found.distance], [0, 1.5, 3]);
  assert.deepEqual([...found.ties], [5000, 5000, 5000]);
  assert.deepEqual([...found.start], [0, 4, 8, 12]);
});

test("nearest neighbours are the same bytes on one thread and on two", async () => {
  const shape = { rows: 3000, categories: 4, numbers: 4, levels: 12 };
  const pool = buildTree(randomRows(shape, randomFromSeed(1)));
  const queries = randomRows({ ...shape, rows: 1500 }, randomFromSeed(2));
  const two = threadExecutor(2);
  try {
    assert.deepEqual(
      await nearestRows(pool, queries, { executor: localExecutor(), maxTies: 8 }),
      await nearestRows(pool, queries, { executor: two, maxTies: 8 }),
    );
  } finally {
    await two.close();
  }
});

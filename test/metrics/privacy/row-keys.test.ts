import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Column, cellOf, type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { countOverlap, indexRows, rowKeyer } from "../../../src/metrics/privacy/row-keys.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { peopleTable } from "./fixture.ts";

function numbers(name: string, values: readonly number[]): Column {
  return { name, type: "number", storage: "double", values: Float64Array.from(values) };
}

function labels(name: string, cells: readonly (string | null)[]): Column {
  const dictionary = [...new Set(cells.filter((cell) => cell !== null))];
  return {
    name,
    type: "text",
    storage: "text",
    dictionary,
    codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : dictionary.indexOf(cell))),
  };
}

/** Group of every row of both tables. */
function groups(a: Table, b: Table): number[] {
  return [...indexRows([a, b].map(rowKeyer([a, b]))).group];
}

test("rows are the same when their cells are, whatever the dictionary, the order of columns, or the way of being missing", () => {
  const a = tableOf([
    numbers("x", [1, 0, Number.NaN, 2]),
    labels("c", ["red", null, "blue", "red"]),
    { name: "d", type: "date", storage: "date", values: Float64Array.from([0, 86_400_000, Number.NaN, 0]) },
  ]);
  const b = tableOf([
    { name: "d", type: "date", storage: "timestamp", values: Float64Array.from([86_400_000, 0, Number.NaN, 1]) },
    {
      ...labels("c", [null, "red", "blue", "red"]),
      missing: { tokens: ["?", "NA"], codes: Uint8Array.from([1, 0, 0, 0]) },
    },
    numbers("x", [-0, 1, Number.NaN, 2]),
  ]);
  assert.deepEqual(groups(a, b), [0, 1, 2, 3, 1, 0, 2, 4]);
});

test("a column that one table stores as text is compared as text", () => {
  const a = tableOf([numbers("x", [1, 2.5, 3, Number.NaN])]);
  const b = tableOf([labels("x", ["1.0", "2.50", "three", null])]);
  assert.deepEqual(groups(a, b), [0, 1, 2, 3, 0, 1, 4, 3]);
});

test("the same value in another column, or in another order, makes another row", () => {
  const a = tableOf([numbers("x", [1, 2]), numbers("y", [2, 1])]);
  assert.deepEqual(groups(a, takeRows(a, Uint32Array.of(1, 0))), [0, 1, 1, 0]);
});

test("keys group rows as comparing every cell does", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 3 }), (seed, categories) => {
      const random = randomFromSeed(seed);
      const table = peopleTable(60, { numbers: 0, categories, random });
      const other = peopleTable(60, { numbers: 0, categories, random: random.split("other") });
      const texts: string[] = [];
      for (const part of [table, other])
        for (let i = 0; i < part.rows; i++) texts.push(JSON.stringify(part.columns.map((column) => cellOf(column, i))));
      const first = new Map<string, number>();
      const want = texts.map((text) => {
        if (!first.has(text)) first.set(text, first.size);
        return first.get(text) as number;
      });
      assert.deepEqual(groups(table, other), want);
    }),
    { numRuns: 100, seed: 2 },
  );
});

test("two hundred thousand different rows get as many keys", () => {
  const n = 200_000;
  const table = tableOf([
    numbers(
      "x",
      Array.from({ length: n }, (_, i) => i % 1000),
    ),
    numbers(
      "y",
      Array.from({ length: n }, (_, i) => Math.floor(i / 1000)),
    ),
  ]);
  assert.equal(indexRows([rowKeyer([table])(table)]).groups, n);
});

test("an overlap is counted row by row, and natural twins apart from it", () => {
  const train = tableOf([numbers("x", [1, 2, 3, 3, 4])]);
  const holdout = tableOf([numbers("x", [2, 3, 9, 4, 4, 8, 8])]);
  // 2, 3, 4 and 4 are in train; only 2 occurs once in each; 8 is a pair of twins inside the holdout.
  assert.deepEqual(countOverlap(train, holdout), { rows: 4, unique: 1, twins: 1 });
});

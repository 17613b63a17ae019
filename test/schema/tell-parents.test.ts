import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, cellOf, columnOf, lengthOf, type Table } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { tellParents } from "../../src/schema/reduce/tell-parents.ts";
import { reduceTable } from "../../src/schema/reduce.ts";
import { tableFromCells } from "./csv.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const cells = (column: Column): (string | number | null)[] => range(lengthOf(column)).map((row) => cellOf(column, row));

/** Cities three to one in France, one in Spain; a grade that follows from points. */
const source = tableFromCells({
  city: range(800).map((i) => (i % 8 < 3 ? "Paris" : i % 8 === 3 ? "Lyon" : "Madrid")),
  country: range(800).map((i) => (i % 8 < 4 ? "France" : "Spain")),
  points: range(800).map((i) => (i * 7) % 10),
  grade: range(800).map((i) => ((i * 7) % 10 < 5 ? "low" : "high")),
});
const { record } = reduceTable(source, inferSchema(source));
const told = (table: Table): Table => tellParents(table, record, { like: source, random: randomFromSeed(1) });

test("the cities of a country are drawn as often as they occur (binomial, false alarm 1e-6), and given ones stay", () => {
  assert.deepEqual(
    record.columns.map(({ make }) => make),
    ["modelled", "lookup", "modelled", "lookup"],
  );
  const n = 4000;
  const out = told(
    tableFromCells({
      country: range(n).map((i) => (i % 4 === 3 ? "" : "France")),
      city: range(n).map((i) => (i % 4 === 2 ? "Madrid" : "")),
    }),
  );
  const cities = cells(columnOf(out, "city"));
  const drawn = cities.filter((_, i) => i % 4 < 2);
  const paris = drawn.filter((city) => city === "Paris").length;
  assert.ok(drawn.every((city) => city === "Paris" || city === "Lyon"));
  assert.ok(Math.abs(paris / drawn.length - 0.75) < 4.9 * Math.sqrt((0.75 * 0.25) / drawn.length), `${paris}`);
  assert.ok(cities.every((city, i) => (i % 4 === 2 ? city === "Madrid" : i % 4 !== 3 || city === null)));
});

test("numbers are told too; a cell that goes with none tells nothing, and columns may be lacking", () => {
  const out = told(
    tableFromCells({ grade: range(50).map((i) => (["low", "high", "none"] as const)[i % 3] as string) }),
  );
  const points = cells(columnOf(out, "points"));
  points.forEach((point, i) => {
    if (i % 3 === 2) assert.equal(point, null);
    else assert.ok((point as number) < 5 === (i % 3 === 0), `${i}: ${point}`);
  });
  const amounts = tableFromCells({
    amount: range(900).map((i) => (i * 7919) % 1009),
    again: range(900).map((i) => (i * 7919) % 1009),
  });
  const copies = reduceTable(amounts, inferSchema(amounts)).record;
  assert.equal(copies.columns[1]?.make, "copy");
  const copied = tellParents(tableFromCells({ again: [3, "", 8] }), copies, {
    like: amounts,
    random: randomFromSeed(1),
  });
  assert.deepEqual(cells(columnOf(copied, "amount")), [3, null, 8]);
  assert.deepEqual(
    told(tableFromCells({ city: ["Lyon", ""] })).columns.map((column) => cells(column)),
    [["Lyon", null]],
  );
});

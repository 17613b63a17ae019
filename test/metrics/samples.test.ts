import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../src/data/table.ts";
import { GROUPS } from "../../src/metrics/jackknife.ts";
import { groupedValues, sampleTables } from "../../src/metrics/samples.ts";
import { randomFromSeed } from "../../src/random.ts";
import { inputOf, numberColumn } from "./world.ts";

const counting = (rows: number, from = 0) =>
  tableOf([
    numberColumn(
      "x",
      Array.from({ length: rows }, (_, i) => (i % 10 === 0 ? Number.NaN : from + i)),
    ),
  ]);

test("samples have as many rows as a frame, in groups of equal size, missing cells left out", () => {
  const input = inputOf({ train: counting(700), holdout: counting(400, 1000), synthetic: counting(900, 5000) });
  const samples = sampleTables(input, randomFromSeed(1));
  for (const [side, from, rows] of [
    ["reference", 1000, 400],
    ["synthetic", 5000, 900],
    ["ceiling", 0, 700],
  ] as const) {
    const drawn = samples[side];
    assert.equal(drawn.rows.length, 400);
    assert.equal(new Set(drawn.rows).size, 400);
    const { values, groups } = groupedValues(drawn, "x") ?? assert.fail();
    assert.ok(values.every((value) => value > from && value < from + rows));
    const sizes = new Array(GROUPS).fill(0);
    for (const group of groups) sizes[group]++;
    // 20 rows a group, one in ten missing on average.
    assert.ok(sizes.every((size) => size >= 10 && size <= 20));
  }
});

test("without a holdout, the two halves of train have no row in common", () => {
  const samples = sampleTables(inputOf({ train: counting(800), synthetic: counting(800) }), randomFromSeed(2));
  assert.equal(samples.reference.rows.length, 400);
  const reference = new Set(samples.reference.rows);
  assert.ok(samples.ceiling.rows.every((row) => !reference.has(row)));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, takeRows } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { SourceMark } from "../../src/runs/ledger.ts";
import { overlapOf, sketchRows } from "../../src/runs/sketch.ts";
import { kinshipOf } from "../../src/runs/sources.ts";
import { people } from "../metrics/world.ts";

const key = new Uint8Array(32).fill(7);
const table = people(randomFromSeed(1), 4000);
const part = (from: number, to: number): Table =>
  takeRows(
    table,
    Uint32Array.from({ length: to - from }, (_, i) => from + i),
  );

test("a sketch does not depend on the order of rows or columns, and does on a cell", () => {
  const rows = Uint32Array.from({ length: table.rows }, (_, i) => table.rows - 1 - i);
  const turned = takeRows({ ...table, columns: [...table.columns].reverse() }, rows);
  assert.deepEqual(sketchRows(turned, key), sketchRows(table, key));
  assert.equal(sketchRows(table, key).rows, 4000);
  assert.notDeepEqual(sketchRows(table, new Uint8Array(32)), sketchRows(table, key));
});

test("the overlap is the share of the smaller table's rows, within the error of the sketch", () => {
  for (const [a, b, want] of [
    [part(0, 2000), part(1000, 3000), 0.5],
    [part(0, 2000), part(0, 2000), 1],
    [part(0, 2000), part(2000, 4000), 0],
    [part(0, 4000), part(500, 1500), 1],
    [part(0, 3000), part(2900, 3300), 0.25],
  ] as const) {
    const { share, compared } = overlapOf(sketchRows(a, key), sketchRows(b, key));
    assert.ok(compared >= 30);
    // Five standard errors.
    assert.ok(Math.abs(share - want) <= 2.5 / Math.sqrt(compared), `${share} for ${want}`);
  }
});

test("a small part of a much larger table is not taken for another source", () => {
  const large = people(randomFromSeed(2), 60_000);
  const some = takeRows(
    large,
    Uint32Array.from({ length: 200 }, (_, i) => 300 * i),
  );
  const mark = (of: Table, id: string | null): SourceMark => ({ id, sketch: sketchRows(of, key) });
  assert.equal(kinshipOf(mark(large, null), mark(some, null)), "unknown");
  assert.equal(kinshipOf(mark(large, "hospital"), mark(some, null)), "unknown");
  // Whoever gives both a name answers for it.
  assert.equal(kinshipOf(mark(large, "hospital"), mark(some, "ward")), null);
  assert.equal(kinshipOf(mark(large, "hospital"), mark(some, "hospital")), "id");
  // Where enough can be compared, the names do not hide that the rows are the same.
  const half = takeRows(
    large,
    Uint32Array.from({ length: 6000 }, (_, i) => 10 * i),
  );
  assert.equal(kinshipOf(mark(large, "hospital"), mark(half, "ward")), "rows");
  assert.equal(kinshipOf(mark(large, null), mark(people(randomFromSeed(3), 6000), null)), null);
});

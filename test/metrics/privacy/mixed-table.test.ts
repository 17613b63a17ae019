import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, tableOf } from "../../../src/data/table.ts";
import { UNIT } from "../../../src/learners/neighbours/mixed-rows.ts";
import { encodeMixed, fitMixedCodec } from "../../../src/metrics/privacy/mixed-table.ts";
import { schemaFor } from "./fixture.ts";

const number = (name: string, values: readonly number[]): Column => ({
  name,
  type: "number",
  storage: "double",
  values: Float64Array.from(values),
});

test("numbers become mid-ranks in the pool, missing is a value of its own, labels agree or differ", () => {
  const real = tableOf([
    number(
      "x",
      Array.from({ length: 40 }, (_, i) => (i < 10 ? 0 : i)),
    ),
    number(
      "few",
      Array.from({ length: 40 }, (_, i) => i % 3),
    ),
    {
      name: "c",
      type: "text",
      storage: "text",
      dictionary: ["red", "blue"],
      codes: Int32Array.from({ length: 40 }, (_, i) => i % 2),
    },
  ]);
  const codec = fitMixedCodec([real], schemaFor(real));
  // A number with few distinct values only agrees or differs, and the columns that differ most come first.
  assert.deepEqual(
    codec.columns.map((column) => column.name),
    ["few", "c", "x"],
  );
  assert.equal(codec.categories, 2);
  const other = tableOf([
    number("x", [0, 39, Number.NaN, 25.5, -4, 100]),
    {
      name: "few",
      type: "text",
      storage: "text",
      dictionary: ["2", "new"],
      codes: Int32Array.of(0, 1, -1, 0, 0, 0),
    },
    {
      name: "c",
      type: "text",
      storage: "text",
      dictionary: ["blue", "green", "red"],
      codes: Int32Array.of(0, 1, -1, 2, 2, 2),
    },
  ]);
  const both = encodeMixed([real, other], codec);
  const row = (i: number): number[] => [...both.cells.slice(3 * i, 3 * i + 3)];
  const [few, c] = [row(2)[0] as number, row(1)[1] as number];
  // Ten zeros share the mid-rank 5/40; 39 is the last of 40; 25.5 lies between the 25th and the 26th.
  assert.deepEqual(row(40), [few, c, UNIT / 8]);
  assert.deepEqual(row(41), [-1, -1, Math.round((39.5 / 40) * UNIT)]);
  assert.deepEqual(row(42), [0, 0, 2 * UNIT]);
  assert.deepEqual(row(43), [few, row(0)[1], Math.round((26 / 40) * UNIT)]);
  assert.equal(row(44)[2], 0);
  assert.equal(row(45)[2], UNIT);
});

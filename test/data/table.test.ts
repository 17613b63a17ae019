import assert from "node:assert/strict";
import { test } from "node:test";
import { alignTo, INVALID_TOKEN } from "../../src/data/align.ts";
import { entitiesOf, splitRows } from "../../src/data/split.ts";
import {
  type Column,
  cellOf,
  columnOf,
  concatRows,
  selectColumns,
  sliceRows,
  tableOf,
  takeRows,
} from "../../src/data/table.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { randomFromSeed } from "../../src/random.ts";

const numbers = (name: string, values: number[]): Column => ({
  type: "number",
  name,
  values: Float64Array.from(values),
  storage: "double",
});
const text = (name: string, labels: (string | null)[]): Column => {
  const dictionary = [...new Set(labels.filter((label) => label !== null))];
  return {
    type: "text",
    name,
    codes: Int32Array.from(labels, (label) => (label === null ? -1 : dictionary.indexOf(label))),
    dictionary,
    storage: "text",
  };
};
const cells = (column: Column): unknown[] =>
  Array.from({ length: column.type === "text" ? column.codes.length : column.values.length }, (_, i) =>
    cellOf(column, i),
  );

test("a table refuses ragged and duplicate columns", () => {
  assert.throws(() => tableOf([numbers("a", [1]), numbers("b", [1, 2])]), InvalidArgument);
  assert.throws(() => tableOf([numbers("a", [1]), numbers("a", [2])]), InvalidArgument);
});

test("an unknown column is named with its nearest", () => {
  const table = tableOf([numbers("income", [1]), numbers("age", [2])]);
  assert.throws(() => columnOf(table, "incmoe"), /Did you mean "income"\?/);
  assert.throws(
    () => selectColumns(table, ["zzzzzz"]),
    (error: InvalidArgument) => error.advice?.includes("income, age") === true,
  );
});

test("taking, slicing and joining rows keep cells, labels and missing tokens", () => {
  const withTokens: Column = {
    type: "number",
    name: "x",
    values: Float64Array.of(1, Number.NaN, 3),
    storage: "double",
    missing: { tokens: ["", "?"], codes: Uint8Array.of(0, 1, 0) },
  };
  const table = tableOf([withTokens, text("t", ["a", null, "b"])]);
  const taken = takeRows(table, Uint32Array.of(2, 1, 1));
  assert.deepEqual(cells(taken.columns[0] as Column), [3, null, null]);
  assert.deepEqual([...(taken.columns[0]?.missing?.codes ?? [])], [0, 1, 1]);
  assert.deepEqual(cells(sliceRows(table, 1, 3).columns[1] as Column), [null, "b"]);
  const joined = concatRows([table, tableOf([numbers("x", [9]), text("t", ["c"])])]);
  assert.deepEqual(cells(joined.columns[0] as Column), [1, null, 3, 9]);
  assert.deepEqual(cells(joined.columns[1] as Column), ["a", null, "b", "c"]);
  assert.deepEqual([...(joined.columns[0]?.missing?.codes ?? [])], [0, 1, 0, 0]);
});

test("a split covers every row once, meets the share, and keeps entities whole", () => {
  const random = randomFromSeed(1);
  const plain = splitRows(1000, { share: 0.25, random });
  assert.equal(plain.holdout.length, 250);
  assert.deepEqual(
    [...plain.train, ...plain.holdout].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
  const entities = Int32Array.from({ length: 1000 }, (_, i) => Math.floor(i / 7));
  const grouped = splitRows(1000, { share: 0.25, entities, random });
  const held = new Set([...grouped.holdout].map((row) => entities[row]));
  for (const row of grouped.train) assert.ok(!held.has(entities[row]));
  assert.ok(Math.abs(grouped.holdout.length - 250) <= 7);
  assert.deepEqual(splitRows(1000, { share: 0.25, random: randomFromSeed(1) }).holdout, plain.holdout);
  assert.notDeepEqual(splitRows(1000, { share: 0.25, random: randomFromSeed(2) }).holdout, plain.holdout);
  assert.equal(splitRows(1, { share: 0.25, random }).holdout.length, 0);
});

test("rows with a missing entity stand alone", () => {
  assert.deepEqual([...entitiesOf(text("id", ["p", null, "p", null, "q"]))], [0, 1, 0, 2, 3]);
});

test("aligning names missing and extra columns, and turns what does not fit into invalid cells", () => {
  const real = tableOf([numbers("x", [1, 2]), text("t", ["a", "7"])]);
  const names = { table: "synthetic", reference: "real" };
  assert.throws(
    () => alignTo(tableOf([numbers("x", [1]), text("tt", ["a"])]), real, names),
    /synthetic lacks "t"; synthetic also has "tt"/,
  );
  const aligned = alignTo(tableOf([numbers("t", [7, 8]), text("x", ["3.5", "many"])]), real, names);
  assert.deepEqual(
    aligned.table.columns.map((column) => column.name),
    ["x", "t"],
  );
  assert.deepEqual(cells(aligned.table.columns[0] as Column), [3.5, null]);
  assert.deepEqual(cells(aligned.table.columns[1] as Column), ["7", "8"]);
  assert.deepEqual(aligned.invalid, [{ column: "x", cells: 1 }]);
  const missing = aligned.table.columns[0]?.missing;
  assert.equal(missing?.tokens[missing.codes[1] as number], INVALID_TOKEN);
});

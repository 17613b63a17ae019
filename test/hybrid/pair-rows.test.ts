import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Column } from "../../src/data/table.ts";
import { InvalidData } from "../../src/errors.ts";
import { indexKeys, pairRows } from "../../src/hybrid/pair-rows.ts";

const asNumbers = (keys: readonly number[]): Column => ({
  name: "id",
  type: "number",
  storage: "integer",
  values: Float64Array.from(keys),
});
const asText = (keys: readonly string[]): Column => {
  const dictionary = [...new Set(keys)];
  return {
    name: "id",
    type: "text",
    storage: "text",
    dictionary,
    codes: Int32Array.from(keys, (key) => dictionary.indexOf(key)),
  };
};

test("every unit gets the row of its key, whatever the order and whether keys are stored as numbers or as text", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 60 })),
      fc.uniqueArray(fc.integer({ min: 0, max: 60 })),
      fc.boolean(),
      (units, source, text) => {
        const column = text ? asText(source.map(String)) : asNumbers(source);
        const { rows, others } = pairRows(asNumbers(units), indexKeys(column, "s.csv"));
        assert.deepEqual(
          [...rows],
          units.map((key) => source.indexOf(key)),
        );
        assert.deepEqual(
          [...others].map((row) => source[row]),
          source.filter((key) => !units.includes(key)),
        );
      },
    ),
  );
});

test("texts that only look like numbers are other keys: 007 is not 7", () => {
  const { rows } = pairRows(asNumbers([7]), indexKeys(asText(["007"]), "s.csv"));
  assert.deepEqual([...rows], [-1]);
});

test("a key that occurs twice or is missing is named", () => {
  const fails = (column: Column, pattern: RegExp) =>
    assert.throws(
      () => indexKeys(column, "s.csv"),
      (error) => error instanceof InvalidData && pattern.test(error.message),
    );
  fails(asNumbers([1, 2, 2, 3, 3, 3]), /2 keys occur more than once in "id" of s\.csv: 2, 3\./);
  fails(asNumbers([1, Number.NaN]), /1 row of s\.csv has no key in "id" \(row 2\)/);
});

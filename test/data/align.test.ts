import assert from "node:assert/strict";
import { test } from "node:test";
import { alignTo, INVALID_TOKEN } from "../../src/data/align.ts";
import { type Column, type NumberColumn, tableOf } from "../../src/data/table.ts";

const names = { table: "synthetic", reference: "real" };

function words(name: string, cells: readonly string[]): Column {
  return { name, type: "text", storage: "text", codes: Int32Array.from(cells, (_, i) => i), dictionary: cells };
}

test("words where dates are wanted are read as ISO 8601 alone, in UTC, never guessed at", () => {
  const like = tableOf([{ name: "when", type: "date", storage: "timestamp", values: new Float64Array(6) }]);
  const { table, invalid } = alignTo(
    tableOf([
      words("when", ["2024-02-03", "2024-02-03 04:05", "2024-02-03T04:05:06Z", "3 Feb 2024", "room 17", "2024-02-31x"]),
    ]),
    like,
    names,
  );
  const column = table.columns[0] as NumberColumn;
  assert.deepEqual(
    [...column.values],
    [
      Date.UTC(2024, 1, 3),
      Date.UTC(2024, 1, 3, 4, 5),
      Date.UTC(2024, 1, 3, 4, 5, 6),
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ],
  );
  assert.deepEqual(invalid, [{ column: "when", cells: 3 }]);
});

test("words where numbers are wanted become missing cells that remember it; numbers in words are taken over", () => {
  const like = tableOf([{ name: "x", type: "number", storage: "integer", values: new Float64Array(3) }]);
  const { table, invalid } = alignTo(tableOf([words("x", ["7", "seven", " 8 "])]), like, names);
  const column = table.columns[0] as NumberColumn;
  assert.deepEqual([...column.values], [7, Number.NaN, 8]);
  assert.equal(column.missing?.tokens[column.missing.codes[1] as number], INVALID_TOKEN);
  assert.deepEqual(invalid, [{ column: "x", cells: 1 }]);
});

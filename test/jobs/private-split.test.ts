import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf, takeRows } from "../../src/data/table.ts";
import { privateSplit } from "../../src/jobs/private-split.ts";
import { randomFromSeed } from "../../src/random.ts";

const random = randomFromSeed(0).split("split");

/** Few different rows, so that many are equal. */
function table(rows: number): Table {
  const own = randomFromSeed(7).split("rows");
  return tableOf([
    {
      name: "person",
      type: "number",
      storage: "integer",
      values: Float64Array.from({ length: rows }, () => own.integer(rows / 4)),
    },
    {
      name: "colour",
      type: "text",
      storage: "text",
      dictionary: ["red", "blue"],
      codes: Int32Array.from({ length: rows }, () => own.integer(2)),
    },
  ]);
}

const rowsAs = (of: Table, rows: Uint32Array): string[] =>
  Array.from(rows, (row) =>
    of.columns.map((column) => (column.type === "text" ? column.codes[row] : column.values[row])).join("/"),
  ).sort();

const without = (of: Table, gone: (row: number) => boolean): Table =>
  takeRows(
    of,
    Uint32Array.from({ length: of.rows }, (_, row) => row).filter((row) => !gone(row)),
  );

function assertOneLess(more: string[], fewer: string[], most: number): void {
  const left = [...more];
  for (const row of fewer) {
    const at = left.indexOf(row);
    assert.ok(at >= 0, `row ${row} came from nowhere`);
    left.splice(at, 1);
  }
  assert.ok(left.length <= most);
}

test("a row less is a row less on its side, and moves no other", () => {
  const all = table(60);
  const how = { share: 0.3, most: 1, random };
  const whole = privateSplit(all, how);
  assert.ok(whole.holdout.length > 5 && whole.train.length > 25);
  for (let row = 0; row < all.rows; row++) {
    const fewer = without(all, (other) => other === row);
    const split = privateSplit(fewer, how);
    assertOneLess(rowsAs(all, whole.train), rowsAs(fewer, split.train), 1);
    assertOneLess(rowsAs(all, whole.holdout), rowsAs(fewer, split.holdout), 1);
  }
});

test("the order of the rows does not matter", () => {
  const all = table(60);
  const backwards = takeRows(
    all,
    Uint32Array.from({ length: 60 }, (_, row) => 59 - row),
  );
  const how = { share: 0.3, most: 1, random };
  assert.deepEqual(rowsAs(all, privateSplit(all, how).train), rowsAs(backwards, privateSplit(backwards, how).train));
});

test("a person less is at most so many rows less, and moves no other", () => {
  const all = table(60);
  const persons = (all.columns[0] as { values: Float64Array }).values;
  for (const most of [1, 3]) {
    const how = { share: 0.3, group: "person", most, random };
    const whole = privateSplit(all, how);
    const held = new Map<number, number>();
    for (const row of whole.train) held.set(persons[row] as number, (held.get(persons[row] as number) ?? 0) + 1);
    assert.ok([...held.values()].every((count) => count <= most));
    const apart = new Set([...whole.holdout].map((row) => persons[row]));
    assert.ok([...held.keys()].every((person) => !apart.has(person)));
    for (const person of new Set(persons)) {
      const fewer = without(all, (row) => persons[row] === person);
      assertOneLess(rowsAs(all, whole.train), rowsAs(fewer, privateSplit(fewer, how).train), most);
    }
  }
});

test("a share of nothing keeps every row", () => {
  assert.equal(privateSplit(table(40), { share: 0, most: 1, random }).train.length, 40);
});

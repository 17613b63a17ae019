import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, tableOf } from "../../../src/data/table.ts";
import { type InvalidArgument, InvalidData } from "../../../src/errors.ts";
import { sizeNamed } from "../../../src/hybrid/scaling/column-names.ts";
import { type PointColumns, pointsOf } from "../../../src/hybrid/scaling/table-points.ts";

const numbers = (name: string, values: readonly number[]): Column => ({
  name,
  type: "number",
  storage: "double",
  values: Float64Array.from(values),
});
const texts = (name: string, values: readonly string[]): Column => {
  const dictionary = [...new Set(values)];
  return {
    ...{ name, type: "text", storage: "text", dictionary },
    codes: Int32Array.from(values, (value) => dictionary.indexOf(value)),
  };
};
const read = (columns: readonly Column[], options: PointColumns = {}) => {
  const notices: string[] = [];
  return { ...pointsOf(tableOf(columns), options, (notice) => notices.push(notice)), notices };
};

test("columns are guessed by their names, each guess is told, and what is named is not guessed", () => {
  const columns = [
    texts("note", ["a", "b", "a"]),
    numbers("Train Size", [10, 20, 40]),
    numbers("eval_loss", [3, 2, 1]),
    numbers("seed", [1, 1, 1]),
  ];
  const found = read(columns);
  assert.deepEqual(found.columns, { size: "Train Size", loss: "eval_loss", seed: "seed", group: null, wide: false });
  assert.deepEqual([...(found.groups[0]?.losses ?? [])], [3, 2, 1]);
  assert.match(
    found.notices.join("\n"),
    /"Train Size" is taken for the sizes[\s\S]*"eval_loss"[\s\S]*"note" is not used/,
  );
  assert.deepEqual(read(columns, { size: "Train Size", loss: "eval_loss", group: "note" }).notices, []);
  assert.throws(() => read([numbers("n", [1]), texts("loss", ["low"])]), /Column "loss" does not hold numbers/);
  assert.throws(() => read(columns, { size: "Train Siz" }), /Did you mean "Train Size"/);
  assert.throws(() => read([numbers("x", [1]), numbers("loss", [1])]), /--size|looks like the sizes/);
});

test("a score becomes its distance to perfect, and a group gets points of its own", () => {
  const found = read([
    texts("model", ["a", "b", "a"]),
    numbers("n", [10, 10, 20]),
    numbers("accuracy", [0.5, 0.25, 0.75]),
  ]);
  assert.deepEqual(found.metric, { name: "accuracy", better: "higher", perfect: 1 });
  assert.deepEqual(
    found.groups.map(({ group, losses }) => [group, ...losses]),
    [
      ["a", 0.5, 0.25],
      ["b", 0.75],
    ],
  );
  assert.match(found.notices.join(), /higher is better and 1 perfect/);
  const percent = read([numbers("n", [1, 2]), numbers("acc", [55, 60])]);
  assert.equal(percent.metric.perfect, 100);
  assert.equal(read([numbers("n", [1, 2]), numbers("acc", [0.9, 1])]).metric.perfect, 1);
});

test("a wide table is seen by its headers; size 0 and empty cells are left out and told", () => {
  const found = read([
    texts("config name", ["a", "b"]),
    ...[0, 200, 400, 800].map((size) => numbers(String(size), size === 800 ? [2, Number.NaN] : [size + 1, size + 2])),
  ]);
  assert.ok(found.columns.wide);
  assert.deepEqual(
    found.groups.map(({ group, sizes }) => [group, ...sizes]),
    [
      ["a", 200, 400, 800],
      ["b", 200, 400],
    ],
  );
  assert.match(found.notices.join("\n"), /wide table[\s\S]*size 0 is left out[\s\S]*1 cell/);
});

test("sizes in headers are read with separators, suffixes and a name in front", () => {
  for (const [header, size] of [
    ["3200", 3200],
    ["3,200", 3200],
    ["12.8k", 12_800],
    ["1.5M", 1.5e6],
    ["n=200", 200],
    ["1e6", 1e6],
    ["loss", null],
    ["year2", null],
    ["2x", null],
  ] as const)
    assert.equal(sizeNamed(header), size, header);
});

test("the same measurement twice, a size of 0 and a column of words are refused with their place", () => {
  const fails = (columns: readonly Column[], pattern: RegExp, kind: typeof InvalidData | typeof InvalidArgument) =>
    assert.throws(
      () => read(columns),
      (error: Error) => error instanceof kind && pattern.test(error.message),
    );
  const [n, loss] = [numbers("n", [1, 2, 2]), numbers("loss", [3, 2, 2])];
  fails([n, loss], /Rows 2 and 3 are the same/, InvalidData);
  fails([n, numbers("loss", [3, 2, 1]), numbers("seed", [1, 1, 1])], /Rows 2 and 3 .*same "seed"/, InvalidData);
  assert.equal(read([n, loss, numbers("seed", [1, 1, 2])]).groups[0]?.sizes.length, 3);
  fails([numbers("n", [0, 1]), numbers("loss", [3, 2])], /row 1.*holds 0/, InvalidData);
  fails([numbers("n", [Number.NaN]), numbers("loss", [3])], /No row has both/, InvalidData);
  assert.throws(() => read([texts("n", ["x", "y"]), loss], { size: "n", loss: "loss" }), /unequal|rows|numbers/);
});

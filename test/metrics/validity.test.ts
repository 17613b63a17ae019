import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, type Table, tableOf } from "../../src/data/table.ts";
import { validity } from "../../src/metrics/validity.ts";
import { inputOf, measured, numberColumn, textColumn, withColumn, world } from "./world.ts";

const ROWS = { train: 1500, holdout: 700, synthetic: 1000 };
const CELLS = 8 * 1000;

type Problems = Record<"type" | "infinite" | "range" | "rounding" | "label", number>;

async function problemsOf(replace: Column | ((old: Table) => Table)): Promise<{ value: number; problems: Problems }> {
  const { train, holdout } = world(1, ROWS);
  // Copies of real rows are valid to the last cell, so that what is counted is what was planted.
  const clean = tableOf(
    train.columns.map((column) =>
      column.type === "text"
        ? { ...column, codes: column.codes.subarray(0, 1000) }
        : { ...column, values: column.values.subarray(0, 1000) },
    ),
  );
  const synthetic = typeof replace === "function" ? replace(clean) : withColumn(clean, replace);
  const score = await measured(validity, inputOf({ train, holdout, synthetic }));
  return { value: score.value, problems: (score.details as { problems: Problems }).problems };
}

const cells = (of: (i: number) => number): number[] => Array.from({ length: 1000 }, (_, i) => of(i));

test("real rows are valid to the last cell", async () => {
  assert.equal((await problemsOf((clean) => clean)).value, 1);
});

test("each problem is counted by the cell", async () => {
  const range = await problemsOf(
    numberColumn(
      "noise",
      cells((i) => (i < 30 ? 1e6 : 0)),
    ),
  );
  assert.equal(range.problems.range, 30);
  assert.ok(Math.abs(range.value - (1 - 30 / CELLS)) < 1e-12);
  const infinite = await problemsOf(
    numberColumn(
      "noise",
      cells((i) => (i < 7 ? Number.POSITIVE_INFINITY : 0)),
    ),
  );
  assert.equal(infinite.problems.infinite, 7);
  const fractions = await problemsOf(
    numberColumn(
      "age",
      cells((i) => (i < 11 ? 40.5 : 40)),
    ),
  );
  assert.equal(fractions.problems.rounding, 11);
  const cents = await problemsOf(
    numberColumn(
      "income",
      cells((i) => (i < 13 ? 1.005 : 1.01)),
    ),
  );
  assert.equal(cents.problems.rounding, 13);
  const label = await problemsOf(
    textColumn(
      "job",
      cells((i) => i).map((i) => (i < 17 ? "wizard" : "cook")),
    ),
  );
  assert.equal(label.problems.label, 17);
  const type = await problemsOf(textColumn("age", new Array(1000).fill("old")));
  assert.equal(type.problems.type, 1000);
  const holes = await problemsOf(
    numberColumn(
      "age",
      cells(() => Number.NaN),
    ),
  );
  assert.equal(holes.value, 1);
});

test("1000 x + 1e6 in every number fails, and the columns are named", async () => {
  const { train, holdout, synthetic } = world(2, ROWS);
  const scaled = tableOf(
    synthetic.columns.map((column) =>
      column.type === "number" ? { ...column, values: column.values.map((x) => 1000 * x + 1e6) } : column,
    ),
  );
  const score = await measured(validity, inputOf({ train, holdout, synthetic: scaled }));
  assert.ok(score.value < 0.5);
  assert.deepEqual(score.worst?.map((part) => part.name).sort(), ["age", "gain", "income", "lab", "noise"]);
  assert.ok((score.difference?.high as number) < -0.4);
});

test("fresh rows with a new extreme stay within a thousandth of the ceiling", async () => {
  const { train, holdout, synthetic } = world(3, { train: 3000, holdout: 2000, synthetic: 3000 });
  const score = await measured(validity, inputOf({ train, holdout, synthetic }));
  assert.ok(score.value > 0.999);
  assert.ok((score.difference?.low as number) > -0.001);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, isMissing } from "../../../src/data/table.ts";
import { fullLadder, type PlantedLeak, plantedCount, plantLeaks } from "../../../src/metrics/privacy/plant.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { copyTestInput, cutAtRandom, peopleTable } from "./fixture.ts";

const people = peopleTable(5000, { numbers: 3, categories: 3, random: randomFromSeed(1) });
const [train, holdout, synthetic] = cutAtRandom(people, [2000, 1000, 2000], 1) as [never, never, never];
const input = copyTestInput({ train, holdout, synthetic }, { seed: 12 });
const planted = [...plantLeaks(input, fullLadder)];

/** Of the cells of a planted leak: whether each equals its donor's. */
function equalCells(leak: PlantedLeak): { same: number; cells: number; moved: number[] } {
  let same = 0;
  let cells = 0;
  const moved: number[] = [];
  leak.rows.columns.forEach((column, j) => {
    const source = input.train.columns[j] as Column;
    for (let i = 0; i < leak.rows.rows; i++) {
      const donor = leak.donors[i] as number;
      cells++;
      if (column.type === "text" && source.type === "text") {
        if (column.codes[i] === source.codes[donor]) same++;
      } else if (column.type !== "text" && source.type !== "text") {
        if (isMissing(column, i) || column.values[i] === source.values[donor]) same++;
        else moved.push((column.values[i] as number) - (source.values[donor] as number));
      }
    }
  });
  return { same, cells, moved };
}

test("every leak is planted five times, in a tenth of the rows at most, each row once", () => {
  assert.equal(planted.length, 15);
  for (const leak of planted) {
    assert.equal(leak.positions.length, plantedCount(0.1, 2000));
    assert.equal(new Set(leak.positions).size, leak.positions.length);
    assert.equal(leak.rows.rows, leak.positions.length);
  }
  assert.equal(new Set(planted.map((leak) => leak.positions.join())).size, 15);
});

test("the seed alone decides what is planted; a shorter ladder plants a part of the longer one", () => {
  const again = [...plantLeaks({ ...input }, { shares: [0.01], plantings: 2 })];
  for (const leak of again) {
    const long = planted.find((other) => other.leak === leak.leak && other.index === leak.index) as PlantedLeak;
    assert.deepEqual(leak.positions, long.positions.slice(0, 20));
    assert.deepEqual(leak.donors, long.donors.slice(0, 20));
  }
  const other = [...plantLeaks({ ...input, seed: 13 }, fullLadder)];
  assert.notDeepEqual(other[0]?.positions, planted[0]?.positions);
});

test("verbatim and outlier rows are training rows to the cell", () => {
  for (const leak of planted.filter((entry) => entry.leak !== "noisy")) {
    const { same, cells } = equalCells(leak);
    assert.equal(same, cells);
    assert.equal(new Set(leak.donors).size, leak.donors.length);
  }
});

test("noisy rows move a tenth of the numbers by a tenth of a deviation, at the column's decimals", () => {
  const noisy = planted.filter((leak) => leak.leak === "noisy").map(equalCells);
  const moved = noisy.flatMap((leak) => leak.moved);
  // 5 × 200 rows × 3 numbers, 2 % missing: 294 moved expected, binomial deviation 16.
  assert.ok(moved.length > 230 && moved.length < 360, `${moved.length} numbers moved`);
  const deviation = Math.sqrt(moved.reduce((sum, x) => sum + x * x, 0) / moved.length);
  assert.ok(deviation > 0.85 && deviation < 1.15, `moved by ${deviation}; a tenth of the deviation is 1`);
  for (const leak of planted)
    for (const column of leak.rows.columns)
      if (column.type === "number")
        for (const value of column.values)
          assert.ok(Number.isNaN(value) || value === Math.round(100 * value) / 100, `${value} has two decimals`);
});

test("outliers are more isolated than other training rows", () => {
  const mean = (leak: string): number => {
    const values: number[] = [];
    for (const entry of planted.filter((other) => other.leak === leak))
      for (const column of entry.rows.columns)
        if (column.type === "number")
          for (const value of column.values.subarray(0, 100))
            if (!Number.isNaN(value)) values.push(Math.abs(value - 50));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  assert.ok(mean("outliers") > 1.2 * mean("verbatim"), `${mean("outliers")} against ${mean("verbatim")}`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { concatRows, type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { isMeasured } from "../../../src/metrics/metric.ts";
import { indexWithinTolerance } from "../../../src/metrics/privacy/tolerance-index.ts";
import { measureToleranceCopies, withinToleranceCopies } from "../../../src/metrics/privacy/within-tolerance-copies.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { copyTestInput, cutAtRandom, peopleTable, schemaFor } from "./fixture.ts";

/** Every number moved by up to `most` of itself, a category changed in every other row. */
function moved(table: Table, most: number, seed: number): Table {
  const random = randomFromSeed(seed);
  return tableOf(
    table.columns.map((column, j) =>
      column.type === "text"
        ? {
            ...column,
            codes: column.codes.map((code, row) =>
              row % 2 === 0 && j === table.columns.length - 1 ? (code + 1) % 5 : code,
            ),
          }
        : { ...column, values: column.values.map((x) => x * (1 + most * (2 * random.uniform() - 1))) },
    ),
    table.rows,
  );
}

/** The definition, row against row. */
function aloneByDefinition(rows: Table, pool: Table): number[] {
  const agrees = (i: number, r: number): boolean => {
    let different = 0;
    for (const [j, column] of rows.columns.entries()) {
      const other = pool.columns[j];
      if (column.type === "text" || other?.type === "text") {
        const label = column.type === "text" ? column.dictionary[column.codes[i] as number] : undefined;
        if (label !== (other?.type === "text" ? other.dictionary[other.codes[r] as number] : undefined)) different++;
        continue;
      }
      const [x, y] = [column.values[i] as number, other?.values[r] as number];
      if (Number.isNaN(x) !== Number.isNaN(y)) return false;
      if (Math.abs(x - y) > 0.01 * Math.abs(y)) return false;
    }
    return different <= 1;
  };
  return Array.from({ length: rows.rows }, (_, i) => {
    const found = Array.from({ length: pool.rows }, (_, r) => r).filter((r) => agrees(i, r));
    return found.length === 0 ? -1 : found.length > 1 ? -2 : (found[0] as number);
  });
}

test("the index finds the rows that the definition finds, row against row", () => {
  for (const [numbers, categories] of [
    [2, 2],
    [1, 3],
    [3, 0],
    [0, 4],
  ] as const) {
    const table = peopleTable(700, { numbers, categories, random: randomFromSeed(10 * numbers + categories) });
    const [train, holdout] = cutAtRandom(table, [400, 300], 3) as [Table, Table];
    const pool = concatRows([train, holdout]);
    const rows = moved(
      takeRows(
        pool,
        Uint32Array.from({ length: 350 }, (_, i) => 2 * i),
      ),
      0.013,
      5,
    );
    const found = [...indexWithinTolerance([train, holdout], schemaFor(table)).aloneIn(rows)];
    assert.deepEqual(found, aloneByDefinition(rows, pool), `${numbers} numbers, ${categories} categories`);
    if (numbers === 2) {
      assert.ok(found.some((row) => row >= 0));
      assert.ok(found.some((row) => row === -1));
    }
  }
});

test("of many synthetic rows a random part is looked up, and the excess is of the same size", async () => {
  const table = peopleTable(66_000, { numbers: 4, categories: 3, random: randomFromSeed(8) });
  const [train, holdout, fresh] = cutAtRandom(table, [3000, 3000, 60_000], 4) as [Table, Table, Table];
  const kept = takeRows(
    fresh,
    Uint32Array.from({ length: 58_800 }, (_, i) => i),
  );
  const copies = moved(
    takeRows(
      train,
      Uint32Array.from({ length: 1200 }, (_, i) => i),
    ),
    0.009,
    6,
  );
  const synthetic = concatRows([kept, copies]);
  const score = await measureToleranceCopies(withinToleranceCopies, copyTestInput({ train, holdout, synthetic }), {
    shares: [0.01],
    plantings: 2,
    leaks: ["spread"],
  });
  assert.ok(isMeasured(score));
  assert.equal(score.n, 50_000);
  assert.equal(score.details?.targets, 50_000);
  // 2 % of the rows are copies; a few agree with a second row too, and natural look-alikes are subtracted.
  assert.ok(score.low > 0.012 && score.low < 0.02 && score.high > 0.019, `${score.low} ${score.value} ${score.high}`);
  for (const planting of score.plantings ?? []) assert.ok(planting.value > score.value + 0.004, `${planting.value}`);
});

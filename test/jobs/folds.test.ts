import assert from "node:assert/strict";
import { test } from "node:test";
import { foldRows } from "../../src/data/split.ts";
import { columnOf, type Table } from "../../src/data/table.ts";
import { refitOnFolds } from "../../src/jobs/folds.ts";
import { randomFromSeed } from "../../src/random.ts";
import { numberColumn } from "../metrics/world.ts";

const table: Table = {
  rows: 103,
  columns: [
    numberColumn(
      "id",
      Array.from({ length: 103 }, (_, i) => i),
    ),
  ],
};
const ids = (part: Table): number[] => [...(columnOf(part, "id") as { values: Float64Array }).values];

test("every row is held out once, and an entity is never on both sides", () => {
  const entities = Int32Array.from({ length: 103 }, (_, i) => Math.floor(i / 3));
  const splits = foldRows(103, { folds: 5, entities, random: randomFromSeed(1) });
  assert.deepEqual(
    splits.flatMap(({ holdout }) => [...holdout]).sort((a, b) => a - b),
    ids(table),
  );
  for (const { train, holdout } of splits) {
    assert.equal(train.length + holdout.length, 103);
    const trained = new Set([...train].map((row) => entities[row]));
    assert.ok(![...holdout].some((row) => trained.has(entities[row])));
  }
  assert.equal(foldRows(3, { folds: 5, random: randomFromSeed(1) }).length, 3);
});

test("the procedure is run on the other folds of each fold, with randomness of its own", async () => {
  const seen: number[] = [];
  const trials = await refitOnFolds(
    table,
    async (train, random) => {
      seen.push(random.uniform());
      return train;
    },
    { entities: undefined, random: randomFromSeed(2), events: {}, signal: undefined },
  );
  assert.equal(trials.length, 5);
  assert.equal(new Set(seen).size, 5);
  for (const trial of trials) assert.deepEqual(ids(trial.synthetic), ids(trial.train));
  assert.deepEqual(
    trials.flatMap(({ holdout }) => ids(holdout)).sort((a, b) => a - b),
    ids(table),
  );
});

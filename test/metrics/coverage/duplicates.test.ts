import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { duplicates } from "../../../src/metrics/coverage/duplicates.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, world } from "../world.ts";

test("a table drawn with replacement from a tenth of its rows repeats itself; fresh rows do not", async () => {
  const { train, holdout, synthetic } = world(1, { train: 1000, holdout: 500, synthetic: 1000 });
  const random = randomFromSeed(2);
  const collapsed = takeRows(
    synthetic,
    Uint32Array.from({ length: 1000 }, () => random.integer(100)),
  );
  const score = await measured(duplicates, inputOf({ train, holdout, synthetic: collapsed }));
  assert.ok(score.value > 0.99 && (score.difference?.low as number) > 0.9);
  const fresh = await measured(duplicates, inputOf({ train, holdout, synthetic }));
  assert.deepEqual([fresh.value, fresh.ceiling?.value], [0, 0]);
});

test("rows that have an equal one, by hand: 1 1 2 3 3 3 repeat in five of six", async () => {
  const table = (repeated: boolean): Table =>
    tableOf([
      numberColumn(
        "x",
        Array.from(
          { length: 600 },
          (_, i) => (repeated ? ([1, 1, 2, 3, 3, 3][i % 6] as number) : 0) + 10 * (repeated ? Math.floor(i / 6) : i),
        ),
      ),
    ]);
  const score = await measured(
    duplicates,
    inputOf({ train: table(false), holdout: table(false), synthetic: table(true) }, { kinds: { x: "integer" } }),
  );
  assert.ok(Math.abs(score.value - 5 / 6) < 1e-12);
});

test("real rows that repeat excuse synthetic ones that do: the interval holds 0 in at least 35 of 40 tables", async () => {
  let held = 0;
  for (let seed = 0; seed < 40; seed++) {
    const random = randomFromSeed(seed);
    const draw = (label: string): Table => {
      const own = random.split(label);
      return tableOf([
        numberColumn(
          "x",
          Array.from({ length: 400 }, () => own.integer(25)),
        ),
        numberColumn(
          "y",
          Array.from({ length: 400 }, () => own.integer(30)),
        ),
      ]);
    };
    const { value, difference } = await measured(
      duplicates,
      inputOf(
        { train: draw("train"), holdout: draw("holdout"), synthetic: draw("synthetic") },
        { seed, kinds: { x: "integer", y: "integer" } },
      ),
    );
    assert.ok(value > 0.2 && value < 0.7);
    if (difference && difference.low <= 0 && difference.high >= 0) held++;
  }
  assert.ok(held >= 35, `held ${held} of 40`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { missingness } from "../../../src/metrics/fidelity/missingness.ts";
import type { Interval } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, shuffled, world } from "../world.ts";

const ROWS = { train: 1500, holdout: 800, synthetic: 1500 };

test("fresh rows score the ceiling in at least 85 % of 40 repeats", async () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      missingness,
      inputOf(world(seed, { train: 400, holdout: 300, synthetic: 400 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
});

test("cells that are missing together, and no longer are, show in pairs and not in columns", async () => {
  const { train, holdout } = world(2, ROWS);
  const score = await measured(missingness, inputOf({ train, holdout, synthetic: shuffled(train, randomFromSeed(3)) }));
  assert.equal(score.worst?.[0]?.name, "income × lab");
  assert.ok((score.difference?.low as number) > 0.03);
  const details = score.details as { columns: { value: Interval }; pairs: { value: Interval } };
  assert.ok(details.columns.value.value < 0.05 && details.pairs.value.value > 0.08);
});

test("shares are counted exactly, across the 32 bits of a word", async () => {
  const table = (missing: number): Table =>
    tableOf([
      numberColumn(
        "x",
        Array.from({ length: 1000 }, (_, i) => (i < missing ? Number.NaN : i)),
      ),
      numberColumn(
        "y",
        Array.from({ length: 1000 }, (_, i) => (i < missing / 2 ? Number.NaN : i)),
      ),
    ]);
  const score = await measured(missingness, inputOf({ train: table(100), holdout: table(100), synthetic: table(700) }));
  assert.ok(Math.abs(score.value - 0.6) < 1e-12);
  assert.equal(score.ceiling?.value, 0);
  const pair = score.worst?.find((part) => part.name === "x × y");
  assert.ok(Math.abs((pair?.value as number) - 0.3) < 1e-12);
});

test("nothing missing anywhere does not apply; missing cells in the synthetic table alone do", async () => {
  const full = tableOf([
    numberColumn(
      "x",
      Array.from({ length: 300 }, (_, i) => i),
    ),
  ]);
  const holes = tableOf([
    numberColumn(
      "x",
      Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? Number.NaN : i)),
    ),
  ]);
  const none = await missingness.measure(inputOf({ train: full, holdout: full, synthetic: full }));
  assert.ok("notComputable" in none && none.notApplicable === true);
  const some = await measured(missingness, inputOf({ train: full, holdout: full, synthetic: holes }));
  assert.ok(Math.abs(some.value - 1 / 3) < 1e-12);
});

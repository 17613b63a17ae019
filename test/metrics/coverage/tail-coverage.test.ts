import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../../src/data/table.ts";
import { tailCoverage } from "../../../src/metrics/coverage/tail-coverage.ts";
import { inputOf, measured, world } from "../world.ts";

const ROWS = { train: 4000, holdout: 3000, synthetic: 4000 };

test("tails cut off are seen and named", async () => {
  const { train, holdout, synthetic } = world(1, ROWS);
  const cut = tableOf(
    synthetic.columns.map((column) => {
      if (column.name !== "noise" || column.type !== "number") return column;
      return { ...column, values: column.values.map((x) => Math.max(-2, Math.min(2, x))) };
    }),
  );
  const score = await measured(tailCoverage, inputOf({ train, holdout, synthetic: cut }));
  assert.deepEqual(
    score.worst
      ?.slice(0, 2)
      .map((part) => part.name)
      .sort(),
    ["noise (high)", "noise (low)"],
  );
  assert.ok(score.worst?.slice(0, 2).every((part) => part.value === 0));
  const { tails } = score.details as { tails: { name: string; share: number }[] };
  assert.ok(tails.every((tail) => tail.share >= 0.01 && tail.share < 0.02));
  // Half of all gains are 0: that end is a spike and no tail.
  assert.ok(!tails.some((tail) => tail.name === "gain (low)"));
});

test("fresh rows score the ceiling in at least 85 % of 40 repeats", async () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      tailCoverage,
      inputOf(world(seed, { train: 500, holdout: 400, synthetic: 500 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
});

test("a table too small for tails gives no number, and says what it needs", async () => {
  const score = await tailCoverage.measure(inputOf(world(1, { train: 120, holdout: 60, synthetic: 120 })));
  assert.ok("notComputable" in score && score.notApplicable === undefined && /100 values/.test(score.notComputable));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { twoWayCoverage } from "../../../src/metrics/coverage/two-way-coverage.ts";
import type { Interval } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, shuffled, textColumn, world } from "../world.ts";

test("the share of combinations of five rows that occur, and rows in combinations that do not exist, by hand", async () => {
  const table = (counts: Readonly<Record<string, number>>): Table => {
    const rows = Object.entries(counts).flatMap(([pair, count]) => new Array<string>(count).fill(pair));
    return tableOf([
      textColumn(
        "a",
        rows.map((pair) => pair[0] as string),
      ),
      textColumn(
        "b",
        rows.map((pair) => pair[1] as string),
      ),
    ]);
  };
  const real = { xu: 50, xv: 30, yu: 15, yv: 4, zu: 1 };
  const score = await measured(
    twoWayCoverage,
    inputOf(
      { train: table(real), holdout: table(real), synthetic: table({ xu: 60, xv: 36, yv: 4 }) },
      { kinds: { a: "categorical", b: "categorical" } },
    ),
  );
  // xu, xv and yu are expected five times; yu does not come.
  assert.ok(Math.abs(score.value - 2 / 3) < 1e-12);
  assert.equal(score.ceiling?.value, 1);
  assert.deepEqual(
    score.worst?.map(({ name, note }) => [name, note]),
    [["a × b", "1 of 3 combinations missing"]],
  );
  assert.equal((score.details as { invented: { value: Interval } }).invented.value.value, 0);
  const invented = await measured(
    twoWayCoverage,
    inputOf(
      { train: table(real), holdout: table(real), synthetic: table({ ...real, xu: 40, zv: 10 }) },
      { kinds: { a: "categorical", b: "categorical" } },
    ),
  );
  assert.ok(Math.abs((invented.details as { invented: { value: Interval } }).invented.value.value - 0.1) < 1e-12);
});

test("fresh rows score the ceiling in at least 35 of 40 repeats; few rows many times do not, and columns shuffled apart invent combinations", async () => {
  let held = 0;
  let seen = 0;
  for (let seed = 0; seed < 40; seed++) {
    const tables = world(seed, { train: 600, holdout: 600, synthetic: 600 });
    const random = randomFromSeed(seed);
    const { difference } = await measured(twoWayCoverage, inputOf(tables, { seed }));
    if (difference && difference.low <= 0 && difference.high >= 0) held++;
    if (seed >= 10) continue;
    const few = takeRows(
      tables.synthetic,
      Uint32Array.from({ length: 600 }, () => random.integer(60)),
    );
    const collapsed = await measured(twoWayCoverage, inputOf({ ...tables, synthetic: few }, { seed }));
    const apart = await measured(
      twoWayCoverage,
      inputOf({ ...tables, synthetic: shuffled(tables.synthetic, random) }, { seed }),
    );
    const { invented } = apart.details as { invented: { value: Interval; ceiling: Interval } };
    if ((collapsed.difference?.high as number) < -0.1 && invented.value.low > 2 * invented.ceiling.high) seen++;
  }
  assert.ok(held >= 35, `held ${held} of 40`);
  assert.ok(seen >= 9, `seen ${seen} of 10`);
});

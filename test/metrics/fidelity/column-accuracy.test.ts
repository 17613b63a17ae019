import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../../src/data/table.ts";
import { columnAccuracy } from "../../../src/metrics/fidelity/column-accuracy.ts";
import { inputOf, measured, numberColumn, withColumn, world } from "../world.ts";

const ROWS = { train: 1500, holdout: 700, synthetic: 1500 };

test("fresh rows score the ceiling in at least 85 % of 40 repeats", async () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      columnAccuracy,
      inputOf(world(seed, { train: 400, holdout: 300, synthetic: 400 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
});

test("1000 x + 1e6 in every number is seen, whatever its shape", async () => {
  const { train, holdout, synthetic } = world(1, ROWS);
  const scaled = tableOf(
    synthetic.columns.map((column) =>
      column.type === "number" ? { ...column, values: column.values.map((x) => 1000 * x + 1e6) } : column,
    ),
  );
  const score = await measured(columnAccuracy, inputOf({ train, holdout, synthetic: scaled }));
  assert.ok((score.difference?.high as number) < -0.4, JSON.stringify(score.difference));
  assert.deepEqual(
    score.worst
      ?.slice(0, 5)
      .map((part) => part.name)
      .sort(),
    ["age", "gain", "income", "lab", "noise"],
  );
});

test("one column off is named first, with its ceiling", async () => {
  const { train, holdout, synthetic } = world(2, ROWS);
  const off = withColumn(
    synthetic,
    numberColumn(
      "noise",
      Array.from({ length: 1500 }, (_, i) => (i % 100) / 200),
    ),
  );
  const score = await measured(columnAccuracy, inputOf({ train, holdout, synthetic: off }));
  assert.equal(score.worst?.[0]?.name, "noise");
  assert.ok((score.worst?.[0]?.ceiling as number) > 0.85 && (score.worst?.[0]?.value as number) < 0.5);
});

test("a constant column neither helps nor hurts", async () => {
  const { train, holdout, synthetic } = world(3, ROWS);
  const more = (table: typeof train): typeof train =>
    tableOf([...table.columns, numberColumn("fixed", new Array(table.rows).fill(1))]);
  const plain = await measured(columnAccuracy, inputOf({ train, holdout, synthetic }));
  const padded = await measured(
    columnAccuracy,
    inputOf({ train: more(train), holdout: more(holdout), synthetic: more(synthetic) }),
  );
  assert.equal(plain.value, padded.value);
  assert.equal((padded.details as { skipped: number }).skipped, 1);
});

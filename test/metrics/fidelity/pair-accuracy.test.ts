import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../../src/data/table.ts";
import { pairAccuracy } from "../../../src/metrics/fidelity/pair-accuracy.ts";
import type { Interval } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, people, shuffled, withColumn, world } from "../world.ts";

const ROWS = { train: 2000, holdout: 1000, synthetic: 2000 };

function columnsOf(details: unknown): { name: string; normalised: Interval }[] {
  return (details as { columns: { name: string; normalised: Interval }[] }).columns;
}

test("every column shuffled by itself scores the floor and names the pairs", async () => {
  const { train, holdout } = world(3, ROWS);
  const score = await measured(
    pairAccuracy,
    inputOf({ train, holdout, synthetic: shuffled(train, randomFromSeed(9)) }),
  );
  assert.ok(score.normalised && score.normalised.high < 0.5, JSON.stringify(score.normalised));
  assert.ok(score.difference && score.difference.high < 0);
  const strong = (score.details as { strong: { normalised: Interval; count: number } }).strong;
  assert.ok(strong.count >= 5 && strong.normalised.high < 0.5);
  assert.ok(score.worst && score.worst.length > 5);
  const first = score.worst[0];
  assert.match(first?.name ?? "", /^\w+ × \w+$/);
  assert.ok((first?.ceiling ?? 0) - (first?.value ?? 0) > 0.2);
});

test("one column shuffled by itself shows, and only that one", async () => {
  const { train, holdout, synthetic } = world(4, ROWS);
  for (const name of ["age", "job"]) {
    const score = await measured(
      pairAccuracy,
      inputOf({ train, holdout, synthetic: shuffled(synthetic, randomFromSeed(9), [name]) }),
    );
    const [worst, ...others] = columnsOf(score.details);
    assert.equal(worst?.name, name);
    assert.ok((worst?.normalised.high as number) < 0.5, `${name}: ${JSON.stringify(worst)}`);
    assert.ok(others.every((column) => column.normalised.high > 0.5));
    assert.ok(score.worst?.slice(0, 3).every((part) => part.name.split(" × ").includes(name)));
  }
});

test("fresh rows score the ceiling: the difference holds 0 in at least 85 % of 40 repeats, and is centred", async () => {
  let covered = 0;
  let normalisedCovered = 0;
  let falseAlarms = 0;
  const differences: number[] = [];
  for (let seed = 0; seed < 40; seed++) {
    const score = await measured(
      pairAccuracy,
      inputOf(world(100 + seed, { train: 500, holdout: 400, synthetic: 500 }), { seed }),
    );
    const { difference, normalised } = score as Required<typeof score>;
    if (difference.low <= 0 && difference.high >= 0) covered++;
    if (normalised.low <= 1 && normalised.high >= 1) normalisedCovered++;
    if (columnsOf(score.details).some((column) => column.normalised.high < 0.5)) falseAlarms++;
    differences.push(difference.value);
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
  assert.ok(normalisedCovered >= 34, `normalised covered ${normalisedCovered} of 40`);
  assert.ok(falseAlarms <= 2, `a column looked shuffled in ${falseAlarms} of 40`);
  const mean = differences.reduce((sum, x) => sum + x, 0) / 40;
  const deviation = Math.sqrt(differences.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 39);
  assert.ok(Math.abs(mean) < (3.5 * deviation) / Math.sqrt(40), `mean difference ${mean}, sd ${deviation}`);
});

test("an exact copy of train is no better than fresh rows", async () => {
  const { train, holdout } = world(5, ROWS);
  const score = await measured(pairAccuracy, inputOf({ train, holdout, synthetic: train }));
  assert.ok(Math.abs(score.difference?.value as number) < 0.015, JSON.stringify(score.difference));
  assert.ok((score.difference?.low as number) <= 0);
});

test("an unrelated column is not blamed, and a constant one is skipped", async () => {
  const { train, holdout, synthetic } = world(6, ROWS);
  const constant = (table: typeof train): typeof train =>
    tableOf([...table.columns, numberColumn("fixed", new Array(table.rows).fill(7))]);
  const plain = await measured(pairAccuracy, inputOf({ train, holdout, synthetic }));
  const more = await measured(
    pairAccuracy,
    inputOf({ train: constant(train), holdout: constant(holdout), synthetic: constant(synthetic) }),
  );
  assert.deepEqual((plain.details as { unrelated: string[] }).unrelated, ["noise"]);
  assert.equal((more.details as { skipped: number }).skipped, 1);
  assert.equal(more.value, plain.value);
});

test("another unit of one column in the synthetic table is seen in every pair of it", async () => {
  const { train, holdout, synthetic } = world(7, ROWS);
  const age = synthetic.columns.find((column) => column.name === "age");
  assert.ok(age && age.type === "number");
  const scaled = withColumn(synthetic, { ...age, values: age.values.map((x) => 1000 * x + 1e6) });
  const score = await measured(pairAccuracy, inputOf({ train, holdout, synthetic: scaled }));
  assert.equal(score.worst?.filter((part) => part.name.split(" × ").includes("age") && part.value < 0.25).length, 7);
});

test("without a holdout the halves of train are compared; too few rows give no number", async () => {
  const random = randomFromSeed(8);
  const score = await measured(
    pairAccuracy,
    inputOf({ train: people(random.split(1), 1000), synthetic: people(random.split(2), 1000) }),
  );
  assert.equal(score.n, 500);
  const small = await pairAccuracy.measure(inputOf(world(1, { train: 60, holdout: 15, synthetic: 60 })));
  assert.ok("notComputable" in small && !small.notApplicable && /at least 40/.test(small.notComputable));
});

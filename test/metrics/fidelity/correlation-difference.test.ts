import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../../src/data/table.ts";
import { correlationDifference } from "../../../src/metrics/fidelity/correlation-difference.ts";
import type { Interval } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, shuffled, world } from "../world.ts";

test("a known difference of rank correlations is measured", async () => {
  // ρ = 1 among real rows, −1 among synthetic ones; 200 distinct values, so that codes are values.
  const pair = (sign: number) =>
    tableOf([
      numberColumn(
        "a",
        Array.from({ length: 400 }, (_, i) => i % 200),
      ),
      numberColumn(
        "b",
        Array.from({ length: 400 }, (_, i) => sign * (i % 200) + (sign < 0 ? 199 : 0)),
      ),
    ]);
  const score = await measured(
    correlationDifference,
    inputOf({ train: pair(1), holdout: pair(1), synthetic: pair(-1) }),
  );
  assert.ok(Math.abs(score.value - 2) < 1e-9);
  assert.ok(Math.abs(score.ceiling?.value as number) < 1e-9);
  assert.equal(score.worst?.[0]?.name, "a × b");
});

test("shuffled columns lose what there is to lose; fresh rows lose nothing in at least 85 % of 40 repeats", async () => {
  const { train, holdout } = world(2, { train: 1500, holdout: 800, synthetic: 40 });
  const bad = await measured(
    correlationDifference,
    inputOf({ train, holdout, synthetic: shuffled(train, randomFromSeed(1)) }),
  );
  assert.ok((bad.difference?.low as number) > 0.15);
  assert.ok((bad.normalised?.high as number) < 0.5);
  const details = bad.details as Record<"quantities" | "categories", Interval & { count: number; value: Interval }>;
  assert.equal(details.quantities.count, 10);
  assert.equal(details.categories.count, 3);
  assert.ok(details.categories.value.low > 0.2);
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      correlationDifference,
      inputOf(world(seed, { train: 400, holdout: 300, synthetic: 400 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
});

test("without missing cells the rank correlation is Spearman's, ties at mid-rank", async () => {
  const random = randomFromSeed(12);
  const table = (strength: number) => {
    const a = Array.from({ length: 300 }, () => random.integer(40));
    const b = a.map((x) => Math.round(strength * x + 10 * random.normal()));
    return { a, b, table: tableOf([numberColumn("a", a), numberColumn("b", b)]) };
  };
  const [real, synthetic] = [table(1), table(0.2)];
  const score = await measured(
    correlationDifference,
    inputOf({ train: real.table, holdout: real.table, synthetic: synthetic.table }),
  );
  const expected = Math.abs(spearman(real.a, real.b) - spearman(synthetic.a, synthetic.b));
  assert.ok(expected > 0.2);
  // The synthetic side's values beyond the real ones share codes, so a hair of ties is added.
  assert.ok(Math.abs(score.value - expected) < 0.01, `${score.value} against ${expected}`);
});

function spearman(x: readonly number[], y: readonly number[]): number {
  const ranks = (values: readonly number[]): number[] =>
    values.map((v) => values.filter((w) => w < v).length + values.filter((w) => w === v).length / 2);
  const [a, b] = [ranks(x), ranks(y)];
  const middle = x.length / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += ((a[i] as number) - middle) * ((b[i] as number) - middle);
    xx += ((a[i] as number) - middle) ** 2;
    yy += ((b[i] as number) - middle) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

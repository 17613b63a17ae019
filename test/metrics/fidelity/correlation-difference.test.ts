import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { correlationDifference } from "../../../src/metrics/fidelity/correlation-difference.ts";
import { ratioOf } from "../../../src/metrics/fidelity/ratio-differences.ts";
import { groupStarts } from "../../../src/metrics/jackknife.ts";
import type { Interval } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, shuffled, textColumn, world } from "../world.ts";

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
  const details = bad.details as Record<
    "quantities" | "categories" | "mixed" | "pearson",
    Interval & { count: number; value: Interval }
  >;
  assert.equal(details.quantities.count, 10);
  assert.equal(details.categories.count, 3);
  assert.equal(details.mixed.count, 15);
  assert.equal(details.pearson.count, 10);
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

test("the correlation ratio is 1 where labels decide, 0 where they do not, and ε² by hand in between", () => {
  const column = (values: readonly number[]) => ({
    values: Float64Array.from(values),
    present: new Uint8Array(values.length).fill(1),
  });
  const starts = groupStarts(40);
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 2);
  const decided = ratioOf(column(Array.from(labels, (label) => label - 0.5)), labels, 2, starts);
  assert.ok(Math.abs((decided[0] as number) - 1) < 1e-12);
  assert.equal(ratioOf(column(Array.from(labels, (_, i) => (i >> 1) / 20 - 0.5)), labels, 2, starts)[0], 0);
  // Label means ±¼ about 0 and ±½ within: η² = .0625 / (.0625 + .25) = .2, ε² = 1 − .8 · 39 / 38.
  const mixed = ratioOf(
    column(Array.from(labels, (label, i) => (label === 1 ? 0.25 : -0.25) + (i % 4 < 2 ? 0.5 : -0.5))),
    labels,
    2,
    starts,
  );
  assert.ok(Math.abs((mixed[0] as number) - Math.sqrt(1 - (0.8 * 39) / 38)) < 1e-12);
  assert.ok(Number.isNaN(ratioOf(column(new Array(40).fill(0.1)), labels, 2, starts)[0]));
});

test("a quantity that no longer goes with a category is seen; Pearson's is told beside, on the values", async () => {
  const random = randomFromSeed(21);
  const draw = (kept: boolean): Table => {
    const group = Array.from({ length: 800 }, () => random.integer(3));
    const pay = group.map((g) => 2 * (kept ? g : random.integer(3)) + random.normal());
    return tableOf([
      textColumn(
        "group",
        group.map((g) => `g${g}`),
      ),
      numberColumn("pay", pay),
      numberColumn(
        "tax",
        pay.map((x) => (kept ? x : 0) + random.normal()),
      ),
    ]);
  };
  const kinds = { group: "categorical", pay: "continuous", tax: "continuous" } as const;
  const score = await measured(
    correlationDifference,
    inputOf({ train: draw(true), holdout: draw(true), synthetic: draw(false) }, { kinds }),
  );
  const details = score.details as Record<"mixed" | "pearson", { count: number; value: Interval; floor: Interval }>;
  assert.equal(details.mixed.count, 2);
  assert.ok(details.mixed.value.value > 0.6, `${details.mixed.value.value}`);
  assert.ok(score.worst?.some(({ name }) => name === "pay × group"));
  // pay: variance 1 + 4 · 2/3; tax: one more.
  const want = Math.sqrt((1 + 8 / 3) / (2 + 8 / 3));
  assert.ok(Math.abs(details.pearson.value.value - want) < 0.06, `${details.pearson.value.value} for ${want}`);
  assert.ok(Math.abs(details.pearson.floor.value - want) < 0.08);
});

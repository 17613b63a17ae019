import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { betaRecall } from "../../../src/metrics/coverage/beta-recall.ts";
import { coverage } from "../../../src/metrics/coverage/coverage.ts";
import { density } from "../../../src/metrics/fidelity/density.ts";
import { isMeasured, type MetricInput } from "../../../src/metrics/metric.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, shuffled, textColumn, world } from "../world.ts";

const METRICS = [betaRecall, coverage, density];

test("fresh rows are at the ceiling in at least 85 % of 40 repeats", async () => {
  const covered = new Map(METRICS.map(({ name }) => [name, 0]));
  for (let seed = 0; seed < 40; seed++) {
    const input = inputOf(world(seed, { train: 400, holdout: 250, synthetic: 400 }), { seed });
    for (const metric of METRICS) {
      const { difference } = await measured(metric, input);
      if (difference && difference.low <= 0 && difference.high >= 0)
        covered.set(metric.name, (covered.get(metric.name) as number) + 1);
    }
  }
  for (const [name, count] of covered) assert.ok(count >= 34, `${name} covered ${count} of 40`);
});

test("shuffled columns score the floor, fresh rows of the same size the ceiling", async () => {
  const { train, holdout, synthetic } = world(1, { train: 1200, holdout: 700, synthetic: 1200 });
  for (const metric of METRICS) {
    const good = await measured(metric, inputOf({ train, holdout, synthetic }));
    const bad = await measured(metric, inputOf({ train, holdout, synthetic: shuffled(train, randomFromSeed(2)) }));
    assert.ok((good.normalised?.low as number) > 0.6, `${metric.name} fresh ${good.normalised?.low}`);
    assert.ok(Math.abs(bad.normalised?.value as number) < 0.2, `${metric.name} shuffled ${bad.normalised?.value}`);
    assert.ok(good.low > bad.high, metric.name);
  }
});

test("coverage among fresh rows is what chance gives: 1 − 2^−k where nothing ties", async () => {
  // No synthetic row is within the fifth nearest real one only where the five nearest of both kinds are all real: 2^−5.
  const plane = (seed: number): Table => {
    const random = randomFromSeed(seed);
    const draw = (): number[] => Array.from({ length: 2500 }, () => random.normal());
    return tableOf([numberColumn("x", draw()), numberColumn("y", draw())]);
  };
  const input = inputOf(
    { train: plane(1), holdout: plane(2), synthetic: plane(3) },
    { kinds: { x: "continuous", y: "continuous" } },
  );
  const score = await measured(coverage, input);
  assert.ok(Math.abs(score.value - (1 - 2 ** -5)) < 0.015, `${score.value}`);
  // A real row is nearer than any synthetic one half of the time: the curve is β / 2, and 1 − Σ ½ β / Σ β is ½.
  const recall = await measured(betaRecall, input);
  assert.ok(Math.abs(recall.value - 0.5) < 0.05, `${recall.value}`);
  assert.ok(Math.abs((await measured(density, input)).value - 1) < 0.06);
});

test("a lost mode costs coverage and recall, but not density", async () => {
  const modes = (seed: number, share: number): Table => {
    const random = randomFromSeed(seed);
    const x: number[] = [];
    const t: string[] = [];
    for (let i = 0; i < 1000; i++) {
      const second = random.uniform() < share;
      x.push(random.normal() + (second ? 12 : 0));
      t.push(second ? "b" : "a");
    }
    return tableOf([numberColumn("x", x), textColumn("t", t)]);
  };
  const inputs = (synthetic: Table): MetricInput =>
    inputOf(
      { train: modes(1, 0.4), holdout: modes(2, 0.4), synthetic },
      { kinds: { x: "continuous", t: "categorical" } },
    );
  const lost = inputs(modes(3, 0));
  const covered = await measured(coverage, lost);
  assert.ok(Math.abs(covered.value - 0.6 * (covered.ceiling?.value as number)) < 0.06, `${covered.value}`);
  // The rows that are reached lie nearest to the centre, so that the curve follows β up to .6 and stays there: 1 − .4² at most.
  const recall = await measured(betaRecall, lost);
  assert.ok(recall.value < 0.84 && (recall.difference?.high as number) < -0.08, JSON.stringify(recall.difference));
  const dense = await measured(density, lost);
  assert.ok(Math.abs(dense.value - 1) < 0.15, `${dense.value}`);
});

test("rows crowded into the middle of eight columns have a density far above 1: a diagnostic", async () => {
  const cloud = (seed: number, width: number): Table => {
    const random = randomFromSeed(seed);
    return tableOf(
      Array.from({ length: 8 }, (_, j) =>
        numberColumn(
          `c${j}`,
          Array.from({ length: 500 }, () => width * random.normal()),
        ),
      ),
    );
  };
  const score = await measured(
    density,
    inputOf({ train: cloud(1, 1), holdout: cloud(2, 1), synthetic: cloud(3, 0.3) }, { kinds: {} }),
  );
  assert.ok(density.diagnostic && score.value > 1.7, `${score.value}`);
});

test("rows that all agree are said, not scored; a column constant among real rows is left out", async () => {
  const { train, holdout, synthetic } = world(5, { train: 300, holdout: 200, synthetic: 300 });
  const more = (table: Table, value: number): Table =>
    tableOf([...table.columns, numberColumn("fixed", new Array(table.rows).fill(value))]);
  for (const metric of METRICS) {
    const plain = await measured(metric, inputOf({ train, holdout, synthetic }));
    const padded = await measured(
      metric,
      inputOf({ train: more(train, 1), holdout: more(holdout, 1), synthetic: more(synthetic, 1) }),
    );
    assert.equal(padded.value, plain.value);
    const few = await metric.measure(inputOf(world(6, { train: 60, holdout: 30, synthetic: 60 })));
    assert.ok(!isMeasured(few) && /30 rows/.test(few.notComputable));
  }
});

test("with many rows or columns a stated subsample is compared", async () => {
  const wide = (seed: number): Table => {
    const random = randomFromSeed(seed);
    return tableOf(
      Array.from({ length: 700 }, (_, j) =>
        numberColumn(
          `c${j}`,
          Array.from({ length: 600 }, () => random.normal()),
        ),
      ),
    );
  };
  const score = await measured(coverage, inputOf({ train: wide(1), holdout: wide(2), synthetic: wide(3) }));
  assert.equal(score.n, Math.floor(Math.sqrt(1.5e8 / 700)));
  assert.equal(score.details?.rowsAvailable, 600);
});

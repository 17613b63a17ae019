import assert from "node:assert/strict";
import { test } from "node:test";
import { concatRows, type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { InvalidArgument } from "../../../src/errors.ts";
import { UNIT } from "../../../src/learners/neighbours/mixed-rows.ts";
import { metrics } from "../../../src/metrics/index.ts";
import { isMeasured, type MeasuredScore } from "../../../src/metrics/metric.ts";
import { closestRecordDistances } from "../../../src/metrics/privacy/closest-record-distances.ts";
import { encodeMixed, fitMixedCodec } from "../../../src/metrics/privacy/mixed-table.ts";
import { parsePolicy } from "../../../src/policy/policy.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { slowDistance } from "../../learners/neighbours/random-rows.ts";
import { inputOf, measured, schemaFor, shuffled, textColumn, world } from "../world.ts";

interface Shown {
  readonly distanceMedian: number;
  readonly distanceFifthPercentile: number;
  readonly ratioMedian: number;
  readonly ratioFifthPercentile: number;
  readonly identicalShare: number;
}
const part = (table: Table, from: number, rows: number): Table =>
  takeRows(
    table,
    Uint32Array.from({ length: rows }, (_, i) => from + i),
  );

test("every number is that of a slow search of equally many rows of both sides", async () => {
  const fresh = world(2, { train: 120, holdout: 120, synthetic: 100 });
  const synthetic = concatRows([fresh.synthetic, part(fresh.train, 0, 15), part(fresh.holdout, 0, 5)]);
  const score = await measured(closestRecordDistances, inputOf({ ...fresh, synthetic }));
  const codec = fitMixedCodec([fresh.train, fresh.holdout], schemaFor(fresh.train));
  const rows = encodeMixed([synthetic], codec);
  const search = (side: Table): number[][] => {
    const pool = encodeMixed([side], codec);
    return Array.from({ length: 120 }, (_, row) =>
      Array.from({ length: 120 }, (_, i) => slowDistance(pool, i, { rows, row }) / UNIT).sort((a, b) => a - b),
    );
  };
  const [near, far] = [search(fresh.train), search(fresh.holdout)];
  const nearer = near.map((distances, i) => {
    const [a, b] = [distances[0] as number, far[i]?.[0] as number];
    return a < b ? 1 : a === b ? 0.5 : 0;
  });
  assert.ok(Math.abs(score.value - nearer.reduce((sum: number, x) => sum + x, 0) / 120) < 1e-12);
  assert.deepEqual(score.details?.referenceRows, [120]);
  const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);
  for (const [side, found, identical] of [
    ["train", near, 15],
    ["holdout", far, 5],
  ] as const) {
    const told = score.details?.[side] as Shown;
    const distances = sorted(found.map(([first]) => first as number));
    const ratios = sorted(found.map(([a, b]) => (b === 0 ? 1 : (a as number) / (b as number))));
    // 120 rows: the 60th and the 6th.
    assert.equal(told.distanceMedian, distances[59]);
    assert.equal(told.distanceFifthPercentile, distances[5]);
    assert.equal(told.ratioMedian, ratios[59]);
    assert.equal(told.ratioFifthPercentile, ratios[5]);
    assert.equal(told.identicalShare, identical / 120);
  }
});

test("fresh rows are as near to train as to an equal part of the holdout, whatever the sizes", async () => {
  // 20 seeds of 1,000 rows: a mean share off by .02 is over four standard errors away even if every nearest row were shared by four.
  for (const [train, holdout] of [
    [900, 300],
    [300, 900],
  ] as const) {
    let sum = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const score = await measured(
        closestRecordDistances,
        inputOf(world(seed, { train, holdout, synthetic: 1000 }), { seed }),
      );
      sum += score.value;
      assert.deepEqual(score.ceiling, { value: 0.5, low: 0.5, high: 0.5 });
    }
    assert.ok(Math.abs(sum / 20 - 0.5) < 0.02, `${sum / 20}`);
  }
});

test("why it is a diagnostic: a leak of one row in a hundred is not seen, damage scores well, and so can an exact copy", async () => {
  const fresh = world(9, { train: 2000, holdout: 2000, synthetic: 2000 });
  const honest = await measured(closestRecordDistances, inputOf(fresh));
  const leaking = concatRows([part(fresh.synthetic, 0, 1980), part(fresh.train, 0, 20)]);
  const leak = await measured(closestRecordDistances, inputOf({ ...fresh, synthetic: leaking }));
  assert.ok(leak.value - honest.value < 0.02 && leak.low < 0.5, `${honest.value} to ${leak.value}`);
  const damaged = shuffled(fresh.synthetic, randomFromSeed(4));
  const useless = await measured(closestRecordDistances, inputOf({ ...fresh, synthetic: damaged }));
  const told = (score: MeasuredScore): Shown => score.details?.train as Shown;
  assert.ok(Math.abs(useless.value - 0.5) < 0.05, `${useless.value}`);
  assert.ok(told(useless).distanceMedian > 1.3 * told(honest).distanceMedian);
  assert.ok(told(useless).ratioMedian > told(honest).ratioMedian);
  // Two coarse columns: everybody has twins on both sides.
  const random = randomFromSeed(3);
  const coarse = (rows: number): Table =>
    tableOf(
      ["a", "b"].map((name) =>
        textColumn(
          name,
          Array.from({ length: rows }, () => (random.uniform() < 0.5 ? "x" : "y")),
        ),
      ),
    );
  const train = coarse(500);
  const copy = await measured(
    closestRecordDistances,
    inputOf({ train, holdout: coarse(500), synthetic: train }, { kinds: { a: "categorical", b: "categorical" } }),
  );
  assert.equal(copy.value, 0.5);
});

test("no policy may name it, by its metric or in an expression", () => {
  const policy = (rule: string): string =>
    `format: counterfoil-policy/2\nname: p\nalpha: { total: 0.01, tests: { attacks: 0.01 } }\nrules:\n  - rule: distances\n${rule}    severity: warn\n`;
  for (const rule of [
    "    metric: closest-record-distances\n    fail: score.low > 0.5\n",
    "    fail: scores.closest_record_distances.low > 0.5\n",
    "    metric: near-copies\n    fail: score.low > 0.5 || scores.closest_record_distances.low > 0.5\n",
  ])
    assert.throws(
      () => parsePolicy(policy(rule), { metrics, sha256: "00", file: "p.yaml" }),
      (error: unknown) =>
        error instanceof InvalidArgument && /closest-record-distances.*is a diagnostic/.test(error.message),
    );
});

test("without rows that were not fitted on there is no number", async () => {
  const { train, synthetic } = world(4, { train: 100, holdout: 10, synthetic: 100 });
  const score = await closestRecordDistances.measure(inputOf({ train, synthetic }));
  assert.ok(!isMeasured(score));
  assert.match(score.notComputable, /--holdout/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../src/data/table.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { areaUnderCurve } from "../../src/math/ranking.ts";
import { isMeasured, type MeasuredScore, type MetricInput } from "../../src/metrics/metric.ts";
import { explainedVariance, learnAndTest } from "../../src/metrics/utility/learn-and-test.ts";
import { trainOnSynthetic } from "../../src/metrics/utility/train-on-synthetic.ts";
import { randomFromSeed } from "../../src/random.ts";
import { drawTable, inputOf, madeSchema, permuteTable } from "./made-table.ts";

async function measured(input: MetricInput): Promise<MeasuredScore> {
  const score = await trainOnSynthetic.measure(input);
  assert(isMeasured(score), "notComputable" in score ? score.notComputable : "");
  assert(score.low <= score.value && score.value <= score.high);
  return score;
}

const random = randomFromSeed(21);
const train = drawTable(900, random.split("train"));
const holdout = drawTable(500, random.split("holdout"));
const fresh = drawTable(900, random.split("fresh"));
const permuted = permuteTable(train, random.split("permuted"));

for (const [target, measure, leaks] of [
  ["outcome", "AUC", ["grade", "amount"]],
  ["grade", "macro AUC", ["amount"]],
  ["amount", "R²", []],
] as const) {
  test(`${measure}: fresh rows teach what real rows teach, permuted rows nothing`, async () => {
    const options = { target, targetLeaks: leaks };
    const good = await measured(inputOf({ train, holdout, synthetic: fresh }, options));
    assert.equal(good.details?.measure, measure);
    assert(good.value > 0.93, `${good.value}`);
    assert(good.difference && good.difference.low <= 0 && good.difference.high >= 0);
    assert(good.high >= 0.99);
    const bad = await measured(inputOf({ train, holdout, synthetic: permuted }, options));
    assert(bad.floor && bad.value < 0.8 && Math.abs(bad.value - bad.floor.value) < 0.2);
    assert(bad.difference && bad.difference.high < 0);
  });
}

test("a copy of the test rows does not score above 1", async () => {
  const score = await measured(
    inputOf({ train, holdout, synthetic: holdout }, { target: "outcome", targetLeaks: ["grade", "amount"] }),
  );
  assert(score.value <= 1 && score.high <= 1);
  assert((score.details?.ratio as number) > 1);
  assert.equal(score.details?.trainingRows, 500);
});

test("over 40 draws from one population the difference from the ceiling holds 0 in at least 85 %", async () => {
  let held = 0;
  for (let r = 0; r < 40; r++) {
    const own = randomFromSeed(700 + r);
    const score = await measured(
      inputOf(
        {
          train: drawTable(300, own.split("t")),
          holdout: drawTable(200, own.split("h")),
          synthetic: drawTable(300, own.split("s")),
        },
        { target: "outcome", targetLeaks: ["grade"], seed: r },
      ),
    );
    assert(score.difference);
    if (score.difference.low <= 0 && score.difference.high >= 0) held++;
  }
  assert(held >= 34, `${held} of 40`);
});

test("the same bytes on one thread and on two", async () => {
  const executor = threadExecutor(2);
  try {
    const options = { target: "outcome", targetLeaks: ["grade"] };
    const one = await trainOnSynthetic.measure(inputOf({ train, holdout, synthetic: fresh }, options));
    const two = await trainOnSynthetic.measure(inputOf({ train, holdout, synthetic: fresh }, { ...options, executor }));
    assert.equal(JSON.stringify(two), JSON.stringify(one));
  } finally {
    await executor.close();
  }
});

test("what cannot be measured says why", async () => {
  const none = await trainOnSynthetic.measure(inputOf({ train, holdout, synthetic: fresh }));
  assert("notComputable" in none && none.notApplicable === true && /target/i.test(none.notComputable));

  const oneClass = replaceCodes(train, "outcome", () => 1);
  const single = await trainOnSynthetic.measure(
    inputOf({ train: oneClass, holdout, synthetic: fresh }, { target: "outcome" }),
  );
  assert("notComputable" in single && !single.notApplicable && /only one class/.test(single.notComputable));

  const noise = randomFromSeed(4);
  const [a, b, c] = [train, holdout, fresh].map((table) => replaceCodes(table, "outcome", () => noise.integer(2)));
  const hopeless = await trainOnSynthetic.measure(
    inputOf({ train: a as Table, holdout: b as Table, synthetic: c as Table }, { target: "outcome" }),
  );
  assert("notComputable" in hopeless && hopeless.notApplicable === true);
  assert(/cannot be predicted/.test(hopeless.notComputable));
});

test("a synthetic table whose target collapsed to one class, or is missing throughout, scores at chance", async () => {
  for (const code of [1, -1]) {
    const score = await measured(
      inputOf(
        { train, holdout, synthetic: replaceCodes(fresh, "outcome", () => code) },
        { target: "outcome", targetLeaks: ["grade", "amount"] },
      ),
    );
    const learners = score.details?.learners as { trainOnSynthetic: { value: number } }[];
    for (const learner of learners) assert.equal(learner.trainOnSynthetic.value, 0.5);
    assert(score.value < 0.75);
  }
});

test("declared leaks and copies of the target are no predictors", async () => {
  const schema = {
    ...madeSchema,
    columns: madeSchema.columns.map((column) =>
      column.name === "grade" ? { ...column, functionOf: { column: "outcome" } } : column,
    ),
  };
  const score = await measured(
    inputOf({ train, holdout, synthetic: fresh }, { target: "outcome", targetLeaks: ["amount"], schema }),
  );
  assert.equal(score.details?.predictors, 4);
  assert.deepEqual(score.details?.excluded, ["grade"]);
});

test("without a holdout the test rows are half of train, kept from the learners", async () => {
  const score = await measured(
    inputOf({ train, synthetic: fresh }, { target: "outcome", targetLeaks: ["grade", "amount"] }),
  );
  assert.equal(score.details?.trainingRows, 450);
  assert.equal(score.details?.testRows, 450);
  assert.match(score.details?.testedOn as string, /want of a holdout/);
});

test("the noise of the test rows that a skill claims is the bootstrap's", () => {
  const own = randomFromSeed(31);
  const n = 400;
  const x = Float64Array.from({ length: n }, () => own.normal());
  const y = x.map((value) => value + own.normal());
  const skill = explainedVariance(x, y);
  const claimed = Math.sqrt(skill.influence.reduce((sum, value) => sum + value * value, 0)) / n;
  const draws: number[] = [];
  for (let r = 0; r < 1000; r++) {
    const rows = Uint32Array.from({ length: n }, () => own.integer(n));
    const take = (from: Float64Array): Float64Array => Float64Array.from(rows, (row) => from[row] as number);
    draws.push(explainedVariance(take(x), take(y)).value);
  }
  const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
  const spread = Math.sqrt(draws.reduce((a, b) => a + (b - mean) ** 2, 0) / (draws.length - 1));
  assert(Math.abs(claimed / spread - 1) < 0.12, `${claimed} against ${spread}`);
});

test("the mean one-against-the-rest AUC of a learner is that of its chances", () => {
  const own = randomFromSeed(32);
  const n = 600;
  const codes = Uint8Array.from({ length: n }, () => own.integer(3));
  const target = Float64Array.from(codes, (code) => (own.uniform() < 0.7 ? code : own.integer(3)));
  const rows = Uint32Array.from({ length: n }, (_, i) => i);
  const skill = learnAndTest({
    learner: "ridge",
    objective: { kind: "softmax", classes: 3 },
    train: { columns: [codes], levels: [3], ordered: [false], missing: [0], target, rows },
    test: { columns: [codes], target, rows },
    key: own.key,
  });
  // With one category column the ranking for class k is: its own level first, the other two by their rates.
  let expected = 0;
  for (let k = 0; k < 3; k++) {
    const rate = [0, 1, 2].map((level) => {
      let held = 0;
      let hit = 0;
      for (let i = 0; i < n; i++) {
        if (codes[i] !== level) continue;
        held++;
        if (target[i] === k) hit++;
      }
      return hit / held;
    });
    const scores = Float64Array.from(codes, (code) => rate[code] as number);
    expected +=
      areaUnderCurve(
        scores,
        target.map((y) => (y === k ? 1 : 0)),
      ) / 3;
  }
  // Shares that sum to one are not quite the single logits; ranks of two rare levels may swap.
  assert(Math.abs(skill.value - expected) < 0.02, `${skill.value} against ${expected}`);
});

function replaceCodes(table: Table, name: string, of: () => number): Table {
  return tableOf(
    table.columns.map((column) =>
      column.name === name && column.type === "text" ? { ...column, codes: column.codes.map(of) } : column,
    ),
  );
}

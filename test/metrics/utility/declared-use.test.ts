import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { isMeasured } from "../../../src/metrics/metric.ts";
import { featureImportanceAgreement } from "../../../src/metrics/utility/feature-importance-agreement.ts";
import { inferenceAgreement } from "../../../src/metrics/utility/inference-agreement.ts";
import { modelRankingAgreement } from "../../../src/metrics/utility/model-ranking-agreement.ts";
import { survivalOnSynthetic } from "../../../src/metrics/utility/survival-on-synthetic.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import type { Kind } from "../../../src/schema/schema.ts";
import { inputOf, measured, numberColumn, shuffled, textColumn } from "../world.ts";

const KINDS: Readonly<Record<string, Kind>> = {
  days: "continuous",
  died: "boolean",
  age: "continuous",
  dose: "continuous",
  idle: "continuous",
  arm: "categorical",
  cost: "continuous",
};

/** Patients whose hazard grows with age and falls with the dose, lost from sight at random. */
function patients(random: Random, rows: number): Table {
  const out = { days: [], died: [], age: [], dose: [], idle: [], arm: [], cost: [] } as Record<
    string,
    (number | string)[]
  >;
  for (let i = 0; i < rows; i++) {
    const age = random.normal();
    const dose = random.normal();
    const event = -Math.log(random.uniform()) / Math.exp(0.8 * age - 0.8 * dose);
    const lost = -Math.log(random.uniform()) * 2;
    out.days?.push(Math.min(event, lost));
    out.died?.push(event <= lost ? "yes" : "no");
    out.age?.push(age);
    out.dose?.push(dose);
    out.idle?.push(random.normal());
    out.arm?.push(random.uniform() < 0.5 ? "a" : "b");
    out.cost?.push(2 * age + 0.5 * dose + random.normal());
  }
  return tableOf(
    Object.entries(out).map(([name, values]) =>
      typeof values[0] === "number" ? numberColumn(name, values as number[]) : textColumn(name, values as string[]),
    ),
  );
}

const random = randomFromSeed(11);
const [train, holdout, fresh] = ["train", "holdout", "fresh"].map((label) => patients(random.split(label), 700)) as [
  Table,
  Table,
  Table,
];
const survival = { time: "days", event: "died" };
const analyses = [
  { family: "ols", outcome: "cost", predictors: ["age", "dose", "idle"] },
  { family: "logistic", outcome: "died", predictors: ["age", "dose"] },
  { family: "cox", outcome: "days", event: "died", predictors: ["age", "dose", "arm"] },
] as const;
const purpose = { survival, analyses, target: "cost" };
const input = (synthetic: Table, more: object = {}) =>
  inputOf({ train, holdout, synthetic }, { kinds: KINDS, purpose: { ...purpose, ...more } });
/** The outcome columns torn from their predictors. */
const torn = shuffled(fresh, random.split("torn"), ["days", "died", "cost"]);
/** The sign of the dose turned round. */
const turned = tableOf(
  fresh.columns.map((column) =>
    column.name === "dose" && column.type !== "text" ? { ...column, values: column.values.map((x) => -x) } : column,
  ),
  fresh.rows,
);

test("survival models learn from fresh rows what they learn from real ones, and nothing from torn ones", async () => {
  const good = await measured(survivalOnSynthetic, input(fresh));
  assert.equal(good.details?.measure, "concordance");
  assert.ok(good.value > 0.95 && good.difference && good.difference.low <= 0 && good.difference.high >= 0);
  const learners = good.details?.learners as { learner: string; trainOnReal: { value: number } }[];
  assert.deepEqual(
    learners.map(({ learner }) => learner),
    ["boosted-trees", "cox"],
  );
  // The true model ranks with a concordance of about .76 here; both learners must come near it.
  for (const { trainOnReal } of learners) assert.ok(trainOnReal.value > 0.7, `${trainOnReal.value}`);
  const bad = await measured(survivalOnSynthetic, input(torn));
  assert.ok(bad.value < 0.85 && bad.difference && bad.difference.high < 0);
});

test("inference: fresh rows draw the same conclusions; a turned sign and torn outcomes do not", async () => {
  const good = await measured(inferenceAgreement, input(fresh));
  assert.ok(good.value > 0.5 && good.difference && good.difference.low <= 0 && good.difference.high >= 0);
  const detail = (score: typeof good): { sameSign: number; coefficients: { name: string; sameSign: boolean }[] }[] =>
    score.details?.analyses as never;
  const dose = (score: typeof good): boolean[] =>
    detail(score).map(({ coefficients }) => coefficients.find(({ name }) => name === "dose")?.sameSign === true);
  assert.deepEqual(dose(good), [true, true, true]);
  const bad = await measured(inferenceAgreement, input(turned));
  assert.deepEqual(dose(bad), [false, false, false]);
  assert.ok(bad.value < good.value - 0.15);
  assert.match(bad.worst?.[0]?.name ?? "", /dose/);
});

test("over 40 draws of one population the difference of the inference score from its ceiling holds 0 in at least 85 %", async () => {
  let held = 0;
  for (let r = 0; r < 40; r++) {
    const own = randomFromSeed(300 + r);
    const tables = {
      train: patients(own.split("t"), 300),
      holdout: patients(own.split("h"), 300),
      synthetic: patients(own.split("s"), 300),
    };
    const score = await measured(inferenceAgreement, inputOf(tables, { kinds: KINDS, purpose, seed: r }));
    assert.ok(score.difference);
    if (score.difference.low <= 0 && score.difference.high >= 0) held++;
  }
  assert.ok(held >= 34, `${held} of 40`);
});

test("importance and ranking: fresh rows agree as real halves do, torn ones do not", async () => {
  for (const metric of [featureImportanceAgreement, modelRankingAgreement]) {
    const good = await measured(metric, input(fresh));
    assert.ok(good.ceiling && good.difference && good.difference.high >= 0 && good.difference.low <= 0, metric.name);
    const bad = await measured(metric, input(torn));
    assert.ok(bad.value < good.value, `${metric.name}: ${bad.value} against ${good.value}`);
  }
  const bad = await measured(featureImportanceAgreement, input(torn));
  assert.ok(bad.ceiling && bad.value < bad.ceiling.low);
});

test("what was not declared does not apply, and says how to declare it; what cannot be read says why", async () => {
  const reason = async (metric: typeof survivalOnSynthetic, more: object, synthetic = fresh): Promise<string> => {
    const score = await metric.measure(input(synthetic, more));
    assert.ok(!isMeasured(score));
    return score.notComputable;
  };
  assert.match(await reason(survivalOnSynthetic, { survival: undefined }), /--survival/);
  assert.match(await reason(inferenceAgreement, { analyses: [] }), /--analysis/);
  assert.match(await reason(featureImportanceAgreement, { target: undefined }), /No target/);
  assert.match(await reason(modelRankingAgreement, { target: undefined }), /No target/);
  assert.match(await reason(survivalOnSynthetic, { survival: { time: "arm", event: "died" } }), /is not a number/);
  assert.match(await reason(survivalOnSynthetic, { survival: { time: "days", event: "arm" } }), /No real row has both/);
  assert.match(
    await reason(inferenceAgreement, { analyses: [{ family: "ols", outcome: "arm", predictors: ["age"] }] }),
    /OLS needs a number/,
  );
});

test("the same input and seed give the same score", async () => {
  for (const metric of [survivalOnSynthetic, inferenceAgreement, featureImportanceAgreement, modelRankingAgreement])
    assert.deepEqual(await metric.measure(input(fresh)), await metric.measure(input(fresh)), metric.name);
});

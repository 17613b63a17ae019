import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidData } from "../../../src/errors.ts";
import { analyseScaling } from "../../../src/hybrid/scaling/analysis.ts";
import { bootstrapLaws } from "../../../src/hybrid/scaling/bootstrap.ts";
import { fallingOf } from "../../../src/hybrid/scaling/falling.ts";
import { fitPoints } from "../../../src/hybrid/scaling/fitted.ts";
import { holdOutLargest, isForetold } from "../../../src/hybrid/scaling/held-out.ts";
import { inMetric } from "../../../src/hybrid/scaling/in-metric.ts";
import { lossAt } from "../../../src/hybrid/scaling/law.ts";
import { checkPoints } from "../../../src/hybrid/scaling/points.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { LAWS, pointsOfLaw } from "./points.ts";

const random = randomFromSeed(1);
const question = { predict: [], target: null, level: 0.9, samples: 50, random };
const made = (options: { rungs?: number; seeds?: number; scatter?: number; law?: keyof typeof LAWS } = {}) =>
  pointsOfLaw(LAWS[options.law ?? "bent"], { rungs: 10, seeds: 3, scatter: 0.005, random, ...options });

test("few sizes, and sizes and losses that are not above 0, are refused; short ladders and few seeds are told", () => {
  assert.throws(
    () => checkPoints(made({ rungs: 5 })),
    (error: Error) => error instanceof InvalidData && /5 different sizes.*needs 6/.test(error.message),
  );
  for (const loss of [0, -1, Number.POSITIVE_INFINITY]) {
    const points = made();
    points.losses[4] = loss;
    assert.throws(() => checkPoints(points), InvalidData);
  }
  assert.match(checkPoints(made({ rungs: 6 })).join(), /factor of 32/);
  assert.match(checkPoints(made({ seeds: 1 })).join(), /Every size has one measurement/);
  assert.deepEqual(checkPoints(made()), []);
});

test("a loss that rises, or does not fall by more than it scatters, gets no law", () => {
  const points = made();
  const rising = { ...points, losses: points.losses.toReversed() };
  assert.equal(fallingOf(rising).direction, "rises");
  assert.equal(analyseScaling(rising, question).fitted, null);
  // False alarms of the test are 1 in 20; 9 of 40 or more would come up once in 10,000 times.
  let [falls, rises] = [0, 0];
  for (let i = 0; i < 40; i++) {
    const own = random.split(`flat-${i}`);
    const flat = { ...points, losses: points.sizes.map(() => Math.exp(0.1 * own.normal())) };
    if (fallingOf(flat).direction === "falls") falls++;
    if (fallingOf(flat).direction === "rises") rises++;
  }
  assert.ok(falls < 9 && rises < 9, `${falls} ${rises}`);
  assert.equal(fallingOf({ ...points, losses: points.sizes.map(() => 0.3) }).direction, "flat");
  assert.equal(fallingOf(points).direction, "falls");
});

test("a target is reached, beyond, or unreachable; sizes beyond 16 times the largest are refused", () => {
  const points = made();
  const largest = 200 * 2 ** 9;
  const ask = (target: number) => analyseScaling(points, { ...question, target }).fitted?.target;
  const reached = ask(lossAt(LAWS.bent, 2 * largest));
  assert.equal(reached?.verdict, "reached");
  assert.ok(Math.abs(Math.log((reached?.size ?? 0) / (2 * largest))) < 0.3);
  assert.ok((reached?.low ?? 0) < (reached?.size ?? 0) && (reached?.high ?? Infinity) > (reached?.size ?? 0));
  assert.equal(ask(1e-6)?.verdict === "reached", false);
  const floored = made({ law: "plain", rungs: 14, scatter: 0.002 });
  const below = analyseScaling(floored, { ...question, target: 0.1 }).fitted;
  assert.equal(below?.target?.verdict, "unreachable");
  assert.deepEqual(below?.target?.size, null);
  const { fitted } = analyseScaling(points, { ...question, predict: [16 * largest, 16 * largest + 1] });
  assert.ok(fitted?.predictions[0]?.answer);
  assert.equal(fitted?.predictions[1]?.answer, null);
  assert.equal(fitted?.curve.at(-1)?.size.toFixed(0), String(16 * largest));
});

test("the largest size is left out of the fit that foretells it", () => {
  const points = made({ scatter: 1e-6 });
  const spoilt = points.losses.map((loss, i) => (points.sizes[i] === 200 * 2 ** 9 ? 1.2 * loss : loss));
  const [clean, wild] = [points.losses, spoilt].map(
    (losses) => analyseScaling({ ...points, losses }, question).fitted?.heldOut,
  );
  assert.deepEqual(clean?.rectified.value, wild?.rectified.value);
  assert.ok(Math.abs(clean?.rectified.logError ?? 1) < 1e-3);
  assert.ok(Math.abs((wild?.rectified.logError ?? 0) + Math.log(1.2)) < 1e-3);
});

test("the bootstrap repeats itself by its seed, and draws from the seeds where there are some", () => {
  const options = { samples: 20, random: random.split("bootstrap") };
  const fit = fitPoints(made(), "rectified");
  const first = bootstrapLaws(fit, options);
  assert.deepEqual(first, bootstrapLaws(fit, options));
  assert.equal(first.resampling, "seeds");
  assert.equal(bootstrapLaws(fitPoints(made({ seeds: 1 }), "rectified"), options).resampling, "residuals");
  // Without scatter every law is the same.
  const { laws } = bootstrapLaws(fitPoints(made({ scatter: 0 }), "rectified"), options);
  const at = laws.map((law) => lossAt(law, 1e6));
  assert.ok(Math.max(...at) / Math.min(...at) < 1 + 1e-3);
});

test("points on the law itself are foretold, however narrow the interval", () => {
  const points = made({ scatter: 0, seeds: 1 });
  assert.ok(isForetold(holdOutLargest(points, 0.9)));
  const losses = points.losses.map((loss, i) => (i === points.losses.length - 1 ? 1.05 * loss : loss));
  assert.ok(!isForetold(holdOutLargest({ ...points, losses }, 0.9)));
});

test("in a score's own units intervals are turned round, and gains stay gains", () => {
  const analysis = analyseScaling(made({ law: "plain" }), { ...question, target: 0.3, predict: [1e6] });
  const score = inMetric(analysis, { name: "accuracy", better: "higher", perfect: 1 });
  const [loss, own] = [analysis.fitted?.predictions[0]?.answer, score.fitted?.predictions[0]?.answer];
  assert.equal(own?.value, 1 - (loss?.value ?? 0));
  assert.equal(own?.low, 1 - (loss?.high ?? 0));
  assert.equal(score.fitted?.doubling.value, analysis.fitted?.doubling.value);
  assert.ok(Math.abs((score.fitted?.target?.target ?? 0) - 0.7) < 1e-12);
  assert.deepEqual(score.fitted?.law, analysis.fitted?.law);
});

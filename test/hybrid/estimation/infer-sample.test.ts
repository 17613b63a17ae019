import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidData } from "../../../src/errors.ts";
import type { Estimation, Inference, MethodName } from "../../../src/hybrid/estimation/estimation.ts";
import { METHODS } from "../../../src/hybrid/estimation/estimation.ts";
import { inferSample } from "../../../src/hybrid/estimation/infer-sample.ts";
import type { PairedSample } from "../../../src/hybrid/estimation/sample.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { linearSample } from "./draws.ts";

function by(inference: Inference, method: MethodName): Estimation {
  const found = inference.estimations.find((item) => item.method === method);
  assert.ok(found && "terms" in found, `${method}: ${JSON.stringify(found)}`);
  return found;
}

test("the closed form holds the slope as often as it says and is far nearer to it; pooling misses it", () => {
  // 400 samples of 50 labelled and 300 units. A right interval fails the first check with probability below 1e-4, a right test either of the next two.
  const random = randomFromSeed(3);
  const hits = { closed: 0, naive: 0 };
  const errors = { closed: 0, labelled: 0 };
  let rejected = 0;
  let unbalanced = 0;
  for (let trial = 0; trial < 400; trial++) {
    const inference = inferSample(
      linearSample(random, { units: 300, labelled: 50 }),
      { kind: "ols" },
      {
        redraws: 99,
        random: random.split(trial),
      },
    );
    const slope = (method: MethodName) => by(inference, method).terms[1]!;
    const holds = ({ low, high }: { low: number; high: number }): boolean => low <= 1 && high >= 1;
    if (holds(slope("control-variate"))) hits.closed++;
    if (holds(slope("naive-pooling"))) hits.naive++;
    errors.closed += (slope("control-variate").value - 1) ** 2;
    errors.labelled += (slope("labelled-only").value - 1) ** 2;
    if (inference.overidentification?.rejected) rejected++;
    if (inference.covariateBalance?.rejected) unbalanced++;
  }
  assert.ok(hits.closed >= 335 && hits.closed <= 385, String(hits.closed));
  assert.ok(hits.naive < 200, String(hits.naive));
  assert.ok(errors.closed / errors.labelled < 0.6, String(errors.closed / errors.labelled));
  assert.ok(rejected > 4 && rejected < 42, `J: ${rejected}`);
  assert.ok(unbalanced > 4 && unbalanced < 40, `balance: ${unbalanced}`);
});

test("J rejects where synthetic rows of labelled units were made otherwise, and the balance test where units were chosen by x", () => {
  const random = randomFromSeed(5);
  let mechanism = 0;
  let chosen = 0;
  for (let trial = 0; trial < 40; trial++) {
    const shifted = linearSample(random, { units: 1000, labelled: 100, shift: 0.5 });
    if (inferSample(shifted, { kind: "ols" }).overidentification?.rejected) mechanism++;
    const fair = linearSample(random, { units: 400, labelled: 400 });
    const x = (t: number): number => fair.sources[0]!.design[2 * t + 1] as number;
    const labelled = Uint32Array.from(fair.labelled.filter((t) => x(t) > -0.3).slice(0, 100));
    const sample: PairedSample = {
      ...fair,
      labelled,
      real: {
        design: Float64Array.from([...labelled].flatMap((t) => [1, x(t)])),
        outcome: Float64Array.from(labelled, (t) => fair.real.outcome[t] as number),
      },
    };
    if (inferSample(sample, { kind: "ols" }).covariateBalance?.rejected) chosen++;
  }
  // The reference rejects in .992 of such samples.
  assert.ok(mechanism >= 36, String(mechanism));
  assert.equal(chosen, 40);
});

test("all methods are told in order, with effective labels, and those that do not apply with a sentence", () => {
  const inference = inferSample(linearSample(randomFromSeed(1), { units: 500, labelled: 100 }), { kind: "ols" });
  assert.deepEqual(
    inference.estimations.map(({ method }) => method),
    METHODS,
  );
  assert.equal(inference.primary, "control-variate");
  assert.equal(inference.refusal, null);
  assert.equal(by(inference, "labelled-only").terms[1]!.effectiveN, 100);
  assert.ok((by(inference, "control-variate").terms[1]!.effectiveN as number) > 150);
  assert.equal(by(inference, "naive-pooling").terms[1]!.effectiveN, null);
  const crossed = inference.estimations.find(({ method }) => method === "cross-ppi")!;
  assert.match("notComputable" in crossed ? crossed.notComputable : "", /without one fold/);
});

test("few degrees of freedom hand over to labelled rows alone, and say so", () => {
  const inference = inferSample(linearSample(randomFromSeed(1), { units: 500, labelled: 33 }), { kind: "ols" });
  assert.equal(inference.primary, "labelled-only");
  assert.match(inference.refusal as string, /leave 29 degrees of freedom.*Label some 1 more/);
});

test("what cannot be estimated is named", () => {
  const good = linearSample(randomFromSeed(2), { units: 100, labelled: 60 });
  const refused = (sample: PairedSample, kind: "ols" | "logistic" | "poisson", pattern: RegExp): void => {
    assert.throws(
      () => inferSample(sample, { kind }),
      (error) => error instanceof InvalidData && pattern.test(`${error.code} ${error.message}`),
    );
  };
  const twice = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: (values.length / 2) * 3 }, (_, at) =>
      at % 3 === 2
        ? 2 * (values[2 * Math.floor(at / 3) + 1] as number)
        : (values[2 * Math.floor(at / 3) + (at % 3)] as number),
    );
  refused(
    {
      ...good,
      width: 3,
      terms: ["(intercept)", "income", "income in cents"],
      real: { ...good.real, design: twice(good.real.design) },
      sources: good.sources.map((source) => ({ ...source, design: twice(source.design) })),
    },
    "ols",
    /collinear-terms.*"income in cents"/,
  );
  const separated = good.real.outcome.map((_, i) => ((good.real.design[2 * i + 1] as number) > 0.1 ? 1 : 0));
  refused({ ...good, real: { ...good.real, outcome: separated }, sources: [] }, "logistic", /separated-term.*"x"/);
  const ones = new Float64Array(60).fill(1);
  refused({ ...good, real: { ...good.real, outcome: ones }, sources: [] }, "logistic", /same outcome/);
  refused({ ...good, real: { ...good.real, outcome: ones.map(() => -1) } }, "poisson", /bad-outcome/);
  refused(linearSample(randomFromSeed(2), { units: 100, labelled: 3 }), "ols", /too-few-labelled/);
  refused({ ...good, weights: new Float64Array(100) }, "ols", /bad-weight/);
  refused({ ...good, labellingChance: new Float64Array(60).fill(1.5) }, "ols", /bad-chance/);
  refused({ ...good, strata: Int32Array.from({ length: 100 }, (_, t) => (t === 70 ? 1 : 0)) }, "ols", /thin-stratum/);
});

test("a source that carries nothing is left out with a notice, and changes nothing", () => {
  const good = linearSample(randomFromSeed(4), { units: 300, labelled: 60 });
  const [proxy] = good.sources;
  const constant = { ...proxy!, name: "flat", outcome: new Float64Array(300).fill(3) };
  const exact = {
    ...proxy!,
    name: "line",
    outcome: Float64Array.from({ length: 300 }, (_, t) => 1 + 2 * (proxy!.design[2 * t + 1] as number)),
  };
  const found = inferSample({ ...good, sources: [constant, exact, ...good.sources] }, { kind: "ols" });
  assert.match(found.notices.join("\n"), /"flat" has the same outcome, 3[\s\S]*"line" follow from its terms/);
  assert.deepEqual(by(found, "control-variate").terms, by(inferSample(good, { kind: "ols" }), "control-variate").terms);
  const repeated = inferSample({ ...good, sources: [...good.sources, { ...proxy!, name: "again" }] }, { kind: "ols" });
  for (const [j, { value }] of by(repeated, "control-variate").terms.entries())
    assert.ok(Math.abs(value - by(inferSample(good, { kind: "ols" }), "control-variate").terms[j]!.value) < 1e-9);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { byTimeDescending, coxDerivatives, fitCox } from "../../src/learners/cox.ts";
import { type Design, fitLogistic, fitOls, type NoRegression, type Regression } from "../../src/learners/regression.ts";
import { coxGradients } from "../../src/learners/trees/boosting-cox.ts";
import { randomFromSeed } from "../../src/random.ts";

// Expected values: statsmodels 0.15.0 (OLS, Logit, PHReg with Efron's ties), checked for Cox against lifelines 0.30.3.
const rows = 60;
const index = Array.from({ length: rows }, (_, i) => i);
const x1 = index.map((i) => Math.sin(1.7 * i));
const x2 = index.map((i) => (7 * i) % 11);
const outcome = index.map((i) => 1.5 * (x1[i] as number) - 0.2 * (x2[i] as number) + Math.cos(3.1 * i));
const flag = index.map((i) => ((x1[i] as number) + 0.1 * (x2[i] as number) + Math.cos(5.3 * i) > 0.5 ? 1 : 0));
const times = index.map((i) => (1 + ((13 * i) % 17)) * (i % 3 === 0 ? -1 : 1));

function design(constant: boolean): Design {
  const values = index.flatMap((i) => [...(constant ? [1] : []), x1[i] as number, x2[i] as number]);
  return { values: Float64Array.from(values), rows, width: constant ? 3 : 2 };
}

function close(fit: Regression | NoRegression, want: { b: number[]; errors: number[]; logLikelihood: number }): void {
  assert.ok(!("failed" in fit), JSON.stringify(fit));
  const width = want.b.length;
  const near = (got: number, wanted: number): void =>
    assert.ok(Math.abs(got - wanted) <= 1e-8 * Math.max(1, Math.abs(wanted)), `${got} is not ${wanted}`);
  want.b.forEach((b, j) => {
    near(fit.coefficients[j] as number, b);
    near(Math.sqrt(fit.covariance[j * width + j] as number), want.errors[j] as number);
  });
  near(fit.logLikelihood, want.logLikelihood);
}

test("OLS, logistic and Cox regressions give the coefficients and standard errors of the reference implementations", () => {
  close(fitOls(design(true), outcome), {
    b: [0.12055523108969271, 1.4707970818524003, -0.22107421130472393],
    errors: [0.15955514321907618, 0.12287521737643867, 0.027049397621928425],
    logLikelihood: -57.81430125588229,
  });
  close(fitLogistic(design(true), flag), {
    b: [-0.8693086170281142, 1.7895913339208374, 0.19562969322774612],
    errors: [0.5875495810078942, 0.5045255202309615, 0.10225702886912214],
    logLikelihood: -32.80659530581942,
  });
  close(fitCox(design(false), times), {
    b: [0.015945437784451906, -0.015404727162755196],
    errors: [0.24821284784825365, 0.05190865531110353],
    logLikelihood: -126.59225616788959,
  });
});

test("a column that others add up to, a separated outcome and too few rows are told apart", () => {
  const twice = Float64Array.from(index.flatMap((i) => [1, x1[i] as number, 1 + 2 * (x1[i] as number)]));
  assert.deepEqual(fitOls({ values: twice, rows, width: 3 }, outcome), { failed: "collinear", column: 2 });
  const separated = x1.map((x) => (x > 0 ? 1 : 0));
  assert.deepEqual(fitLogistic(design(true), separated), { failed: "separation" });
  assert.deepEqual(fitOls({ values: Float64Array.of(1, 2, 3, 4), rows: 2, width: 2 }, [1, 2]), {
    failed: "too few rows",
  });
});

test("Cox's derivatives are those of its likelihood, with ties and a ridge", () => {
  const at = Float64Array.of(0.3, -0.1);
  const order = byTimeDescending(times, rows);
  const value = (
    coefficients: Float64Array,
    gradient = new Float64Array(2),
    information = new Float64Array(4),
  ): number => coxDerivatives(design(false), { times, order, l2: 2, coefficients, gradient, information });
  const gradient = new Float64Array(2);
  const information = new Float64Array(4);
  value(at, gradient, information);
  const step = 1e-5;
  for (let j = 0; j < 2; j++) {
    const moved = (by: number): Float64Array => at.map((x, k) => (k === j ? x + by : x));
    const slope = (value(moved(step)) - value(moved(-step))) / (2 * step);
    assert.ok(Math.abs(slope - (gradient[j] as number)) < 1e-6, `${slope} against ${gradient[j]}`);
    const [up, down] = [new Float64Array(2), new Float64Array(2)];
    value(moved(step), up);
    value(moved(-step), down);
    for (let k = 0; k <= j; k++) {
      const curve = -((up[k] as number) - (down[k] as number)) / (2 * step);
      assert.ok(Math.abs(curve - (information[j * 2 + k] as number)) < 1e-5);
    }
  }
});

test("the boosting gradient of the Cox objective is that of Breslow's likelihood", () => {
  const random = randomFromSeed(3);
  const n = 40;
  const own = Float64Array.from(
    { length: n },
    () => (1 + Math.floor(8 * random.uniform())) * (random.uniform() < 0.4 ? -1 : 1),
  );
  const scores = Float64Array.from({ length: n }, () => random.normal());
  const breslow = (s: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const time = own[i] as number;
      if (time <= 0) continue;
      let risk = 0;
      for (let k = 0; k < n; k++) if (Math.abs(own[k] as number) >= time) risk += Math.exp(s[k] as number);
      sum -= (s[i] as number) - Math.log(risk);
    }
    return sum;
  };
  const gradient = new Float64Array(n);
  const hessian = new Float64Array(n);
  coxGradients(scores, own, { latest: byTimeDescending(own, n), gradient, hessian });
  const step = 1e-4;
  for (let i = 0; i < n; i++) {
    const moved = (by: number): Float64Array => scores.map((x, k) => (k === i ? x + by : x));
    const [up, here, down] = [breslow(moved(step)), breslow(scores), breslow(moved(-step))];
    assert.ok(Math.abs((up - down) / (2 * step) - (gradient[i] as number)) < 1e-6);
    assert.ok(Math.abs((up - 2 * here + down) / step ** 2 - (hessian[i] as number)) < 1e-5);
  }
});

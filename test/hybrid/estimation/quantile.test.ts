import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { InvalidData } from "../../../src/errors.ts";
import { inferSample } from "../../../src/hybrid/estimation/infer-sample.ts";
import { predictionPoweredQuantile } from "../../../src/hybrid/estimation/ppi-quantile.ts";
import { weightedQuantile } from "../../../src/hybrid/estimation/weighted-quantile.ts";
import { normalQuantile } from "../../../src/math/distributions.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { linearSample } from "./draws.ts";

test("the rectified median is that of ppi_py on its exact grid", () => {
  const { cases } = JSON.parse(readFileSync("test/hybrid/golden/ppi.json", "utf8")) as {
    readonly cases: {
      readonly mean: {
        readonly Y: number[];
        readonly Yhat: number[];
        readonly Yhat_unlabeled: number[];
        readonly expect: { readonly median_exact_grid: { readonly point: number; readonly ci90: [number, number] } };
      };
    };
  };
  const { Y, Yhat, Yhat_unlabeled, expect } = cases.mean;
  const rows = (values: readonly number[]) => ({
    design: new Float64Array(values.length).fill(1),
    outcome: Float64Array.from(values),
    width: 1,
  });
  const found = predictionPoweredQuantile(
    {
      terms: ["median"],
      link: "identity",
      isMean: true,
      real: rows(Y),
      predicted: rows(Yhat),
      unlabelled: rows(Yhat_unlabeled),
    },
    { probability: 0.5, level: 0.9 },
  );
  assert.ok("terms" in found);
  const { value, low, high } = found.terms[0]!;
  assert.deepEqual([value, low, high], [expect.median_exact_grid.point, ...expect.median_exact_grid.ci90]);
});

test("quantiles hold the truth at least as often as they say, and sources narrow them", () => {
  // 300 samples of 80 labelled and 500 units; y is normal about .5 with variance 2. A right interval fails with probability below 1e-4.
  const random = randomFromSeed(31);
  for (const probability of [0.5, 0.8]) {
    const truth = 0.5 + Math.SQRT2 * normalQuantile(probability);
    const hits = new Map<string, number>();
    const widths = new Map<string, number>();
    for (let trial = 0; trial < 300; trial++) {
      const sample = linearSample(random, { units: 500, labelled: 80, width: 1 });
      for (const found of inferSample(sample, { kind: "quantile", probability }).estimations) {
        if (!("terms" in found)) continue;
        const { low, high } = found.terms[0]!;
        if (low <= truth && truth <= high) hits.set(found.method, (hits.get(found.method) ?? 0) + 1);
        widths.set(found.method, (widths.get(found.method) ?? 0) + high - low);
      }
    }
    for (const method of ["labelled-only", "control-variate", "ppi"])
      assert.ok((hits.get(method) as number) >= 247, `${method} ${probability}: ${hits.get(method)}`);
    assert.ok((widths.get("control-variate") as number) < 0.9 * (widths.get("labelled-only") as number));
  }
});

test("a quantile beyond what the labelled rows can say is refused with advice", () => {
  assert.throws(
    () =>
      inferSample(linearSample(randomFromSeed(1), { units: 90, labelled: 30, width: 1 }), {
        kind: "quantile",
        probability: 0.99,
      }),
    (error) => error instanceof InvalidData && /goes past the highest of 30 labelled/.test(error.message),
  );
});

test("a quantile by equal weights is an order statistic, and whole weights repeat values", () => {
  const values = Float64Array.from([5, 1, 4, 2, 3]);
  for (const probability of [0.1, 0.2, 0.5, 0.6, 0.99]) {
    const plain = weightedQuantile(values, { probability });
    assert.equal(plain, Math.ceil(probability * 5));
    assert.equal(weightedQuantile(values, { probability, weights: new Float64Array(5).fill(0.3) }), plain);
  }
  assert.equal(weightedQuantile(values, { probability: 0.5, weights: Float64Array.from([1, 6, 1, 1, 1]) }), 1);
});

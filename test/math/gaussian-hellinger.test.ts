import assert from "node:assert/strict";
import { test } from "node:test";
import { factored, gaussianHellinger } from "../../src/math/gaussian-hellinger.ts";

const normal = (mean: readonly number[], covariance: readonly number[]) =>
  factored({ mean: Float64Array.from(mean), covariance: Float64Array.from(covariance) });

test("one dimension: the closed form, 0 for the same, near 1 far apart", () => {
  const [a, b] = [normal([0], [1]), normal([2], [9])];
  const want = Math.sqrt(1 - Math.sqrt((2 * 1 * 3) / (1 + 9)) * Math.exp(-((2 - 0) ** 2) / (4 * (1 + 9))));
  assert.ok(Math.abs(gaussianHellinger(a, b) - want) < 1e-12);
  assert.equal(gaussianHellinger(a, a), 0);
  assert.ok(gaussianHellinger(a, normal([50], [1])) > 0.999999);
});

test("three dimensions: what numpy gives for Pardo's formula", () => {
  const a = normal([0, 1, 2], [2, 0.3, 0.1, 0.3, 1, 0.2, 0.1, 0.2, 1.5]);
  const b = normal([0.5, 1, 1], [1, -0.2, 0, -0.2, 2, 0.4, 0, 0.4, 1]);
  assert.ok(Math.abs(gaussianHellinger(a, b) - 0.4417286239142633) < 1e-12);
  assert.equal(gaussianHellinger(a, b), gaussianHellinger(b, a));
});

test("a covariance that is not positive definite is said", () => {
  assert.throws(() => normal([0, 0], [1, 1, 1, 1]), /singular/);
});

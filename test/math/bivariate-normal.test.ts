import assert from "node:assert/strict";
import { test } from "node:test";
import { bivariateNormalCdf, bivariateNormalDensity } from "../../src/math/bivariate-normal.ts";
import { standardNormalCdf, standardNormalDensity } from "../../src/math/standard-normal.ts";

const CORRELATIONS = [-0.999, -0.95, -0.8, -0.5, -0.1, 0, 0.05, 0.29, 0.6, 0.74, 0.9, 0.93, 0.99, 0.9999];

test("equals the integral of the conditional chance, by Simpson's rule", () => {
  for (const r of CORRELATIONS)
    for (const x of [-2.1, -0.3, 0, 0.8, 2.5])
      for (const y of [-3, -0.7, 0, 0.8, 1.9]) {
        const want = integral(
          (t) => standardNormalDensity(t) * standardNormalCdf((y - r * t) / Math.sqrt(1 - r * r)),
          x,
        );
        const got = bivariateNormalCdf(x, y, r);
        assert.ok(Math.abs(got - want) < 2e-9, `${x} ${y} ${r}: ${got} ${want}`);
      }
});

test("both below their medians: 1/4 + arcsin(r) / 2π, exactly", () => {
  for (const r of CORRELATIONS)
    assert.ok(Math.abs(bivariateNormalCdf(0, 0, r) - (0.25 + Math.asin(r) / (2 * Math.PI))) < 1e-14);
});

test("margins, and the ends of correlation", () => {
  assert.equal(bivariateNormalCdf(Number.NEGATIVE_INFINITY, 1, 0.5), 0);
  assert.equal(bivariateNormalCdf(Number.POSITIVE_INFINITY, 1, 0.5), standardNormalCdf(1));
  assert.ok(Math.abs(bivariateNormalCdf(0.3, 1.2, 1) - standardNormalCdf(0.3)) < 1e-15);
  assert.ok(Math.abs(bivariateNormalCdf(0.3, 1.2, -1) - (standardNormalCdf(0.3) + standardNormalCdf(1.2) - 1)) < 1e-15);
});

test("the slope in the correlation is the density (Plackett)", () => {
  for (const r of [-0.9, -0.4, 0.1, 0.5, 0.8])
    for (const x of [-1, 0.4])
      for (const y of [-0.2, 1.5]) {
        const h = 1e-5;
        const slope = (bivariateNormalCdf(x, y, r + h) - bivariateNormalCdf(x, y, r - h)) / (2 * h);
        assert.ok(Math.abs(slope - bivariateNormalDensity(x, y, r)) < 1e-7);
      }
});

function integral(f: (t: number) => number, to: number): number {
  const n = 40_000;
  const from = -9;
  const h = (to - from) / n;
  let sum = f(from) + f(to);
  for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * f(from + i * h);
  return (sum * h) / 3;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { standardNormalDensity } from "../../src/math/standard-normal.ts";
import { normalMass, truncatedNormalMean, truncatedNormalQuantile } from "../../src/math/truncated-normal.ts";

const INTERVALS: readonly (readonly [number, number])[] = [
  [-1, 2],
  [0.5, 0.6],
  [3, 9],
  [-9, -3],
  [12, 13],
  [-30, -29],
  [-4, 4],
];

test("mass and mean equal integrals by Simpson's rule", () => {
  for (const [low, high] of INTERVALS) {
    const mass = integral((x) => standardNormalDensity(x), low, high);
    const first = integral((x) => x * standardNormalDensity(x), low, high);
    assert.ok(Math.abs(normalMass(low, high) / mass - 1) < 1e-9, `mass of ${low} … ${high}`);
    assert.ok(Math.abs(truncatedNormalMean(low, high) - first / mass) < 1e-7 * Math.max(1, Math.abs(low)));
  }
});

test("the quantile is where the mass below has the share u", () => {
  for (const [low, high] of [...INTERVALS, [-2, Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY, -6]] as const)
    for (const u of [0, 1e-6, 0.1, 0.5, 0.9, 1 - 1e-6]) {
      const x = truncatedNormalQuantile(u, low, high);
      assert.ok(x >= low && x <= high);
      if (Number.isFinite(x))
        assert.ok(Math.abs(normalMass(low, x) / normalMass(low, high) - u) < 1e-9, `${u} of ${low} … ${high}`);
    }
});

test("beyond double precision: inside the bounds, next to the nearer one", () => {
  for (const [low, high] of [
    [40, 41],
    [-41, -40],
    [50, Number.POSITIVE_INFINITY],
  ] as const) {
    for (const u of [0, 0.3, 0.999]) {
      const x = truncatedNormalQuantile(u, low, high);
      assert.ok(x >= low && x <= high && Number.isFinite(x));
    }
    const mean = truncatedNormalMean(low, high);
    assert.ok(Math.abs(mean) > 40 - 1e-9 && Math.abs(mean) < 51);
  }
});

function integral(f: (x: number) => number, low: number, high: number): number {
  const n = 4000;
  const h = (high - low) / n;
  let sum = f(low) + f(high);
  for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * f(low + i * h);
  return (sum * h) / 3;
}

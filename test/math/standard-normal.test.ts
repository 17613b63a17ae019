import assert from "node:assert/strict";
import { test } from "node:test";
import { standardNormalCdf, standardNormalDensity, standardNormalQuantile } from "../../src/math/standard-normal.ts";

function assertClose(got: number, want: number, relative: number): void {
  assert.ok(Math.abs(got - want) <= relative * Math.abs(want), `got ${got}, want ${want}`);
}

test("equals published values, far into the tail", () => {
  // Abramowitz & Stegun, tables 26.1 and 26.2 (the latter gives −log10 of the tail).
  assertClose(standardNormalCdf(0), 0.5, 1e-15);
  assertClose(standardNormalCdf(1), 0.8413447460685429, 1e-14);
  assertClose(standardNormalCdf(-1), 0.15865525393145705, 1e-14);
  assertClose(standardNormalCdf(-2.5), 0.006209665325776132, 1e-13);
  assertClose(-Math.log10(standardNormalCdf(-5)), 6.54265, 1e-6);
  assertClose(-Math.log10(standardNormalCdf(-10)), 23.11805, 1e-6);
  assertClose(-Math.log10(standardNormalCdf(-30)), 197.30921, 1e-6);
  assertClose(standardNormalQuantile(0.975), 1.959963984540054, 1e-15);
  assert.equal(standardNormalQuantile(0), Number.NEGATIVE_INFINITY);
  assert.equal(standardNormalQuantile(1), Number.POSITIVE_INFINITY);
});

test("the slope of the distribution is the density", () => {
  for (let x = -8; x <= 8; x += 0.173) {
    const h = 1e-4;
    // Central difference of fourth order.
    const slope =
      (8 * (standardNormalCdf(x + h) - standardNormalCdf(x - h)) -
        (standardNormalCdf(x + 2 * h) - standardNormalCdf(x - 2 * h))) /
      (12 * h);
    assert.ok(Math.abs(slope - standardNormalDensity(x)) < 1e-11, `at ${x}`);
  }
});

test("the quantile is the inverse, from 1e-300 to 1 − 1e-16", () => {
  for (let log = -300; log < -0.4; log += 0.37)
    assertClose(standardNormalCdf(standardNormalQuantile(10 ** log)), 10 ** log, 4e-9);
  for (let p = 0.001; p < 1; p += 0.0013) assertClose(standardNormalCdf(standardNormalQuantile(p)), p, 1e-14);
});

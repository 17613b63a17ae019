import assert from "node:assert/strict";
import { test } from "node:test";
import { wrightOmega } from "../../src/math/wright-omega.ts";

test("Wright's omega and its logarithm add up to what it was asked for, from the smallest numbers to the largest", () => {
  for (let y = -600; y <= 600; y += 0.37) {
    const w = wrightOmega(y);
    const error = y < 0 ? Math.log(w) + w - y : (w + Math.log(w) - y) / y;
    assert.ok(Math.abs(error) < 1e-11, `ω(${y}) = ${w}: off by ${error}`);
  }
  assert.ok(Math.abs(wrightOmega(0) - 0.5671432904097838) < 1e-14);
  assert.ok(Math.abs(wrightOmega(1) - 1) < 1e-14);
});

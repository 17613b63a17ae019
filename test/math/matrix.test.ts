import assert from "node:assert/strict";
import { test } from "node:test";
import { chiSquareQuantile, chiSquareUpperTail } from "../../src/math/distributions.ts";
import { added, product, sandwich, transpose } from "../../src/math/matrix.ts";

test("products of small matrices are those of the textbook", () => {
  const a = Float64Array.from([1, 2, 3, 4, 5, 6]);
  const b = Float64Array.from([7, 8, 9, 10, 11, 12]);
  assert.deepEqual([...product(a, b, { rows: 2, inner: 3, columns: 2 })], [58, 64, 139, 154]);
  assert.deepEqual([...transpose(a, { rows: 2, columns: 3 })], [1, 4, 2, 5, 3, 6]);
  assert.deepEqual(
    [...sandwich(a, Float64Array.from([1, 0, 0, 0, 2, 0, 0, 0, 1]), { rows: 2, inner: 3 })],
    [18, 42, 42, 102],
  );
  assert.deepEqual([...added(a, b, -2)], [-13, -14, -15, -16, -17, -18]);
});

test("the upper tail of chi-squared is exp(-x/2) at two degrees of freedom, and turns its quantile round at any", () => {
  for (const x of [0.1, 1, 5, 20]) assert.ok(Math.abs(chiSquareUpperTail(x, 2) - Math.exp(-x / 2)) < 1e-12);
  for (const degrees of [1, 7, 400, 50_000])
    assert.ok(Math.abs(chiSquareUpperTail(chiSquareQuantile(0.95, degrees), degrees) - 0.05) < 1e-6);
  assert.equal(chiSquareUpperTail(0, 3), 1);
});

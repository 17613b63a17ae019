import assert from "node:assert/strict";
import { test } from "node:test";
import { cholesky } from "../../src/math/cholesky.ts";
import { nearestCorrelation } from "../../src/math/nearest-correlation.ts";
import { symmetricEigen } from "../../src/math/symmetric-eigen.ts";
import { randomFromSeed } from "../../src/random.ts";

test("eigenvectors are orthonormal and take the matrix apart", () => {
  for (const size of [1, 2, 5, 40]) {
    const matrix = randomSymmetric(size, size);
    const { values, vectors } = symmetricEigen(matrix, size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        let product = 0;
        let inner = 0;
        for (let k = 0; k < size; k++) {
          product += vectors[i * size + k]! * values[k]! * vectors[j * size + k]!;
          inner += vectors[k * size + i]! * vectors[k * size + j]!;
        }
        assert.ok(Math.abs(product - matrix[i * size + j]!) < 1e-10);
        assert.ok(Math.abs(inner - (i === j ? 1 : 0)) < 1e-12);
      }
  }
});

test("Higham's example", () => {
  const found = nearestCorrelation(Float64Array.of(1, 1, 0, 1, 1, 1, 0, 1, 1), 3, { floor: 0 });
  assert.ok(Math.abs(found[1]! - 0.76068985) < 1e-6, `${found[1]}`);
  assert.ok(Math.abs(found[2]! - 0.15729811) < 1e-6, `${found[2]}`);
});

test("is nearer than any of many other correlation matrices, and has a Cholesky factor", () => {
  const size = 6;
  const random = randomFromSeed(3);
  for (let trial = 0; trial < 5; trial++) {
    const matrix = randomSymmetric(size, 100 + trial);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) matrix[i * size + j] = i === j ? 1 : Math.tanh(matrix[i * size + j]!);
    const found = nearestCorrelation(matrix, size, { floor: 1e-8 });
    assert.ok("factor" in cholesky(found, size));
    const distance = (other: Float64Array): number =>
      other.reduce((sum, value, i) => sum + (value - matrix[i]!) ** 2, 0);
    for (let other = 0; other < 400; other++) {
      const one = randomCorrelation(size, random);
      // Also a little step towards the other from the one found.
      const near = found.map((value, i) => value + 0.02 * (one[i]! - value));
      assert.ok(distance(one) > distance(found) && distance(near) > distance(found) - 1e-6);
    }
  }
});

test("a correlation matrix stays as it is", () => {
  const one = randomCorrelation(8, randomFromSeed(4));
  nearestCorrelation(one, 8, { floor: 0 }).forEach((value, i) => {
    assert.ok(Math.abs(value - one[i]!) < 1e-9);
  });
});

function randomSymmetric(size: number, seed: number): Float64Array {
  const random = randomFromSeed(seed);
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) out[i * size + j] = out[j * size + i] = random.normal();
  return out;
}

function randomCorrelation(size: number, random: { normal(): number }): Float64Array {
  const factor = Float64Array.from({ length: size * size }, () => random.normal());
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      for (let k = 0; k < size; k++) out[i * size + j]! += factor[i * size + k]! * factor[j * size + k]!;
  return out.map((value, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return i === j ? 1 : value / Math.sqrt(out[i * size + i]! * out[j * size + j]!);
  });
}

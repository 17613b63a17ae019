import assert from "node:assert/strict";
import { test } from "node:test";
import { countCells } from "../../../src/learners/graphical/count-cells.ts";
import { estimate } from "../../../src/learners/graphical/estimate.ts";
import { marginalOf } from "../../../src/learners/graphical/marginals.ts";
import type { Measurement } from "../../../src/learners/graphical/model.ts";
import { marginalOfResiduals, residualsOf } from "../../../src/learners/graphical/residuals.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { allRows, cellOf, marginalOfJoint } from "./brute-force.ts";

const sizes = [3, 2, 4, 2];
const subsets = sizes.reduce<number[][]>((sets, _, j) => sets.concat(sets.map((set) => [...set, j])), [[]]);

/** The least squares joint of least norm, by conjugate gradients on all cells. */
function leastSquares(measurements: readonly Measurement[]): Float64Array {
  const rows = allRows(sizes);
  const back = (tables: readonly Float64Array[]): Float64Array =>
    Float64Array.from(rows, (row) =>
      measurements.reduce((sum, { clique, sigma }, m) => sum + tables[m]![cellOf(row, sizes, clique)]! / sigma ** 2, 0),
    );
  const forth = (joint: Float64Array): Float64Array[] =>
    measurements.map(({ clique }) => marginalOfJoint(joint, sizes, clique));
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  let x = new Float64Array(rows.length);
  let residual = back(measurements.map(({ noisy }) => noisy));
  let direction = residual;
  for (let t = 0; t < 400 && dot(residual, residual) > 1e-20; t++) {
    const image = back(forth(direction));
    const step = dot(residual, residual) / dot(direction, image);
    x = x.map((value, i) => value + step * direction[i]!);
    const next = residual.map((value, i) => value - step * image[i]!);
    const keep = dot(next, next) / dot(residual, residual);
    direction = next.map((value, i) => value + keep * direction[i]!);
    residual = next;
  }
  return x;
}

test("residuals make the marginals of the least squares joint, for overlapping and repeated cliques of different noise", () => {
  for (let seed = 0; seed < 8; seed++) {
    const random = randomFromSeed(seed);
    const cliques = [[0], [0, 1], [1, 2], [1, 2], [0, 2], [2, 3], [0, 1, 2], []];
    const measurements = cliques
      .filter((_, m) => m === 0 || random.uniform() < 0.7)
      .map((clique) => ({
        clique,
        sigma: 0.5 + 3 * random.uniform(),
        noisy: Float64Array.from({ length: clique.reduce((p, j) => p * sizes[j]!, 1) }, () => 20 * random.normal()),
      }));
    const best = leastSquares(measurements);
    const residuals = residualsOf(sizes, measurements);
    for (const clique of subsets) {
      const want = marginalOfJoint(best, sizes, clique);
      marginalOfResiduals(residuals, clique).forEach((count, i) => {
        assert.ok(Math.abs(count - want[i]!) < 1e-6, `seed ${seed}, ${clique}: ${count} against ${want[i]}`);
      });
    }
  }
});

test("for consistent marginals of a decomposable set, residuals and the junction tree both give them back", () => {
  const random = randomFromSeed(5);
  const joint = Float64Array.from({ length: 48 }, () => 1 + 30 * random.uniform());
  const cliques = [
    [0, 1],
    [1, 2],
    [2, 3],
  ];
  const measurements = cliques.map((clique) => ({ clique, sigma: 1, noisy: marginalOfJoint(joint, sizes, clique) }));
  const residuals = residualsOf(sizes, measurements);
  const model = estimate(sizes, { measurements, iterations: 2000 });
  for (const clique of [...cliques, [0], [1], [2], [3], []]) {
    const want = marginalOfJoint(joint, sizes, clique);
    marginalOfResiduals(residuals, clique).forEach((count, i) => {
      assert.ok(Math.abs(count - want[i]!) < 1e-9 * model.total);
    });
    marginalOf(model, clique).forEach((count, i) => {
      assert.ok(Math.abs(count - want[i]!) < 1e-3, `${clique}: ${count} against ${want[i]}`);
    });
  }
});

test("without negative cells the total stays", () => {
  const residuals = residualsOf(sizes, [{ clique: [0, 1], sigma: 1, noisy: Float64Array.of(5, -2, 3, -1, 10, 5) }]);
  const counts = marginalOfResiduals(residuals, [0, 1], { nonNegative: true });
  assert.ok(counts.every((count) => count >= 0));
  assert.ok(Math.abs(counts.reduce((a, b) => a + b, 0) - 20) < 1e-9);
  assert.equal(counts[1], 0);
});

test("cells are counted as by hand, for cliques of any size", () => {
  const random = randomFromSeed(9);
  const codes = sizes.map((size) => Uint8Array.from({ length: 300 }, () => random.integer(size)));
  for (const clique of subsets) {
    const want = new Array(clique.reduce((p, j) => p * sizes[j]!, 1)).fill(0);
    for (let row = 0; row < 300; row++)
      want[
        cellOf(
          codes.map((column) => column[row]!),
          sizes,
          clique,
        )
      ]++;
    assert.deepEqual([...countCells(codes, sizes, clique)], want);
  }
});

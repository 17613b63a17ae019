import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { estimate } from "../../../src/learners/graphical/estimate.ts";
import { marginalOf, marginalsOf } from "../../../src/learners/graphical/marginals.ts";
import { estimateTotal } from "../../../src/learners/graphical/measurements.ts";
import type { Measurement } from "../../../src/learners/graphical/model.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { bestJoint, errorOf, marginalOfJoint } from "./brute-force.ts";

const sizes = [3, 2, 4, 2, 3];

/** Noisy marginals of a joint distribution without structure. */
function measured(
  cliques: readonly (readonly number[])[],
  { seed, sigma, total = 1000 }: { seed: number; sigma: (m: number) => number; total?: number },
): Measurement[] {
  const random = randomFromSeed(seed);
  const weights = Float64Array.from({ length: 144 }, () => Math.exp(1.5 * random.normal()));
  const sum = weights.reduce((a, b) => a + b, 0);
  const joint = weights.map((weight) => (weight / sum) * total);
  return cliques.map((clique, m) => ({
    clique,
    sigma: sigma(m),
    noisy: marginalOfJoint(joint, sizes, clique).map((count) => count + sigma(m) * random.normal()),
  }));
}

const cases: Record<string, readonly (readonly number[])[]> = {
  "a tree": [[0], [1], [2], [3], [4], [0, 1], [1, 2], [2, 3]],
  "a cycle": [
    [0, 1],
    [1, 2],
    [2, 3],
    [0, 3],
  ],
  "overlapping and repeated cliques": [[0, 1, 2], [1, 2], [1, 2, 3], [2], [1, 2], [4]],
  everything: [[0, 1, 2, 3, 4]],
};

describe("estimate reaches the best fit that any distribution has", () => {
  for (const [name, cliques] of Object.entries(cases))
    for (const sigma of [1, 30])
      test(`${name}, noise ${sigma}: marginals as by exponentiated gradient on all cells`, () => {
        const measurements = measured(cliques, { seed: 1, sigma: (m) => sigma * (1 + (m % 3)) });
        const model = estimate(sizes, { measurements, iterations: 3000 });
        const best = bestJoint(sizes, measurements, { total: model.total });
        const error = errorOf(best, sizes, measurements);
        assert.ok(model.objective <= error * (1 + 1e-4) + 1e-6, `${model.objective} against ${error}`);
        for (const { clique } of measurements) {
          const want = marginalOfJoint(best, sizes, clique);
          marginalOf(model, clique).forEach((count, i) => {
            assert.ok(Math.abs(count - want[i]!) < 2, `${clique}: ${count} against ${want[i]}`);
          });
        }
      });
});

describe("marginals of a model", () => {
  const measurements = measured(cases["overlapping and repeated cliques"]!, { seed: 2, sigma: () => 10 });
  const model = estimate(sizes, { measurements, iterations: 50 });
  test("all are consistent with the joint, whatever was measured together", () => {
    const joint = marginalOf(model, [0, 1, 2, 3, 4]);
    const cliques = [[], [0], [4], [0, 3], [0, 4], [3, 4], [0, 3, 4], [1, 2], [0, 1, 3], [0, 2, 3, 4]];
    marginalsOf(model, cliques).forEach((table, k) => {
      const want = marginalOfJoint(joint, sizes, cliques[k]!);
      assert.equal(table.length, want.length);
      table.forEach((count, i) => {
        assert.ok(Math.abs(count - want[i]!) < 1e-9 * model.total, `${cliques[k]}`);
      });
    });
    assert.ok(Math.abs(joint.reduce((a, b) => a + b, 0) - model.total) < 1e-6);
  });
});

test("the total is the inverse-variance mean of the totals of the measurements", () => {
  const measurements = [
    { clique: [0], noisy: Float64Array.of(10, 20, 30), sigma: 1 },
    { clique: [1], noisy: Float64Array.of(50, 40), sigma: 2 },
  ];
  assert.ok(Math.abs(estimateTotal(measurements) - (60 / 3 + 90 / 8) / (1 / 3 + 1 / 8)) < 1e-9);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { estimate } from "../../../src/learners/graphical/estimate.ts";
import { marginalOf, marginalsOf } from "../../../src/learners/graphical/marginals.ts";
import { estimateTotal } from "../../../src/learners/graphical/measurements.ts";
import type { Measurement } from "../../../src/learners/graphical/model.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { allRows, bestJoint, cellOf, errorOf, marginalOfJoint } from "./brute-force.ts";

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

describe("odd measurements", () => {
  const plain = measured(
    [
      [0, 1],
      [1, 2],
      [3, 4],
    ],
    { seed: 3, sigma: () => 5 },
  );

  test("structural zeros are empty in every marginal, and the fit is the best that leaves them empty", () => {
    const allowed = Uint8Array.of(1, 0, 1, 1, 0, 1);
    const zeros = [{ clique: [0, 1], allowed }];
    const model = estimate(sizes, { measurements: plain, zeros, iterations: 3000 });
    const table = marginalOf(model, [0, 1]);
    assert.deepEqual(
      [...table].map((count) => (count > 0 ? 1 : 0)),
      [...allowed],
    );
    assert.ok(marginalOf(model, [0, 1, 4]).every((count, i) => allowed[Math.floor(i / 3)] === 1 || count === 0));
    const best = bestJoint(sizes, plain, {
      total: model.total,
      allowed: allRows(sizes).map((row) => allowed[cellOf(row, sizes, [0, 1])]!),
    });
    assert.ok(model.objective <= errorOf(best, sizes, plain) * (1 + 1e-4) + 1e-6);
  });

  test("zeros that leave no row are refused, also when only together", () => {
    const none = [{ clique: [1], allowed: Uint8Array.of(0, 0) }];
    assert.throws(() => estimate(sizes, { measurements: plain, zeros: none, iterations: 10 }), /no row possible/);
    const together = [
      { clique: [1, 3], allowed: Uint8Array.of(1, 0, 0, 0) },
      { clique: [3, 4], allowed: Uint8Array.of(0, 0, 0, 1, 1, 1) },
    ];
    assert.throws(() => estimate(sizes, { measurements: plain, zeros: together, iterations: 10 }), /no row possible/);
  });

  test("counts that are all negative: a total of one row, and marginals that are none below 0", () => {
    const noisy = Float64Array.of(-5, -3, -9);
    const model = estimate(sizes, { measurements: [{ clique: [0], sigma: 2, noisy }], iterations: 200 });
    assert.equal(model.total, 1);
    assert.ok(marginalOf(model, [0]).every((count) => count >= 0));
  });

  test("columns that nobody measured are even and independent", () => {
    const model = estimate(sizes, { measurements: plain.slice(0, 1), iterations: 20 });
    const table = marginalOf(model, [0, 4]);
    const known = marginalOf(model, [0]);
    table.forEach((count, i) => {
      assert.ok(Math.abs(count - known[Math.floor(i / 3)]! / 3) < 1e-9 * model.total);
    });
    const even = estimate([4], { measurements: [], iterations: 10, total: 8 });
    assert.deepEqual([...marginalOf(even, [0])], [2, 2, 2, 2]);
  });

  test("a column of one value, alone and in a pair", () => {
    const model = estimate([1, 3], {
      measurements: [
        { clique: [0], sigma: 1, noisy: Float64Array.of(30) },
        { clique: [0, 1], sigma: 1, noisy: Float64Array.of(5, 10, 15) },
      ],
      iterations: 500,
    });
    [5, 10, 15].forEach((want, i) => {
      assert.ok(Math.abs(marginalOf(model, [1])[i]! - want) < 1e-2);
    });
  });

  test("a warm start goes on where the other stopped, and ends at the same fit", () => {
    const more = measured(
      [
        [0, 1],
        [1, 2],
        [0, 2],
      ],
      { seed: 4, sigma: () => 8 },
    );
    const first = estimate(sizes, { measurements: more.slice(0, 2), iterations: 500 });
    const cold = estimate(sizes, { measurements: more, iterations: 3000 });
    const warm = estimate(sizes, { measurements: more, start: first, iterations: 3000 });
    assert.ok(Math.abs(warm.objective - cold.objective) < 1e-3 * cold.objective + 1e-6);
    const again = estimate(sizes, { measurements: more, start: warm, iterations: 1 });
    assert.ok(again.objective <= warm.objective * (1 + 1e-9));
  });

  test("a wrong measurement is told by its number and columns", () => {
    const table = Float64Array.of(1, 2, 3);
    const bad = (clique: number[], noisy: Float64Array, sigma = 1): (() => void) => {
      return () => estimate(sizes, { measurements: [...plain, { clique, noisy, sigma }], iterations: 1 });
    };
    assert.throws(bad([1, 0], new Float64Array(6)), /Measurement 3 .*\[1, 0\].*ascending/);
    assert.throws(bad([5], table), /below 5/);
    assert.throws(bad([1], table), /3 cells; wanted 2/);
    assert.throws(bad([0], table, 0), /sigma 0/);
    assert.throws(bad([0], Float64Array.of(1, Number.NaN, 3)), /not finite/);
  });
});

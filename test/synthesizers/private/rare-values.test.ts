import assert from "node:assert/strict";
import { test } from "node:test";
import { mergedNotes, mergeRareValues } from "../../../src/synthesizers/private/rare-values.ts";

test("values below the threshold become one, the others stay in order", () => {
  const measurement = { clique: [3], noisy: Float64Array.of(50, -3, 9, 40, 2), sigma: 10 };
  const merged = mergeRareValues(measurement, { sigmas: 1, total: 100, missing: 0 });
  assert.deepEqual([...merged.mergedOf], [0, 2, 2, 1, 2]);
  assert.equal(merged.size, 3);
  assert.deepEqual(
    [...merged.shares].map((share) => share.toFixed(4)),
    ["1.0000", "0.3333", "0.3333", "1.0000", "0.3333"],
  );
  const { noisy, sigma, clique } = merged.measurement;
  assert.deepEqual([clique, sigma, [...noisy.subarray(0, 2)]], [[3], 10, [50, 40]]);
  // Sum of the rare: 8, variance 3 σ²; the rest of the total: 10, variance (2 + 1) σ².
  assert.ok(Math.abs((noisy[2] as number) - 9) < 1e-12);
  assert.deepEqual(mergedNotes([merged]), [
    "3 rare values of 1 columns were learned as one value of each column, and are drawn evenly.",
  ]);
});

test("one rare value alone, or a threshold of none, changes nothing", () => {
  const measurement = { clique: [0], noisy: Float64Array.of(50, -3, 40), sigma: 10 };
  for (const sigmas of [1, 0]) {
    const merged = mergeRareValues(measurement, { sigmas, total: 90, missing: 0 });
    assert.deepEqual([[...merged.mergedOf], merged.size, [...merged.shares]], [[0, 1, 2], 3, [1, 1, 1]]);
    assert.equal(merged.measurement, measurement);
    assert.deepEqual(mergedNotes([merged]), []);
  }
});

test("a way of being missing that hardly a row has is never drawn, whatever else is rare", () => {
  const of = (noisy: readonly number[]) =>
    mergeRareValues(
      { clique: [0], noisy: Float64Array.from(noisy), sigma: 10 },
      { sigmas: 1, total: 1000, missing: 1 },
    );
  const apart = of([15, 600, 400]);
  assert.deepEqual([[...apart.mergedOf], [...apart.shares], apart.size], [[0, 0, 1], [0, 1, 1], 2]);
  const withRare = of([15, 600, 400, 5, -3]);
  assert.deepEqual(
    [[...withRare.mergedOf], [...withRare.shares]],
    [
      [2, 0, 1, 2, 2],
      [0, 1, 1, 0.5, 0.5],
    ],
  );
  const held = of([25, 600, 400]);
  assert.deepEqual(
    [[...held.mergedOf], [...held.shares]],
    [
      [0, 1, 2],
      [1, 1, 1],
    ],
  );
  assert.deepEqual([...of([-5]).shares], [1]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nestedOrder } from "../../../src/hybrid/planner/nested-order.ts";
import { randomFromSeed } from "../../../src/random.ts";

test("every beginning holds each class in its share to within one row, and the smallest draw holds every class there is room for", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 30, maxLength: 120 }),
      fc.integer({ min: 0, max: 1e6 }),
      (labels, seed) => {
        const classes = Int32Array.from(labels);
        const smallest = 12;
        const order = nestedOrder(classes.length, { classes, smallest, random: randomFromSeed(seed) });
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          labels.map((_, row) => row),
        );
        assert.equal(new Set([...order.subarray(0, smallest)].map((row) => classes[row])).size, new Set(labels).size);
        for (let n = smallest; n <= order.length; n += 7)
          for (const label of new Set(labels)) {
            const held = [...order.subarray(0, n)].filter((row) => classes[row] === label).length;
            const share = (n * labels.filter((other) => other === label).length) / labels.length;
            // One row more or fewer by the draw; up to one for each class that was lacking.
            assert.ok(Math.abs(held - share) <= 1 + 5, `${held} of ${share}`);
            if (new Set(labels).size === 1) assert.equal(held, n);
          }
      },
    ),
    { numRuns: 40, seed: 3 },
  );
});

test("where no class is rare the shares hold to within one row", () => {
  const classes = Int32Array.from({ length: 1000 }, (_, i) => (i % 10 < 7 ? 0 : 1));
  const order = nestedOrder(1000, { classes, smallest: 25, random: randomFromSeed(5) });
  for (let n = 1; n <= 1000; n++) {
    const held = [...order.subarray(0, n)].filter((row) => classes[row] === 0).length;
    assert.ok(Math.abs(held - 0.7 * n) <= 1, `${held} of ${n}`);
  }
});

test("each row of a class is drawn equally often: χ² over 1,000 seeds, false alarms 1 in 1,000", () => {
  const classes = Int32Array.from({ length: 20 }, (_, i) => (i < 15 ? 0 : 1));
  const counts = new Float64Array(20);
  for (let seed = 0; seed < 1000; seed++)
    for (const row of nestedOrder(20, { classes, smallest: 8, random: randomFromSeed(seed) }).subarray(0, 8))
      counts[row] = (counts[row] as number) + 1;
  for (const [from, to] of [
    [0, 15],
    [15, 20],
  ] as const) {
    const own = [...counts.subarray(from, to)];
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    const chi = own.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
    // The .999 quantiles of χ² with 14 and 4 degrees of freedom; draws without replacement vary less.
    assert.ok(chi < (own.length === 15 ? 36.12 : 18.47), `${chi}`);
  }
});

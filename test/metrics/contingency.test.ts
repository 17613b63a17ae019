import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { accuracyOf, countColumn, countPairs, cramersV } from "../../src/metrics/contingency.ts";
import { GROUPS, groupStarts } from "../../src/metrics/jackknife.ts";
import { randomFromSeed } from "../../src/random.ts";

test("accuracy from blocks of counts equals accuracy counted anew without each group", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 40, max: 130 }), (seed, rows) => {
      const random = randomFromSeed(seed);
      const draw = (): Uint8Array => Uint8Array.from({ length: rows }, () => random.integer(5));
      const [x, y, starts] = [draw(), draw(), groupStarts(rows)];
      const fast = accuracyOf(countColumn(x, 5, starts), countColumn(y, 5, starts), 5);
      const slow = (without: number): number => {
        const keep = (_: number, i: number): boolean =>
          without < 0 || i < (starts[without] as number) || i >= (starts[without + 1] as number);
        const [left, right] = [[...x].filter(keep), [...y].filter(keep)];
        let distance = 0;
        for (let code = 0; code < 5; code++)
          distance += Math.abs(
            left.filter((c) => c === code).length / left.length - right.filter((c) => c === code).length / right.length,
          );
        return 1 - distance / 2;
      };
      for (let r = 0; r <= GROUPS; r++) assert.ok(Math.abs((fast[r] as number) - slow(r - 1)) < 1e-12);
    }),
    { numRuns: 20, seed: 1 },
  );
});

test("pair counts add up to the column counts", () => {
  const random = randomFromSeed(2);
  const a = Uint8Array.from({ length: 103 }, () => random.integer(3));
  const b = Uint8Array.from({ length: 103 }, () => random.integer(4));
  const starts = groupStarts(103);
  const into = new Float64Array((GROUPS + 1) * 12).fill(7);
  countPairs(a, b, [3, 4], starts, into);
  const alone = countColumn(a, 3, starts);
  for (let block = 0; block <= GROUPS; block++)
    for (let level = 0; level < 3; level++) {
      const from = block * 12 + level * 4;
      assert.equal(
        into.subarray(from, from + 4).reduce((sum, count) => sum + count, 0),
        alone[block * 3 + level],
      );
    }
});

test("Cramér's V is 1 for a function, 0 for independence, and agrees with Bergsma's formula between", () => {
  assert.equal(cramersV(Float64Array.from([50, 0, 0, 50]), [2, 2]).v, 1);
  assert.equal(cramersV(Float64Array.from([25, 25, 25, 25]), [2, 2]).v, 0);
  // χ² = 100 · (40·40 − 10·10)² / 50⁴ = 36; φ² = .36; corrected .36 − 1/99; k̃ = 2 − 1/99.
  const expected = Math.sqrt((0.36 - 1 / 99) / (1 - 1 / 99));
  assert.ok(Math.abs(cramersV(Float64Array.from([40, 10, 10, 40]), [2, 2]).v - expected) < 1e-12);
  // An empty level changes nothing.
  assert.ok(Math.abs(cramersV(Float64Array.from([40, 0, 10, 10, 0, 40]), [2, 3]).v - expected) < 1e-12);
});

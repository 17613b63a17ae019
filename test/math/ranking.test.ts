import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drawnDifference } from "../../src/math/drawn-difference.ts";
import { areaCovariance, areaInfluence, areaUnderCurve, placements } from "../../src/math/ranking.ts";
import { randomFromSeed } from "../../src/random.ts";

const close = (a: number, b: number, tolerance = 1e-12): void =>
  assert(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("the AUC is the share of pairs ranked rightly, ties counting half", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean()), { minLength: 2, maxLength: 40 }),
      (rows) => {
        const scores = Float64Array.from(rows, ([score]) => score);
        const positive = Uint8Array.from(rows, ([, label]) => (label ? 1 : 0));
        let right = 0;
        let pairs = 0;
        rows.forEach(([a, isPositive]) => {
          rows.forEach(([b, otherPositive]) => {
            if (!isPositive || otherPositive) return;
            pairs++;
            right += a > b ? 1 : a === b ? 0.5 : 0;
          });
        });
        const area = areaUnderCurve(scores, positive);
        if (pairs === 0) assert(Number.isNaN(area));
        else close(area, right / pairs);
      },
    ),
    { seed: 1 },
  );
});

test("both classes' placements average to the AUC, and influences to zero", () => {
  const random = randomFromSeed(2);
  const positive = Uint8Array.from({ length: 200 }, () => random.integer(2));
  const scores = Float64Array.from(positive, (y) => Math.round(3 * (y + random.normal())));
  const shares = placements(scores, positive);
  const mean = (side: number): number => {
    const own = shares.filter((_, i) => positive[i] === side);
    return own.reduce((a, b) => a + b, 0) / own.length;
  };
  close(mean(0), mean(1));
  close(mean(1), areaUnderCurve(scores, positive));
  close(
    areaInfluence(shares, positive).reduce((a, b) => a + b, 0),
    0,
    1e-9,
  );
});

test("DeLong's variance equals the bootstrap's, and the influences add up to it", () => {
  const random = randomFromSeed(3);
  const n = 300;
  const positive = Uint8Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0));
  const a = Float64Array.from(positive, (y) => y + random.normal());
  const b = Float64Array.from(a, (x, i) => x + 0.5 * random.normal() + 0.3 * (positive[i] as number));
  const shares = [placements(a, positive), placements(b, positive)] as const;
  const claimed = areaCovariance(shares[0], shares[1], positive);
  const influence = shares.map((own) => areaInfluence(own, positive));
  const summed =
    (influence[0] as Float64Array).reduce((sum, x, i) => sum + x * ((influence[1] as Float64Array)[i] as number), 0) /
    n ** 2;
  assert(Math.abs(summed / claimed - 1) < 0.02);
  const drawn: [number, number][] = [];
  for (let r = 0; r < 2000; r++) {
    const rows = Uint32Array.from({ length: n }, () => random.integer(n));
    const labels = Uint8Array.from(rows, (row) => positive[row] as number);
    const take = (from: Float64Array): Float64Array => Float64Array.from(rows, (row) => from[row] as number);
    drawn.push([areaUnderCurve(take(a), labels), areaUnderCurve(take(b), labels)]);
  }
  const means = [0, 1].map((k) => drawn.reduce((sum, pair) => sum + (pair[k] as number), 0) / drawn.length);
  const covariance =
    drawn.reduce((sum, pair) => sum + (pair[0] - (means[0] as number)) * (pair[1] - (means[1] as number)), 0) /
    (drawn.length - 1);
  assert(Math.abs(claimed / covariance - 1) < 0.15, `${claimed} against ${covariance}`);
});

test("a drawn difference of two estimates is the normal interval where the function is straight, and one-sided at a cap", () => {
  const pair = { a: 0.3, b: 0.1, varianceA: 0.04, varianceB: 0.01, covariance: 0.015 };
  const plain = drawnDifference(pair, { of: (x) => x, level: 0.95, random: randomFromSeed(4) });
  const half = 1.96 * Math.sqrt(0.04 + 0.01 - 2 * 0.015);
  close(plain.value, 0.2);
  close(plain.low, 0.2 - half, 0.03);
  close(plain.high, 0.2 + half, 0.03);
  const capped = drawnDifference(
    { a: 2, b: 0.9, varianceA: 1e-6, varianceB: 0.01, covariance: 0 },
    { of: (x) => Math.min(1, x), level: 0.95, random: randomFromSeed(5) },
  );
  close(capped.value, 0.1);
  assert.equal(capped.low, 0);
  close(capped.high, 0.1 + 0.196, 0.02);
});

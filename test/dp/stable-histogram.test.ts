import assert from "node:assert/strict";
import { test } from "node:test";
import { discreteGaussianTail, stableThreshold } from "../../src/dp/stable-histogram.ts";
import { discreteGaussianLaw } from "./laws.ts";

const tail = (m: number, sigma: number): number => {
  const reach = Math.ceil(40 * sigma) + 5;
  const law = discreteGaussianLaw(sigma * sigma, reach);
  let sum = 0;
  for (let y = reach; y >= m; y--) sum += law[y + reach] as number;
  return sum;
};

test("the tail bound is above the exact tail, and by less than a fifth in the far tail", () => {
  for (const sigma of [0.4, 1, 2.5, 10, 63.2])
    for (const z of [0, 0.5, 1, 2, 3, 5, 8, 12]) {
      const m = Math.ceil(z * sigma);
      const exact = tail(m, sigma);
      const bound = discreteGaussianTail(m, sigma);
      assert.ok(bound >= exact * (1 - 1e-9), `sigma ${sigma}, m ${m}: ${bound} < ${exact}`);
      if (z >= 3 && sigma >= 1) assert.ok(bound < 1.2 * exact, `sigma ${sigma}, m ${m}: ${bound} against ${exact}`);
    }
});

/** All ways to write k or fewer rows as counts of labels, largest first. */
function* partitions(k: number, most = k): Generator<number[]> {
  yield [];
  for (let first = Math.min(k, most); first >= 1; first--)
    for (const rest of partitions(k - first, first)) yield [first, ...rest];
}

test("whatever labels of its own a unit brings, one passes with probability at most delta; one lower, some unit passes too often", () => {
  for (const rows of [1, 2, 3, 5])
    for (const sigma of [0.8, 3, 20])
      for (const delta of [1e-3, 1e-9]) {
        const threshold = stableThreshold({ sigma, delta, rows });
        const worst = (at: number): number => {
          let chance = 0;
          for (const counts of partitions(rows)) {
            let allHidden = 1;
            let some = 0;
            for (const count of counts) {
              const passes = tail(at - count + 1, sigma);
              allHidden *= 1 - passes;
              some += passes;
            }
            chance = Math.max(chance, counts.length === 1 ? some : Math.max(some * (1 - some), 1 - allHidden));
          }
          return chance;
        };
        assert.ok(worst(threshold) <= delta, `rows ${rows}, sigma ${sigma}, delta ${delta}: ${worst(threshold)}`);
        // Two below, not one: the bound on the tail is slightly loose.
        assert.ok(worst(threshold - 2) > delta, `rows ${rows}, sigma ${sigma}, delta ${delta}: needlessly high`);
      }
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { readTable } from "../../src/data/read.ts";
import { columnOf } from "../../src/data/table.ts";
import { hellinger, jensenShannon, sampleDistances, totalVariation } from "../../src/math/distribution-distances.ts";

const close = (got: number, want: number, what = ""): void =>
  assert.ok(Math.abs(got - want) < 1e-9, `${what} ${got} for ${want}`);

test("closed forms", () => {
  for (const distance of [hellinger, jensenShannon, totalVariation]) {
    assert.equal(distance([3, 1, 0], [6, 2, 0]), 0);
    close(distance([1, 0], [0, 4]), 1);
  }
  // p = (1, 0), q = (½, ½): H² = 1 − √½; JS² = ½ (1 + log2(4/3) + …) by hand.
  close(hellinger([2, 0], [1, 1]), Math.sqrt(1 - Math.SQRT1_2));
  close(jensenShannon([2, 0], [1, 1]), Math.sqrt((Math.log2(4 / 3) + 0.5 * Math.log2(2 / 3) + 0.5) / 2));
  close(totalVariation([2, 0], [1, 1]), 0.5);
  assert.deepEqual(sampleDistances(Float64Array.of(0, 1), Float64Array.of(3, 4)), { ks: 1, wasserstein: 3 });
  assert.deepEqual(sampleDistances(Float64Array.of(0, 0, 1), Float64Array.of(0, 0, 1)), { ks: 0, wasserstein: 0 });
});

test("scipy 1.17 gives the same", () => {
  const x = Float64Array.of(0.346, 0.822, 0.33, -1.303, 0.905, 0.446, -0.537, 0.581, 0.365, 0.294, 0.028, 0.547).sort();
  const y = Float64Array.of(-0.973, 0.174, -0.464, 1.698, 0.579, -0.085, -1.064, -0.014, 0.516).sort();
  const { ks, wasserstein } = sampleDistances(x, y);
  close(ks, 0.4166666666666667, "ks");
  close(wasserstein, 0.41522222222222216, "wasserstein");
  close(jensenShannon([5, 0, 3, 2], [1, 4, 0, 5]), 0.7091551836567035, "js");
  close(hellinger([5, 0, 3, 2], [1, 4, 0, 5]), 0.6783549485580415, "hellinger");
});

test("the demo table's columns have the reference's Wasserstein, total variation and Jensen-Shannon distances", async () => {
  const reference = JSON.parse(readFileSync("test/data/sdmetrics-reference.json", "utf8"));
  const [real, synthetic] = await Promise.all(
    ["real", "synthetic"].map(async (side) => (await readTable(`test/data/student_placements_${side}.csv`)).table),
  );
  assert.ok(real && synthetic);
  let looked = 0;
  for (const [name, want] of Object.entries(reference.columns as Record<string, Record<string, number>>)) {
    if (want.wasserstein1 === undefined) continue;
    const [x, y] = [real, synthetic].map((table) => {
      const column = columnOf(table, name);
      assert.ok(column.type === "number");
      return column.values.filter((value) => !Number.isNaN(value)).sort();
    }) as [Float64Array, Float64Array];
    const { ks, wasserstein } = sampleDistances(x, y);
    assert.ok(Math.abs(wasserstein - want.wasserstein1) < 1e-9 * want.wasserstein1, name);
    close(1 - ks, want.KSComplement as number, name);
    // Ten bins of equal width over the real range; no synthetic value lies beyond it.
    const [low, high] = [x[0] as number, x.at(-1) as number];
    const edges = Array.from({ length: 9 }, (_, i) => low + (i + 1) * ((high - low) / 10));
    const [p, q] = [x, y].map((values) => {
      const counts = new Float64Array(10);
      for (const value of values) {
        const bin = edges.filter((edge) => value >= edge).length;
        counts[bin] = (counts[bin] as number) + 1;
      }
      return counts;
    }) as [Float64Array, Float64Array];
    close(totalVariation(p, q), want.hist10_TV as number, name);
    close(jensenShannon(p, q), want.hist10_JSdistance_base2 as number, name);
    looked++;
  }
  assert.ok(looked >= 6, `${looked} columns`);
});

test("the distances keep their order: H² ≤ TV ≤ √2 H, JS² ≤ TV, and none has a direction", () => {
  const counts = fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(counts, (pairs) => {
      const [p, q] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
      fc.pre(p.some((x) => x > 0) && q.some((x) => x > 0));
      const [h, tv, js] = [hellinger(p, q), totalVariation(p, q), jensenShannon(p, q)];
      assert.ok(h ** 2 <= tv + 1e-12 && tv <= Math.SQRT2 * h + 1e-12 && js ** 2 <= tv + 1e-12);
      close(h, hellinger(q, p));
      close(js, jensenShannon(q, p));
    }),
    { numRuns: 200 },
  );
});

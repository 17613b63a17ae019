import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLatencies } from "../../src/llm/lane-latencies.ts";

test("quantiles of latencies are those of the sorted list, to the width of a bucket", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.3, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.05, 0.5, 0.95, 0.99),
      (values, share) => {
        const latencies = createLatencies();
        for (const value of values) latencies.add(value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.floor(share * (sorted.length - 1))] as number;
        const got = latencies.quantile(share) as number;
        assert.ok(Math.abs(Math.log2(got / exact)) <= 1 / 16 + 1e-9, `${got} instead of ${exact}`);
        assert.equal(latencies.largest, sorted.at(-1));
      },
    ),
    { seed: 3, numRuns: 300 },
  );
  assert.equal(createLatencies().quantile(0.5), null);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { coarseBins } from "../../src/metrics/bins.ts";
import type { ColumnCodec } from "../../src/schema/encode.ts";

test("coarse bins are in order, keep spikes apart and put rare labels together", () => {
  const points = Float64Array.from({ length: 40 }, (_, i) => i);
  const quantity: ColumnCodec = {
    name: "x",
    ordered: true,
    levels: 42,
    missing: [""],
    lower: points,
    upper: points,
    labels: [],
  };
  const counts = new Float64Array(42).fill(10);
  counts[11] = 400;
  const bins = coarseBins(quantity, counts, 10);
  assert.equal(bins.of[0], 0);
  for (let code = 2; code < 42; code++) assert.ok((bins.of[code] as number) >= (bins.of[code - 1] as number));
  const spike = bins.of[11];
  assert.deepEqual(
    [...bins.of.keys()].filter((code) => bins.of[code] === spike),
    [11],
  );
  assert.ok(bins.count <= 12 && bins.count > 6);
  assert.ok(bins.of.every((bin) => bin < bins.count));
  const none = new Float64Array(0);
  const category: ColumnCodec = {
    name: "c",
    ordered: false,
    levels: 6,
    missing: [""],
    lower: none,
    upper: none,
    labels: ["a", "b", "c", "d"],
  };
  const labels = coarseBins(category, Float64Array.from([3, 20, 4, 30, 2, 1]), 10);
  assert.equal(labels.of[2], labels.of[4]);
  assert.equal(labels.of[4], labels.of[5]);
  assert.equal(new Set([labels.of[0], labels.of[1], labels.of[2], labels.of[3]]).size, 4);
});

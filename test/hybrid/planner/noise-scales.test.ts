import assert from "node:assert/strict";
import { test } from "node:test";
import { noiseScales } from "../../../src/hybrid/planner/noise-scales.ts";
import type { PilotCell } from "../../../src/hybrid/planner/pilot.ts";
import { pilotGrid } from "../../../src/hybrid/planner/pilot-grid.ts";
import { randomFromSeed } from "../../../src/random.ts";

test("Scales follow noise that falls with the real rows, and the number of seeds", () => {
  const random = randomFromSeed(4);
  const spread = (real: number): number => 2 / real ** 0.6;
  const cells = [25, 50, 100, 200, 400, 800].flatMap((real) =>
    [0, 1, 2, 5].flatMap((multiple) =>
      Array.from(
        { length: real === 800 ? 2 : 4 },
        (_, seed): PilotCell => ({
          real,
          synthetic: multiple * real,
          seed,
          arm: "mix",
          test: "test",
          value: 1 - 0.3 * (1 + spread(real) * random.normal()),
        }),
      ),
    ),
  );
  const grid = pilotGrid(cells, { metric: { name: "accuracy", better: "higher", perfect: 1 }, arm: "mix" });
  const scales = noiseScales(grid);
  // 72 degrees of freedom over 5 doublings: the spread at an end is known to about a sixth.
  for (const [i, { real, seeds }] of grid.cells.entries()) {
    const want = (0.3 * Math.hypot(spread(real), 0.02)) / Math.sqrt(seeds.length);
    assert.ok(Math.abs(Math.log((scales[i] as number) / want)) < 0.5, `${real}: ${scales[i]} instead of ${want}`);
  }
});

test("Without a second seed, noise is a share of the loss", () => {
  const cells = [100, 200, 400, 800].map(
    (real): PilotCell => ({ real, synthetic: 0, seed: 0, arm: "mix", test: "test", value: 1 - 10 / real }),
  );
  const grid = pilotGrid(cells, { metric: { name: "accuracy", better: "higher", perfect: 1 }, arm: "mix" });
  const [first = 0, , , last = 0] = noiseScales(grid);
  assert.ok(Math.abs(first / last - 8) < 1e-9);
});

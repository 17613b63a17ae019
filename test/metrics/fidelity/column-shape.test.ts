import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columnShape, ksComplement } from "../../../src/metrics/fidelity/column-shape.ts";
import { GROUPS } from "../../../src/metrics/jackknife.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, withColumn, world } from "../world.ts";

test("the Kolmogorov-Smirnov complement and its replicates equal the definition", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const random = randomFromSeed(seed);
      const draw = (n: number): { values: Float64Array; groups: Uint8Array } => ({
        values: Float64Array.from({ length: n }, () => Math.round(random.normal() * 5)),
        groups: Uint8Array.from({ length: n }, (_, i) => Math.floor((i * GROUPS) / n)),
      });
      const [x, y] = [draw(45), draw(61)];
      const fast = ksComplement(x, y);
      for (let r = 0; r <= GROUPS; r++) {
        const keep = (side: typeof x): number[] => [...side.values].filter((_, i) => side.groups[i] !== r - 1);
        const [a, b] = [keep(x), keep(y)];
        const below = (values: number[], at: number): number => values.filter((v) => v <= at).length / values.length;
        const slow = 1 - Math.max(...[...a, ...b].map((at) => Math.abs(below(a, at) - below(b, at))));
        assert.ok(Math.abs((fast[r] as number) - slow) < 1e-12, `replicate ${r}`);
      }
    }),
    { numRuns: 15, seed: 2 },
  );
});

test("fresh rows score the ceiling in at least 85 % of 40 repeats", async () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      columnShape,
      inputOf(world(seed, { train: 400, holdout: 300, synthetic: 400 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
});

test("each column is told with its kind, its measure and its ceiling; the one that is off comes first", async () => {
  const { train, holdout, synthetic } = world(1, { train: 1500, holdout: 700, synthetic: 1500 });
  const shifted = withColumn(
    synthetic,
    numberColumn(
      "noise",
      Array.from({ length: 1500 }, (_, i) => i / 750),
    ),
  );
  const score = await measured(columnShape, inputOf({ train, holdout, synthetic: shifted }));
  const { columns } = score.details as {
    columns: { name: string; kind: string; measure: string; value: number; ceiling: number }[];
  };
  assert.equal(columns.length, 8);
  assert.deepEqual(
    columns.filter((column) => column.measure === "tv").map((column) => column.name),
    ["job", "sex", "grade"],
  );
  assert.ok(columns.every((column) => column.ceiling > 0.85));
  assert.equal(score.worst?.[0]?.name, "noise");
  assert.ok((score.worst?.[0]?.value as number) < 0.6);
  assert.ok((score.difference?.high as number) < 0);
});

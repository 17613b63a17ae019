import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../../src/data/table.ts";
import { columnDistances } from "../../../src/metrics/fidelity/column-distances.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, shuffled, textColumn, withColumn, world } from "../world.ts";

const ROWS = { train: 1500, holdout: 800, synthetic: 1500 };

interface Distances {
  readonly hellinger: number;
  readonly totalVariation: number;
  readonly jensenShannon: number;
  readonly kolmogorovSmirnov: number | null;
  readonly wasserstein: number | null;
}

function columnsOf(score: { readonly details?: Readonly<Record<string, unknown>> }) {
  return score.details?.columns as readonly { name: string; distances: Distances; ceiling: Distances }[];
}

test("two known columns have the closed forms", async () => {
  // Real: 0 … 99 and half a, half b; synthetic: shifted by 30, and a quarter a.
  const table = (shift: number, share: number) =>
    tableOf([
      numberColumn(
        "x",
        Array.from({ length: 400 }, (_, i) => (i % 100) + shift),
      ),
      textColumn(
        "t",
        Array.from({ length: 400 }, (_, i) => (i < 400 * share ? "a" : "b")),
      ),
    ]);
  const score = await measured(
    columnDistances,
    inputOf(
      { train: table(0, 0.5), holdout: table(0, 0.5), synthetic: table(30, 0.25) },
      { kinds: { x: "integer", t: "categorical" } },
    ),
  );
  const [x, t] = columnsOf(score).map(({ distances }) => distances) as [Distances, Distances];
  assert.ok(Math.abs((x.kolmogorovSmirnov as number) - 0.3) < 1e-9);
  // 0 … 99 have a variance of (100² − 1) / 12.
  assert.ok(Math.abs((x.wasserstein as number) - 30 / Math.sqrt(9999 / 12)) < 1e-9);
  assert.equal(t.wasserstein, null);
  assert.ok(Math.abs(t.totalVariation - 0.25) < 1e-9);
  const hellinger = Math.sqrt(1 - Math.sqrt(0.5 * 0.25) - Math.sqrt(0.5 * 0.75));
  assert.ok(Math.abs(t.hellinger - hellinger) < 1e-9);
  assert.ok(Math.abs(score.value - (x.hellinger + t.hellinger) / 2) < 1e-9);
  assert.equal(score.ceiling?.value, 0);
});

test("fresh rows are at the ceiling in at least 85 % of 40 repeats; shuffled columns are none the worse", async () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      columnDistances,
      inputOf(world(seed, { train: 400, holdout: 300, synthetic: 400 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
  const { train, holdout, synthetic } = world(1, ROWS);
  const score = await measured(
    columnDistances,
    inputOf({ train, holdout, synthetic: shuffled(synthetic, randomFromSeed(1)) }),
  );
  assert.ok(score.value < 0.08 && score.normalised === undefined);
});

test("another unit, and a column gone missing, are seen and named; a constant column is left out", async () => {
  const { train, holdout, synthetic } = world(2, ROWS);
  const score = await measured(
    columnDistances,
    inputOf({
      train,
      holdout,
      synthetic: withColumn(
        withColumn(synthetic, numberColumn("noise", new Array(1500).fill(Number.NaN))),
        numberColumn(
          "age",
          Array.from({ length: 1500 }, (_, i) => 1000 * i),
        ),
      ),
    }),
  );
  assert.deepEqual(new Set(score.worst?.slice(0, 2).map(({ name }) => name)), new Set(["noise", "age"]));
  const noise = columnsOf(score).find(({ name }) => name === "noise");
  assert.equal(noise?.distances.hellinger, 1);
  assert.equal(noise?.distances.kolmogorovSmirnov, null);
  assert.ok((score.difference?.low as number) > 0.1);
  const fixed = (table: typeof train) =>
    tableOf([
      ...table.columns,
      numberColumn("fixed", new Array(table.rows).fill(1)),
      numberColumn("void", new Array(table.rows).fill(Number.NaN)),
    ]);
  const padded = await measured(
    columnDistances,
    inputOf({ train: fixed(train), holdout: fixed(holdout), synthetic: fixed(synthetic) }),
  );
  const plain = await measured(columnDistances, inputOf({ train, holdout, synthetic }));
  assert.equal(padded.value, plain.value);
  assert.equal(padded.details?.skipped, 2);
});

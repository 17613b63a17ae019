import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { factored, gaussianHellinger } from "../../../src/math/gaussian-hellinger.ts";
import { multivariateHellinger } from "../../../src/metrics/fidelity/multivariate-hellinger.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, shuffled, world } from "../world.ts";

function related(seed: number, rows: number, strength: number): Table {
  const random = randomFromSeed(seed);
  const x = Array.from({ length: rows }, () => random.normal());
  const rest = Math.sqrt(1 - strength ** 2);
  return tableOf([
    numberColumn("x", x),
    numberColumn(
      "y",
      x.map((value) => strength * value + rest * random.normal()),
    ),
  ]);
}
const KINDS = { x: "continuous", y: "continuous" } as const;

test("two correlated columns against two independent ones: the closed form on their ranks", async () => {
  const score = await measured(
    multivariateHellinger,
    inputOf(
      { train: related(1, 6000, 0.8), holdout: related(2, 6000, 0.8), synthetic: related(3, 6000, 0) },
      { kinds: KINDS },
    ),
  );
  // Ranks of normals with ρ = .8 correlate at 6/π asin(.4); 1 + ridge on the diagonal.
  const rho = (6 / Math.PI) * Math.asin(0.4);
  const fit = (r: number) => factored({ mean: Float64Array.of(0, 0), covariance: Float64Array.of(1.1, r, r, 1.1) });
  const want = gaussianHellinger(fit(rho), fit(0));
  assert.ok(Math.abs(score.value - want) < 0.02, `${score.value} for ${want}`);
  assert.ok((score.ceiling?.value as number) < 0.04);
  assert.ok(Math.abs(score.normalised?.value as number) < 0.1);
});

test("fresh rows are at the ceiling in at least 85 % of 40 repeats, shuffled columns at the floor", async () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      multivariateHellinger,
      inputOf(world(seed, { train: 400, holdout: 300, synthetic: 400 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
  const { train, holdout } = world(1, { train: 1500, holdout: 800, synthetic: 1 });
  const bad = await measured(
    multivariateHellinger,
    inputOf({ train, holdout, synthetic: shuffled(train, randomFromSeed(1)) }),
  );
  assert.ok(Math.abs(bad.normalised?.value as number) < 0.1 && (bad.difference?.low as number) > 0.3);
});

test("a copy of the reference rows is at 0, another unit far off, and many columns are a stated choice", async () => {
  const { train, holdout, synthetic } = world(2, { train: 900, holdout: 600, synthetic: 900 });
  const copy = await measured(multivariateHellinger, inputOf({ train, holdout, synthetic: holdout }));
  assert.ok(copy.value < 1e-6, `${copy.value}`);
  const scaled = tableOf(
    synthetic.columns.map((column) =>
      column.type === "number" ? { ...column, values: column.values.map((x) => 1000 * x + 1e6) } : column,
    ),
  );
  assert.ok((await measured(multivariateHellinger, inputOf({ train, holdout, synthetic: scaled }))).value > 0.9);
  const wide = (seed: number): Table => {
    const random = randomFromSeed(seed);
    return tableOf(
      Array.from({ length: 90 }, (_, j) =>
        numberColumn(
          `c${j}`,
          Array.from({ length: 300 }, () => random.normal()),
        ),
      ),
    );
  };
  const score = await measured(
    multivariateHellinger,
    inputOf({ train: wide(1), holdout: wide(2), synthetic: wide(3) }),
  );
  assert.deepEqual([score.details?.columns, score.details?.chosenFrom], [60, 90]);
});

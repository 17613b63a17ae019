import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { alphaPrecision } from "../../../src/metrics/fidelity/alpha-precision.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, shuffled, world } from "../world.ts";

const NUMBERS = { x: "continuous", y: "continuous" } as const;

/** Points uniform on a square around ½, of this width. */
function square(seed: number, rows: number, width: number): Table {
  const random = randomFromSeed(seed);
  const draw = (): number[] => Array.from({ length: rows }, () => 0.5 + width * (random.uniform() - 0.5));
  return tableOf([numberColumn("x", draw()), numberColumn("y", draw())]);
}

test("rows crowded in the middle have the curve that geometry gives", async () => {
  // Half the width in ranks: the share within a radius is four times that of the real rows while the disc fits the small square (up to
  // α = π/16) and 1 from the small square's corner on (α = π/8).
  const score = await measured(
    alphaPrecision,
    inputOf(
      { train: square(1, 6000, 1), holdout: square(2, 6000, 1), synthetic: square(3, 6000, 0.5) },
      { kinds: NUMBERS },
    ),
  );
  const curve = score.details?.curve as number[];
  for (const level of [1, 3, 5]) assert.ok(Math.abs((curve[level] as number) - (4 * level) / 29) < 0.03, `${level}`);
  for (const level of [13, 20, 29]) assert.ok((curve[level] as number) > 0.98);
  assert.ok(score.value < 0.45 && (score.ceiling?.value as number) > 0.97);
  assert.ok((score.difference?.high as number) < -0.4);
});

test("rows too far out lose as well, and rows all in the middle score nothing", async () => {
  const out = (seed: number): Table =>
    tableOf(
      square(seed, 2000, 1).columns.map((column) =>
        column.type === "number"
          ? { ...column, values: column.values.map((x) => (x < 0.5 ? x / 4 : 1 - x / 4)) }
          : column,
      ),
    );
  const tables = { train: square(1, 2000, 1), holdout: square(2, 2000, 1) };
  const far = await measured(alphaPrecision, inputOf({ ...tables, synthetic: out(3) }, { kinds: NUMBERS }));
  assert.ok((far.difference?.high as number) < -0.2, JSON.stringify(far.difference));
  const middle = await measured(
    alphaPrecision,
    inputOf({ ...tables, synthetic: square(4, 2000, 1e-4) }, { kinds: NUMBERS }),
  );
  // Every ball but that of level 0 holds all: 1 − Σ (1 − α) / Σ α, without the first.
  assert.ok(Math.abs(middle.value - 1 / 15) < 1e-9, `${middle.value}`);
});

test("fresh rows are at the ceiling in at least 85 % of 40 repeats; shuffled columns are not", async () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      alphaPrecision,
      inputOf(world(seed, { train: 400, holdout: 300, synthetic: 400 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
  const { train, holdout } = world(1, { train: 1500, holdout: 800, synthetic: 1 });
  const bad = await measured(
    alphaPrecision,
    inputOf({ train, holdout, synthetic: shuffled(train, randomFromSeed(1)) }),
  );
  assert.ok((bad.difference?.high as number) < 0, JSON.stringify(bad.difference));
});

test("the unit of a column and the order of the columns change nothing", async () => {
  const { train, holdout, synthetic } = world(6, { train: 500, holdout: 400, synthetic: 500 });
  const plain = await measured(alphaPrecision, inputOf({ train, holdout, synthetic }));
  const scaled = (table: Table): Table =>
    tableOf(
      table.columns.map((column) =>
        column.type === "number" ? { ...column, values: column.values.map((x) => 3 * x + 7) } : column,
      ),
    );
  const other = await measured(
    alphaPrecision,
    inputOf({ train: scaled(train), holdout: scaled(holdout), synthetic: scaled(synthetic) }),
  );
  assert.ok(Math.abs(other.value - plain.value) < 1e-9);
  const turned = (table: Table): Table => tableOf([...table.columns].reverse());
  const reversed = await measured(
    alphaPrecision,
    inputOf({ train: turned(train), holdout: turned(holdout), synthetic: turned(synthetic) }),
  );
  assert.ok(Math.abs(reversed.value - plain.value) < 1e-9);
});

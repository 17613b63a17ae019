import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Table, tableOf } from "../../../src/data/table.ts";
import { accuracyOf } from "../../../src/metrics/contingency.ts";
import { pairAccuracy } from "../../../src/metrics/fidelity/pair-accuracy.ts";
import { threeWayMarginals } from "../../../src/metrics/fidelity/three-way-marginals.ts";
import { GROUPS } from "../../../src/metrics/jackknife.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, shuffled, textColumn, KINDS as WORLD_KINDS, world } from "../world.ts";

const ROWS = { train: 1500, holdout: 800, synthetic: 1500 };

interface Details {
  readonly kMarginal: number;
  readonly triples: number;
  readonly chosenFrom?: number;
  readonly cells: readonly { cell: string; real: number | null; synthetic: number | null }[];
  readonly subgroups: readonly { group: string; rows: number; value: number; ceiling: number }[];
}

/** a, b: coins; c: whether they fall alike, or, in so many rows, a coin of its own. Every pair of columns is independent either way. */
function coins(random: Random, rows: number, lost: (a: boolean) => number): Table {
  const [a, b, c]: [string[], string[], string[]] = [[], [], []];
  for (let i = 0; i < rows; i++) {
    const [x, y] = [random.uniform() < 0.5, random.uniform() < 0.5];
    a.push(x ? "heads" : "tails");
    b.push(y ? "heads" : "tails");
    c.push((random.uniform() < lost(x) ? random.uniform() < 0.5 : x === y) ? "same" : "other");
  }
  return tableOf([textColumn("a", a), textColumn("b", b), textColumn("c", c)]);
}
const KINDS = { a: "categorical", b: "categorical", c: "categorical" } as const;

test("a relation of three columns that no pair shows is measured", async () => {
  const random = randomFromSeed(3);
  const tables = {
    train: coins(random.split("t"), 3000, () => 0),
    holdout: coins(random.split("h"), 3000, () => 0),
    synthetic: coins(random.split("s"), 3000, () => 0.5),
  };
  const score = await measured(threeWayMarginals, inputOf(tables, { kinds: KINDS }));
  assert.ok(Math.abs(score.value - 0.75) < 0.03, `${score.value}`);
  assert.ok((score.ceiling?.value as number) > 0.96);
  assert.ok(Math.abs((score.normalised?.value as number) - 0.5) < 0.06);
  assert.equal(score.worst?.[0]?.name, "a × b × c");
  assert.ok(Math.abs((score.details as unknown as Details).kMarginal - 1000 * score.value) < 1e-9);
  const pairs = await measured(pairAccuracy, inputOf(tables, { kinds: KINDS }));
  assert.ok((pairs.difference?.value as number) > -0.03, `pairs see nothing: ${pairs.difference?.value}`);
});

test("the cell and the group that are furthest off are named", async () => {
  const random = randomFromSeed(4);
  const score = await measured(
    threeWayMarginals,
    inputOf(
      {
        train: coins(random.split("t"), 3000, () => 0),
        holdout: coins(random.split("h"), 3000, () => 0),
        synthetic: coins(random.split("s"), 3000, (a) => (a ? 0 : 1)),
      },
      { kinds: KINDS },
    ),
  );
  const { cells, subgroups } = score.details as unknown as Details;
  assert.match(cells[0]?.cell ?? "", /^a = tails, b = (heads|tails), c = (same|other)$/);
  assert.equal(subgroups[0]?.group, "a = tails");
  assert.ok(Math.abs((subgroups[0]?.value as number) - 0.5) < 0.04);
  assert.ok((subgroups.find(({ group }) => group === "a = heads")?.value as number) > 0.93);
});

test("fresh rows are at the ceiling in at least 85 % of 40 repeats, shuffled columns at the floor", async () => {
  let covered = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { difference } = await measured(
      threeWayMarginals,
      inputOf(world(seed, { train: 400, holdout: 300, synthetic: 400 }), { seed }),
    );
    if (difference && difference.low <= 0 && difference.high >= 0) covered++;
  }
  assert.ok(covered >= 34, `covered ${covered} of 40`);
  const { train, holdout } = world(1, ROWS);
  const bad = await measured(
    threeWayMarginals,
    inputOf({ train, holdout, synthetic: shuffled(train, randomFromSeed(1)) }),
  );
  assert.ok(Math.abs(bad.normalised?.value as number) < 0.05);
  assert.ok((bad.difference?.high as number) < -0.15);
});

test("nothing that fewer than five rows hold is shown, and no outermost value", async () => {
  const { train, holdout, synthetic } = world(4, { train: 700, holdout: 500, synthetic: 700 });
  const rare = (table: Table, value: number, label: string): Table =>
    tableOf([
      ...table.columns,
      numberColumn(
        "wage",
        Array.from({ length: table.rows }, (_, i) => (i < 3 ? value : (i * 37) % 50)),
      ),
      textColumn(
        "town",
        Array.from({ length: table.rows }, (_, i) => (i < 2 ? label : i % 2 === 0 ? "north" : "south")),
      ),
    ]);
  const score = await measured(
    threeWayMarginals,
    inputOf(
      {
        train: rare(train, 987_654, "Hermit"),
        holdout: rare(holdout, 987_654, "Hermit"),
        synthetic: rare(shuffled(synthetic, randomFromSeed(1)), 987_654, "Hermit"),
      },
      { kinds: { ...WORLD_KINDS, wage: "integer", town: "categorical" } },
    ),
  );
  const text = JSON.stringify(score);
  assert.ok(!text.includes("Hermit") && !text.includes("987") && !text.includes("988"), text.slice(0, 2000));
  const { cells, subgroups } = score.details as unknown as Details;
  assert.ok(cells.length > 5);
  for (const { real, synthetic } of cells) {
    assert.ok(real !== null || synthetic !== null);
    for (const share of [real, synthetic]) assert.ok(share === null || share * 500 >= 4.999);
  }
  for (const { rows } of subgroups) assert.ok(rows >= 30);
});

test("with many columns a stated choice of triples is measured, the same each time", async () => {
  const wide = (seed: number): Table => {
    const random = randomFromSeed(seed);
    return tableOf(
      Array.from({ length: 40 }, (_, j) =>
        numberColumn(
          `c${j}`,
          Array.from({ length: 200 }, () => random.normal()),
        ),
      ),
    );
  };
  const input = () => inputOf({ train: wide(1), holdout: wide(2), synthetic: wide(3) });
  const score = await measured(threeWayMarginals, input());
  const { triples, chosenFrom } = score.details as unknown as Details;
  assert.deepEqual([triples, chosenFrom], [2000, 9880]);
  assert.deepEqual(await measured(threeWayMarginals, input()), score);
});

test("the formula is SDNist's: its own example, at its k = 2", () => {
  const { target, deid, score } = JSON.parse(readFileSync("test/data/peer-reference.json", "utf8")).kMarginal;
  const names = ["x", "y", "z"];
  const scores = names.flatMap((first, i) =>
    names.slice(i + 1).map((second) => {
      const key = (side: Record<string, unknown[]>, row: number): string =>
        `${side[first]?.[row]} ${side[second]?.[row]}`;
      const keys = [...new Set([target, deid].flatMap((side) => [0, 1, 2, 3, 4].map((row) => key(side, row))))];
      const counts = (side: Record<string, unknown[]>): Float64Array => {
        const out = new Float64Array((GROUPS + 1) * keys.length);
        for (let row = 0; row < 5; row++) {
          const at = keys.indexOf(key(side, row));
          out[at] = (out[at] as number) + 1;
        }
        return out;
      };
      return accuracyOf(counts(target), counts(deid), keys.length)[0] as number;
    }),
  );
  assert.ok(Math.abs((1000 * scores.reduce((sum, x) => sum + x, 0)) / 3 - score) < 1e-9);
});

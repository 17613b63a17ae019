import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table, tableOf } from "../../../src/data/table.ts";
import { isMeasured, type Metric } from "../../../src/metrics/metric.ts";
import { attributeInference } from "../../../src/metrics/privacy/attribute-inference.ts";
import { linkability } from "../../../src/metrics/privacy/linkability.ts";
import { membershipInference } from "../../../src/metrics/privacy/membership-inference.ts";
import { rawColumns } from "../../../src/metrics/privacy/raw-columns.ts";
import { guessSecrets } from "../../../src/metrics/privacy/secrets.ts";
import { type Clause, onlyRow, singleOutByOne } from "../../../src/metrics/privacy/singling-out.ts";
import { singlingOutMultivariate } from "../../../src/metrics/privacy/singling-out-multivariate.ts";
import { singlingOutUnivariate } from "../../../src/metrics/privacy/singling-out-univariate.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, numberColumn, people, textColumn, world } from "../world.ts";

const ATTACKS: readonly Metric[] = [
  membershipInference,
  singlingOutUnivariate,
  singlingOutMultivariate,
  linkability,
  attributeInference,
];

test("every attack succeeds on a copy of the training rows, and finds its own planted copies", async () => {
  const tables = world(4, { train: 900, holdout: 900, synthetic: 900 });
  for (const attack of ATTACKS) {
    const copied = await measured(attack, inputOf({ ...tables, synthetic: tables.train }));
    assert.ok((copied.p as number) < 1e-6, `${attack.name}: p ${copied.p}`);
    assert.ok(copied.low > 0.15, `${attack.name}: ${copied.low}`);
    const fresh = await measured(attack, inputOf(tables));
    assert.ok((fresh.plantings?.length ?? 0) >= 3, attack.name);
    for (const planting of fresh.plantings ?? [])
      assert.ok(
        planting.value > fresh.value,
        `${attack.name}: ${planting.value} after planting, ${fresh.value} before`,
      );
  }
});

test("on fresh people no attack of five says p ≤ .001 in 8 repeats (each does in at most one of a thousand: 4 % for all)", async () => {
  for (let seed = 0; seed < 8; seed++) {
    const tables = world(100 + seed, { train: 700, holdout: 600, synthetic: 700 });
    for (const attack of ATTACKS) {
      const score = await measured(attack, inputOf(tables, { seed }));
      assert.ok((score.p as number) > 0.001, `${attack.name}, seed ${seed}: p ${score.p}`);
    }
  }
});

test("fewer than 500 people never fitted on are too few for every attack, and it says so", async () => {
  const tables = world(5, { train: 600, holdout: 499, synthetic: 600 });
  for (const attack of ATTACKS) {
    const score = await attack.measure(inputOf(tables));
    assert.ok(
      !isMeasured(score) && /at least 500/.test(score.notComputable) && /499/.test(score.notComputable),
      attack.name,
    );
  }
});

test("the one row for which all clauses hold is the one that a scan of every row finds", () => {
  const random = randomFromSeed(9);
  const table = people(random, 400);
  const columns = rawColumns([table]);
  for (let tried = 0; tried < 300; tried++) {
    const row = random.integer(400);
    const clauses = [0, 1, 2].map((k): Clause => {
      const column = (random.integer(2) + 2 * k + k) % columns.length;
      const value = columns[column]?.values[0]?.[row] as number;
      if (Number.isNaN(value)) return { column, kind: "missing", value };
      const kind = columns[column]?.ordered ? (["at-least", "at-most"] as const)[random.integer(2)] : "equal";
      return { column, kind: kind as Clause["kind"], value };
    });
    const holds = (clause: Clause, at: number): boolean => {
      const x = columns[clause.column]?.values[0]?.[at] as number;
      if (clause.kind === "missing") return Number.isNaN(x);
      return clause.kind === "equal"
        ? x === clause.value
        : clause.kind === "at-least"
          ? x >= clause.value
          : x <= clause.value;
    };
    const found = Array.from({ length: 400 }, (_, at) => at).filter((at) =>
      clauses.every((clause) => holds(clause, at)),
    );
    assert.equal(onlyRow(clauses, columns, 0), found.length === 1 ? found[0] : -1);
  }
});

test("dates and single missing cells are asked for too", () => {
  const day = 86_400_000;
  const dates = (values: number[]): Table =>
    tableOf(
      [{ name: "seen", type: "date", storage: "date", values: Float64Array.from(values, (x) => x * day) }],
      values.length,
    );
  const released = dates([3, 3, 5, 5, 9, Number.NaN]);
  // The ninth day is unique and the last; the missing cell is the only one. The first day is held twice.
  const guesses = singleOutByOne(
    rawColumns([released, dates([9, 3, 3, 4]), dates([1, 2, 3, Number.NaN])]),
    randomFromSeed(1),
  );
  assert.equal(guesses.attacks, 3);
  assert.equal(guesses.members, 2, "the ninth day, twice");
  assert.equal(guesses.nonMembers, 1, "the missing cell");
});

test("a guess of a negative number must be near it like any other, and a missing cell is guessed missing", async () => {
  const random = randomFromSeed(11);
  const rows = 600;
  const make = (secret: (i: number) => number): Table =>
    tableOf([
      textColumn(
        "place",
        Array.from({ length: rows }, () => "abcdefgh"[random.integer(8)] as string),
      ),
      numberColumn(
        "secret",
        Array.from({ length: rows }, (_, i) => secret(i)),
      ),
    ]);
  // Real secrets lie around −100, guesses around −10,000: dividing by a signed guess would call all of them right.
  const train = make(() => -100 - random.uniform());
  const holdout = make(() => -100 - random.uniform());
  const far = make(() => -10_000 - random.uniform());
  const input = (synthetic: Table) =>
    inputOf({ train, holdout, synthetic }, { kinds: { place: "categorical" }, purpose: { sensitive: ["secret"] } });
  const rightOf = async (synthetic: Table): Promise<number> => {
    const given = input(synthetic);
    const [guesses] = await guessSecrets({ train, holdout, synthetic }, 0, given);
    return guesses?.right.reduce((sum, x) => sum + x, 0) ?? -1;
  };
  assert.equal(await rightOf(far), 0);
  assert.equal(await rightOf(train), 1000, "all within 5 % of −100, members and non-members alike");
  const emptied = tableOf([
    columnOf(train, "place"),
    numberColumn(
      "secret",
      Array.from({ length: rows }, () => Number.NaN),
    ),
  ]);
  assert.equal(await rightOf(emptied), 0);
});

test("what a person's rows repeat counts once: a person of many rows is one observation", async () => {
  const { train, holdout, synthetic } = world(21, { train: 300, holdout: 300, synthetic: 600 });
  // Three rows a person: the same row again and again would triple every count of rows.
  const thrice = (table: Table): Table => concatRows([table, table, table]);
  const entities = {
    train: Int32Array.from({ length: 900 }, (_, i) => i % 300),
    holdout: Int32Array.from({ length: 900 }, (_, i) => i % 300),
  };
  const score = await linkability.measure(
    inputOf({ train: thrice(train), holdout: thrice(holdout), synthetic }, { entities }),
  );
  assert.ok(!isMeasured(score), "300 people are fewer than 500, however many rows they have");
  assert.match(score.notComputable, /there are 300/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { columnOf, concatRows, type Table, takeRows } from "../../../src/data/table.ts";
import { isMeasured } from "../../../src/metrics/metric.ts";
import { membershipDisclosure, relativeF1 } from "../../../src/metrics/privacy/membership-disclosure.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { inputOf, measured, shuffled, world } from "../world.ts";
import { cutAtRandom, peopleTable } from "./fixture.ts";

interface Part {
  readonly part: string;
  readonly attacks: number;
  readonly members: number;
  readonly nonMembers: number;
}
const firstRows = (table: Table, rows: number): Table =>
  takeRows(
    table,
    Uint32Array.from({ length: rows }, (_, i) => i),
  );

test("F1 beyond the naive one, by hand: half the members found and nobody falsely is 4/9 of the way where a quarter are members", () => {
  // Of 100 people 25 members and 75 others: 12.5 claims, all right. Precision 1, recall .5, F1 2/3; claiming all 100: precision .25, recall 1, F1 .4.
  const { value } = relativeF1({ attacks: 1000, members: 500, nonMembers: 0 }, { memberShare: 0.25, level: 0.95 });
  assert.ok(Math.abs(value - (2 / 3 - 0.4) / 0.6) < 1e-12);
  // As many others as members claimed: 12.5 right of 50. Precision .25, recall .5, F1 1/3.
  const blind = relativeF1({ attacks: 1000, members: 500, nonMembers: 500 }, { memberShare: 0.25, level: 0.95 });
  assert.ok(Math.abs(blind.value - (1 / 3 - 0.4) / 0.6) < 1e-12);
  assert.equal(relativeF1({ attacks: 10, members: 10, nonMembers: 10 }, { memberShare: 0.25, level: 0.95 }).value, 0);
  assert.equal(relativeF1({ attacks: 10, members: 10, nonMembers: 0 }, { memberShare: 0.01, level: 0.95 }).value, 1);
});

test("it is 2·precision·recall / (precision + recall) counted out over a population, rises with members found and falls with others claimed", () => {
  const count = fc.integer({ min: 0, max: 200 });
  fc.assert(
    fc.property(count, count, fc.integer({ min: 1, max: 999 }), (members, nonMembers, thousandth) => {
      const memberShare = thousandth / 1000;
      const of = (m: number, n: number) =>
        relativeF1({ attacks: 200, members: m, nonMembers: n }, { memberShare, level: 0.95 });
      const [right, wrong, all] = [members * thousandth, nonMembers * (1000 - thousandth), 200 * thousandth];
      const f1 = right === 0 ? 0 : 2 / ((right + wrong) / right + all / right);
      const naive = (2 * memberShare) / (1 + memberShare);
      const got = of(members, nonMembers);
      assert.ok(Math.abs(got.value - (f1 - naive) / (1 - naive)) < 1e-9);
      assert.ok(got.low <= got.value && got.value <= got.high && got.high <= 1 + 1e-12);
      assert.ok(members === 200 || of(members + 1, nonMembers).value > got.value);
      assert.ok(nonMembers === 200 || of(members, nonMembers + 1).value <= got.value);
    }),
    { numRuns: 300, seed: 6 },
  );
});

test("the interval holds the true F1 at least as often as its level says", () => {
  // 1,000 draws at 90 %: covered fewer than 870 times with probability 1e-3 at most were the coverage .9; it is more, for the bounds are conservative.
  const random = randomFromSeed(17);
  const draw = (rate: number): number =>
    Array.from({ length: 150 }, () => random.uniform()).filter((u) => u < rate).length;
  const options = { memberShare: 0.1, level: 0.9 };
  const truth = relativeF1({ attacks: 100, members: 30, nonMembers: 4 }, options).value;
  let covered = 0;
  for (let i = 0; i < 1000; i++) {
    const { low, high } = relativeF1({ attacks: 150, members: draw(0.3), nonMembers: draw(0.04) }, options);
    if (low <= truth && truth <= high) covered++;
  }
  assert.ok(covered >= 870, `${covered} of 1000`);
});

/** 0 … 19 by the mid-rank among real values, 20 for missing; a label is itself. */
function slowCells(tables: readonly Table[], real: readonly Table[]): string[][][] {
  const names = (tables[0] as Table).columns.map(({ name }) => name);
  const out = tables.map((table) => Array.from({ length: table.rows }, (): string[] => []));
  for (const name of names) {
    const columns = real.map((table) => columnOf(table, name));
    const values = columns.flatMap((column) => (column.type === "text" ? [] : [...column.values]));
    const known = values.filter((value) => !Number.isNaN(value));
    const isRanked = known.length > 0 && new Set(known).size > 20;
    tables.forEach((table, t) => {
      const column = columnOf(table, name);
      for (let row = 0; row < table.rows; row++) {
        let cell: string;
        if (column.type === "text") cell = column.dictionary[column.codes[row] as number] ?? "missing";
        else {
          const value = column.values[row] as number;
          const below = known.filter((other) => other < value).length;
          const equal = known.filter((other) => other === value).length;
          const rank = Math.round(((below + equal / 2) / known.length) * 2 ** 20) / 2 ** 20;
          cell = Number.isNaN(value)
            ? "missing"
            : isRanked
              ? String(Math.min(19, Math.floor(20 * rank)))
              : String(value);
        }
        ((out[t] as string[][])[row] as string[]).push(cell);
      }
    });
  }
  return out;
}

test("claims are those of a slow count of columns that differ, for every number of columns", async () => {
  const tables = world(3, { train: 500, holdout: 500, synthetic: 10 });
  // Values that real rows have, so that their bin is beyond doubt.
  const synthetic = concatRows([firstRows(shuffled(tables.train, randomFromSeed(4)), 40), firstRows(tables.train, 30)]);
  for (const quasiIdentifiers of [["age", "job", "sex", "lab"], []]) {
    const input = inputOf({ ...tables, synthetic }, { purpose: { quasiIdentifiers, population: 5000 } });
    const score = await measured(membershipDisclosure, input);
    const only = (table: Table): Table => ({
      rows: table.rows,
      columns: table.columns.filter(({ name }) => quasiIdentifiers.length === 0 || quasiIdentifiers.includes(name)),
    });
    const real = [only(tables.train), only(tables.holdout)];
    const [members, others, released] = slowCells([...real, only(synthetic)], real) as [
      string[][],
      string[][],
      string[][],
    ];
    const least = (person: string[]): number =>
      Math.min(...released.map((row) => row.filter((cell, j) => cell !== person[j]).length));
    const parts = score.details?.parts as readonly Part[];
    assert.equal(parts.length, Math.min(only(synthetic).columns.length - 1, 5) + 1);
    const [near, far] = [members.map(least), others.map(least)];
    parts.forEach((part, h) => {
      assert.equal(part.attacks, 500);
      assert.equal(part.members, near.filter((distance) => distance <= h).length, `members, ${part.part}`);
      assert.equal(part.nonMembers, far.filter((distance) => distance <= h).length, `non-members, ${part.part}`);
    });
    assert.equal(score.details?.memberShare, 0.1);
  }
});

test("a copy of the training rows gives everybody away; a half of it is found in every planting", async () => {
  const everybody = peopleTable(2400, { numbers: 5, categories: 3, random: randomFromSeed(5) });
  const [train, holdout, synthetic] = cutAtRandom(everybody, [900, 600, 900], 5) as [Table, Table, Table];
  const options = {
    purpose: { population: 50_000 },
    kinds: { category_0: "categorical", category_1: "categorical", category_2: "categorical" } as const,
  };
  const copy = await measured(membershipDisclosure, inputOf({ train, holdout, synthetic: train }, options));
  assert.ok(copy.value > 0.99 && copy.low > 0.5 && (copy.p as number) < 1e-100, `${copy.value}, from ${copy.low}`);
  const honest = await measured(membershipDisclosure, inputOf({ train, holdout, synthetic }, options));
  assert.ok(honest.low < 0.01 && (honest.p as number) > 0.01);
  assert.equal(honest.plantings?.length, 3);
  for (const planting of honest.plantings ?? []) {
    assert.ok(planting.low > 0.2 && (planting.p as number) < 0.0015, `${planting.low}, p ${planting.p}`);
    assert.equal(planting.share, 0.5);
  }
});

test("fresh rows alarm no more often than p says", async () => {
  // p is at least uniform: more than 7 of 60 at .05 in 2 of 100 seeds at the very most.
  let alarms = 0;
  for (let seed = 100; seed < 160; seed++) {
    const tables = world(seed, { train: 550, holdout: 500, synthetic: 550 });
    const { p } = await measured(
      membershipDisclosure,
      inputOf(tables, { seed, purpose: { quasiIdentifiers: ["age", "job", "sex", "lab"], population: 10_000 } }),
    );
    if ((p as number) <= 0.05) alarms++;
  }
  assert.ok(alarms <= 7, `${alarms} of 60`);
});

test("without a declared population the people at hand are all there are, and the score says so", async () => {
  const tables = world(6, { train: 900, holdout: 600, synthetic: 900 });
  const score = await measured(membershipDisclosure, inputOf(tables));
  assert.equal(score.details?.memberShare, 0.6);
  assert.equal(score.details?.population, 1500);
  assert.match(String(score.details?.populationIs), /not declared.*--population/);
  // Where nobody is claimed the F1 is 0, and the relative one as far below 0 as the naive one is above it.
  const nobody = await measured(membershipDisclosure, inputOf({ ...tables, synthetic: elsewhere(tables.synthetic) }));
  assert.ok(Math.abs(nobody.value - -0.75 / 0.25) < 1e-9, `${nobody.value}`);
});

test("people are counted, not their rows, and a population smaller than they are is told", async () => {
  const tables = world(7, { train: 900, holdout: 600, synthetic: 900 });
  const entities = {
    train: Int32Array.from({ length: 900 }, (_, i) => i % 300),
    holdout: Int32Array.from({ length: 600 }, (_, i) => 1000 + i),
  };
  const score = await measured(membershipDisclosure, inputOf(tables, { entities, purpose: { population: 3000 } }));
  assert.equal(score.details?.memberShare, 0.1);
  const small = await membershipDisclosure.measure(inputOf(tables, { entities, purpose: { population: 899 } }));
  assert.ok(!isMeasured(small));
  assert.match(small.notComputable, /899 people is smaller than the 900 people/);
});

/** Rows of labels and numbers that no real row is near. */
function elsewhere(table: Table): Table {
  return {
    ...table,
    columns: table.columns.map((column) =>
      column.type === "text"
        ? { ...column, dictionary: column.dictionary.map((label) => `no ${label}`) }
        : { ...column, values: column.values.map(() => Number.NaN) },
    ),
  };
}

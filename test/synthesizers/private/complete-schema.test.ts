import assert from "node:assert/strict";
import { test } from "node:test";
import { type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import { createBudget } from "../../../src/dp/budget.ts";
import { InvalidData } from "../../../src/errors.ts";
import { randomFromSeed, secureSource } from "../../../src/random.ts";
import { declaredSchema } from "../../../src/schema/declared-schema.ts";
import { parseSchema } from "../../../src/schema/file.ts";
import { publicColumns } from "../../../src/synthesizers/private/columns.ts";
import { completeSchema, needsLabels } from "../../../src/synthesizers/private/complete-schema.ts";
import { noisyBinEnds } from "../../../src/synthesizers/private/noisy-bins.ts";
import { scriptedBudget } from "./scripted-budget.ts";

function people(rows: number, seed = 1): Table {
  const random = randomFromSeed(seed).split("people");
  const labels = ["a", "b", "c", `only in ${seed}`];
  return tableOf([
    {
      name: "amount",
      type: "number",
      storage: "double",
      values: Float64Array.from({ length: rows }, () =>
        random.uniform() < 0.5 ? 0 : random.uniform() < 0.1 ? Number.NaN : Math.exp(3 + 2 * random.normal()),
      ),
    },
    {
      name: "age",
      type: "number",
      storage: "integer",
      values: Float64Array.from({ length: rows }, () => 18 + random.integer(70)),
    },
    {
      name: "group",
      type: "text",
      storage: "text",
      dictionary: labels,
      codes: Int32Array.from({ length: rows }, () => random.integer(4)),
    },
    {
      name: "day",
      type: "date",
      storage: "date",
      values: Float64Array.from({ length: rows }, () => 86_400_000 * (18_000 + random.integer(900))),
    },
  ]);
}

const nothingDeclared = (table: Table) => declaredSchema(table, { override: undefined, keys: [] });

test("one row more or less changes every answer by no more than was paid for, and nothing else", () => {
  const table = people(40);
  for (let seed = 0; seed < 5; seed++) {
    const budget = scriptedBudget(seed);
    const whole = completeSchema(table, nothingDeclared(table), { budget });
    for (let left = 0; left < table.rows; left++) {
      const fewer = takeRows(
        table,
        Uint32Array.from({ length: table.rows }, (_, row) => row).filter((row) => row !== left),
      );
      const other = scriptedBudget(seed);
      assert.deepEqual(completeSchema(fewer, nothingDeclared(fewer), { budget: other }), whole);
      assert.equal(other.asked.length, budget.asked.length);
      other.asked.forEach((line, i) => {
        const before = budget.asked[i];
        assert.equal(line.query, before?.query);
        assert.equal(line.rho, before?.rho);
        assert.ok(distance(line.truth, before?.truth ?? []) <= line.sensitivity, line.query);
      });
    }
  }
});

/** L2. */
function distance(
  a: readonly number[] | ReadonlyMap<string, number>,
  b: readonly number[] | ReadonlyMap<string, number>,
): number {
  const asMap = (x: typeof a): ReadonlyMap<string | number, number> =>
    Array.isArray(x) ? new Map(x.map((v: number, i: number) => [i, v])) : (x as ReadonlyMap<string, number>);
  const [one, two] = [asMap(a), asMap(b)];
  return Math.hypot(
    ...[...new Set([...one.keys(), ...two.keys()])].map((key) => (one.get(key) ?? 0) - (two.get(key) ?? 0)),
  );
}

test("bins taken from the rows themselves are caught by the same test", () => {
  const table = people(40);
  const bins = (rows: Table): string =>
    String(
      [...(rows.columns[0] as { values: Float64Array }).values].filter((value) => value > 0).sort((a, b) => a - b)[9],
    );
  const fewer = takeRows(
    table,
    Uint32Array.from({ length: 39 }, (_, row) => row + 1),
  );
  const all = Array.from({ length: 40 }, (_, left) =>
    bins(
      takeRows(
        table,
        Uint32Array.from({ length: 40 }, (_, row) => row).filter((row) => row !== left),
      ),
    ),
  );
  assert.ok(all.some((end) => end !== bins(fewer)));
});

test("with the same answers the domain is the same, whatever the rows", () => {
  const [one, two] = [people(50, 1), people(500, 2)];
  assert.deepEqual(
    completeSchema(one, nothingDeclared(one), { budget: scriptedBudget(3) }),
    completeSchema(two, nothingDeclared(two), { budget: scriptedBudget(3) }),
  );
});

test("what is declared costs nothing", () => {
  const table = people(100);
  const override = parseSchema(
    `format: counterfoil-schema/1
columns:
  - {name: amount, range: [0, 5000], binEnds: [0, 10, 100], decimals: 2}
  - {name: age, range: [18, 90]}
  - {name: group, categories: [a, b, c], nullable: false}
  - {name: day, range: [2019-01-01, 2019-03-01]}
`,
    "schema.yaml",
  );
  const schema = declaredSchema(table, { override, keys: [] });
  const budget = scriptedBudget(1);
  const { schema: completed, sources } = completeSchema(table, schema, { budget });
  assert.equal(budget.asked.length, 0);
  assert.equal(needsLabels(table, schema), false);
  assert.deepEqual(completed, schema);
  assert.ok(sources.every(({ domain }) => domain === "public"));
  const columns = publicColumns(table, completed);
  // Missing, then four bins; missing and 73 years; three labels; missing and 60 days.
  assert.deepEqual(
    columns.map(({ size }) => size),
    [5, 74, 3, 61],
  );
  const amount = (table.columns[0] as { values: Float64Array }).values;
  columns[0]?.codes.forEach((code, row) => {
    const value = amount[row] as number;
    assert.equal(code, Number.isNaN(value) ? 0 : value === 0 ? 1 : value <= 10 ? 2 : value <= 100 ? 3 : 4);
  });
  // A label that was not declared stands as one that was.
  assert.ok(columns[2]?.codes.every((code) => code < 3));
});

test("a completed schema spends its share and no more, and needs nothing when it is used again", () => {
  const table = people(20_000);
  const budget = createBudget({
    epsilon: 4,
    delta: 1e-6,
    unit: { kind: "row", rows: 1 },
    source: secureSource(),
    reserveDelta: 5e-7,
  });
  const { schema, sources } = completeSchema(table, nothingDeclared(table), { budget });
  assert.ok(budget.rho - budget.remaining <= 0.2 * budget.rho * (1 + 1e-9));
  assert.deepEqual(new Set(sources.map(({ domain }) => domain)), new Set(["paid"]));
  const again = scriptedBudget(1);
  assert.deepEqual(completeSchema(table, schema, { budget: again }).schema, schema);
  assert.equal(again.asked.length, 0);
  assert.deepEqual(schema.columns[2]?.categories, ["a", "b", "c", "only in 1"]);
  // Half of the amounts are zero: a bin of its own.
  const amount = publicColumns(table, schema)[0];
  assert.ok(amount && amount.plan.kind === "quantity");
  const counts = new Map<number, number>();
  for (const code of amount.codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  assert.ok(counts.size >= 12, `${counts.size} bins are held`);
});

test("too little to find a domain with is said", () => {
  const table = people(30);
  const budget = createBudget({
    epsilon: 0.1,
    delta: 1e-9,
    unit: { kind: "row", rows: 1 },
    source: secureSource(),
    reserveDelta: 5e-10,
  });
  assert.throws(
    () => completeSchema(table, nothingDeclared(table), { budget }),
    (error) => error instanceof InvalidData && error.code === "no-domain" && /"amount"/.test(error.message),
  );
});

test("bins follow the counts where noise is small: equal shares, and common values alone", () => {
  const random = randomFromSeed(5).split("values");
  const values = Float64Array.from({ length: 50_000 }, () =>
    random.uniform() < 0.3 ? 7 : Math.floor(1000 * random.uniform() ** 2),
  );
  const budget = createBudget({ epsilon: 80, delta: 1e-6, unit: { kind: "row", rows: 1 }, source: secureSource() });
  const ends = noisyBinEnds(values, { range: [0, 999], unit: 1, bins: 20, budget, query: "bins", rho: budget.rho });
  assert.equal(ends.at(-1), 999);
  assert.ok(ends.includes(7) && ends.includes(6), ends.join(" "));
  const held = ends.map((end, i) => values.filter((v) => v <= end && v > (ends[i - 1] ?? -1)).length / values.length);
  assert.ok(held.filter((share) => share < 0.11).length >= ends.length - 1, held.join(" "));
  assert.ok(ends.length > 12 && ends.length < 40, String(ends.length));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../src/data/table.ts";
import type { Budget } from "../../src/dp/budget.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { mst } from "../../src/synthesizers/mst.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";
import { budgetOf, distanceOver, people, peopleSchema, rowsOf, textRows } from "./private/people.ts";
import { scriptedBudget } from "./private/scripted-budget.ts";

function fit(
  table: Parameters<typeof mst.fit>[0],
  how: { readonly budget: Budget; readonly schema?: TableSchema; readonly options?: unknown },
): Promise<Fitted> {
  return mst.fit(table, {
    schema: how.schema ?? peopleSchema,
    options: mst.options.parse(how.options ?? {}),
    budget: how.budget,
    random: randomFromSeed(1),
    executor: localExecutor(),
  });
}

test("a fit is made of the budget's answers alone: other rows with the same answers give the same model, notes and row count", async () => {
  const saved = [];
  for (const table of [people(500, 1), people(90, 2)]) {
    const fitted = await fit(table, { budget: scriptedBudget(7) });
    saved.push({ record: fitted.save(), notes: fitted.notes, rows: fitted.learnedRows });
  }
  assert.deepEqual(saved[0], saved[1]);
});

test("spends .4 of its budget on columns, .1 on choosing a tree and .5 on its pairs", async () => {
  const budget = budgetOf(1);
  await fit(people(2000, 1), { budget });
  const { lines, rho } = budget;
  assert.deepEqual(
    lines.map(({ mechanism }) => (mechanism === "exponential" ? "choose" : "measure")),
    [...new Array(4).fill("measure"), ...new Array(3).fill("choose"), ...new Array(3).fill("measure")],
  );
  const spent = (from: number, to: number): number => lines.slice(from, to).reduce((sum, line) => sum + line.rho, 0);
  for (const [from, to, share] of [
    [0, 4, 0.4],
    [4, 7, 0.1],
    [7, 10, 0.5],
  ] as const)
    assert.ok(Math.abs(spent(from, to) / rho - share) < 1e-9);
  assert.ok(lines.slice(4, 7).every(({ sensitivity }) => sensitivity === 1));
});

test("the pairs form the tree of the largest errors of the independent model, where noise hides nothing", async () => {
  const table = people(5000, 4);
  const rows = textRows(table);
  const error = (a: number, b: number): number => {
    const count = (keys: (row: string[]) => string): Map<string, number> => {
      const out = new Map<string, number>();
      for (const row of rows) out.set(keys(row), (out.get(keys(row)) ?? 0) + 1);
      return out;
    };
    const [first, second, both] = [
      count((row) => row[a] as string),
      count((row) => row[b] as string),
      count((row) => `${row[a]}|${row[b]}`),
    ];
    let sum = 0;
    for (const [x, m] of first)
      for (const [y, n] of second) sum += Math.abs((both.get(`${x}|${y}`) ?? 0) - (m * n) / rows.length);
    return sum;
  };
  // Kruskal's algorithm.
  const edges = [];
  for (let a = 0; a < 4; a++) for (let b = a + 1; b < 4; b++) edges.push({ a, b, error: error(a, b) });
  edges.sort((one, other) => other.error - one.error);
  const part = [0, 1, 2, 3];
  const wanted = new Set<string>();
  const names = peopleSchema.columns.map(({ name }) => name);
  for (const { a, b } of edges) {
    if (part[a] === part[b]) continue;
    const from = part[b];
    part.forEach((own, j) => {
      if (own === from) part[j] = part[a] as number;
    });
    wanted.add(`counts of "${names[a]}", "${names[b]}"`);
  }
  const budget = budgetOf(90);
  await fit(table, { budget });
  assert.deepEqual(new Set(budget.lines.slice(-3).map(({ query }) => query)), wanted);
});

test("with a budget that hides nothing, columns and the tree's pairs are as in the rows but for rounding", async () => {
  const table = people(6000, 3);
  const budget = budgetOf(90);
  const made = await rowsOf(await fit(table, { budget, options: { rareSigmas: 0 } }), 6000);
  const real = textRows(table);
  const names = peopleSchema.columns.map(({ name }) => name);
  for (const { query } of budget.lines.slice(-3)) {
    const pair = [...query.matchAll(/"(\w+)"/g)].map(([, name]) => names.indexOf(name as string));
    assert.equal(pair.length, 2);
    const distance = distanceOver(pair, { one: real, other: made });
    assert.ok(distance < 0.02, `${query}: ${distance}`);
  }
  for (let j = 0; j < 4; j++) assert.ok(distanceOver([j], { one: real, other: made }) < 0.01);
});

test("rare values are drawn as often as all of them together are counted, evenly", async () => {
  // Value 0 has nearly all rows; 1 … 19 share 60.
  const values = Float64Array.from({ length: 6000 }, (_, row) => (row < 60 ? 1 + (row % 19) : 0));
  const table = tableOf([
    { name: "x", type: "number", storage: "integer", values },
    { name: "y", type: "number", storage: "integer", values: values.map((_, row) => row % 3) },
  ]);
  const column = { type: "number", kind: "integer", evidence: [], nullable: false } as const;
  const schema: TableSchema = {
    format: "counterfoil-schema/1",
    notes: [],
    columns: [
      { ...column, name: "x", range: [0, 19] },
      { ...column, name: "y", range: [0, 2] },
    ],
  };
  const fitted = await fit(table, { schema, budget: budgetOf(2), options: { rareSigmas: 10 } });
  assert.ok(fitted.notes.some((note) => /19 rare values of 1 columns/.test(note)));
  const made = await rowsOf(fitted, 60_000);
  const counts = new Map<string, number>();
  for (const [x] of made as [string][]) counts.set(x, (counts.get(x) ?? 0) + 1);
  const rare = Array.from({ length: 19 }, (_, i) => counts.get(String(i + 1)) ?? 0);
  // 60 rows of 6,000 up to noise; each value its share, up to rounding.
  const sum = rare.reduce((total, count) => total + count, 0);
  assert.ok(sum > 100 && sum < 2000, `${sum}`);
  for (const count of rare) assert.ok(Math.abs(count - sum / 19) <= 2, rare.join());
});

test("three rows at a tiny epsilon, no row, and one column still give a table", async () => {
  for (const rows of [0, 3])
    for (let run = 0; run < 5; run++) {
      const made = await rowsOf(await fit(people(rows, 1), { budget: budgetOf(0.1) }), 50);
      assert.equal(made.length, 50);
    }
  const [age] = people(500, 1).columns;
  const schema = { ...peopleSchema, columns: peopleSchema.columns.slice(0, 1) };
  const budget = budgetOf(30);
  const made = await rowsOf(await fit(tableOf([age!]), { schema, budget }), 1000);
  assert.equal(budget.lines.length, 1);
  assert.ok(distanceOver([0], { one: textRows(tableOf([age!])), other: made }) < 0.03);
});

test("declared constraints are structural zeros: no row breaks them, however noisy", async () => {
  const schema: TableSchema = {
    ...peopleSchema,
    constraints: [{ kind: "order", columns: ["age", "later"], strict: false }],
  };
  const made = await rowsOf(await fit(people(300, 1), { budget: budgetOf(0.3), schema }), 5000);
  for (const [age, , later] of made as [string, string, string][]) assert.ok(Number(age) <= Number(later));
});

test("a table that would not fit in memory is refused before anything is spent", async () => {
  const budget = budgetOf(1);
  await assert.rejects(
    fit(people(30, 1), { budget, options: { memoryMegabytes: 0.01 } }),
    (error: unknown) => error instanceof InvalidArgument && error.code === "workload-too-large",
  );
  assert.equal(budget.lines.length, 0);
});

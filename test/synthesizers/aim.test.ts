import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf } from "../../src/data/table.ts";
import type { Budget } from "../../src/dp/budget.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { aim } from "../../src/synthesizers/aim.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";
import { budgetOf, distanceOver, people, peopleSchema, rowsOf, textRows } from "./private/people.ts";
import { scriptedBudget } from "./private/scripted-budget.ts";

function fit(
  table: Parameters<typeof aim.fit>[0],
  how: { readonly budget: Budget; readonly schema?: TableSchema; readonly options?: unknown },
): Promise<Fitted> {
  return aim.fit(table, {
    schema: how.schema ?? peopleSchema,
    options: aim.options.parse(how.options ?? {}),
    budget: how.budget,
    random: randomFromSeed(1),
    executor: localExecutor(),
  });
}

/** Integer columns of some size, each row's cells by a function. */
function numbers(sizes: readonly number[], rows: number, cell: (row: number, j: number) => number) {
  const table = tableOf(
    sizes.map((_, j) => ({
      name: `c${j}`,
      type: "number" as const,
      storage: "integer" as const,
      values: Float64Array.from({ length: rows }, (_, row) => cell(row, j)),
    })),
    rows,
  );
  const schema: TableSchema = {
    format: "counterfoil-schema/1",
    notes: [],
    columns: sizes.map((size, j) => ({
      name: `c${j}`,
      type: "number",
      kind: "integer",
      evidence: [],
      range: [0, size - 1],
      nullable: false,
    })),
  };
  return { table, schema };
}

test("a fit is made of the budget's answers alone: other rows with the same answers give the same model, notes and row count", async () => {
  const [one, other] = [people(500, 1), people(90, 2)];
  const saved = [];
  for (const table of [one, other]) {
    const budget = scriptedBudget(7);
    const fitted = await fit(table, { budget });
    saved.push({ record: fitted.save(), notes: fitted.notes, rows: fitted.learnedRows, asked: budget.asked });
  }
  const [a, b] = saved as [(typeof saved)[0], (typeof saved)[0]];
  assert.deepEqual(a.record, b.record);
  assert.deepEqual(a.notes, b.notes);
  assert.equal(a.rows, b.rows);
  // What was asked differs in nothing but the truth, which does differ.
  const questions = (asked: typeof a.asked): unknown => asked.map(({ truth: _, ...question }) => question);
  assert.deepEqual(questions(a.asked), questions(b.asked));
  assert.notDeepEqual(
    a.asked.map(({ truth }) => truth),
    b.asked.map(({ truth }) => truth),
  );
});

test("spends exactly its budget, first on every column, then on rounds of one choice and one measurement", async () => {
  const budget = budgetOf(1);
  await fit(people(2000, 1), { budget });
  assert.ok(Math.abs(budget.spent().rho - budget.rho) < 1e-9 * budget.rho);
  const kinds = budget.lines.map(({ mechanism }) => mechanism);
  assert.deepEqual(kinds.slice(0, 4), new Array(4).fill("discrete-gaussian"));
  const rounds = kinds.slice(4);
  assert.ok(rounds.length > 2 && rounds.length % 2 === 0);
  rounds.forEach((kind, i) => {
    assert.equal(kind, i % 2 === 0 ? "exponential" : "discrete-gaussian");
  });
  // The first noise is that of two of 16 rounds for each column, then of one.
  assert.ok(Math.abs((budget.lines[0]?.rho as number) - (2 * 0.9 * budget.rho) / 64) < 1e-12);
  assert.ok(Math.abs((budget.lines[4]?.rho as number) - (0.1 * budget.rho) / 64) < 1e-12);
  assert.ok(Math.abs((budget.lines[5]?.rho as number) - (0.9 * budget.rho) / 64) < 1e-12);
});

test("with a budget that hides nothing, pairs are as in the rows but for rounding", async () => {
  const table = people(6000, 3);
  const made = await rowsOf(await fit(table, { budget: budgetOf(90) }), 6000);
  const real = textRows(table);
  for (let a = 0; a < 4; a++)
    for (let b = a + 1; b < 4; b++) {
      const distance = distanceOver([a, b], { one: real, other: made });
      // Independent draws from the real pairs alone would be .03 to .07 away.
      assert.ok(distance < 0.035, `columns ${a} and ${b}: ${distance}`);
    }
});

test("a workload by names is what is measured, and a set in it that is no pair", async () => {
  const budget = budgetOf(5);
  const options = { workload: [["later", "age", "flag"]] };
  const fitted = await fit(people(3000, 1), { budget, options });
  const asked = budget.lines.filter(({ mechanism }) => mechanism === "discrete-gaussian").slice(4);
  assert.ok(asked.length > 0);
  for (const { query } of asked) assert.ok(!query.includes('"group"'), query);
  assert.ok(fitted.notes.some((note) => note.includes('"age"')));
  await assert.rejects(
    fit(people(30, 1), { budget: budgetOf(1), options: { workload: [["agee"]] } }),
    (error: unknown) => error instanceof InvalidArgument && /Did you mean "age"/.test(error.message),
  );
});

test("a workload that would not fit in memory is refused before anything is spent", async () => {
  const { table, schema } = numbers(new Array(30).fill(90), 10, () => 1);
  const budget = budgetOf(1);
  await assert.rejects(
    fit(table, { budget, schema, options: { workload: "triples", mostCells: 1_000_000 } }),
    (error: unknown) =>
      error instanceof InvalidArgument &&
      error.code === "workload-too-large" &&
      /bytes/.test(error.message) &&
      /Nothing was spent/.test(error.message) &&
      /memoryMegabytes/.test(error.advice ?? ""),
  );
  assert.equal(budget.lines.length, 0);
});

test("three rows at a tiny epsilon, and no row at all, still give a table", async () => {
  for (const rows of [0, 3])
    for (let run = 0; run < 5; run++) {
      const fitted = await fit(people(rows, 1), { budget: budgetOf(0.1) });
      const made = await rowsOf(fitted, 50);
      assert.equal(made.length, 50);
      assert.ok((fitted.learnedRows as number) >= 0);
    }
});

test("noisy counts that know of no row leave all values equally likely, and a note says so", async () => {
  const budget = scriptedBudget(1);
  const fitted = await fit(people(10, 1), {
    budget: {
      ...budget,
      get remaining() {
        return budget.remaining;
      },
      gaussian(counts, how) {
        const { sigma } = budget.gaussian(counts, how);
        return { noisy: new Float64Array(counts.length).fill(-50), sigma };
      },
    },
  });
  assert.equal(fitted.learnedRows, 0);
  assert.ok(fitted.notes.some((note) => /know of no row/.test(note)));
  const made = await rowsOf(fitted, 2000);
  assert.equal(new Set(made.map((row) => row[0])).size, 20);
});

test("one column, a column of one value, and 45 columns", async () => {
  const one = numbers([7], 400, (row) => row % 7);
  const made = await rowsOf(await fit(one.table, { schema: one.schema, budget: budgetOf(20) }), 700);
  assert.ok(distanceOver([0], { one: textRows(one.table), other: made }) < 0.03);
  const constant = numbers([1, 5], 400, (row, j) => (j === 0 ? 0 : row % 5));
  const rows = await rowsOf(await fit(constant.table, { schema: constant.schema, budget: budgetOf(20) }), 100);
  assert.ok(rows.every(([cell]) => cell === "0"));
  const wide = numbers(
    Array.from({ length: 45 }, (_, j) => 2 + (j % 5)),
    800,
    (row, j) => (row + (row % 3) * j) % (2 + (j % 5)),
  );
  const fitted = await fit(wide.table, { schema: wide.schema, budget: budgetOf(2) });
  assert.equal((await rowsOf(fitted, 100))[0]?.length, 45);
});

test("declared constraints are structural zeros: no row breaks them, however noisy", async () => {
  const schema: TableSchema = {
    ...peopleSchema,
    constraints: [
      { kind: "order", columns: ["age", "later"], strict: false },
      { kind: "check", condition: "group != 'd' || age >= 15" },
    ],
  };
  const fitted = await fit(people(300, 1), { budget: budgetOf(0.3), schema });
  const made = await rowsOf(fitted, 5000);
  for (const [age, group, later] of made as [string, string, string][]) {
    assert.ok(Number(age) <= Number(later), `${age} and ${later}`);
    assert.ok(group !== "d" || Number(age) >= 15, `${group} at ${age}`);
  }
  assert.ok(fitted.notes.some((note) => note.includes("order: age ≤ later")));
});

test("constraints that no row can keep are refused before anything is spent", async () => {
  const budget = budgetOf(1);
  const schema: TableSchema = {
    ...peopleSchema,
    constraints: [
      { kind: "check", condition: "age > 10 && flag == false" },
      { kind: "check", condition: "age < 10" },
    ],
  };
  await assert.rejects(
    fit(people(30, 1), { budget, schema }),
    (error: unknown) => error instanceof InvalidArgument && error.code === "no-possible-row",
  );
  assert.equal(budget.lines.length, 0);
});

test("a unit of several rows has its noise times as large", async () => {
  const { createBudget } = await import("../../src/dp/budget.ts");
  const { secureSource } = await import("../../src/random.ts");
  const budget = createBudget({
    epsilon: 1,
    delta: 1e-6,
    unit: { kind: "group", column: "person", rows: 4 },
    source: secureSource(),
  });
  const fitted = await fit(people(3000, 1), { budget });
  const sigma = budget.lines[0]?.detail.sigma as number;
  const row = Math.sqrt(64 / (2 * 2 * 0.9 * budget.rho));
  assert.ok(Math.abs(sigma / (4 * row) - 1) < 1e-6, `${sigma}, ${row}`);
  assert.ok(fitted.notes[0]?.includes(sigma.toPrecision(3)));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table, tableOf } from "../../src/data/table.ts";
import { Cancelled, InvalidArgument } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { sequentialTrees } from "../../src/synthesizers/sequential-trees.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";

const executor = localExecutor();

test("relations are kept: a group's mean, a threshold, and which cells are missing", async () => {
  const out = await drawn(linkedTable(4000, 1), 8000);
  const group = codes(out, "group");
  const amount = values(out, "amount");
  const late = values(out, "late");
  const means = [0, 1, 2].map((g) => mean(amount.filter((_, i) => group[i] === g)));
  // True means 0, 3, 6 with sd 1 and some 1,300 source rows each: .15 is more than four standard errors.
  means.forEach((value, g) => {
    assert.ok(Math.abs(value - 3 * g) < 0.15, `mean of group ${g}: ${value}`);
  });
  // `late` is missing exactly in group 0; elsewhere it follows the amount with a correlation of .894.
  assert.ok(late.every((value, i) => Number.isNaN(value) === (group[i] === 0)));
  const present = [...late.keys()].filter((i) => group[i] !== 0);
  assert.ok(
    correlation(
      Float64Array.from(present, (i) => late[i]!),
      Float64Array.from(present, (i) => amount[i]!),
    ) > 0.9,
  );
});

test("plain donors hand out training values, the default does not", async () => {
  const source = linkedTable(1500, 2);
  const real = new Set(values(source, "amount"));
  const copied = await drawn(source, 1500, { plainDonors: true, minLeaf: 5 });
  const fresh = await drawn(source, 1500);
  assert.equal(values(copied, "amount").filter((value) => real.has(value)).length, 1500);
  // Only the two ends of the range may be real amounts.
  assert.ok(values(fresh, "amount").filter((value) => real.has(value)).length < 30);
});

test("a spike and a rounding grid survive", async () => {
  const random = randomFromSeed(3);
  const n = 3000;
  const amounts = Float64Array.from({ length: n }, () =>
    random.uniform() < 0.4 ? 0 : 25 * Math.round(40 * Math.exp(random.normal())),
  );
  const table = tableOf([{ name: "amount", type: "number", storage: "integer", values: amounts }]);
  const schema: TableSchema = {
    format: "counterfoil-schema/1",
    notes: [],
    columns: [{ name: "amount", type: "number", kind: "integer", roundingUnit: 25, decimals: 0, evidence: [] }],
  };
  const out = values(await drawn(table, 10_000, {}, schema), "amount");
  const zeros = out.filter((value) => value === 0).length / 10_000;
  const real = amounts.filter((value) => value === 0).length / n;
  // Binomial standard error .005: five of them.
  assert.ok(Math.abs(zeros - real) < 0.025, `${zeros} against ${real}`);
  assert.ok(out.every((value) => value % 25 === 0));
});

test("a user's order is followed, the rest comes as given; an unknown column is named with the nearest", async () => {
  const source = linkedTable(400, 4);
  const { steps } = chainIn<{ kind: string; column: number }>(await fit(source, { order: ["late", "group"] }));
  assert.deepEqual(
    steps.map(({ kind, column }) => [kind, column]),
    [
      ["missing", 2],
      ["value", 2],
      ["label", 0],
      ["value", 1],
    ],
  );
  await assert.rejects(
    fit(source, { order: ["amuont"] }),
    (error: unknown) => error instanceof InvalidArgument && /Did you mean "amount"/.test(error.message),
  );
});

test("a wide table takes at most maxPredictors per tree, the associated ones", async () => {
  const random = randomFromSeed(5);
  const n = 500;
  const width = 60;
  const columns = Array.from({ length: width }, (_, j) => ({
    name: `c${j}`,
    type: "number" as const,
    storage: "double" as const,
    values: Float64Array.from({ length: n }, () => random.normal()),
  }));
  // The last is the first and some noise.
  columns[width - 1]!.values.set(columns[0]!.values.map((value) => value + random.normal() / 10));
  const schema: TableSchema = {
    format: "counterfoil-schema/1",
    notes: [],
    columns: columns.map(({ name }) => ({ name, type: "number", kind: "continuous", evidence: [] })),
  };
  const options = { maxPredictors: 5, order: "given", criterion: "ranks" };
  const fitted = await fit(tableOf(columns), options, schema);
  const { steps } = chainIn<{ predictors: number[] }>(fitted);
  assert.ok(steps.every(({ predictors }) => predictors.length <= 5));
  assert.ok(steps.at(-1)!.predictors.includes(0));
});

test("a wide fit tells how far it is while it compares columns, and stops there when cancelled", async () => {
  const random = randomFromSeed(6);
  const columns = Array.from({ length: 250 }, (_, j) => ({
    name: `c${j}`,
    type: "number" as const,
    storage: "double" as const,
    values: Float64Array.from({ length: 60 }, () => random.normal()),
  }));
  const controller = new AbortController();
  const told: string[] = [];
  await assert.rejects(
    sequentialTrees.fit(tableOf(columns), {
      schema: {
        format: "counterfoil-schema/1",
        notes: [],
        columns: columns.map(({ name }) => ({ name, type: "number", kind: "continuous", evidence: [] })),
      },
      options: sequentialTrees.options.parse({}),
      random,
      executor,
      signal: controller.signal,
      progress: (done, total, unit) => {
        told.push(`${done} of ${total} ${unit}`);
        if (unit === "columns compared") controller.abort();
      },
    }),
    Cancelled,
  );
  assert.ok(told.includes("250 of 250 columns prepared"));
  assert.equal(told.filter((line) => line.endsWith("compared")).length, 1);
});

test("options out of range are refused", () => {
  for (const options of [{ minLeaf: 0 }, { price: -1 }, { criterion: "gini" }, { window: 0 }, { leaves: 3 }])
    assert.equal(sequentialTrees.options.safeParse(options).success, false);
});

const linkedSchema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: [
    { name: "group", type: "text", kind: "categorical", evidence: [] },
    { name: "amount", type: "number", kind: "continuous", evidence: [] },
    { name: "late", type: "number", kind: "continuous", evidence: [] },
  ],
};

function linkedTable(n: number, seed: number): Table {
  const random = randomFromSeed(seed);
  const group = Int32Array.from({ length: n }, () => random.integer(3));
  const amount = Float64Array.from(group, (g) => 3 * g + random.normal());
  return tableOf([
    { name: "group", type: "text", storage: "text", dictionary: ["a", "b", "c"], codes: group },
    { name: "amount", type: "number", storage: "double", values: amount },
    {
      name: "late",
      type: "number",
      storage: "double",
      values: amount.map((value, i) => (group[i] === 0 ? Number.NaN : value + random.normal() / 2)),
    },
  ]);
}

function fit(table: Table, options: object = {}, schema: TableSchema = linkedSchema) {
  return sequentialTrees.fit(table, {
    schema,
    options: sequentialTrees.options.parse(options),
    random: randomFromSeed(1),
    executor,
  });
}

async function drawn(
  table: Table,
  rows: number,
  options: object = {},
  schema: TableSchema = linkedSchema,
): Promise<Table> {
  const chunks: Table[] = [];
  const fitted = await fit(table, options, schema);
  for await (const chunk of fitted.sample(rows, { random: randomFromSeed(2), executor })) chunks.push(chunk);
  return concatRows(chunks);
}

function values(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  assert.ok(column.type === "number");
  return column.values;
}

/** Group codes by label, whatever the dictionary's order. */
function codes(table: Table, name: string): number[] {
  const column = columnOf(table, name);
  assert.ok(column.type === "text");
  return [...column.codes].map((code) => ["a", "b", "c"].indexOf(column.dictionary[code] as string));
}

function mean(v: Float64Array): number {
  return v.reduce((sum, value) => sum + value, 0) / v.length;
}

function correlation(x: Float64Array, y: Float64Array): number {
  const [mx, my] = [mean(x), mean(y)];
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mx) * (y[i]! - my);
    xx += (x[i]! - mx) ** 2;
    yy += (y[i]! - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/** The chain that a saved model holds. */
function chainIn<Step>(fitted: Fitted): { readonly steps: readonly Step[] } {
  return (fitted.save().header.content as { readonly chain: { readonly steps: readonly Step[] } }).chain;
}

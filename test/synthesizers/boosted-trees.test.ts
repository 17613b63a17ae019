import assert from "node:assert/strict";
import { test } from "node:test";
import { columnOf, concatRows, type Table, tableOf } from "../../src/data/table.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { boostedTrees } from "../../src/synthesizers/boosted-trees.ts";
import type { Fitted } from "../../src/synthesizers/synthesizer.ts";

const executor = localExecutor();

test("relations are kept: a group's mean, a curve, and which cells are missing", async () => {
  const out = await sampled(await fitted(linkedTable(4000, 1)), 8000);
  const group = codesOf(out, "group");
  const amount = valuesOf(out, "amount");
  const late = valuesOf(out, "late");
  // True means 0, 3, 6 with sd 1 and some 1,300 source rows each: .2 is seven standard errors; trees that stop early leave a little behind.
  for (const g of [0, 1, 2]) {
    const mean = meanOf([...amount].filter((_, i) => group[i] === g));
    assert.ok(Math.abs(mean - 3 * g) < 0.2, `mean of group ${g}: ${mean}`);
  }
  // `late` is missing in group 0 alone; elsewhere it is the square of the amount's distance from 4, give or take .5.
  const wrong = [...late].filter((value, i) => Number.isNaN(value) !== (group[i] === 0)).length;
  assert.ok(wrong < 80, `${wrong} of 8000 cells missing where they should not be, or there`);
  const near = [...late.keys()].filter((i) => !Number.isNaN(late[i]) && Math.abs((amount[i] as number) - 4) < 0.5);
  const far = [...late.keys()].filter((i) => !Number.isNaN(late[i]) && Math.abs((amount[i] as number) - 4) > 2);
  assert.ok(meanOf(near.map((i) => late[i] as number)) < 0.6);
  assert.ok(meanOf(far.map((i) => late[i] as number)) > 4);
});

test("what the fit says of itself counts trees and splits, and names no cell", async () => {
  const model = await fitted(linkedTable(1500, 2), { fitRows: 1000, maxPredictors: 1 });
  assert.match(model.notes[0] as string, /^[\d,]+ trees were grown for [\d,]+ of [\d,]+ splits/);
  assert.match(model.notes[1] as string, /1000 of 1500 training rows/);
  assert.match(model.notes[2] as string, /at most 1 earlier columns/);
  assert.equal(model.conditions, "rejection");
  assert.equal(model.probability, undefined);
});

test("whole rows have a likelihood, from a saved model too", async () => {
  const table = linkedTable(1000, 3);
  const model = await fitted(table);
  const own = await model.logLikelihood?.(table, { executor });
  assert.equal(own?.length, 1000);
  const loaded = boostedTrees.load(model.save());
  assert.deepEqual(await loaded.logLikelihood?.(table, { executor }), own);
});

test("without trees the columns are independent; with them a group tells the amount", async () => {
  const table = linkedTable(2000, 4);
  const spread = async (options: object): Promise<number> => {
    const out = await sampled(await fitted(table, options), 4000);
    const group = codesOf(out, "group");
    const amount = [...valuesOf(out, "amount")];
    return meanOf(amount.filter((_, i) => group[i] === 2)) - meanOf(amount.filter((_, i) => group[i] === 0));
  };
  assert.ok((await spread({})) > 5.5);
  // No split has so many rows: the amount's standard deviation is 2.65, that of the difference of two means .1.
  assert.ok(Math.abs(await spread({ minRows: 100_000 })) < 0.5);
});

test("an order is given by names; unknown and doubled names are refused", async () => {
  const table = linkedTable(300, 5);
  const saved = (await fitted(table, { order: ["late"] })).save().header.content as {
    readonly model: { readonly order: readonly number[] };
  };
  assert.deepEqual(saved.model.order, [2, 0, 1]);
  await assert.rejects(
    fitted(table, { order: ["amuont"] }),
    (error: unknown) => error instanceof InvalidArgument && /Did you mean "amount"/.test(error.message),
  );
  await assert.rejects(
    fitted(table, { order: ["late", "late"] }),
    (error: unknown) => error instanceof InvalidArgument && /"late" twice/.test(error.message),
  );
});

function linkedTable(n: number, seed: number): Table {
  const random = randomFromSeed(seed);
  const group = Int32Array.from({ length: n }, () => random.integer(3));
  const amount = Float64Array.from(group, (g) => 3 * g + random.normal());
  const late = Float64Array.from(amount, (x, i) =>
    group[i] === 0 ? Number.NaN : (x - 4) ** 2 + random.uniform() - 0.5,
  );
  return tableOf([
    { name: "group", type: "text", storage: "text", dictionary: ["a", "b", "c"], codes: group },
    { name: "amount", type: "number", storage: "double", values: amount },
    { name: "late", type: "number", storage: "double", values: late },
  ]);
}

const schema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: [
    { name: "group", kind: "categorical", type: "text", evidence: [] },
    { name: "amount", kind: "continuous", type: "number", evidence: [] },
    { name: "late", kind: "continuous", type: "number", evidence: [] },
  ],
};

function fitted(table: Table, options: object = {}): Promise<Fitted> {
  return boostedTrees.fit(table, {
    schema,
    options: boostedTrees.options.parse(options),
    random: randomFromSeed(1),
    executor,
  });
}

async function sampled(model: Fitted, rows: number): Promise<Table> {
  const chunks: Table[] = [];
  for await (const chunk of model.sample(rows, { random: randomFromSeed(2), executor })) chunks.push(chunk);
  return concatRows(chunks);
}

function codesOf(table: Table, name: string): Int32Array {
  const column = columnOf(table, name);
  assert.ok(column.type === "text");
  return Int32Array.from(column.codes, (code) => ["a", "b", "c"].indexOf(column.dictionary[code] as string));
}

function valuesOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  assert.ok(column.type === "number");
  return column.values;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

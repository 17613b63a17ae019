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
  const { steps } = chainIn<{ part: string; column: number }>(await fit(source, { order: ["late", "group"] }));
  assert.deepEqual(
    steps.map(({ part, column }) => [part, column]),
    [
      ["missing", 2],
      ["present", 2],
      ["whole", 0],
      ["present", 1],
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

test("a column drawn by itself tells nothing of the others, one drawn by regression or a forest does", async () => {
  const source = linkedTable(3000, 7);
  const related = async (methods: object): Promise<number> => {
    const out = await drawn(source, 4000, { methods, order: ["group", "amount", "late"] });
    const [amount, late] = [values(out, "amount"), values(out, "late")];
    const rows = [...late.keys()].filter((i) => !Number.isNaN(late[i]));
    return correlation(
      Float64Array.from(rows, (i) => amount[i] as number),
      Float64Array.from(rows, (i) => late[i] as number),
    );
  };
  // Some 2,700 rows: a standard error of .02 without relation. In the source the correlation is .96.
  assert.ok(Math.abs(await related({ late: "sample" })) < 0.1);
  for (const method of ["linear", "forest", "tree"]) {
    const r = await related({ late: method });
    assert.ok(r > 0.93, `${method}: ${r}`);
  }
});

test("trees of a forest differ, and every one is filled with all rows", async () => {
  const source = linkedTable(1200, 8);
  const present = values(source, "late").filter((value) => !Number.isNaN(value)).length;
  const fitted = await fit(source, { methods: { late: "forest" }, order: "given" });
  const { steps } = chainIn<{
    part: string;
    column: number;
    trees: { codes: { $array: string }; tree: { feature: { $array: string }; cut: { $array: string } } }[];
  }>(fitted);
  const { arrays } = fitted.save();
  const trees = steps.find(({ column, part }) => column === 2 && part === "present")!.trees;
  assert.equal(trees.length, 5);
  assert.ok(trees.every(({ codes }) => arrays[codes.$array]?.length === present));
  assert.equal(steps.find(({ column }) => column === 0)!.trees.length, 1);
  const forms = new Set(trees.map(({ tree }) => String(arrays[tree.cut.$array])));
  assert.ok(forms.size > 1);
});

test("leaves of one column can be larger than those of the others", async () => {
  const source = linkedTable(2000, 9);
  const smallest = async (options: object): Promise<number[]> => {
    const fitted = await fit(source, { order: "given", ...options });
    const { steps } = chainIn<{ trees: { tree: { leafStart: { $array: string } } }[] }>(fitted);
    const { arrays } = fitted.save();
    return steps.map(({ trees }) => {
      const start = arrays[trees[0]!.tree.leafStart.$array] as Uint32Array;
      return Math.min(...[...start.keys()].slice(1).map((k) => start[k]! - start[k - 1]!));
    });
  };
  const [, amount, , late] = (await smallest({ minLeafOf: { late: 300 } })) as [number, number, number, number];
  assert.ok(late >= 300 && amount >= 40);
  assert.ok(((await smallest({}))[3] as number) < 300);
});

test("proper fits learn from samples with replacement: their means spread as those of new samples, the others' do not", async () => {
  const source = linkedTable(400, 10);
  const spread = async (proper: boolean): Promise<number> => {
    const means: number[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const fitted = await sequentialTrees.fit(source, {
        schema: linkedSchema,
        options: sequentialTrees.options.parse({ proper, order: "given", criterion: "ranks" }),
        random: randomFromSeed(100 + seed),
        executor,
      });
      const chunks: Table[] = [];
      for await (const chunk of fitted.sample(20_000, { random: randomFromSeed(seed), executor })) chunks.push(chunk);
      means.push(mean(values(concatRows(chunks), "amount")));
    }
    const middle = means.reduce((sum, value) => sum + value, 0) / means.length;
    return Math.sqrt(means.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (means.length - 1));
  };
  // The amount's standard deviation is 2.65: .13 for a mean of 400 rows, .02 for one of 20,000.
  const [bootstrapped, plain] = [await spread(true), await spread(false)];
  assert.ok(bootstrapped > 2 * plain, `${bootstrapped} and ${plain}`);
});

test("a label held by few rows stays left out where a bootstrap sample has it more often", async () => {
  const random = randomFromSeed(11);
  const table = tableOf([
    {
      name: "group",
      type: "text",
      storage: "text",
      dictionary: ["a", "b", "seldom"],
      codes: Int32Array.from({ length: 300 }, (_, i) => (i < 4 ? 2 : random.integer(2))),
    },
  ]);
  const schema: TableSchema = { ...linkedSchema, columns: [linkedSchema.columns[0]!] };
  for (let seed = 0; seed < 5; seed++) {
    const fitted = await sequentialTrees.fit(table, {
      schema,
      options: sequentialTrees.options.parse({ proper: true }),
      random: randomFromSeed(seed),
      executor,
    });
    for await (const chunk of fitted.sample(500, { random, executor })) {
      const column = columnOf(chunk, "group");
      assert.ok(column.type === "text" && !column.dictionary.includes("seldom"));
    }
  }
});

test("of a survival outcome the event comes first, and the times of both ends stay apart", async () => {
  const random = randomFromSeed(12);
  const n = 3000;
  const event = Int32Array.from({ length: n }, () => random.integer(2));
  // Who is lost from sight is lost after 5 or later, events happen before 6.
  const time = Float64Array.from(event, (died) => (died ? 6 * random.uniform() : 5 + 5 * random.uniform()));
  const table = tableOf([
    { name: "time", type: "number", storage: "double", values: time },
    { name: "event", type: "text", storage: "text", dictionary: ["lost", "died"], codes: event },
  ]);
  const schema: TableSchema = {
    format: "counterfoil-schema/1",
    notes: [],
    columns: [
      { name: "time", type: "number", kind: "continuous", evidence: [] },
      { name: "event", type: "text", kind: "categorical", evidence: [] },
    ],
  };
  const options = { survival: { time: "time", event: "event" }, order: ["time", "event"] };
  const { steps } = chainIn<{ column: number }>(await fit(table, options, schema));
  assert.deepEqual(
    steps.map(({ column }) => column),
    [1, 0],
  );
  const out = await drawn(table, 5000, options, schema);
  const times = values(out, "time");
  const column = columnOf(out, "event");
  assert.ok(column.type === "text");
  const last = column.dictionary.indexOf("died");
  // Bins of 12 rows: a time may end a little beyond its bin's rows.
  times.forEach((value, i) => {
    assert.ok(column.codes[i] === last ? value < 6.2 : value > 4.8, `${value}`);
  });
  await assert.rejects(
    fit(table, { survival: { time: "tme", event: "event" } }, schema),
    (error: unknown) => error instanceof InvalidArgument && /Did you mean "time"/.test(error.message),
  );
});

test("rules hold in every row, what they set is not learned, and rows beside them are as before", async () => {
  const random = randomFromSeed(14);
  const n = 2000;
  const age = Float64Array.from({ length: n }, () => random.integer(80));
  const work = Int32Array.from(age, (years) => (years < 16 ? 0 : 1 + random.integer(2)));
  const pay = Float64Array.from(work, (code) => (code === 0 ? Number.NaN : 100 * code + 10 * random.normal()));
  const table = tableOf([
    { name: "work", type: "text", storage: "text", dictionary: ["none", "part", "full"], codes: work },
    { name: "pay", type: "number", storage: "double", values: pay },
    { name: "age", type: "number", storage: "integer", values: age },
  ]);
  const schema: TableSchema = {
    format: "counterfoil-schema/1",
    notes: [],
    columns: [
      { name: "work", type: "text", kind: "categorical", evidence: [] },
      { name: "pay", type: "number", kind: "continuous", evidence: [] },
      { name: "age", type: "number", kind: "integer", evidence: [] },
    ],
  };
  const rules = [
    { when: "age < 16", column: "work", value: "none" },
    { when: 'work == "none"', column: "pay", value: null },
  ];
  const fitted = await fit(table, { rules, order: "given" }, schema);
  // The rules put age before work, and work before pay, whatever the order; pay's trees are filled with working rows only.
  const { steps } = chainIn<{ column: number; part: string; trees: { codes: { $array: string } }[] }>(fitted);
  assert.deepEqual(
    steps.map(({ column }) => column),
    [2, 0, 1, 1],
  );
  const working = work.filter((code) => code > 0).length;
  assert.equal(fitted.save().arrays[steps[1]!.trees[0]!.codes.$array]?.length, working);
  for (const model of [fitted, sequentialTrees.load(fitted.save())]) {
    const chunks: Table[] = [];
    for await (const chunk of model.sample(6000, { random: randomFromSeed(2), executor })) chunks.push(chunk);
    const out = concatRows(chunks);
    const column = columnOf(out, "work");
    assert.ok(column.type === "text");
    const words = [...column.codes].map((code) => column.dictionary[code] as string);
    const [years, paid] = [values(out, "age"), values(out, "pay")];
    words.forEach((word, i) => {
      assert.equal(word === "none", (years[i] as number) < 16);
      assert.equal(Number.isNaN(paid[i]), word === "none");
    });
    const full = words.filter((word) => word === "full").length / words.filter((word) => word !== "none").length;
    const real = work.filter((code) => code === 2).length / working;
    // Some 4,800 working rows: a standard error of .007; five of them and the source's own.
    assert.ok(Math.abs(full - real) < 0.04, `${full} and ${real}`);
  }
});

test("rules that cannot be followed are refused with what is wrong", async () => {
  const source = linkedTable(300, 15);
  const refused = async (rules: object[], pattern: RegExp): Promise<void> => {
    await assert.rejects(
      fit(source, { rules }),
      (error: unknown) => error instanceof InvalidArgument && pattern.test(error.message),
    );
  };
  await refused([{ when: "amuont < 1", column: "late", value: 3 }], /amuont/);
  await refused([{ when: "amount < 1", column: "latte", value: 3 }], /Did you mean "late"/);
  await refused([{ when: "amount < late", column: "group", value: "a" }], /compares columns with each other/);
  await refused([{ when: "amount < 1", column: "amount", value: 3 }], /that it sets/);
  await refused([{ when: "amount < 1", column: "group", value: "d" }], /fewer than 5/);
  await refused(
    [
      { when: "amount < 1", column: "group", value: "a" },
      { when: 'group == "b"', column: "amount", value: 0 },
    ],
    /in a circle/,
  );
  const ruled = await fit(source, { rules: [{ when: "amount < 1", column: "group", value: "a" }] });
  await assert.rejects(async () => {
    const where = [{ column: "group", missing: false, labels: ["b"] }];
    for await (const chunk of ruled.sample(10, { random: randomFromSeed(1), executor, where })) assert.ok(chunk);
  }, /which rules set/);
});

test("methods and leaves of a column that is not there are refused with the nearest name", async () => {
  const source = linkedTable(100, 13);
  for (const options of [{ methods: { amuont: "tree" } }, { minLeafOf: { amuont: 5 } }])
    await assert.rejects(
      fit(source, options),
      (error: unknown) => error instanceof InvalidArgument && /Did you mean "amount"/.test(error.message),
    );
});

test("options out of range are refused", () => {
  for (const options of [{ minLeaf: 0 }, { price: -1 }, { criterion: "gini" }, { forest: 0 }, { leaves: 3 }])
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
  return (fitted.save().header.content as { readonly model: { readonly steps: readonly Step[] } }).model;
}

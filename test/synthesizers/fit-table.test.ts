import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Column,
  cellOf,
  columnOf,
  concatRows,
  type NumberColumn,
  type Table,
  tableOf,
} from "../../src/data/table.ts";
import { InvalidArgument, InvalidData } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { randomFromSeed } from "../../src/random.ts";
import { brokenRowsOf } from "../../src/schema/broken-rows.ts";
import { type Constraint, nameOfConstraint } from "../../src/schema/constraints.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { fitTable } from "../../src/synthesizers/fit-table.ts";
import type { FittedTable, SampleTableOptions } from "../../src/synthesizers/fitted-table.ts";
import { independent } from "../../src/synthesizers/independent.ts";
import { sequentialTrees } from "../../src/synthesizers/sequential-trees.ts";
import type { Synthesizer } from "../../src/synthesizers/synthesizer.ts";

const executor = localExecutor();
const DAY = 86_400_000;

/** A shop's orders: prices of a day in their order, a city in its country, one of three flags, a total, a counter that never falls. */
function shop(rows: number, seed: number, broken = 0): Table {
  const random = randomFromSeed(seed).split("shop");
  const cities = [
    ["France", "Paris"],
    ["France", "Lyon"],
    ["Spain", "Madrid"],
    ["Spain", "Sevilla"],
    ["Italy", "Roma"],
  ] as const;
  const at = Int32Array.from({ length: rows }, () => random.integer(5));
  const low = Float64Array.from({ length: rows }, () => Math.round(100 * Math.exp(4 + 0.5 * random.normal())) / 100);
  const up = (from: Float64Array, by: number): Float64Array =>
    from.map((value) => Math.round(100 * value * (1 + by * random.uniform())) / 100);
  const close = up(low, 0.02);
  const high = up(close, 0.02);
  const admitted = Float64Array.from({ length: rows }, () => DAY * (18_000 + random.integer(900)));
  const left = admitted.map((day, i) => (i % 9 === 0 ? Number.NaN : day + DAY * random.integer(12)));
  const price = Float64Array.from({ length: rows }, () => 1 + random.integer(40));
  const quantity = Float64Array.from({ length: rows }, () => 1 + random.integer(9));
  const flag = Int32Array.from(at, (k) => (random.uniform() < 0.7 ? k % 3 : random.integer(3)));
  const meter = Int32Array.from({ length: rows }, () => random.integer(40));
  const visit = Float64Array.from({ length: rows }, () => random.integer(1000));
  return tableOf([
    text(
      "country",
      [...at].map((k) => cities[k]?.[0] as string),
    ),
    text(
      "city",
      [...at].map((k) => cities[k]?.[1] as string),
    ),
    number("low", low),
    number("close", close),
    number(
      "high",
      high.map((value, i) => (i < broken ? 0.5 : value)),
    ),
    { name: "admitted", type: "date", storage: "date", values: admitted },
    { name: "left", type: "date", storage: "date", values: left },
    number("price", price, "integer"),
    number("quantity", quantity, "integer"),
    number(
      "total",
      price.map((value, i) => value * (quantity[i] as number)),
      "integer",
    ),
    number(
      "red",
      Float64Array.from(flag, (k) => (k === 0 ? 1 : 0)),
      "integer",
    ),
    number(
      "green",
      Float64Array.from(flag, (k) => (k === 1 ? 1 : 0)),
      "integer",
    ),
    number(
      "blue",
      Float64Array.from(flag, (k) => (k === 2 ? 1 : 0)),
      "integer",
    ),
    text(
      "meter",
      [...meter].map((k) => `m${k}`),
    ),
    number("visit", visit, "integer"),
    number(
      "reading",
      visit.map((value) => Math.round(50 + 3 * value)),
      "integer",
    ),
  ]);
}

const CONSTRAINTS: readonly Constraint[] = [
  { kind: "order", columns: ["low", "close", "high"], strict: false },
  { kind: "order", columns: ["admitted", "left"], strict: false },
  { kind: "combinations", columns: ["country", "city"] },
  { kind: "oneHot", columns: ["red", "green", "blue"] },
  { kind: "equals", column: "total", formula: "price * quantity", tolerance: 0 },
  { kind: "increments", column: "reading", of: "visit", within: "meter" },
  { kind: "unique", columns: ["meter", "visit"] },
  { kind: "check", condition: "!(city == 'Paris' && price > 38) && quantity < 9" },
];

for (const entry of [independent, sequentialTrees]) {
  const synthesizer = entry as unknown as Synthesizer<unknown>;
  test(`${synthesizer.name}: every declared constraint holds in every row, and there are as many rows as asked`, async () => {
    const train = shop(1500, 1);
    const schema = schemaOf(train, CONSTRAINTS);
    const model = await fit(train, schema, synthesizer);
    const rates: [number, number][] = [];
    const out = await drawn(model, 2500, { onAcceptance: (...rate) => rates.push(rate) });
    assert.equal(out.rows, 2500);
    assert.deepEqual(
      out.columns.map(({ name, type, storage }) => [name, type, storage]),
      train.columns.map(({ name, type, storage }) => [name, type, storage]),
    );
    for (const constraint of CONSTRAINTS) {
      const { broken, judged } = brokenRowsOf(constraint, { schema, real: train })(out);
      assert.equal(
        broken.reduce((sum, is) => sum + is, 0),
        0,
        nameOfConstraint(constraint),
      );
      assert.ok(judged > 2000, `${nameOfConstraint(constraint)} judges ${judged}`);
    }
    assert.equal(rates.reduce((sum, [kept]) => sum + kept, 0) % 2500, 0);
    const again = await drawn(model, 2500, {});
    assert.deepEqual(cellsOf(again), cellsOf(out));
    for (const kind of ["order: low ≤ close ≤ high", "oneHot: red, green, blue", "equals: total"])
      assert.ok(
        model.tableNotes.some((note) => note.includes(kind) && note.includes("built into")),
        `${kind}: ${model.tableNotes.join("\n")}`,
      );
  });
}

test("conditions and shares hold on columns that were built into others, that follow from others, and across columns", async () => {
  const train = shop(1500, 2);
  const model = await fit(train, schemaOf(train, CONSTRAINTS), independent as unknown as Synthesizer<unknown>);
  const out = await drawn(model, 800, {
    where:
      "city in ['Lyon', 'Roma'] && total > 60 && high > low * 1.01 && admitted >= timestamp('2020-01-01T00:00:00Z')",
  });
  assert.equal(out.rows, 800);
  for (let row = 0; row < 800; row++) {
    const cell = (name: string): string | number | null => cellOf(columnOf(out, name), row);
    assert.ok(["Lyon", "Roma"].includes(cell("city") as string));
    assert.equal(cell("country"), cell("city") === "Lyon" ? "France" : "Italy");
    assert.ok((cell("total") as number) > 60);
    assert.ok((cell("high") as number) > 1.01 * (cell("low") as number));
    assert.ok((cell("admitted") as number) >= Date.UTC(2020, 0, 1));
  }
  const shared = await drawn(model, 1000, {
    shares: { column: "city", labels: { Paris: 0.6, Madrid: 0.25, Roma: 0.15 } },
  });
  const counts = new Map<unknown, number>();
  for (let row = 0; row < 1000; row++) {
    const city = cellOf(columnOf(shared, "city"), row);
    counts.set(city, (counts.get(city) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(counts), { Paris: 600, Madrid: 250, Roma: 150 });
  // Mixed: not one city after the other.
  const first = Array.from({ length: 100 }, (_, row) => cellOf(columnOf(shared, "city"), row));
  assert.ok(new Set(first).size === 3);
});

test("a condition on a computed column is one on what is released, also where the model says which cells are missing", async () => {
  const whole = shop(1500, 5);
  const some = { ...columnOf(whole, "total") } as NumberColumn;
  const train = tableOf(
    whole.columns.map((column) =>
      column.name === "total"
        ? { ...some, values: some.values.map((value, i) => (i % 4 === 0 ? Number.NaN : value)) }
        : column,
    ),
  );
  const model = await fit(train, schemaOf(train, CONSTRAINTS), independent as unknown as Synthesizer<unknown>);
  const out = await drawn(model, 500, { where: "total > 60" });
  const { values } = columnOf(out, "total") as NumberColumn;
  assert.deepEqual(
    [...values].filter((value) => !(value > 60)),
    [],
  );
});

test("shares keep what holds between rows of different labels: unique and increments", async () => {
  const train = shop(1500, 6);
  const schema = schemaOf(train, CONSTRAINTS);
  const model = await fit(train, schema, independent as unknown as Synthesizer<unknown>);
  const out = await drawn(model, 3000, { shares: { column: "city", labels: { Paris: 0.5, Roma: 0.5 } } });
  assert.equal(out.rows, 3000);
  for (const constraint of CONSTRAINTS)
    assert.equal(
      brokenRowsOf(constraint, { schema, real: train })(out).broken.includes(1),
      false,
      nameOfConstraint(constraint),
    );
});

test("values put in order that then break a rule with their row's other cells stop the sample", async () => {
  const train = shop(1500, 7);
  const clash: Constraint = { kind: "check", condition: "reading < 1500 || price > 10" };
  const increments: Constraint = { kind: "increments", column: "reading", of: "visit" };
  const model = await fit(train, schemaOf(train, [increments, clash]), independent as unknown as Synthesizer<unknown>);
  await assert.rejects(
    drawn(model, 500, {}),
    (error: unknown) =>
      error instanceof InvalidData && error.code === "constraints-clash" && /reading < 1500/.test(error.message),
  );
});

test("what cannot be asked is refused with what can", async () => {
  const train = shop(600, 3);
  const model = await fit(train, schemaOf(train, CONSTRAINTS), independent as unknown as Synthesizer<unknown>);
  const refused = (options: Partial<SampleTableOptions>, pattern: RegExp): Promise<void> =>
    assert.rejects(drawn(model, 50, options), (error: unknown) => {
      assert.ok(error instanceof InvalidArgument || error instanceof InvalidData, String(error));
      assert.match(`${error.message} ${error.advice ?? ""}`, pattern);
      return true;
    });
  await refused({ where: "ctiy == 'Paris'" }, /unknown column "ctiy"/);
  await refused({ where: "city == 'Pariss'" }, /city|can be as asked|Did you mean/);
  await refused({ where: "price > 1000" }, /goes from 1 to 40/);
  await refused({ where: "country == 'Spain' && city == 'Paris'" }, /broke "country == 'Spain' && city == 'Paris'"/);
  await refused({ where: "total == 7777" }, /broke "total == 7777"/);
  await refused({ shares: { column: "city", labels: { Paris: 0.5, Roma: 0.4 } } }, /add up to 0.9/);
  await refused({ shares: { column: "city", labels: { Paris: 1.5, Roma: -0.5 } } }, /go from 0 to 1/);
  await refused({ shares: { column: "total", labels: { 12: 1 } } }, /follows from others/);
});

test("rows that break a constraint are not learned from; where most do, the constraint is named", async () => {
  const order: Constraint = { kind: "order", columns: ["low", "high"], strict: true };
  const some = shop(800, 4, 100);
  const model = await fit(some, schemaOf(some, [order]), independent as unknown as Synthesizer<unknown>);
  const out = await drawn(model, 500, {});
  assert.equal(brokenRowsOf(order, { schema: schemaOf(some, []), real: some })(out).broken.includes(1), false);
  assert.ok(
    model.tableNotes.some((note) => /100 training rows that break it/.test(note)),
    model.tableNotes.join("\n"),
  );
  const most = shop(800, 4, 500);
  await assert.rejects(
    fit(most, schemaOf(most, [order]), independent as unknown as Synthesizer<unknown>),
    (error: unknown) => error instanceof InvalidData && /"order: low < high" is broken by 500/.test(error.message),
  );
});

test("partly filled rows are filled within the constraints, and what was there stays", async () => {
  const train = shop(1500, 5);
  const schema = schemaOf(train, CONSTRAINTS);
  const model = await fit(train, schema, independent as unknown as Synthesizer<unknown>);
  const other = shop(300, 6);
  const partly = tableOf(
    other.columns.flatMap((column): Column[] => {
      if (column.name === "total" || column.name === "green") return [];
      if (column.type === "text")
        return [
          { ...column, codes: column.codes.map((code, row) => (row % 2 && column.name === "country" ? -1 : code)) },
        ];
      const isOpen = ["high", "red"].includes(column.name);
      return [{ ...column, values: column.values.map((value, row) => (isOpen && row % 3 ? Number.NaN : value)) }];
    }),
  );
  const out = await model.complete(partly, { random: randomFromSeed(1), executor });
  assert.equal(out.rows, 300);
  for (const column of partly.columns)
    for (let row = 0; row < 300; row++) {
      const given = cellOf(column, row);
      if (given !== null) assert.equal(cellOf(columnOf(out, column.name), row), given, `${column.name} ${row}`);
    }
  for (const constraint of CONSTRAINTS.slice(0, 5)) {
    const { broken } = brokenRowsOf(constraint, { schema, real: train })(out);
    assert.equal(
      broken.reduce((sum, is) => sum + is, 0),
      0,
      nameOfConstraint(constraint),
    );
  }
});

function fit(train: Table, schema: TableSchema, synthesizer: Synthesizer<unknown>): Promise<FittedTable> {
  return fitTable(train, {
    schema,
    synthesizer,
    options: synthesizer.options.parse({}),
    random: randomFromSeed(1),
    executor,
  });
}

async function drawn(model: FittedTable, rows: number, options: Partial<SampleTableOptions>): Promise<Table> {
  const chunks: Table[] = [];
  for await (const chunk of model.sample(rows, { random: randomFromSeed(2), executor, ...options })) chunks.push(chunk);
  return concatRows(chunks);
}

function schemaOf(table: Table, constraints: readonly Constraint[]): TableSchema {
  return { ...inferSchema(table), constraints };
}

function number(name: string, values: Float64Array, storage: "integer" | "double" = "double"): Column {
  return { name, type: "number", storage, values };
}

function text(name: string, labels: readonly string[]): Column {
  const dictionary = [...new Set(labels)].sort();
  return {
    name,
    type: "text",
    storage: "text",
    dictionary,
    codes: Int32Array.from(labels, (label) => dictionary.indexOf(label)),
  };
}

function cellsOf(table: Table): unknown {
  return table.columns.map((column) => [column.name, column.type === "text" ? [...column.codes] : [...column.values]]);
}

test("an identifier that is made for a row stands in no other row of the table that is filled", async () => {
  const random = randomFromSeed(8);
  const codes = text(
    "code",
    Array.from({ length: 600 }, (_, i) => `K${String(i).padStart(3, "0")}`),
  );
  const train = tableOf([
    codes,
    number(
      "serial",
      Float64Array.from({ length: 600 }, (_, i) => 1000 + i),
      "integer",
    ),
    number(
      "price",
      Float64Array.from({ length: 600 }, () => random.integer(40)),
      "integer",
    ),
  ]);
  const model = await fit(train, inferSchema(train), independent as unknown as Synthesizer<unknown>);
  const half = tableOf(
    [
      text(
        "code",
        Array.from({ length: 200 }, (_, i) => `K${700 + i}`),
      ),
      number(
        "serial",
        Float64Array.from({ length: 200 }, (_, i) => (i < 100 ? 1600 + i : Number.NaN)),
        "integer",
      ),
    ].map((column) =>
      column.type === "text" ? { ...column, codes: column.codes.map((code, i) => (i < 100 ? code : -1)) } : column,
    ),
  );
  const out = await model.complete(half, { random: randomFromSeed(9), executor });
  for (const name of ["code", "serial"])
    assert.equal(new Set(Array.from({ length: 200 }, (_, row) => cellOf(columnOf(out, name), row))).size, 200, name);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import validator from "validator";
import {
  type Column,
  cellOf,
  columnOf,
  concatRows,
  sliceRows,
  type Table,
  type TextColumn,
  tableOf,
  takeRows,
} from "../../src/data/table.ts";
import { InvalidData } from "../../src/errors.ts";
import { randomFromSeed } from "../../src/random.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { reduceTable } from "../../src/schema/reduce.ts";
import type { TableSchema } from "../../src/schema/schema.ts";
import { tableFromCells, tableFromCsv } from "./csv.ts";
import { peopleTable } from "./people.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const cells = (column: Column): (string | number | null)[] =>
  range(column.type === "text" ? column.codes.length : column.values.length).map((row) => cellOf(column, row));

/** Restores a sample that is `times` the modelled rows, in chunks of 1,000. */
async function restored(table: Table, schema: TableSchema, times = 1, chunkRows = 1000): Promise<Table> {
  const { modelled, restore } = reduceTable(table, schema);
  const sample = concatRows(range(times).map(() => modelled));
  const parts: Table[] = [];
  for (let start = 0; start < sample.rows; start += chunkRows)
    parts.push(await restore(sliceRows(sample, start, start + chunkRows), start, randomFromSeed(5)));
  return concatRows(parts);
}

test("what is modelled comes back as it was, in the source's order: codes for missing, constants, functions of other columns", async () => {
  for (const name of ["adult-6000.csv.gz", "german-credit.csv.gz"]) {
    const table = tableFromCsv(name);
    const back = await restored(table, inferSchema(table));
    assert.deepEqual(
      back.columns.map((column) => column.name),
      table.columns.map((column) => column.name),
    );
    for (const column of table.columns)
      assert.deepEqual(cells(columnOf(back, column.name)), cells(column), column.name);
  }
  const table = tableFromCells({
    size: range(400).map((i) => (i % 9 === 0 ? -999 : 100 + (i % 80))),
    one: range(400).map(() => "A"),
    parent: range(400).map((i) => (i % 7 === 0 ? "" : `p${i % 5}`)),
    child: range(400).map((i) => (i % 7 === 0 ? "" : i % 5)),
  });
  const schema = inferSchema(table);
  assert.deepEqual(schema.columns[3]?.functionOf, { column: "parent" });
  const { modelled } = reduceTable(table, schema);
  assert.deepEqual(
    modelled.columns.map(({ name }) => name),
    ["size", "parent"],
  );
  assert.equal(cellOf(modelled.columns[0] as Column, 0), null);
  const back = await restored(table, schema);
  for (const column of table.columns) assert.deepEqual(cells(columnOf(back, column.name)), cells(column), column.name);
});

test("made-up identifiers are unique where the source is, equal no real value, keep the share of missing cells and the format", async () => {
  for (const country of ["en", "de"] as const) {
    const table = peopleTable(country, 1500);
    const schema = inferSchema(table);
    const back = await restored(table, schema, 4);
    const valid: Readonly<Record<string, (value: string) => boolean>> = {
      email: (value) => validator.isEmail(value),
      iban: (value) => validator.isIBAN(value) && value.startsWith("DE"),
      card: (value) => validator.isCreditCard(value) && value.startsWith("4"),
      ssn: (value) => /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/.test(value),
      ip: (value) => validator.isIP(value, 4),
      homepage: (value) => validator.isURL(value) && value.startsWith("https://www."),
      session: (value) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value),
      phone: (value) => /^\(\d{3}\) \d{3}-\d{4}$/.test(value),
      telefon: (value) => /^\+49 \d{3} \d{7}$/.test(value),
      customer_id: (value) => /^C-\d{6}$/.test(value),
      kundennummer_id: (value) => /^C-\d{6}$/.test(value),
      zip: (value) => /^0\d{4}$/.test(value),
      plz: (value) => /^0\d{4}$/.test(value),
      address: (value) => /^\d+ \p{L}/u.test(value),
      strasse: (value) => /\p{L}.* \d+$/u.test(value),
      name: (value) => /^\p{Lu}\p{L}+.* \p{Lu}/u.test(value),
    };
    for (const { name, identifier } of schema.columns) {
      if (!identifier) continue;
      const real = new Set(cells(columnOf(table, name)));
      const made = cells(columnOf(back, name));
      const present = made.filter((value) => value !== null);
      assert.ok(
        present.every((value) => !real.has(value)),
        `${name}: no real value`,
      );
      if (identifier.unique) assert.equal(new Set(present).size, present.length, `${name}: unique`);
      const check = valid[name];
      assert.ok(check, `${name} has a check`);
      for (const value of present) assert.ok(check(String(value)), `${name}: "${value}" is in the format`);
      const missingShare = 1 - present.length / made.length;
      assert.ok(
        Math.abs(missingShare - (/phone|telefon/.test(name) ? 0.1 : 0)) < 0.03,
        `${name}: ${missingShare} missing`,
      );
    }
  }
});

test("no value of the holdout is made either", async () => {
  const all = tableFromCells({
    code: range(900).map((i) => `Z${i + 100}`),
    number: range(900).map((i) => 1 + ((i * 7919) % 900)),
    name: range(900).map((i) => ["Lara Roob", "Ana Kuhn", "Jim Beer"][i % 3] as string),
    y: range(900).map((i) => i % 3),
  });
  const train = takeRows(
    all,
    Uint32Array.from(range(300), (i) => 3 * i + (i % 3)),
  );
  const schema = inferSchema(train, { id: ["code", "number"] });
  const { modelled, restore } = reduceTable(train, schema, { all });
  const made = await restore(modelled, 0, randomFromSeed(2));
  for (const name of ["code", "number", "name"]) {
    const real = new Set(cells(columnOf(all, name)));
    assert.ok(
      cells(columnOf(made, name)).every((value) => !real.has(value)),
      name,
    );
  }
});

test("a chunk depends only on its first row and the stream", async () => {
  const table = peopleTable("en", 1200);
  const schema = inferSchema(table);
  const whole = await restored(table, schema, 1, 400);
  const { modelled, restore } = reduceTable(table, schema);
  const alone = await restore(sliceRows(modelled, 800, 1200), 800, randomFromSeed(5));
  for (const column of alone.columns)
    assert.deepEqual(cells(column), cells(columnOf(whole, column.name)).slice(800), column.name);
  const other = await restore(sliceRows(modelled, 800, 1200), 800, randomFromSeed(6));
  assert.notDeepEqual(cells(columnOf(other, "email")), cells(columnOf(alone, "email")));
});

test("AI4I: row numbers go on beyond the real ones, the product's letter follows its type", async () => {
  const table = tableFromCsv("ai4i2020.csv.gz");
  const back = await restored(table, inferSchema(table));
  assert.deepEqual(cells(columnOf(back, "UDI")).slice(0, 2), [20001, 20002]);
  const types = cells(columnOf(back, "Type"));
  const real = new Set((columnOf(table, "ProductID") as TextColumn).dictionary);
  const made = cells(columnOf(back, "ProductID")) as string[];
  made.forEach((id, row) => {
    assert.equal(id[0], types[row]);
    assert.match(id, /^[LMH]\d{5}$/);
    assert.ok(!real.has(id));
  });
  assert.equal(new Set(made).size, made.length);
});

test("codes that run out of digits grow by one and stay unique", async () => {
  const table = tableFromCells({ code: range(900).map((i) => `Z${String(i + 100)}`), y: range(900).map((i) => i % 3) });
  const schema = inferSchema(table);
  assert.equal(schema.columns[0]?.kind, "identifier");
  const made = cells(columnOf(await restored(table, schema, 6), "code")) as string[];
  assert.equal(new Set(made).size, 5400);
  const real = new Set((table.columns[0] as TextColumn).dictionary);
  assert.ok(made.every((code) => /^Z\d{3,5}$/.test(code) && !real.has(code)));
});

test("numbered labels go on counting", async () => {
  const table = tableFromCells({ key: range(200).map((i) => `k${i + 1}`), y: range(200).map((i) => i % 3) });
  const made = cells(columnOf(await restored(table, inferSchema(table)), "key"));
  assert.deepEqual(made.slice(0, 3), ["k301", "k302", "k303"]);
});

test("a group's rows stand together, and the groups are as large as the real ones", async () => {
  const customers = range(3000).map((i) => 100 + Math.floor(i / 6) * 2 + (i % 6 === 0 ? 1 : 0));
  const table = tableFromCells({ customer: customers, y: range(3000).map((i) => i % 4) });
  const schema = inferSchema(table, { group: "customer" });
  const made = cells(columnOf(await restored(table, schema, 10), "customer")) as number[];
  const runs: number[] = [];
  made.forEach((value, i) => {
    if (i > 0 && made[i - 1] === value) runs[runs.length - 1] = (runs.at(-1) as number) + 1;
    else runs.push(1);
  });
  assert.equal(runs.length, new Set(made).size);
  assert.ok(made.every((value) => !customers.includes(value)));
  // Real groups: half of them 1 row, half 5. Bootstrap of about 10,000 groups: the mean is 3 ± .1 at five standard errors.
  assert.ok(Math.abs(made.length / runs.length - 3) < 0.1, `${made.length / runs.length} rows a group`);
  assert.ok(runs.slice(0, -1).every((size) => size === 1 || size === 5));
});

test("free text is refused with what to do, and may be dropped; nothing left to model is an error", async () => {
  const words = ["one", "two", "three", "four", "five", "six", "seven"];
  const random = randomFromSeed(3);
  const table = tableFromCells({
    remark: range(300).map(() =>
      range(9)
        .map(() => words[random.integer(7)])
        .join(" "),
    ),
    y: range(300).map((i) => i % 4),
  });
  const schema = inferSchema(table);
  assert.throws(
    () => reduceTable(table, schema),
    (error: InvalidData) =>
      error instanceof InvalidData && /"remark"/.test(error.message) && /--drop-text/.test(error.advice ?? ""),
  );
  const dropped = {
    ...schema,
    columns: schema.columns.map((column) => (column.kind === "text" ? { ...column, drop: true } : column)),
  };
  assert.deepEqual(
    (await restored(table, dropped)).columns.map(({ name }) => name),
    ["y"],
  );
  const key = tableFromCells({ id: range(30).map((i) => i + 1) });
  assert.throws(() => reduceTable(key, inferSchema(key)), /None of the 1 columns/);
});

test("rare missing cells of a constant come back by their share", async () => {
  const column: Column = {
    name: "c",
    type: "number",
    storage: "integer",
    values: Float64Array.from(range(5000), (i) => (i < 3 ? Number.NaN : 8)),
  };
  const table = tableOf([
    column,
    { name: "y", type: "number", storage: "integer", values: Float64Array.from(range(5000), (i) => i % 3) },
  ]);
  const back = cells(columnOf(await restored(table, inferSchema(table), 4), "c"));
  const missing = back.filter((value) => value === null).length;
  assert.ok(missing > 0 && missing < 40, `${missing} missing`);
  assert.ok(back.every((value) => value === null || value === 8));
});

test("any table of codes: regenerated values are new and, where the source is unique, distinct", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.stringMatching(/^[A-C]?[0-9]{1,4}[-x]?[a-f]{0,2}$/), {
        minLength: 30,
        maxLength: 120,
        size: "max",
      }),
      async (labels) => {
        const table = tableFromCells({
          code: ["x", ...labels.slice(1)].map((label) => `q${label}`),
          y: labels.map((_, i) => i % 3),
        });
        const schema = inferSchema(table, { id: ["code"] });
        const made = cells(columnOf(await restored(table, schema, 5), "code"));
        const real = new Set((table.columns[0] as TextColumn).dictionary);
        assert.equal(new Set(made).size, made.length);
        assert.ok(made.every((value) => typeof value === "string" && !real.has(value)));
      },
    ),
    { seed: 8, numRuns: 40 },
  );
});

test("declared categories and decimals hold in what is put back", async () => {
  const dictionary = ["a", "b", "c"];
  const text = (codes: Int32Array): Column => ({ name: "zip", type: "text", storage: "text", codes, dictionary });
  const number = (values: Float64Array): Column => ({
    name: "bmi",
    type: "number",
    storage: "double",
    values,
    format: { decimal: ".", group: "", prefix: "", suffix: "", places: 1 },
  });
  const rows = Array.from({ length: 60 }, (_, i) => i);
  const table = tableOf([text(Int32Array.from(rows, (i) => i % 3)), number(Float64Array.from(rows, (i) => i + 0.5))]);
  const inferred = inferSchema(table);
  const schema = {
    ...inferred,
    columns: inferred.columns.map((column) =>
      column.name === "zip"
        ? { ...column, kind: "categorical" as const, categories: ["a", "b"] }
        : { ...column, kind: "continuous" as const, decimals: 0 },
    ),
  };
  const { modelled, restore, notes } = reduceTable(table, schema);
  assert.match(notes.join(), /33\.3 % of the cells hold labels outside/);
  const [zip, bmi] = (await restore(modelled, 0, randomFromSeed(1))).columns;
  const labels = zip?.type === "text" ? Array.from(zip.codes, (code) => zip.dictionary[code]) : [];
  assert.deepEqual(new Set(labels), new Set(["a", "b"]));
  assert.ok(rows.every((i) => i % 3 === 2 || labels[i] === dictionary[i % 3]));
  assert.ok(bmi?.type === "number" && bmi.values.every(Number.isInteger));
  assert.equal(bmi?.type === "number" && bmi.format?.places, 0);
});

test("a declared range holds in what is put back; an inferred one leaves every value alone", async () => {
  const values = Float64Array.from({ length: 60 }, (_, i) => i);
  const table = tableOf([{ name: "age", type: "number", storage: "integer", values }]);
  const inferred = inferSchema(table);
  const untouched = await reduceTable(table, inferred).restore(table, 0, randomFromSeed(1));
  assert.deepEqual(untouched.columns[0], table.columns[0]);
  const schema = {
    ...inferred,
    columns: inferred.columns.map((column) => ({ ...column, kind: "integer" as const, range: [20, 40] as const })),
  };
  const { modelled, restore, notes } = reduceTable(table, schema);
  assert.match(notes.join(), /65\.0 % of the cells lie outside the declared range/);
  const [age] = (await restore(modelled, 0, randomFromSeed(1))).columns;
  assert.ok(age?.type === "number" && Math.min(...age.values) === 20 && Math.max(...age.values) === 40);
});

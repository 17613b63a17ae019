import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Column, columnOf, type Table, tableOf } from "../../src/data/table.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { randomFromSeed } from "../../src/random.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { reduceTable } from "../../src/schema/reduce.ts";
import { type ColumnSchema, schemaOf } from "../../src/schema/schema.ts";
import { tableFromCells, tableFromCsv } from "./csv.ts";
import { peopleTable } from "./people.ts";

function inferOne(cells: readonly (string | number)[], name = "x"): ColumnSchema {
  return schemaOf(inferSchema(tableFromCells({ [name]: cells })), name);
}

function kinds(table: Table): Record<string, string> {
  return Object.fromEntries(inferSchema(table).columns.map(({ name, kind }) => [name, kind]));
}

const random = randomFromSeed(7);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test("Adult: amounts, categories, spikes, missing codes, and education_num follows from education", () => {
  const schema = inferSchema(tableFromCsv("adult-6000.csv.gz"));
  assert.deepEqual(
    schema.columns.filter(({ kind }) => kind === "identifier"),
    [],
  );
  const gain = schemaOf(schema, "capital_gain");
  assert.deepEqual(
    gain.spikes?.map(({ value }) => value),
    [0, 99999],
  );
  assert.equal(gain.missingCodes, undefined);
  assert.deepEqual(schemaOf(schema, "workclass").missingCodes, ["?"]);
  assert.deepEqual(schemaOf(schema, "education_num").functionOf, { column: "education" });
  assert.deepEqual(
    schema.columns.filter(({ functionOf }) => functionOf).map(({ name }) => name),
    ["education_num"],
  );
  assert.equal(schemaOf(schema, "fnlwgt").kind, "integer");
  assert.deepEqual(schemaOf(schema, "age").range, [17, 90]);
});

test("SUPPORT2: the column without a header is a key, dzclass follows from dzgroup, income has an order", () => {
  const schema = inferSchema(tableFromCsv("support2-third.csv.gz"), { target: "death" });
  assert.deepEqual(schemaOf(schema, "column_1").identifier, { type: "key", unique: true });
  assert.deepEqual(schemaOf(schema, "dzclass").functionOf, { column: "dzgroup" });
  assert.deepEqual(schemaOf(schema, "income").order, ["under $11k", "$11-$25k", "$25-$50k", ">$50k"]);
  assert.equal(schemaOf(schema, "death").kind, "boolean");
  assert.equal(schemaOf(schema, "age").kind, "continuous");
  assert.deepEqual(
    schema.columns.filter(({ kind }) => kind === "identifier").map(({ name }) => name),
    ["column_1"],
  );
});

test("AI4I: UDI and ProductID are keys, the flags are booleans, temperatures have one decimal", () => {
  const schema = inferSchema(tableFromCsv("ai4i2020.csv.gz"));
  assert.deepEqual(
    schema.columns.filter(({ kind }) => kind === "identifier").map(({ name }) => name),
    ["UDI", "ProductID"],
  );
  assert.equal(schemaOf(schema, "RNF").kind, "boolean");
  assert.equal(schemaOf(schema, "AirTemperature[K]").decimals, 1);
});

test("German credit: grades are ordinal, counts are integers, no column is a key", () => {
  const found = kinds(tableFromCsv("german-credit.csv.gz"));
  assert.equal(found.installment_rate, "ordinal");
  assert.equal(found.existing_credits, "integer");
  assert.equal(found.class, "boolean");
  assert.equal(found.checking_status, "categorical");
  assert.ok(!Object.values(found).some((kind) => kind === "identifier" || kind === "text"));
});

test("persons: each identifier is recognised, with the locale", () => {
  const types = (country: "en" | "de"): Record<string, unknown> =>
    Object.fromEntries(
      inferSchema(peopleTable(country, 500)).columns.map(({ name, kind, identifier }) => [
        name,
        identifier ? `${identifier.type} ${identifier.locale ?? ""}`.trim() : kind,
      ]),
    );
  assert.deepEqual(types("en"), {
    customer_id: "key",
    name: "person-name en_US",
    email: "email en_US",
    phone: "phone en_US",
    address: "address en_US",
    zip: "postcode en_US",
    age: "integer",
    plan: "categorical",
    ssn: "national-id en_US",
    card: "card-number en_US",
    ip: "ip en_US",
    homepage: "url en_US",
    session: "uuid en_US",
  });
  assert.deepEqual(types("de"), {
    kundennummer_id: "key",
    name: "person-name de",
    email: "email de",
    telefon: "phone de",
    strasse: "address de",
    plz: "postcode de",
    age: "integer",
    plan: "categorical",
    iban: "iban de",
  });
});

test("names need their header: two capitalised words alone are no person", () => {
  const cells = range(60).map((i) => `${["Ford", "Fiat", "Opel"][i % 3]} ${["Focus", "Panda", "Corsa", "Uno"][i % 4]}`);
  assert.equal(inferOne(cells, "product_name").kind, "categorical");
  assert.equal(inferOne(cells, "customer").identifier?.type, "person-name");
});

test("cities that many share are a category, cities of one person each are identifiers", () => {
  const town = (i: number): string =>
    `Town ${String.fromCharCode(65 + (i % 26))}${String.fromCharCode(97 + (Math.floor(i / 26) % 26))}`;
  assert.equal(
    inferOne(
      range(6000).map((i) => town(i % 300)),
      "city",
    ).kind,
    "categorical",
  );
  assert.equal(inferOne(range(600).map(town), "city").identifier?.type, "city");
});

test("a unique fraction, a unique amount and a year are no keys; a unique row number is", () => {
  assert.equal(
    inferOne(
      range(100).map((i) => i + 0.5),
      "measured",
    ).kind,
    "continuous",
  );
  assert.equal(
    inferOne(
      range(100).map(() => random.integer(1_000_000)),
      "income",
    ).kind,
    "integer",
  );
  assert.equal(
    inferOne(
      range(100).map((i) => 1900 + i),
      "year",
    ).kind,
    "integer",
  );
  assert.equal(
    inferOne(
      range(100).map((i) => i + 1),
      "row",
    ).kind,
    "identifier",
  );
  assert.equal(
    inferOne(
      range(100).map((i) => 1000 + 7 * i),
      "x",
    ).kind,
    "identifier",
  );
});

test("in 20 rows or 1, distinct numbers and words are no keys unless the header says so", () => {
  for (const n of [1, 2, 19]) {
    const table = tableFromCells({
      age: range(n).map((i) => 20 + i),
      city: range(n).map((i) => `Place${i}a`),
      code: range(n).map((i) => `Q${i}`),
    });
    assert.ok(!Object.values(kinds(table)).includes("identifier"), `${n} rows: ${JSON.stringify(kinds(table))}`);
  }
  assert.equal(
    inferOne(
      range(5).map((i) => 4 + i * 3),
      "patient_id",
    ).kind,
    "identifier",
  );
});

test("an id with repeats is a key with repeats; an id of a few values is a category", () => {
  assert.deepEqual(
    inferOne(
      range(1000).map((i) => 5000 + (i % 300)),
      "customer_id",
    ).identifier,
    { type: "key", unique: false },
  );
  assert.equal(
    inferOne(
      range(1000).map((i) => i % 12),
      "department_id",
    ).kind,
    "categorical",
  );
});

test("--group and --id make keys of any column; a date or an unknown name is refused", () => {
  const table = tableFromCells({
    ward: range(50).map((i) => i % 9),
    day: range(50).map(() => "2020-01-02"),
    y: range(50).map((i) => i % 2),
  });
  assert.deepEqual(schemaOf(inferSchema(table, { group: "ward" }), "ward").identifier, { type: "key", unique: false });
  assert.throws(() => inferSchema(table, { id: ["day"] }), InvalidArgument);
  assert.throws(() => inferSchema(table, { target: "wart" }), /Did you mean "ward"/);
});

test("-999 and -1 are codes when far apart and frequent, and only then", () => {
  const heights = range(500).map((i) => (i % 20 === 0 ? -999 : 150 + (i % 50)));
  assert.deepEqual(inferOne(heights).missingCodes, ["-999"]);
  assert.deepEqual(inferOne(heights).range, [150, 199]);
  assert.deepEqual(inferOne(range(500).map((i) => (i % 3 === 0 ? -1 : i % 60))).missingCodes, ["-1"]);
  assert.equal(inferOne(range(500).map((i) => (i % 61) - 1)).missingCodes, undefined);
  assert.equal(inferOne(range(500).map((i) => (i % 41) - 20)).missingCodes, undefined);
});

test("units of rounding and decimals are those of the values", () => {
  assert.equal(inferOne(range(200).map((i) => 5 * (i % 40) + 5)).roundingUnit, 5);
  assert.equal(inferOne(range(200).map((i) => 0.25 * (i % 37))).roundingUnit, 0.25);
  assert.equal(inferOne(range(200).map((i) => 1000 * (i % 30))).roundingUnit, 1000);
  assert.equal(inferOne(range(200).map((i) => i % 30)).roundingUnit, undefined);
  assert.equal(inferOne(range(200).map((i) => (i % 30) / 100)).decimals, 2);
  const hours = tableOf([
    { name: "t", type: "date", storage: "timestamp", values: Float64Array.from(range(100), (i) => i * 3_600_000) },
  ]);
  assert.equal(inferSchema(hours).columns[0]?.roundingUnit, 3_600_000);
  assert.equal(inferSchema(hours).columns[0]?.kind, "datetime");
  assert.equal(inferOne(range(50).map((i) => `2020-01-${String(1 + (i % 28)).padStart(2, "0")}`)).kind, "date");
});

test("free text, yes and no, one value and nothing", () => {
  const words = ["the", "pump", "was", "leaking", "again", "after", "repair", "today", "and", "noise", "heard"];
  const sentence = (): string => Array.from({ length: 8 }, () => words[random.integer(words.length)]).join(" ");
  assert.equal(inferOne(range(200).map(sentence), "remark").kind, "text");
  assert.equal(inferOne(range(50).map((i) => (i % 2 ? "yes" : "no"))).kind, "boolean");
  assert.equal(inferOne(range(50).map(() => "same")).kind, "constant");
  assert.equal(inferOne(range(50).map(() => "")).kind, "constant");
  assert.equal(inferOne(range(50).map((i) => (i % 2 ? "only" : ""))).kind, "categorical");
});

test("a dependency is claimed only on 5 rows of every parent value, and a pair takes the first column as parent", () => {
  const parent = range(200).map((i) => `p${i % 10}`);
  const child = range(200).map((i) => `c${(i % 10) >> 1}`);
  const twin = range(200).map((i) => (i % 10) * 3);
  const schema = inferSchema(tableFromCells({ child, parent, twin }));
  assert.deepEqual(
    schema.columns.map(({ functionOf }) => functionOf?.column),
    ["parent", undefined, "parent"],
  );
  const thin = tableFromCells({
    parent: [...parent, "p10"],
    child: [...child, "c0"],
    other: range(201).map((i) => i % 2),
  });
  assert.ok(inferSchema(thin).columns.every(({ functionOf }) => functionOf === undefined));
  const broken = tableFromCells({ parent, child: child.map((label, i) => (i === 57 ? "c0" : label)) });
  assert.ok(inferSchema(broken).columns.every(({ functionOf }) => functionOf === undefined));
});

test("no evidence quotes a cell that fewer than 5 rows hold", () => {
  const secret = "Zebulon";
  const tables = [
    tableFromCells({
      a: [...range(40).map((i) => (i % 2 ? "x" : "y")), secret],
      b: [...range(40).map((i) => i % 13), 987654],
    }),
    tableFromCells({
      a: range(12)
        .map(() => secret)
        .slice(0, 3),
      b: [987654, 987654, 987654],
    }),
    tableFromCells({
      a: [...range(40).map((i) => ["low", "high"][i % 2] as string), "medium"],
      b: range(41).map((i) => (i === 3 ? 987654 : i)),
    }),
  ];
  for (const table of tables) {
    const text = JSON.stringify(
      inferSchema(table).columns.map(({ evidence, range: bounds, spikes }) => [evidence, bounds, spikes]),
    );
    assert.doesNotMatch(text, /Zebulon|987654|medium/);
  }
});

test("any table gets a schema: one entry per column, the type kept, ranges from values that 5 rows hold", () => {
  const cell = fc.oneof(
    fc.constant(""),
    fc.integer({ min: -9, max: 9 }),
    fc.string({ maxLength: 5 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60 }),
      fc.array(fc.infiniteStream(cell), { minLength: 1, maxLength: 5 }),
      (rows, streams) => {
        const table = tableFromCells(
          Object.fromEntries(
            streams.map((stream, j) => [`c${j}`, Array.from({ length: rows }, () => stream.next().value as string)]),
          ),
        );
        const schema = inferSchema(table);
        assert.deepEqual(
          schema.columns.map(({ name, type }) => [name, type]),
          table.columns.map(({ name, type }) => [name, type]),
        );
        for (const { name, range: bounds } of schema.columns) {
          const column = columnOf(table, name);
          if (!bounds || column.type === "text") continue;
          assert.ok(
            column.values.filter((value) => value <= bounds[0]).length >= 5 &&
              column.values.filter((value) => value >= bounds[1]).length >= 5,
          );
        }
      },
    ),
    { seed: 4 },
  );
});

test("a million distinct labels are free text", () => {
  const n = 1_000_000;
  const table = tableOf([
    {
      name: "label",
      type: "text",
      storage: "text",
      codes: Int32Array.from({ length: n }, (_, i) => i),
      dictionary: Array.from({ length: n }, (_, i) => `some words ${i}`),
    },
  ]);
  const [column] = inferSchema(table).columns;
  assert.equal(column?.kind, "text");
});

test("codes that repeat are a key while more than half are different, not free text", () => {
  const codes = Array.from({ length: 300 }, (_, i) => `P-${40_000 + 13 * Math.floor(i / 1.8)}`);
  const [column] = inferSchema(tableFromCells({ person: codes })).columns;
  assert.deepEqual([column?.kind, column?.identifier], ["identifier", { type: "key", unique: false }]);
});

test("a column that repeats another is a copy, however many values it has, and stays one", async () => {
  const values = Float64Array.from({ length: 400 }, (_, i) => Math.sin(i) * 1000);
  const number = (name: string): Column => ({ name, type: "number", storage: "double", values: values.slice() });
  const table = tableOf([number("close"), number("adjusted")]);
  const schema = inferSchema(table);
  assert.deepEqual(schemaOf(schema, "adjusted").functionOf, { column: "close" });
  const { modelled, restore } = reduceTable(table, schema);
  assert.deepEqual(
    modelled.columns.map(({ name }) => name),
    ["close"],
  );
  const made = { ...number("close"), values: Float64Array.from([1.5, Number.NaN]) } as Column;
  const [close, adjusted] = (await restore(tableOf([made]), 0, randomFromSeed(1))).columns;
  assert.deepEqual(adjusted?.type === "number" && [...adjusted.values], [1.5, Number.NaN]);
  assert.equal(close?.name, "close");
});

test("yes and no in German are a boolean; huge numbers are not whole; user names are a key", () => {
  const text = (name: string, labels: readonly string[]): Column => {
    const dictionary = [...new Set(labels)].sort();
    const codes = Int32Array.from(labels, (label) => dictionary.indexOf(label));
    return { name, type: "text", storage: "text", codes, dictionary };
  };
  const rows = Array.from({ length: 100 }, (_, i) => i);
  const letters = (i: number): string => String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26));
  const schema = inferSchema(
    tableOf([
      text(
        "raucht",
        rows.map((i) => (i % 3 === 0 ? "ja" : "nein")),
      ),
      text(
        "login",
        rows.map((i) => `fox-${letters(i)}`),
      ),
      { name: "flux", type: "number", storage: "double", values: Float64Array.from(rows, (i) => (i + 0.5) * 1e300) },
    ]),
  );
  assert.equal(schemaOf(schema, "raucht").kind, "boolean");
  assert.equal(schemaOf(schema, "flux").kind, "continuous");
  assert.equal(schemaOf(schema, "login").identifier?.type, "key");
});

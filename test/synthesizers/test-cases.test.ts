import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Column,
  cellOf,
  columnOf,
  concatRows,
  isMissing,
  sliceRows,
  type Table,
  tableOf,
} from "../../src/data/table.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { randomFromSeed } from "../../src/random.ts";
import { brokenRowsOf } from "../../src/schema/broken-rows.ts";
import { type Constraint, nameOfConstraint } from "../../src/schema/constraints.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { publicSchema } from "../../src/schema/public.ts";
import type { ColumnSchema, TableSchema } from "../../src/schema/schema.ts";
import { fitTable } from "../../src/synthesizers/fit-table.ts";
import { independent } from "../../src/synthesizers/independent.ts";
import { sequentialTrees } from "../../src/synthesizers/sequential-trees.ts";
import type { Synthesizer } from "../../src/synthesizers/synthesizer.ts";
import { type TestCaseOptions, type TestCases, testCases } from "../../src/synthesizers/test-cases.ts";

const executor = localExecutor();
const DAY = 86_400_000;
const ROWS = 900;

/** Orders: a key, days in order, a city in its country, one of three flags, a total, a counter that never falls, a label that three rows hold. */
function shop(rows: number, seed: number): Table {
  const random = randomFromSeed(seed).split("shop");
  const cities = [
    ["France", "Paris"],
    ["France", "Lyon"],
    ["Spain", "Madrid"],
    ["Italy", "Roma"],
  ] as const;
  const at = Array.from({ length: rows }, () => random.integer(4));
  const ordered = Float64Array.from({ length: rows }, () => DAY * (18_000 + random.integer(400)));
  const price = Float64Array.from({ length: rows }, () => random.integer(40));
  const quantity = Float64Array.from({ length: rows }, () => 1 + random.integer(8));
  const flag = at.map((k) => (random.uniform() < 0.8 ? k % 3 : random.integer(3)));
  const visit = Float64Array.from({ length: rows }, () => random.integer(1000));
  const flags = (k: number): Float64Array => Float64Array.from(flag, (own) => (own === k ? 1 : 0));
  return tableOf([
    text(
      "order_id",
      at.map((_, i) => `O-${10_003 + 7 * i}`),
    ),
    text(
      "country",
      at.map((k) => cities[k]?.[0] as string),
    ),
    text(
      "city",
      at.map((k) => cities[k]?.[1] as string),
    ),
    { name: "ordered", type: "date", storage: "date", values: ordered },
    {
      name: "delivered",
      type: "date",
      storage: "date",
      values: ordered.map((day, i) => (i % 9 === 0 ? Number.NaN : day + DAY * random.integer(12))),
    },
    number("price", price),
    number("quantity", quantity),
    number(
      "total",
      price.map((value, i) => value * (quantity[i] as number)),
    ),
    number("red", flags(0)),
    number("green", flags(1)),
    number("blue", flags(2)),
    text(
      "gift",
      at.map((_, i) => (i < 3 ? "sword" : i % 40 === 5 ? "voucher" : i % 3 === 0 ? "yes" : "no")),
    ),
    text(
      "meter",
      at.map(() => `m${random.integer(40)}`),
    ),
    number("visit", visit),
    number(
      "reading",
      visit.map((value) => Math.round(50 + 3 * value)),
    ),
  ]);
}

const CONSTRAINTS: readonly Constraint[] = [
  { kind: "order", columns: ["ordered", "delivered"], strict: false },
  { kind: "combinations", columns: ["country", "city"] },
  { kind: "oneHot", columns: ["red", "green", "blue"] },
  { kind: "equals", column: "total", formula: "price * quantity", tolerance: 0 },
  { kind: "increments", column: "reading", of: "visit", within: "meter" },
  { kind: "unique", columns: ["meter", "visit"] },
  { kind: "check", condition: "!(gift == 'voucher' && price > 30)" },
];
const DECLARED = { ranges: ["price", "ordered"], categories: ["gift"] } as const;

interface Made extends TestCases {
  readonly train: Table;
  readonly schema: TableSchema;
  readonly ordinary: Table;
}

async function made(
  train: Table,
  schema: TableSchema,
  options: Partial<TestCaseOptions> & { readonly synthesizer?: unknown; readonly rows?: number } = {},
): Promise<Made> {
  const synthesizer = (options.synthesizer ?? independent) as Synthesizer<unknown>;
  const random = randomFromSeed(4);
  const own = options.executor ?? executor;
  const fitted = await fitTable(train, {
    schema,
    synthesizer,
    options: synthesizer.options.parse({}),
    random,
    executor: own,
  });
  const chunks: Table[] = [];
  let drawn = 0;
  const sampled = fitted.sample(options.rows ?? 500, {
    random,
    executor: own,
    onAcceptance: (_, of) => {
      drawn += of;
    },
  });
  for await (const chunk of sampled) chunks.push(chunk);
  const ordinary = concatRows(chunks);
  const cases = await testCases({
    fitted,
    ordinary,
    train,
    real: train,
    schema: publicSchema(schema, train),
    declared: { ranges: [], categories: [] },
    random,
    startRow: Math.max(drawn, ordinary.rows),
    executor: own,
    ...options,
  });
  return { ...cases, train, schema, ordinary };
}

function shopSchema(train: Table): TableSchema {
  const inferred = inferSchema(train, { id: ["order_id"] });
  const changes: Readonly<Record<string, Partial<ColumnSchema>>> = {
    price: { range: [0, 60] },
    gift: { categories: ["no", "voucher", "yes"] },
  };
  return {
    ...inferred,
    columns: inferred.columns.map((column) => ({ ...column, ...changes[column.name] })),
    constraints: CONSTRAINTS,
  };
}

const shopCases = (() => {
  let known: Promise<Made> | undefined;
  return (): Promise<Made> => {
    const train = shop(ROWS, 1);
    known ??= made(train, shopSchema(train), { synthesizer: sequentialTrees, declared: DECLARED, rows: 60 });
    return known;
  };
})();

/** What each row breaks, told by the constraints and declarations themselves. */
function brokenNames({ train, schema, ordinary, table }: Made, rows: readonly number[]): readonly string[][] {
  const out: string[][] = rows.map(() => []);
  for (const constraint of CONSTRAINTS) {
    const find = brokenRowsOf(constraint, { schema, real: train });
    rows.forEach((row, i) => {
      const beside = concatRows([ordinary, sliceRows(table, row, row + 1)]);
      // The ordinary rows break nothing, so that whatever is broken is by this one.
      if (find(beside).broken.includes(1)) out[i]?.push(nameOfConstraint(constraint));
    });
  }
  for (const [i, row] of rows.entries()) {
    for (const name of DECLARED.ranges) {
      const [low, high] = rangeOf(schema, name);
      const cell = cellOf(columnOf(table, name), row);
      if (cell !== null && ((cell as number) < low || (cell as number) > high)) out[i]?.push(`range of ${name}`);
    }
    const gift = cellOf(columnOf(table, "gift"), row);
    if (gift !== null && !["no", "voucher", "yes"].includes(gift as string)) out[i]?.push("categories of gift");
  }
  return out;
}

test("a row that is to break a rule breaks exactly that one, and there are three for each", async () => {
  const cases = await shopCases();
  const rows = cases.names.flatMap((name, row) => (name.startsWith("breaks: ") ? [row] : []));
  const counts = new Map<string, number>();
  brokenNames(cases, rows).forEach((broken, i) => {
    const name = cases.names[rows[i] as number] as string;
    assert.deepEqual(broken, [name.slice("breaks: ".length)]);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  const rules = [...CONSTRAINTS.map(nameOfConstraint), "range of price", "range of ordered", "categories of gift"];
  assert.deepEqual([...counts].sort(), rules.map((rule) => [`breaks: ${rule}`, 3]).sort());
  assert.deepEqual(
    cases.coverage.breaking,
    rules.map((name) => ({ name, rows: 3 })),
  );
});

test("rows for boundary values and rare pairs break nothing, also beside each other", async () => {
  const cases = await shopCases();
  const valid = cases.names.flatMap((name, row) => (name.startsWith("breaks: ") ? [] : [row]));
  for (const kind of ["boundary", "pair"])
    assert.ok(cases.names.filter((name) => name.startsWith(`${kind}: `)).length >= 15, JSON.stringify(cases.coverage));
  for (const broken of brokenNames(cases, valid)) assert.deepEqual(broken, []);
  const whole = concatRows([cases.ordinary, sliceRows(cases.table, 0, valid.length)]);
  for (const constraint of CONSTRAINTS)
    assert.equal(
      brokenRowsOf(constraint, { schema: cases.schema, real: cases.train })(whole).broken.includes(1),
      false,
      nameOfConstraint(constraint),
    );
});

test("keys are new ones: no test row has the key of another row", async () => {
  const { ordinary, table } = await shopCases();
  const both = concatRows([ordinary, table]);
  const ids = Array.from({ length: both.rows }, (_, row) => cellOf(columnOf(both, "order_id"), row));
  assert.equal(new Set(ids).size, both.rows);
});

test("each boundary value has a row that holds it; the ends are those that may be released", async () => {
  const { names, table, schema, train, coverage } = await shopCases();
  const of = (column: string): string[] =>
    names
      .filter((name) => name.startsWith(`boundary: ${column} `))
      .map((name) => name.slice(`boundary: ${column} `.length))
      .sort();
  const iso = (day: number): string => new Date(day).toISOString().slice(0, 10);
  const [first, last] = rangeOf(publicSchema(schema, train), "ordered");
  assert.deepEqual(of("price"), ["= 0", "= 1", "= 60"]);
  assert.deepEqual(of("ordered"), [`= ${iso(first)}`, `= ${iso(last)}`]);
  assert.deepEqual(of("gift"), ["= no", "= voucher", "= yes"]);
  assert.ok(of("delivered").includes("is empty"));
  names.forEach((name, row) => {
    const [, column, value] = /^boundary: (\w+) (?:= )?(.*)$/.exec(name) ?? [];
    if (column === undefined) return;
    const own = columnOf(table, column);
    if (value === "is empty") assert.ok(isMissing(own, row), name);
    else assert.equal(own.type === "date" ? iso(own.values[row] as number) : String(cellOf(own, row)), value, name);
  });
  assert.equal(coverage.boundary.possible, coverage.boundary.reached + coverage.boundary.missed.length);
  assert.ok(coverage.boundary.reached / coverage.boundary.possible > 0.9, coverage.boundary.missed.join(", "));
});

test("no label of fewer than five training rows and no value beyond a released range is in a row that keeps the rules", async () => {
  const { names, table, train, schema, ordinary } = await shopCases();
  const open = publicSchema(schema, train);
  for (const column of table.columns) {
    // A total is what the formula says, however large.
    if (column.name === "order_id" || column.name === "total") continue;
    const own = columnOf(train, column.name);
    const counts = new Map<unknown, number>();
    for (let row = 0; row < train.rows; row++) {
      const cell = cellOf(own, row);
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    const range = open.columns.find(({ name }) => name === column.name)?.range;
    names.forEach((name, row) => {
      const cell = cellOf(column, row);
      if (
        cell === null ||
        name === `breaks: range of ${column.name}` ||
        name === `breaks: categories of ${column.name}`
      ) {
        assert.ok(cell === null || !counts.has(cell), `${name}: ${cell} is a real value`);
        return;
      }
      if (column.type === "text") assert.ok((counts.get(cell) ?? 0) >= 5, `${column.name} = ${cell}`);
      else if (range)
        assert.ok((cell as number) >= range[0] && (cell as number) <= range[1], `${column.name} = ${cell}`);
    });
  }
  assert.ok(!JSON.stringify([names, ordinary.columns.map((column) => cellOf(column, 0))]).includes("sword"));
});

/** Four columns of 3, 3, 4 and 2 labels, of which the last combinations are rare. */
function labels(rows: number): Table {
  const random = randomFromSeed(9).split("labels");
  const skewed = (n: number): number => Math.min(random.integer(n), random.integer(n), random.integer(n));
  return tableOf(
    ([3, 3, 4, 2] as const).map((levels, j) =>
      text(
        `c${j}`,
        Array.from({ length: rows }, (_, i) => `v${i < 6 * levels ? i % levels : skewed(levels)}`),
      ),
    ),
  );
}

/** Every combination of two labels of two columns that some row has, by brute force. */
function pairsOf(table: Table): Set<string> {
  const out = new Set<string>();
  for (const a of table.columns)
    for (const b of table.columns)
      if (a.name < b.name)
        for (let row = 0; row < table.rows; row++)
          out.add(`${a.name} = ${cellOf(a, row)} & ${b.name} = ${cellOf(b, row)}`);
  return out;
}

test("every combination of two labels that a constraint does not forbid is there afterwards, in few rows (brute force)", async () => {
  const train = labels(400);
  const constraints: readonly Constraint[] = [
    { kind: "check", condition: "!(c0 == 'v2' && c2 == 'v3')" },
    { kind: "check", condition: "!(c1 == 'v2' && c2 == 'v3' && c3 == 'v1')" },
  ];
  const schema = { ...inferSchema(train), constraints };
  const cases = await made(train, schema, { rows: 12 });
  const before = pairsOf(cases.ordinary);
  const valid = cases.names.filter((name) => !name.startsWith("breaks: ")).length;
  const after = pairsOf(concatRows([cases.ordinary, sliceRows(cases.table, 0, valid)]));
  // 3·3 + 3·4 + 3·2 + 3·4 + 3·2 + 4·2, of which one is forbidden.
  assert.deepEqual(
    { possible: cases.coverage.pairs.possible, forbidden: cases.coverage.pairs.forbidden },
    { possible: 52, forbidden: 1 },
  );
  assert.equal(cases.coverage.pairs.before, before.size);
  assert.equal(cases.coverage.pairs.after, after.size);
  assert.equal(after.size, 52);
  assert.equal(after.has("c0 = v2 & c2 = v3"), false);
  // No fewer than 4·3 rows have every combination of c2 with another column of three; greedy needs little more.
  const pairRows = cases.names.filter((name) => name.startsWith("pair: "));
  assert.ok(pairRows.length <= 14, pairRows.join("\n"));
  pairRows.forEach((name) => {
    const named = /^pair: (.*?)(?:, and \d+ more)?$/.exec(name)?.[1] as string;
    assert.equal(before.has(named), false, `${name} was there before`);
    assert.ok(after.has(named), name);
  });
});

test("the number of rows for pairs is kept, and the combinations most lacked come first", async () => {
  const train = labels(400);
  const schema = inferSchema(train);
  const few = await made(train, schema, { rows: 12, mostPairRows: 3 });
  const all = await made(train, schema, { rows: 12 });
  assert.equal(few.coverage.rows.pairs, 3);
  assert.ok(few.coverage.pairs.after < all.coverage.pairs.after);
  assert.deepEqual(
    few.names.filter((name) => name.startsWith("pair: ")),
    all.names.filter((name) => name.startsWith("pair: ")).slice(0, 3),
  );
});

test("a combination that no row can have is counted as not reachable, and left out", async () => {
  const train = labels(400);
  // v3 of c2 goes with no value of c3 in the presence of v2 of c1: no third cell is left.
  const constraints: readonly Constraint[] = [
    { kind: "check", condition: "!(c1 == 'v2' && c2 == 'v3' && c3 == 'v0')" },
    { kind: "check", condition: "!(c1 == 'v2' && c2 == 'v3' && c3 == 'v1')" },
  ];
  const cases = await made(train, { ...inferSchema(train), constraints }, { rows: 12 });
  const { possible, forbidden, after, unreachable } = cases.coverage.pairs;
  assert.deepEqual(
    { possible, forbidden, after, unreachable },
    { possible: 53, forbidden: 0, after: 52, unreachable: 1 },
  );
});

test("the same seed gives the same cells, on one thread and on two", async () => {
  const train = shop(400, 3);
  const threads = threadExecutor(2);
  try {
    const [one, two] = [
      await made(train, shopSchema(train), { declared: DECLARED, mostPairRows: 20 }),
      await made(train, shopSchema(train), { declared: DECLARED, mostPairRows: 20, executor: threads }),
    ];
    assert.deepEqual(two.names, one.names);
    assert.deepEqual(cellsOf(two.table), cellsOf(one.table));
  } finally {
    await threads.close();
  }
});

test("a code for missing is an empty cell, never a value; it is written as the source writes it", async () => {
  const random = randomFromSeed(6);
  const cells = Array.from({ length: 300 }, () => random.integer(12));
  const train = tableOf([
    text(
      "plan",
      cells.map((k) => ["?", "gold", "silver", "basic"][k % 4] as string),
    ),
    number(
      "age",
      Float64Array.from(cells, (k, i) => (k === 0 ? -999 : 20 + (i % 30))),
    ),
    text(
      "sex",
      cells.map((k) => (k < 6 ? "F" : "M")),
    ),
  ]);
  const inferred = inferSchema(train);
  const codes: Readonly<Record<string, Partial<ColumnSchema>>> = {
    plan: { missingCodes: ["?"] },
    age: { missingCodes: ["-999"], range: [20, 49] },
  };
  const schema = {
    ...inferred,
    columns: inferred.columns.map((column) => ({ ...column, ...codes[column.name] })),
    constraints: [{ kind: "check", condition: "!(sex == 'M' && age > 45)" }] as const,
  };
  const cases = await made(train, schema, { rows: 5, declared: { ranges: ["age"], categories: [] } });
  const cell = (column: string, name: string): unknown => {
    const row = cases.names.indexOf(name);
    assert.ok(row >= 0, `${name} in ${cases.names.join("\n")}`);
    return cellOf(columnOf(cases.table, column), row);
  };
  assert.equal(cell("plan", "boundary: plan is empty"), "?");
  assert.equal(cell("age", "boundary: age is empty"), -999);
  assert.equal(cell("age", "boundary: age = 20"), 20);
  assert.deepEqual(
    cases.names.filter((name) => /\?|-999/.test(name)),
    [],
  );
  assert.equal(
    cases.coverage.breaking.every(({ rows }) => rows === 3),
    true,
  );
  cases.names.forEach((name, row) => {
    if (name.startsWith("breaks: ")) assert.notEqual(cellOf(columnOf(cases.table, "age"), row), -999);
  });
});

test("a table of one column, and one without anything declared, have their boundary values", async () => {
  const cases = await made(
    tableOf([
      number(
        "age",
        Float64Array.from({ length: 250 }, (_, i) => 18 + (i % 50)),
      ),
    ]),
    {
      format: "counterfoil-schema/1",
      notes: [],
      columns: [{ name: "age", kind: "integer", type: "number", evidence: [], range: [18, 67] }],
    },
  );
  assert.deepEqual(cases.names, ["boundary: age = 18", "boundary: age = 67"]);
  assert.deepEqual(cases.coverage.pairs.possible, 0);
  assert.deepEqual(cases.coverage.breaking, []);
});

function rangeOf({ columns }: TableSchema, name: string): readonly [number, number] {
  return (columns.find((column) => column.name === name) as ColumnSchema).range as readonly [number, number];
}

function number(name: string, values: Float64Array): Column {
  return { name, type: "number", storage: "integer", values };
}

function text(name: string, cells: readonly string[]): Column {
  const dictionary = [...new Set(cells)].sort();
  const places = new Map(dictionary.map((label, code) => [label, code]));
  return {
    name,
    type: "text",
    storage: "text",
    dictionary,
    codes: Int32Array.from(cells, (label) => places.get(label) as number),
  };
}

function cellsOf(table: Table): unknown {
  return table.columns.map((column) => [
    column.name,
    ...Array.from({ length: table.rows }, (_, row) => cellOf(column, row)),
  ]);
}

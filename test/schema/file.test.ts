import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgument } from "../../src/errors.ts";
import { applySchema, parseSchema, schemaToYaml } from "../../src/schema/file.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { publicSchema } from "../../src/schema/public.ts";
import { reduceTable } from "../../src/schema/reduce.ts";
import { schemaOf } from "../../src/schema/schema.ts";
import { tableFromCells, tableFromCsv } from "./csv.ts";
import { peopleTable } from "./people.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function file(columns: string): string {
  return `format: counterfoil-schema/1\ncolumns:\n${columns}`;
}

test("a schema written, read and applied unchanged is the same schema", () => {
  for (const table of [
    tableFromCsv("adult-6000.csv.gz"),
    tableFromCsv("support2-third.csv.gz"),
    peopleTable("de", 300),
    tableFromCells({
      'odd "name": #1': range(30),
      "": range(30).map((i) => i % 3),
      "- a": range(30).map((i) => (i % 2 ? "yes" : "no")),
    }),
  ]) {
    const schema = inferSchema(table);
    const yaml = schemaToYaml(schema);
    assert.deepEqual(applySchema(schema, parseSchema(yaml, "schema.yaml"), table), schema);
    for (const { evidence } of schema.columns)
      for (const sentence of evidence) assert.ok(yaml.includes(`# ${sentence}`), sentence);
  }
});

test("mistakes are named with file, line, column and the nearest word", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      file("  - name: age\n    kind: catgorical\n"),
      /s\.yaml, line 4: kind: there is no "catgorical" \(column "age"\)\. Did you mean "categorical"\?/,
    ],
    [
      file("  - name: age\n    knd: integer\n"),
      /line 4: there is no field "knd" \(column "age"\)\. Did you mean "kind"\?/,
    ],
    [
      file("  - name: age\n  - name: sex\n    identifier: { type: emial }\n"),
      /line 5: .*"emial" \(column "sex"\)\. Did you mean "email"\?/,
    ],
    [
      file("  - name: age\n    identifier: { typ: email }\n"),
      /line 4: .*"typ".* Did you mean "type"\?|line 4: identifier\.type: it is missing/,
    ],
    [
      file("  - name: age\n    range: [9, 3]\n"),
      /line 4: range \(column "age"\): the lower bound is above the upper one/,
    ],
    [file("  - name: age\n  - name: age\n"), /line 4: column "age" is listed twice/],
    [file("  - name: age\n    decimals: many\n"), /line 4: decimals \(column "age"\)/],
    [file("  - kind: integer\n"), /line 3: name/],
    ["format: counterfoil-schema/2\ncolumns: []\n", /line 1: format: there is no "counterfoil-schema\/2"/],
    ["columns: [\n", /this is no YAML/],
    ["", /line 1/],
    ["- 1\n- 2\n", /line 1/],
  ];
  for (const [yaml, message] of cases)
    assert.throws(
      () => parseSchema(yaml, "s.yaml"),
      (error: InvalidArgument) =>
        (error instanceof InvalidArgument && message.test(error.message)) ||
        assert.fail(`${message} against ${(error as Error).stack}`),
    );
});

test("what a person writes wins; an unknown column or an impossible kind is refused", () => {
  const table = tableFromCsv("adult-6000.csv.gz");
  const inferred = inferSchema(table);
  const apply = (columns: string): ReturnType<typeof applySchema> =>
    applySchema(inferred, parseSchema(file(columns), "s.yaml"), table);
  const changed = apply(
    "  - name: age\n    range: [0, 120]\n  - name: education_num\n    functionOf: null\n  - name: fnlwgt\n    kind: identifier\n  - name: race\n    drop: true\n  - name: workclass\n    missingCodes: []\n",
  );
  assert.deepEqual(schemaOf(changed, "age").range, [0, 120]);
  assert.equal(schemaOf(changed, "education_num").functionOf, undefined);
  assert.deepEqual(schemaOf(changed, "fnlwgt").identifier, { type: "key", unique: false });
  assert.equal(schemaOf(changed, "race").drop, true);
  assert.deepEqual(schemaOf(changed, "workclass").missingCodes, []);
  assert.equal(schemaOf(apply("  - name: education\n    drop: true\n"), "education_num").functionOf, undefined);
  assert.throws(() => apply("  - name: educaton\n"), /"educaton".*Did you mean "education"/);
  assert.throws(() => apply("  - name: sex\n    kind: integer\n"), /"sex" holds text and cannot be integer/);
  assert.throws(() => apply("  - name: sex\n    kind: constant\n"), /more than one value/);
  const { modelled } = reduceTable(table, changed);
  assert.ok(!modelled.columns.some(({ name }) => name === "race" || name === "fnlwgt"));
  assert.ok(modelled.columns.some(({ name }) => name === "education_num"));
});

test("a dependency that somebody claims and that does not hold is modelled", () => {
  const table = tableFromCsv("german-credit.csv.gz");
  const schema = applySchema(
    inferSchema(table),
    parseSchema(file("  - name: housing\n    functionOf: { column: job }\n"), "s.yaml"),
    table,
  );
  const { modelled, notes } = reduceTable(table, schema);
  assert.ok(modelled.columns.some(({ name }) => name === "housing"));
  assert.match(notes.join(" "), /"housing": does not follow from "job"/);
});

test("the public schema holds no extreme, label, spike or code of fewer than 5 rows", () => {
  const table = tableFromCells({
    x: [...range(100).map((i) => i % 50), 7777, -4444],
    grade: [...range(98).map((i) => ["low", "high"][i % 2] as string), "medium", "medium", "medium", "medium"],
    sex: [...range(101).map((i) => ["f", "m"][i % 2] as string), "rare"],
  });
  const inferred = inferSchema(table);
  const edited = applySchema(
    inferred,
    parseSchema(
      file(
        "  - name: x\n    range: [-4444, 9000]\n    spikes: [{ value: 7777, share: 0.01 }, { value: 3, share: 0.02 }]\n    missingCodes: [-4444]\n  - name: sex\n    categories: [f, m, rare, x]\n",
      ),
      "s.yaml",
    ),
    table,
  );
  const shown = publicSchema(edited, table);
  assert.deepEqual(schemaOf(shown, "grade").order, ["low", "high"]);
  assert.deepEqual(schemaOf(shown, "sex").categories, ["f", "m", "x"]);
  assert.deepEqual(schemaOf(shown, "x").missingCodes, []);
  assert.deepEqual(schemaOf(shown, "x").spikes, []);
  // Nobody lies at or beyond 9000: it was declared, and says nothing about a row.
  assert.equal(schemaOf(shown, "x").range?.[1], 9000);
  assert.doesNotMatch(JSON.stringify(shown), /7777|-4444|medium|rare/);
});

test("with rows of several people, the public schema counts people, not rows", () => {
  // Person 0 holds twenty rows with an extreme, a label and a spike of her own; the others hold five rows each.
  const own = range(20);
  const others = range(200);
  const table = tableFromCells({
    x: [...own.map(() => 7777), ...others.map((i) => i % 50)],
    grade: [...own.map(() => "hers"), ...others.map((i) => ["low", "high"][i % 2] as string)],
  });
  const schema = applySchema(
    inferSchema(table),
    parseSchema(
      file(
        "  - name: x\n    range: [0, 7777]\n    spikes: [{ value: 7777, share: 0.09 }, { value: 3, share: 0.02 }]\n  - name: grade\n    categories: [low, high, hers]\n",
      ),
      "s.yaml",
    ),
    table,
  );
  const plain = { ...schema, columns: schema.columns.map((column) => ({ ...column, evidence: [] })) };
  assert.match(JSON.stringify(publicSchema(plain, table)), /7777.*hers/);
  const entities = Int32Array.from([...own.map(() => 0), ...others.map((i) => 1 + Math.floor(i / 5))]);
  const shown = publicSchema(plain, table, entities);
  assert.doesNotMatch(JSON.stringify(shown), /7777|hers/);
  assert.deepEqual(schemaOf(shown, "grade").categories, ["low", "high"]);
  assert.equal(schemaOf(shown, "x").spikes?.length, 0);
  assert.ok((schemaOf(shown, "x").range?.[1] ?? 99) < 50);
});

test("the range of dates is written and read as days and moments", () => {
  const text = file(
    '  - { name: day, range: [2020-01-31, "2021-02-03T04:05:06Z"] }\n  - { name: x, range: [1, 2.5] }\n',
  );
  const [day, x] = parseSchema(text, "s.yaml").columns;
  assert.deepEqual(day?.range, [Date.UTC(2020, 0, 31), Date.UTC(2021, 1, 3, 4, 5, 6)]);
  assert.deepEqual(x?.range, [1, 2.5]);
  const values = Float64Array.from(range(40), (i) => Date.UTC(2020, 0, 1 + i));
  const schema = inferSchema({ rows: 40, columns: [{ name: "day", type: "date", storage: "date", values }] });
  assert.match(schemaToYaml(schema), /range: \[ "2020-01-05", "2020-02-05" \]/);
  assert.throws(() => parseSchema(file("  - { name: day, range: [2020-02-31x, 1] }\n"), "s.yaml"), InvalidArgument);
});

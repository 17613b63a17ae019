import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/read.ts";
import { cellOf, columnOf, sliceRows, type Table } from "../../src/data/table.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { evaluate } from "../../src/jobs/evaluate.ts";
import type { JobResult, SynthesizeOptions } from "../../src/jobs/job.ts";
import { resultSchema } from "../../src/jobs/result-schema.ts";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { verify } from "../../src/jobs/verify.ts";
import { counterfoil } from "../cli/run.ts";
import { csvOf, fileIn, peopleCsv, SECRETS, scratchHome } from "./world.ts";

const home = scratchHome();
const people = peopleCsv(500);
const source = fileIn(home, "people.csv", people.text);
const schema = fileIn(
  home,
  "schema.yaml",
  `format: counterfoil-schema/1
columns:
  - { name: age, range: [0, 120] }
  - { name: smoker, categories: ["yes", "no"] }
constraints:
  - check: "!(job == 'student' && age > 60)"
`,
);

let folders = 0;
const made = async (options: Partial<SynthesizeOptions>): Promise<JobResult> =>
  synthesize({
    source,
    schema,
    out: join(home, `bundle-${folders++}`),
    synthesizer: "sequential-trees",
    judge: "release",
    rows: 150,
    threads: 1,
    ...options,
  });
const tests = made({ purpose: "test", csv: true });
const released = async (result: JobResult, file: string): Promise<Table> =>
  (await readTable(join(result.bundle as string, "data", file))).table;
const cellsOf = (table: Table): unknown =>
  table.columns.map((column) => Array.from({ length: table.rows }, (_, row) => cellOf(column, row)));

test("test cases follow the ordinary rows, which stay as they were, and so do scores and decision", async () => {
  const result = await tests;
  const plain = await made({});
  assert.deepEqual(result.scores, plain.scores);
  assert.deepEqual(result.decision, plain.decision);
  assert.deepEqual(result.rows, plain.rows);
  assert.equal(plain.testCases, undefined);
  const { column, rows, boundary, pairs, breaking } = result.testCases as NonNullable<JobResult["testCases"]>;
  assert.equal(column, "test_case");
  for (const file of ["synthetic.parquet", "synthetic.csv"]) {
    const table = await released(result, file);
    assert.equal(table.rows, 150 + rows.boundary + rows.pairs + rows.breaking);
    const names = columnOf(table, column);
    for (let row = 0; row < table.rows; row++) assert.equal(cellOf(names, row) === null, row < 150, `${file} ${row}`);
    if (file.endsWith("parquet")) {
      const ordinary = sliceRows(table, 0, 150);
      const before = await released(plain, file);
      assert.deepEqual(
        cellsOf({ ...ordinary, columns: ordinary.columns.filter(({ name }) => name !== column) }),
        cellsOf(before),
      );
    }
  }
  assert.ok(boundary.reached > 10 && boundary.reached <= boundary.possible);
  assert.ok(pairs.before < pairs.after && pairs.after <= pairs.possible);
  assert.deepEqual(breaking, [
    { name: "check: !(job == 'student' && age > 60)", rows: 3 },
    { name: "range of age", rows: 3 },
    { name: "categories of smoker", rows: 3 },
  ]);
  resultSchema.parse(result);
});

test("what was covered and that it was not judged is in the notices, the report and the recipe", async () => {
  const result = await tests;
  const told = result.notices.filter((notice) =>
    /test cases|Boundary values|Combinations of two|Rules broken/.test(notice),
  );
  assert.equal(told.length, 4, told.join("\n"));
  assert.match(told[0] as string, /only the ordinary rows, where "test_case" is empty, were judged/);
  const text = (file: string): string => readFileSync(join(result.bundle as string, file), "utf8");
  assert.ok(text("report.html").includes("were judged, and the decision is on these alone"));
  const { testCases } = JSON.parse(text("recipe.json")) as { testCases: { column: string; judged: boolean } };
  assert.deepEqual({ column: testCases.column, judged: testCases.judged }, { column: "test_case", judged: false });
  const { problems } = await verify({
    bundle: result.bundle as string,
    recompute: true,
    real: source,
    schema,
    threads: 1,
  });
  assert.deepEqual(problems, []);
});

test("no rare label, no extreme of a few people and no key of a real row is in a test case", async () => {
  const result = await tests;
  const csv = readFileSync(join(result.bundle as string, "data", "synthetic.csv"), "utf8");
  for (const secret of Object.values(SECRETS)) assert.ok(!csv.includes(String(secret)), String(secret));
  const real = new Set(people.cells.flatMap((row) => [row[0], row[1], row[2]]));
  const table = await released(result, "synthetic.parquet");
  for (const name of ["customer_id", "email"]) {
    const column = columnOf(table, name);
    const cells = Array.from({ length: table.rows }, (_, row) => cellOf(column, row));
    for (const cell of cells) assert.ok(!real.has(String(cell)), `${cell}`);
    assert.equal(new Set(cells).size, cells.length, `${name} repeats`);
  }
});

test("a column called test_case keeps its name, and a number of rows is kept", async () => {
  const other = fileIn(
    home,
    "other.csv",
    csvOf(
      ["test_case", "kind", "size"],
      Array.from({ length: 300 }, (_, i) => [
        ["a", "b", "c"][i % 3] as string,
        ["x", "y"][i % 2] as string,
        `${i % 9}`,
      ]),
    ),
  );
  const result = await made({ source: other, schema: undefined, purpose: "test", testPairRows: 2, rows: 6 });
  assert.equal(result.testCases?.column, "test_case_2");
  assert.equal(result.testCases?.rows.pairs, 2);
  assert.deepEqual(result.testCases?.breaking, []);
});

test("test cases cannot be had under conditions, nor of a table that is only judged", async () => {
  const refused = (work: Promise<unknown>, words: RegExp): Promise<void> =>
    assert.rejects(
      work,
      (error: unknown) => error instanceof InvalidArgument && words.test(`${error.message} ${error.advice}`),
    );
  await refused(made({ purpose: "test", where: "age > 30" }), /--where/);
  await refused(made({ purpose: "test", shares: { column: "smoker", labels: { yes: 1 } } }), /--shares/);
  await refused(
    evaluate({ real: source, synthetic: source, purpose: "test" }),
    /Only counterfoil synthesize.*\.\/test/,
  );
  // A file of that name is one like any other.
  const file = fileIn(home, "test", "format: counterfoil-purpose/1\ntarget: nobody\n");
  await refused(made({ purpose: file }), /nobody/);
});

test("the command line prints the coverage, and as JSON", async () => {
  const ran = await counterfoil(
    [
      "synthesize",
      source,
      "--schema",
      schema,
      "--purpose",
      "test",
      "--test-pair-rows",
      "5",
      "--rows",
      "60",
      "--synthesizer",
      "independent",
      "--judge",
      "release",
      "--threads",
      "1",
      "--out",
      join(home, "cli"),
      "--json",
    ],
    { cwd: home },
  );
  assert.ok([0, 3, 4].includes(ran.code as number), ran.stderr);
  const result = JSON.parse(ran.stdout) as JobResult;
  assert.equal(result.testCases?.rows.pairs, 5);
  assert.match(ran.stderr, /Combinations of two values/);
});

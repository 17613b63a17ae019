import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/read.ts";
import { cellOf, columnOf, type Table } from "../../src/data/table.ts";
import { CounterfoilError, InvalidArgument, InvalidData } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { complete } from "../../src/jobs/complete.ts";
import { sample } from "../../src/jobs/sample.ts";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { randomFromSeed } from "../../src/random.ts";
import { productVersion } from "../../src/runs/fingerprint.ts";
import { writeModelFile } from "../../src/runs/model-file.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { fitTable } from "../../src/synthesizers/fit-table.ts";
import { independent } from "../../src/synthesizers/independent.ts";
import { sequentialTrees } from "../../src/synthesizers/sequential-trees.ts";
import type { Synthesizer } from "../../src/synthesizers/synthesizer.ts";
import { counterfoil } from "../cli/run.ts";
import { csvOf, fileIn, filesBelow, peopleCsv, scratchHome } from "./world.ts";

const home = scratchHome();
const people = peopleCsv(600);
const source = fileIn(home, "people.csv", people.text);

async function modelOf<O>(synthesizer: Synthesizer<O>, name: string): Promise<string> {
  const { table } = await readTable(source);
  const schema = inferSchema(table, { id: ["customer_id"] });
  const fitted = await fitTable(table, {
    schema,
    synthesizer,
    options: synthesizer.options.parse({}),
    random: randomFromSeed(0),
    executor: localExecutor(),
  });
  const path = join(home, name);
  await writeModelFile(path, fitted.save(), { version: "0.0.1" });
  return path;
}

const trees = modelOf(sequentialTrees, "trees.safetensors");
const plain = modelOf(independent, "plain.safetensors");

let files = 0;
const fresh = (ending: string): string => join(home, `out${files++}.${ending}`);
const tableIn = async (path: string): Promise<Table> => (await readTable(path)).table;
const valuesOf = (table: Table, name: string): (string | number | null)[] => {
  const column = columnOf(table, name);
  return Array.from({ length: table.rows }, (_, row) => cellOf(column, row));
};
const code = (name: string) => (error: unknown) =>
  error instanceof CounterfoilError && error.code === name && error.message !== "";

test("another process draws the same bytes from a model as the library, for any number of threads; another seed draws others", async () => {
  for (const model of [await trees, await plain]) {
    const own = fresh("parquet");
    const { rows, drawn, judged, fittedBy, notices } = await sample({
      model,
      rows: 700,
      out: own,
      seed: 5,
      threads: 1,
    });
    assert.deepEqual({ rows, drawn, judged, fittedBy }, { rows: 700, drawn: 700, judged: false, fittedBy: "0.0.1" });
    assert.ok(notices.some((notice) => /not judged.*counterfoil evaluate/.test(notice)));
    assert.ok(notices.some((notice) => /no real identifier.*"customer_id".*"email"/.test(notice)));
    const other = fresh("parquet");
    const ran = await counterfoil(
      ["sample", model, "--rows", "700", "--seed", "5", "--threads", "2", "--out", other, "--json", "--quiet"],
      { cwd: home },
    );
    assert.equal(ran.code, 0, ran.stderr);
    const told = JSON.parse(ran.stdout);
    assert.deepEqual(
      { ...told, table: 0, seconds: 0 },
      { ...(await sample({ model, rows: 700, out: fresh("parquet"), seed: 5 })), table: 0, seconds: 0 },
    );
    assert.ok(readFileSync(own).equals(readFileSync(other)));
    const another = fresh("parquet");
    await sample({ model, rows: 700, out: another, seed: 6, threads: 1 });
    assert.ok(!readFileSync(own).equals(readFileSync(another)));
  }
});

test("a run keeps its model, and the model draws the rows of that run again: all cells but the identifiers", async () => {
  const model = join(home, "kept", "people.safetensors");
  const out = join(home, "kept-run");
  const run = {
    source,
    threads: 2,
    seed: 3,
    synthesizer: "independent",
    where: "age >= 30.0",
    judge: "release",
    saveModel: model,
  } as const;
  await synthesize({ ...run, out });
  const again = fresh("parquet");
  const { fittedBy } = await sample({ model, rows: 600, out: again, seed: 3, where: "age >= 30.0", threads: 1 });
  assert.equal(fittedBy, productVersion());
  const [one, other] = [await tableIn(join(out, "data", "synthetic.parquet")), await tableIn(again)];
  for (const name of ["age", "job", "pay", "joined", "smoker", "city"])
    assert.deepEqual(valuesOf(other, name), valuesOf(one, name), name);
  assert.ok(
    filesBelow(out).every((file) => !file.includes("safetensors")),
    "the bundle holds no model",
  );
  const before = filesBelow(home).filter((file) => !file.includes(".xdg"));
  await assert.rejects(synthesize({ ...run, out: join(home, "another") }), code("output-exists"));
  assert.deepEqual(
    filesBelow(home).filter((file) => !file.includes(".xdg")),
    before,
  );
});

test("the table has the source's columns, the synthetic mark and a word that it is not judged; CSV is written as the source was", async () => {
  const model = await plain;
  const [parquet, csv] = [fresh("parquet"), fresh("csv")];
  await sample({ model, rows: 300, out: parquet });
  await sample({ model, rows: 300, out: csv });
  const table = await tableIn(parquet);
  assert.equal(table.rows, 300);
  assert.deepEqual(
    table.columns.map(({ name }) => name),
    people.header,
  );
  const text = readFileSync(parquet, "latin1");
  for (const word of ["counterfoil:digitalSourceType", "trainedAlgorithmicData", "counterfoil:judged"])
    assert.ok(text.includes(word), word);
  const again = await tableIn(csv);
  for (const { name } of table.columns) assert.deepEqual(valuesOf(again, name), valuesOf(table, name), name);
  assert.match(readFileSync(csv, "utf8"), /^customer_id,person,email,age,job,pay,joined,smoker,city\nC-\d{6},/);
});

test("conditions hold in every row; shares are met to the row; the rows thrown away are told", async () => {
  const model = await plain;
  const out = fresh("csv");
  await sample({ model, rows: 250, out, where: "age >= 40.0 && (city == 'Delft' || city == 'Gouda')" });
  const table = await tableIn(out);
  assert.equal(table.rows, 250);
  assert.ok(valuesOf(table, "age").every((age) => (age as number) >= 40));
  assert.ok(valuesOf(table, "city").every((city) => city === "Delft" || city === "Gouda"));
  const across = await sample({ model, rows: 100, out: fresh("parquet"), where: "pay > age * 80.0" });
  assert.ok(across.drawn > 100, "what compares two columns is tried row by row");
  const balanced = fresh("parquet");
  await sample({ model, rows: 200, out: balanced, shares: { column: "smoker", labels: { yes: 0.9, no: 0.1 } } });
  const smokers = valuesOf(await tableIn(balanced), "smoker");
  assert.equal(smokers.filter((cell) => cell === "yes").length, 180);
});

test("what cannot be asked is refused with what can, and leaves nothing", async () => {
  const model = await plain;
  const before = readdirSync(home).sort();
  const refused = (options: Partial<Parameters<typeof sample>[0]>, name: string): Promise<void> =>
    assert.rejects(sample({ model, rows: 10, out: fresh("csv"), ...options }), code(name), name);
  await refused({ shares: { column: "smoker", labels: { yes: 0.9, no: 0.3 } } }, "bad-shares");
  await refused({ shares: { column: "smokr", labels: { yes: 1 } } }, "unknown-column");
  await refused({ where: "age >" }, "bad-condition");
  await refused({ where: "aeg > 3.0" }, "bad-condition");
  await refused({ where: "city == 'Paris'" }, "impossible-condition");
  await refused({ rows: 0 }, "bad-rows");
  await refused({ rows: 1.5 }, "bad-rows");
  await refused({ model: join(home, "none") }, "no-such-file");
  await refused({ model: source }, "bad-model");
  await refused({ out: source }, "output-exists");
  await refused({ out: join(home, "table.xlsx") }, "unknown-format");
  const controller = new AbortController();
  controller.abort();
  await refused({ signal: controller.signal }, "cancelled");
  assert.deepEqual(readdirSync(home).sort(), before);
});

test("a model that was changed by a byte, or cut, draws nothing", async () => {
  const bytes = readFileSync(await plain);
  const bad = join(home, "bad.safetensors");
  const changed = Buffer.from(bytes);
  changed[bytes.length - 5] = (changed[bytes.length - 5] as number) ^ 4;
  for (const content of [changed, bytes.subarray(0, bytes.length / 2), bytes.subarray(0, 100)]) {
    writeFileSync(bad, content);
    await assert.rejects(
      sample({ model: bad, rows: 5, out: fresh("csv") }),
      (error) => error instanceof InvalidData && error.code === "bad-model",
    );
  }
  const ran = await counterfoil(["sample", bad, "--rows", "5"], { cwd: home });
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /error: The header of the model file|error: The model file/);
  assert.doesNotMatch(ran.stderr, /\n\s+at /);
});

test("complete fills what is missing and leaves what is there, in this process and another", async () => {
  const model = await plain;
  const partly = csvOf(
    ["age", "job", "city", "note"],
    [
      ["33", "", "Delft", "x"],
      ["", "pilot", "", ""],
      ["51", "", "", ""],
    ],
  );
  const table = fileIn(home, "partly.csv", partly);
  const own = fresh("parquet");
  const result = await complete({ model, table, out: own, threads: 1 });
  const filled = await tableIn(own);
  assert.deepEqual(
    filled.columns.map(({ name }) => name),
    people.header,
  );
  assert.deepEqual(valuesOf(filled, "age")[0], 33);
  assert.deepEqual(valuesOf(filled, "age")[2], 51);
  assert.equal(valuesOf(filled, "job")[1], "pilot");
  assert.equal(valuesOf(filled, "city")[0], "Delft");
  for (const name of ["age", "job", "city", "smoker", "joined"])
    assert.ok(!valuesOf(filled, name).includes(null), name);
  assert.equal(result.cells.given, 4);
  assert.equal(result.rows, 3);
  assert.ok(result.notices.some((notice) => /stays real/.test(notice)));
  assert.ok(result.notices.some((notice) => /"note" of partly.csv is not in the model/.test(notice)));
  assert.ok(!readFileSync(own, "latin1").includes("trainedAlgorithmicData"), "not all of it is synthetic");
  const other = fresh("parquet");
  const ran = await counterfoil(["complete", model, table, "--out", other, "--quiet"], { cwd: home });
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /3 rows, \d+ cells filled, 4 as they were, not judged/);
  assert.ok(readFileSync(own).equals(readFileSync(other)));
});

test("a table that does not fit the model is refused in words", async () => {
  const model = await plain;
  const refused = async (text: string, name: string, pattern: RegExp): Promise<void> => {
    const table = fileIn(home, `bad${files++}.csv`, text);
    await assert.rejects(complete({ model, table, out: fresh("csv") }), (error) => {
      assert.ok(error instanceof InvalidData || error instanceof InvalidArgument, String(error));
      assert.equal(error.code, name);
      assert.match(error.message, pattern);
      assert.ok(error.advice);
      return true;
    });
  };
  await refused("height\n3\n4\n", "no-common-column", /No column of bad\d+\.csv is one of the model's/);
  await refused(
    "age,city\n3,Delft\nold,\n",
    "other-type",
    /"age" of bad\d+\.csv holds text; the model learned numbers/,
  );
});

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/read.ts";
import { entitiesOf, splitRows } from "../../src/data/split.ts";
import { cellOf, columnOf, type Table } from "../../src/data/table.ts";
import { InvalidArgument, InvalidData } from "../../src/errors.ts";
import { sha256 } from "../../src/evidence/canonical.ts";
import type { JobResult, SynthesizeOptions } from "../../src/jobs/job.ts";
import { decisionSchema, publishedSchemas, resultSchema, scoreSchema } from "../../src/jobs/result-schema.ts";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { verify } from "../../src/jobs/verify.ts";
import { randomFromSeed } from "../../src/random.ts";
import { readLedger } from "../../src/runs/ledger.ts";
import { userFolders } from "../../src/runs/user-folders.ts";
import { fileIn, filesBelow, peopleCsv, SECRETS, scratchHome } from "./world.ts";

const home = scratchHome();
const people = peopleCsv(600);
const source = fileIn(home, "people.csv", people.text);

let runs = 0;
async function run(options: Partial<SynthesizeOptions> = {}): Promise<JobResult & { readonly bundle: string }> {
  const result = await synthesize({ source, out: join(home, `run${runs++}`), threads: 1, ...options });
  return { ...result, bundle: result.bundle as string };
}

/** The run that most tests look at. */
const main = run({ csv: true, seed: 1, target: "smoker" });

const bytesOf = (bundle: string, file: string): Buffer => readFileSync(join(bundle, file));
const jsonOf = (bundle: string, file: string) => JSON.parse(bytesOf(bundle, file).toString("utf8"));
const rowsOf = async (bundle: string): Promise<Table> =>
  (await readTable(join(bundle, "data", "synthetic.parquet"))).table;
const valuesOf = (table: Table, name: string): (string | number | null)[] => {
  const column = columnOf(table, name);
  return Array.from({ length: table.rows }, (_, row) => cellOf(column, row));
};

test("the bundle has exactly the declared files, is signed, verifies, and is in the ledger", async () => {
  const { bundle, decision, report } = await main;
  assert.deepEqual(filesBelow(bundle), [
    "data/synthetic.csv",
    "data/synthetic.parquet",
    "decision.json",
    "manifest.json",
    "policy.yaml",
    "recipe.json",
    "report.html",
    "schema.yaml",
    "scores.json",
    "statement.dsse.json",
  ]);
  assert.ok(statSync(report as string).size > 10_000);
  const verified = await verify({ bundle });
  assert.deepEqual(verified.problems, []);
  assert.ok(verified.trusted);
  assert.equal(verified.decision, decision.decision);
  assert.equal(verified.files, 8);
  const { entries } = await readLedger(userFolders());
  assert.ok(entries.some((entry) => entry.manifestSha256 === sha256(bytesOf(bundle, "manifest.json"))));
});

test("the same seed gives the same bytes for any number of threads, run after run; another seed gives others", async () => {
  const { bundle } = await main;
  const again = await run({ csv: true, seed: 1, target: "smoker", threads: 2 });
  for (const file of ["data/synthetic.parquet", "data/synthetic.csv", "scores.json", "decision.json", "schema.yaml"])
    assert.ok(bytesOf(bundle, file).equals(bytesOf(again.bundle, file)), file);
  const other = await run({ csv: true, seed: 2, target: "smoker", threads: 2 });
  for (const file of ["data/synthetic.parquet", "data/synthetic.csv"])
    assert.ok(!bytesOf(bundle, file).equals(bytesOf(other.bundle, file)), file);
});

test("Parquet and CSV hold the same table: the source's columns in its order, as many rows, and the mark", async () => {
  const { bundle, rows } = await main;
  const parquet = await rowsOf(bundle);
  assert.deepEqual(
    parquet.columns.map((column) => column.name),
    people.header,
  );
  assert.equal(parquet.rows, 600);
  assert.deepEqual(rows, { train: 450, holdout: 150, synthetic: 600 });
  const { table: csv } = await readTable(join(bundle, "data", "synthetic.csv"));
  for (const { name } of parquet.columns) assert.deepEqual(valuesOf(csv, name), valuesOf(parquet, name), name);
  assert.ok(bytesOf(bundle, "data/synthetic.parquet").includes("trainedAlgorithmicData"));
});

test("identifiers have the source's format, are unique where it is, and never equal a real value", async () => {
  const { bundle } = await main;
  const synthetic = await rowsOf(bundle);
  for (const name of ["customer_id", "email"]) {
    const real = new Set(people.cells.map((row) => row[people.header.indexOf(name)]));
    const made = valuesOf(synthetic, name);
    assert.equal(new Set(made).size, made.length, name);
    assert.deepEqual(
      made.filter((value) => real.has(value as string)),
      [],
      name,
    );
    for (const value of made)
      assert.match(String(value), name === "email" ? /^[^@ ]+@[^@ ]+\.[a-z]+$/ : /^C-\d{6}$/, name);
  }
});

test("the answer and the files agree with the published schemas, and those with docs/schemas", async () => {
  const result = await main;
  const asPrinted = JSON.parse(JSON.stringify(result));
  assert.deepEqual(resultSchema.parse(asPrinted).scores.length, result.scores.length);
  assert.deepEqual(
    jsonOf(result.bundle, "scores.json"),
    scoreSchema.array().parse(jsonOf(result.bundle, "scores.json")),
  );
  assert.deepEqual(
    jsonOf(result.bundle, "decision.json"),
    decisionSchema.parse(jsonOf(result.bundle, "decision.json")),
  );
  assert.deepEqual(asPrinted.decision, jsonOf(result.bundle, "decision.json"));
  for (const [file, schema] of Object.entries(publishedSchemas()))
    assert.deepEqual(
      JSON.parse(readFileSync(join("docs", "schemas", file), "utf8")),
      JSON.parse(JSON.stringify(schema)),
      `docs/schemas/${file} is out of date: npm run schemas`,
    );
});

test("no file that goes out holds a rare label, an extreme, an identifier or a path", async () => {
  const { bundle } = await main;
  const column = (name: string): string[] => people.cells.map((row) => row[people.header.indexOf(name)] as string);
  const secrets = [
    SECRETS.rareLabel,
    "98765432",
    "98,765,432",
    "98.8M",
    "7654321",
    "7,654,321",
    "7.65M",
    SECRETS.firstDay,
    YEAR,
    String(Date.parse(SECRETS.firstDay)),
    ...column("email"),
    ...column("customer_id"),
    ...new Set(column("person")),
    home,
    homedir() === "/" ? home : homedir(),
    process.cwd(),
  ];
  for (const file of filesBelow(bundle)) {
    // A data file is text too, but for its compression: the CSV stands for both.
    if (file.endsWith(".parquet")) continue;
    const text = bytesOf(bundle, file).toString("utf8");
    const decoded = file.endsWith(".dsse.json")
      ? Buffer.from(JSON.parse(text).payload, "base64").toString("utf8")
      : text;
    // Random digits of a hash or of a plot's coordinates may spell a year: numbers count only as whole words.
    for (const secret of secrets) {
      // An amount in the data may spell the year; the date itself is looked for in full.
      if (secret === YEAR && file.endsWith(".csv")) continue;
      assert.ok(!new RegExp(`(?<![\\w.])${escaped(secret)}(?![\\w])`).test(decoded), `${file} holds "${secret}"`);
    }
  }
});

const YEAR = "1801";

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

test("with --group people are whole in the split, its digest is the recorded one, and the loss is told", async () => {
  const result = await run({ group: "person", seed: 5, rows: 50 });
  const { table } = await readTable(source);
  const entities = entitiesOf(columnOf(table, "person"));
  const split = splitRows(table.rows, { share: 0.25, entities, random: randomFromSeed(5).split("split") });
  const held = new Set(Array.from(split.holdout, (row) => entities[row]));
  assert.ok(held.size > 20);
  for (const row of split.train) assert.ok(!held.has(entities[row]), `row ${row} is on the other side of its person`);
  assert.equal(jsonOf(result.bundle, "manifest.json").splitSha256, sha256(new Uint8Array(split.holdout.buffer)));
  assert.deepEqual(result.rows, { train: split.train.length, holdout: split.holdout.length, synthetic: 50 });
  assert.ok(result.notices.some((notice) => /one by one/.test(notice)));
  assert.ok(result.scores.some((score) => score.metric === "within-group-correlation" && "value" in score));
  assert.ok((await verify({ bundle: result.bundle })).trusted);
});

test("--rows, --id, --query, --drop-text, --schema and --holdout-share do what they say", async () => {
  const letters = fileIn(home, "letters.csv", peopleCsv(300, { text: true }).text);
  await assert.rejects(
    run({ source: letters }),
    (error) => error instanceof InvalidData && /free text/.test(error.message),
  );
  const schema = fileIn(
    home,
    "schema.yaml",
    "format: counterfoil-schema/1\ncolumns:\n  - name: age\n    kind: ordinal\n  - name: city\n    drop: true\n",
  );
  const query = "SELECT * EXCLUDE (email) FROM source WHERE age >= 20";
  const result = await run({
    ...{ source: letters, query, schema, dropText: true, id: "customer_id", rows: 77, holdoutShare: 0.5 },
    synthesizer: "independent",
  });
  const synthetic = await rowsOf(result.bundle);
  assert.equal(synthetic.rows, 77);
  assert.deepEqual(
    synthetic.columns.map((column) => column.name),
    ["customer_id", "person", "age", "job", "pay", "joined", "smoker"],
  );
  assert.match(bytesOf(result.bundle, "schema.yaml").toString("utf8"), /name: "?age"?\n {4}kind: ordinal/);
  assert.ok(Math.abs(result.rows.train - result.rows.holdout) <= 1);
  assert.ok(result.rows.train + result.rows.holdout < 300);
  assert.equal(jsonOf(result.bundle, "recipe.json").synthesizer.name, "independent");
  assert.match(bytesOf(result.bundle, "schema.yaml").toString("utf8"), /name: "?customer_id"?\n {4}kind: identifier/);
});

test("what is wrong with the call is found before any work, and nothing is left", async () => {
  const before = filesBelow(home).length;
  for (const [options, says] of [
    [{ target: "smokes" }, /Did you mean "smoker"/],
    [{ group: "persom" }, /Did you mean "person"/],
    [{ synthesizer: "trees" }, /There is no synthesizer/],
    [{ policy: "defaul" }, /There is no policy/],
    [{ target: "age", targetLeaks: ["age"] }, /both the target and a leak/],
    [{ target: "email" }, /different labels/],
    [{ out: home }, /exists/],
  ] as const)
    await assert.rejects(
      run(options),
      (error) => error instanceof InvalidArgument && says.test(error.message),
      String(says),
    );
  assert.equal(filesBelow(home).length, before);
});

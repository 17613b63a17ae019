import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/read.ts";
import { concatRows, type Table } from "../../src/data/table.ts";
import { writeTable } from "../../src/data/write.ts";
import { InvalidArgument, InvalidData } from "../../src/errors.ts";
import { localExecutor } from "../../src/executors/local.ts";
import { evaluate } from "../../src/jobs/evaluate.ts";
import type { EvaluateOptions, JobResult } from "../../src/jobs/job.ts";
import { verify } from "../../src/jobs/verify.ts";
import { randomFromSeed } from "../../src/random.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { reduceTable } from "../../src/schema/reduce.ts";
import { sequentialTrees } from "../../src/synthesizers/sequential-trees.ts";
import { adultCsv, adultLines, csvOf, fileIn, filesBelow, scratchHome } from "./world.ts";

const home = scratchHome();
const real = fileIn(home, "real.csv", adultCsv(0, 2000));
const holdout = fileIn(home, "holdout.csv", adultCsv(2000, 4000));
const fresh = fileIn(home, "fresh.csv", adultCsv(4000, 6000));

const judge = (options: Partial<EvaluateOptions> & { readonly synthetic: string }): Promise<JobResult> =>
  evaluate({ real, holdout, target: "income", threads: 2, seed: 1, ...options });
const outcomes = (result: JobResult): Readonly<Record<string, string>> =>
  Object.fromEntries(result.decision.rules.map(({ rule, outcome }) => [rule, outcome]));
const reasons = (result: JobResult): string =>
  result.decision.rules.map(({ rule, outcome, reason }) => `${rule} ${outcome}: ${reason}`).join("\n");
const header = (adultLines()[0] as string).split(",");
const cells = (from: number, to: number): string[][] =>
  adultLines()
    .slice(1 + from, 1 + to)
    .map((line) => line.split(","));

test("an exact copy of the real rows is refused by the copy tests, however good it looks", async () => {
  const out = join(home, "copy");
  const result = await judge({ synthetic: real, out });
  assert.equal(result.decision.decision, "refuse", reasons(result));
  assert.equal(outcomes(result)["no-exact-copies"], "fail");
  assert.equal(outcomes(result)["no-near-copies"], "fail");
  assert.equal(outcomes(result)["pairs-hold"], "pass");
  assert.ok(!filesBelow(out).some((file) => file.startsWith("data/")), "rows that are not ours are in the bundle");
  const verified = await verify({ bundle: out });
  assert.deepEqual([verified.trusted, verified.decision], [true, "refuse"]);
});

test("fresh rows of the same population pass", async () => {
  const result = await judge({ synthetic: fresh });
  assert.equal(result.decision.decision, "pass", reasons(result));
  assert.equal(result.bundle, null);
});

test("columns shuffled by themselves are refused, and the pairs that are lost are named", async () => {
  const random = randomFromSeed(3);
  const rows = cells(0, 2000);
  const orders = header.map((_, j) => random.split(j).shuffle(Uint32Array.from(rows, (_, i) => i)));
  const shuffled = rows.map((_, i) => orders.map((order, j) => (rows[order[i] as number] as string[])[j] as string));
  const result = await judge({ synthetic: fileIn(home, "shuffled.csv", csvOf(header, shuffled)) });
  assert.equal(result.decision.decision, "refuse", reasons(result));
  assert.equal(outcomes(result)["pairs-hold"], "fail");
  const pairs = result.scores.find((score) => score.metric === "pair-accuracy");
  assert.ok(pairs && "worst" in pairs && pairs.worst);
  const names = pairs.worst.slice(0, 3).map((part) => part.name);
  assert.ok(
    names.some((name) => /relationship|marital_status|education/.test(name)),
    `the worst pairs are ${names.join("; ")}`,
  );
});

test("without a holdout the decision is indeterminate, and says what is missing", async () => {
  const result = await judge({ synthetic: fresh, holdout: undefined });
  assert.equal(result.decision.decision, "indeterminate", reasons(result));
  const privacy = result.decision.rules.filter((rule) =>
    /^(exact|near|within-tolerance)-copies/.test(rule.metric ?? ""),
  );
  for (const rule of privacy) {
    assert.equal(rule.outcome, "indeterminate");
    assert.match(rule.reason, /holdout/i);
    assert.match(rule.remedy as string, /--holdout/);
  }
  assert.equal(privacy.length, 3);
});

test("ten rows decide nothing in favour; no rows are an error with advice", async () => {
  const ten = await judge({ synthetic: fileIn(home, "ten.csv", adultCsv(4000, 4010)) });
  assert.equal(ten.decision.decision, "indeterminate", reasons(ten));
  await assert.rejects(
    judge({ synthetic: fileIn(home, "none.csv", adultCsv(4000, 4000)) }),
    (error) => error instanceof InvalidData && /no rows/i.test(error.message) && error.advice !== undefined,
  );
});

test("words where the real rows have numbers count as invalid cells, are told, and refuse", async () => {
  const rows = cells(4000, 6000).map((row) => row.map((cell, j) => (header[j] === "age" ? `about ${cell}` : cell)));
  const result = await judge({ synthetic: fileIn(home, "words.csv", csvOf(header, rows)) });
  assert.ok(
    result.notices.some((notice) => notice.includes('2000 cells of "age"')),
    result.notices.join("\n"),
  );
  assert.equal(result.decision.decision, "refuse", reasons(result));
  assert.equal(outcomes(result).valid, "fail");
});

test("trees with plain donors and leaves of five are refused: they copy people", async () => {
  const { table } = await readTable(real);
  const schema = inferSchema(table, { target: "income" });
  const { modelled, restore } = reduceTable(table, schema);
  const random = randomFromSeed(1);
  const executor = localExecutor();
  const fitted = await sequentialTrees.fit(modelled, {
    schema,
    options: sequentialTrees.options.parse({ plainDonors: true, minLeaf: 5, price: 0, scores: false }),
    random: random.split("fit"),
    executor,
  });
  const chunks: Table[] = [];
  for await (const chunk of fitted.sample(2000, { random: random.split("sample"), executor }))
    chunks.push(await restore(chunk, chunks.length, random.split("restore")));
  const parquet = join(home, "donors.parquet");
  async function* made(): AsyncGenerator<Table> {
    yield concatRows(chunks);
  }
  await writeTable(made(), { parquet, metadata: {} });
  const result = await judge({ synthetic: parquet });
  assert.equal(result.decision.decision, "refuse", reasons(result));
  assert.ok(
    result.decision.rules.some(({ rule, outcome }) => /copies/.test(rule) && outcome === "fail"),
    reasons(result),
  );
});

test("a holdout that holds the real rows, and other columns, are wrong calls", async () => {
  await assert.rejects(
    judge({ synthetic: fresh, holdout: real }),
    (error) => error instanceof InvalidArgument && /same file: 2000 of the 2000 holdout rows/.test(error.message),
  );
  const renamed = fileIn(home, "renamed.csv", adultCsv(4000, 6000).replace("age,", "aeg,"));
  await assert.rejects(
    judge({ synthetic: renamed }),
    (error) => error instanceof InvalidArgument && /lacks "age".*also has "aeg"/.test(error.message),
  );
});

test("the verdict does not depend on the number of threads or the order of the columns", async () => {
  const part = (text: string): string => text.split("\n").slice(0, 401).join("\n");
  const small = {
    real: fileIn(home, "real-400.csv", part(adultCsv(0, 2000))),
    holdout: fileIn(home, "holdout-400.csv", part(adultCsv(2000, 4000))),
    synthetic: fileIn(home, "fresh-400.csv", part(adultCsv(4000, 6000))),
  };
  const turned = fileIn(
    home,
    "turned.csv",
    csvOf(
      [...header].reverse(),
      cells(4000, 4400).map((row) => [...row].reverse()),
    ),
  );
  const one = await judge({ ...small, threads: 1 });
  const two = await judge({ ...small, synthetic: turned, threads: 2 });
  assert.deepEqual(two.scores, one.scores);
  assert.deepEqual(two.decision, one.decision);
});

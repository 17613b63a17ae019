import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/read.ts";
import { cellOf, columnOf, type Table } from "../../src/data/table.ts";
import { writeBundle } from "../../src/evidence/bundle.ts";
import { ownKey } from "../../src/evidence/keys.ts";
import { replayDecision } from "../../src/evidence/replay.ts";
import { verifyBundle } from "../../src/evidence/verify.ts";
import { publishRun, type ReleasedRow, type RunPublication } from "../../src/jobs/publish-run.ts";
import { runResultSchema, runSummarySchema } from "../../src/jobs/result-schema.ts";
import type { RunResult } from "../../src/jobs/run-result.ts";
import { verify } from "../../src/jobs/verify.ts";
import { textMetrics } from "../../src/metrics/text/index.ts";
import { readLedger } from "../../src/runs/ledger.ts";
import { loadPolicy } from "../../src/runs/policy-file.ts";
import { userFolders } from "../../src/runs/user-folders.ts";
import { type MadeRun, madeRun, madeStory } from "./made-run.ts";
import { filesBelow, scratchHome } from "./world.ts";

const home = scratchHome();

async function publish(
  name: string,
  how: MadeRun & { readonly policy?: string; readonly change?: Partial<RunPublication> } = {},
) {
  const out = join(home, name);
  const { policy, text: policyText } = await loadPolicy(how.policy ?? "text", textMetrics);
  const { signer } = await ownKey(userFolders());
  const run = { ...madeRun(how), out, policy, policyText, signer, events: {}, ...how.change };
  const published = await writeBundle(out, (folder) => publishRun(folder, run));
  return { out, ...published };
}

const textOf = (bundle: string, file: string): string => readFileSync(join(bundle, file), "utf8");
const cells = (table: Table, name: string): unknown[] =>
  Array.from({ length: table.rows }, (_, row) => cellOf(columnOf(table, name), row));
const outcomeOf = (published: Awaited<ReturnType<typeof publish>>, rule: string): string | undefined =>
  published.decision.rules.find((item) => item.rule === rule)?.outcome;

test("a whole run passes, its bundle is trusted, and release and lineage hold what was given", async () => {
  const published = await publish("whole", { rows: 250 });
  assert.equal(published.decision.decision, "pass", published.decision.summary);
  const checked = await verifyBundle(published.out);
  assert.deepEqual(checked.problems, []);
  assert.equal(checked.decision, "pass");
  assert.deepEqual(filesBelow(published.out).sort(), [
    "data/synthetic.jsonl",
    "data/synthetic.parquet",
    "decision.json",
    "lineage.parquet",
    "manifest.json",
    "policy.yaml",
    "recipe.json",
    "report.html",
    "run.json",
    "schema.yaml",
    "scores.json",
    "statement.dsse.json",
  ]);
  const given = [...(madeRun({ rows: 250 }).rows as Iterable<{ values: Record<string, unknown> }>)];
  const lines = textOf(published.out, "data/synthetic.jsonl").trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    given.map(({ values }) => values),
  );
  const { table } = await readTable(join(published.out, "data", "synthetic.parquet"));
  assert.deepEqual(
    cells(table, "question"),
    given.map(({ values }) => values.question),
  );
  assert.deepEqual(
    cells(table, "words"),
    given.map(({ values }) => values.words),
  );
  const { table: lineage } = await readTable(join(published.out, "lineage.parquet"), {
    query: `SELECT "row", sourceRow, price, repaired, len(calls) AS calls, "quality.clear" AS clear FROM lineage`,
  });
  assert.deepEqual(
    cells(lineage, "row"),
    given.map((_, row) => row),
  );
  assert.deepEqual(
    cells(lineage, "repaired").map(String),
    given.map((_, row) => String(row % 40 === 3)),
  );
  assert.deepEqual(cells(lineage, "calls").slice(4, 7), [2, 3, 2]);
  assert.ok(Math.abs((cells(lineage, "price")[5] as number) - 3 * 0.00021) < 1e-12);
  assert.deepEqual(cells(lineage, "clear").slice(0, 3), [3, 4, 5]);
  const { entries } = await readLedger(userFolders());
  assert.equal(entries.at(-1)?.job, "run");
});

test("a shortfall refuses, whatever else is well, and says why the run ended", async () => {
  const published = await publish("short", { rows: 40, asked: 50 });
  assert.equal(published.decision.decision, "refuse");
  assert.equal(outcomeOf(published, "complete"), "fail");
  assert.equal(published.decision.facts.run?.ended, "budget");
  assert.equal((await verifyBundle(published.out)).decision, "refuse");
  assert.match(textOf(published.out, "report.html"), /It ended early/);
});

test("a passage of a real source refuses; of a synthetic one it does not matter", async () => {
  const real = await publish("copied", { rows: 60, copied: [17] });
  assert.equal(real.decision.decision, "refuse");
  assert.equal(outcomeOf(real, "no-source-passages"), "fail");
  const score = real.scores.find(({ metric }) => metric === "source-passages");
  assert.ok(score && "value" in score && Math.abs(score.value - 1 / 60) < 1e-12);
  const synthetic = await publish("copied-synthetic", { rows: 60, copied: [17], source: "synthetic" });
  assert.equal(outcomeOf(synthetic, "no-source-passages"), "not-applicable");
  assert.equal(synthetic.decision.decision, "pass");
  assert.deepEqual((await verifyBundle(synthetic.out)).problems, []);
});

test("a run without a source is decided without a privacy test, and a real one is not", async () => {
  const none = await publish("no-source", { rows: 60, source: null });
  assert.equal(none.decision.decision, "pass");
  assert.deepEqual((await verifyBundle(none.out)).problems, []);
  const silent = madeRun({ rows: 60 });
  const unread = await publish("nothing-read", {
    rows: 60,
    change: { rows: [...(silent.rows as Iterable<ReleasedRow>)].map((row) => ({ ...row, source: [] })) },
  });
  assert.equal(outcomeOf(unread, "no-source-passages"), "indeterminate", "nobody knows what was read of the real rows");
  assert.equal(unread.decision.decision, "indeterminate");
});

test("repeated rows refuse", async () => {
  const published = await publish("repeated", { rows: 60, repeated: [9, 30] });
  assert.equal(outcomeOf(published, "no-repeated-rows"), "fail");
  const score = published.scores.find(({ metric }) => metric === "duplicate-rows");
  assert.ok(score && "value" in score && Math.abs(score.value - 2 / 60) < 1e-12);
});

test("nothing of a real source, no intermediate cell and no word about a rejected row is in any file of the bundle", async () => {
  const published = await publish("quiet", { rows: 60 });
  const words = [
    ...[0, 5, 31].map((row) => madeStory(row).slice(0, 40)),
    "nowhere exported",
    "does not end with a question mark",
    "/home/somebody",
  ];
  for (const file of filesBelow(published.out)) {
    const bytes = readFileSync(join(published.out, file)).toString("latin1");
    for (const word of words) assert.ok(!bytes.includes(word), `${file} holds "${word}"`);
  }
  const open = await publish("open", { rows: 60, source: "synthetic" });
  const page = textOf(open.out, "report.html");
  assert.ok(page.includes("nowhere exported") && page.includes("does not end with a question mark"));
});

test("a price that is not known stays unknown, and a limit of price is then not met in silence", async () => {
  const policy = join(home, "ours.yaml");
  writeFileSync(
    policy,
    "format: counterfoil-policy/2\nextends: text\nname: ours\nrules:\n  - rule: cheap-enough\n    fail: run.price > 20.0\n    severity: refuse\n",
  );
  const priced = await publish("priced", { rows: 45, policy });
  assert.equal(priced.decision.decision, "pass");
  const published = await publish("unpriced", { rows: 45, price: null, policy });
  assert.equal(published.decision.decision, "indeterminate");
  assert.equal(published.decision.facts.run?.price, null);
  assert.match(
    textOf(published.out, "report.html"),
    /<dt>Price of an accepted row<\/dt><dd><span class="value">unknown</,
  );
  const { table } = await readTable(join(published.out, "lineage.parquet"), {
    query: `SELECT price, "row" FROM lineage`,
  });
  assert.ok(cells(table, "price").every((price) => price === null));
});

test("a release of no row is refused and sealed", async () => {
  const published = await publish("empty", { rows: 0, asked: 10 });
  assert.equal(published.decision.decision, "refuse");
  assert.deepEqual((await verifyBundle(published.out)).problems, []);
});

test("the same run gives the same release, lineage, scores and decision", async () => {
  const first = await publish("again-1", { rows: 80 });
  const second = await publish("again-2", { rows: 80 });
  for (const file of [
    "data/synthetic.jsonl",
    "data/synthetic.parquet",
    "lineage.parquet",
    "scores.json",
    "decision.json",
    "run.json",
  ])
    assert.ok(readFileSync(join(first.out, file)).equals(readFileSync(join(second.out, file))), file);
});

test("cells of several kinds keep what they say, and half a surrogate pair does no harm", async () => {
  const values = [1, "one", { a: [1, null] }, null, true, "\ud800 half", "\u0000 nothing", 2.5];
  const rows = [...(madeRun({ rows: values.length }).rows as Iterable<ReleasedRow>)].map((row, i) => ({
    ...row,
    values: { kind: values[i] as ReleasedRow["values"][string], question: row.values.question as string },
  }));
  const published = await publish("kinds", { rows: values.length, change: { rows, columns: ["kind", "question"] } });
  const { table } = await readTable(join(published.out, "data", "synthetic.parquet"));
  assert.deepEqual(cells(table, "kind"), [
    "1",
    "one",
    '{"a":[1,null]}',
    null,
    "true",
    "\ufffd half",
    "\u0000 nothing",
    "2.5",
  ]);
});

test("a policy that publishes nothing of the evaluation leaves it beside the bundle", async () => {
  const policy = join(home, "silent.yaml");
  writeFileSync(
    policy,
    "format: counterfoil-policy/2\nname: silent\npublishEvaluation: false\nalpha: { total: 0.01, tests: {} }\nrules:\n  - rule: some\n    fail: rows.synthetic < 1.0\n    severity: refuse\n  - rule: told\n    metric: completeness\n    fail: score.value < 1\n    severity: warn\n",
  );
  const published = await publish("withheld", { rows: 45, policy });
  assert.deepEqual(JSON.parse(textOf(published.out, "scores.json")), []);
  assert.deepEqual((await verifyBundle(published.out)).problems, []);
  assert.ok(published.evaluation !== null && JSON.parse(textOf(published.evaluation, "scores.json")).length > 5);
});

test("a bundle whose scores were made to fit is found out", async () => {
  const published = await publish("lie", { rows: 60, repeated: [4] });
  const scores = JSON.parse(textOf(published.out, "scores.json")) as { metric: string; value: number }[];
  const better = scores.map((score) => (score.metric === "duplicate-rows" ? { ...score, value: 0 } : score));
  const texts = {
    policyText: textOf(published.out, "policy.yaml"),
    decisionText: textOf(published.out, "decision.json"),
    lineage: published.lineage,
    sameVersion: true,
  };
  assert.deepEqual(replayDecision({ ...texts, job: "run", scoresText: JSON.stringify(scores) }), []);
  assert.deepEqual(replayDecision({ ...texts, job: "run", scoresText: JSON.stringify(better) }), [
    "The policy makes another decision of these scores.",
  ]);
  assert.match(
    replayDecision({ ...texts, job: "synthesize", scoresText: JSON.stringify(scores) }).join(),
    /another kind of job/,
  );
});

test("a result agrees with its published schema, whether the run is whole, short or unpriced", async () => {
  for (const [name, how] of [
    ["schema-whole", {}],
    ["schema-short", { rows: 45, asked: 60, price: null }],
  ] as const) {
    const published = await publish(name, { rows: 45, ...how });
    const result: RunResult = {
      format: "counterfoil-run-result/1",
      decision: published.decision,
      scores: published.scores,
      lineage: published.lineage,
      summary: madeRun({ rows: 45, ...how }).summary(),
      bundle: published.out,
      report: join(published.out, "report.html"),
      rows: published.rows,
      seed: 7,
      seconds: 15,
      notices: [],
    };
    const plain: unknown = JSON.parse(JSON.stringify(result));
    assert.deepEqual(runResultSchema.parse(plain), plain);
    const kept = JSON.parse(textOf(published.out, "run.json")) as { summary: unknown };
    runSummarySchema.parse(kept.summary);
  }
});

test("a run is measured again from its bundle alone, and what is not is told", async () => {
  const made = [...(madeRun({ rows: 120 }).rows as Iterable<ReleasedRow>)];
  const rows = made.map((row, i) => ({
    ...row,
    values: { ...row.values, note: i % 2 ? "one\u2028two\r\nthree" : null },
  }));
  const columns = ["kind", "question", "answer", "words", "note"];
  const real = await publish("measured", { rows: 120, change: { rows, columns } });
  const checked = await verify({ bundle: real.out, recompute: true });
  assert.deepEqual(checked.problems, []);
  assert.match(checked.notices?.join() ?? "", /source-passages and copied-from-source were not/);
  const none = await publish("measured-none", { rows: 120, source: null });
  assert.equal((await verify({ bundle: none.out, recompute: true })).notices, undefined);
  await assert.rejects(verify({ bundle: none.out, recompute: true, real: "x.csv" }), /--real is not read/);
});

test("scores that the rows do not bear out are found, though policy and decision agree with them", async () => {
  const out = join(home, "made-up");
  const { policy, text: policyText } = await loadPolicy("text", textMetrics);
  const { signer } = await ownKey(userFolders());
  const run = { ...madeRun({ rows: 60 }), out, policy, policyText, signer, events: {} };
  await writeBundle(out, async (folder) => {
    const write = folder.writeText;
    // Whoever seals may write what they like: as here one repaired row too few.
    await publishRun(
      {
        ...folder,
        writeText: (path, text) =>
          write(path, path === "scores.json" ? text.replace('"repaired": 2', '"repaired": 1') : text),
      },
      run,
    );
  });
  assert.equal((await verifyBundle(out)).trusted, true);
  const checked = await verify({ bundle: out, recompute: true });
  assert.equal(checked.trusted, false);
  assert.match(checked.problems.join(), /repaired-share/);
});

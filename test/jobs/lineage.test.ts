import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parquetMetadata } from "../../src/data/parquet-metadata.ts";
import { tableOf } from "../../src/data/table.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { sha256 } from "../../src/evidence/canonical.ts";
import { replayDecision } from "../../src/evidence/replay.ts";
import { complete } from "../../src/jobs/complete.ts";
import { evaluate } from "../../src/jobs/evaluate.ts";
import type { JobResult, SynthesizeOptions } from "../../src/jobs/job.ts";
import { resultSchema } from "../../src/jobs/result-schema.ts";
import { sample } from "../../src/jobs/sample.ts";
import { lineageOfFit, lineageOfTables } from "../../src/jobs/source-lineage.ts";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { openTextSource } from "../../src/jobs/text-source.ts";
import { verify } from "../../src/jobs/verify.ts";
import { metrics } from "../../src/metrics/index.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Decision } from "../../src/policy/decision.ts";
import { parsePolicy } from "../../src/policy/policy.ts";
import { randomFromSeed } from "../../src/random.ts";
import { readLedger } from "../../src/runs/ledger.ts";
import { userFolders } from "../../src/runs/user-folders.ts";
import { fileIn, scratchHome } from "./world.ts";

const home = scratchHome();
const random = randomFromSeed(3);
const rowsOf = (n: number): string =>
  `age,job,pay\n${Array.from({ length: n }, () => `${20 + random.integer(50)},${["cook", "clerk", "nurse"][random.integer(3)]},${(2000 + 300 * random.normal()).toFixed(1)}`).join("\n")}\n`;
const real = fileIn(home, "real.csv", rowsOf(160));
const at = (name: string): string => join(home, name);

function make(source: string, out: string, more: Partial<SynthesizeOptions> = {}): Promise<JobResult> {
  return synthesize({
    source,
    out: at(out),
    synthesizer: "independent",
    judge: "release",
    csv: true,
    threads: 1,
    ...more,
  });
}

function anchorRule(result: JobResult) {
  return result.decision.rules.find(({ rule }) => rule === "real_anchor");
}

test("generation is counted from run to run, in the result, the bundle, the statement, the files and the model; the third is refused, and real rows let it pass", async () => {
  const first = await make(real, "one", { saveModel: at("one.model") });
  assert.deepEqual(first.lineage, {
    generation: 1,
    sources: [{ role: "source", generation: 0, rows: 120 }],
    realRows: 120,
  });
  assert.deepEqual(resultSchema.parse(JSON.parse(JSON.stringify(first))).lineage, first.lineage);
  assert.equal(anchorRule(first)?.outcome, "pass");

  const second = await make(at("one"), "two");
  assert.equal(second.lineage?.generation, 2);
  assert.equal(second.lineage?.realRows, 0);
  assert.equal(anchorRule(second)?.outcome, "pass");
  assert.match(second.notices.join("\n"), /source is synthetic, of generation 1 .*--anchor/);

  const third = await make(join(at("two"), "data", "synthetic.csv"), "three");
  assert.equal(third.decision.decision, "refuse");
  assert.equal(anchorRule(third)?.outcome, "fail");
  assert.match(anchorRule(third)?.reason ?? "", /generation of the source is 2, no real rows were learnt from/);

  const anchored = await make(at("two"), "four", { anchor: real });
  assert.equal(anchorRule(anchored)?.outcome, "pass");
  assert.deepEqual(anchored.lineage, {
    generation: 3,
    sources: [
      { role: "source", generation: 2, rows: 160 },
      { role: "anchor", generation: 0, rows: 120 },
    ],
    realRows: 120,
  });
  assert.deepEqual(anchored.rows, { train: 120, holdout: 40, synthetic: 160 });

  const handful = await make(at("two"), "five", {
    anchor: fileIn(home, "handful.csv", readFileSync(real, "utf8").split("\n").slice(0, 13).join("\n")),
    holdoutShare: 0.25,
  });
  assert.equal(anchorRule(handful)?.outcome, "pass");
  const share = handful.decision.rules.find(({ rule }) => rule === "real-anchor-share");
  assert.deepEqual([share?.outcome, handful.decision.decision], ["fail", "refuse"]);
  assert.match(share?.reason ?? "", /the share of real rows among those that were learnt from is 0\.0\d+/);
  assert.equal(share?.remedy, "Learn from more real rows (--anchor FILE).");

  // Everything that left the run says so.
  const checked = await verify({ bundle: at("four") });
  assert.deepEqual(checked.problems, []);
  assert.deepEqual(checked.lineage, anchored.lineage);
  const envelope = JSON.parse(readFileSync(join(at("four"), "statement.dsse.json"), "utf8"));
  const statement = JSON.parse(Buffer.from(envelope.payload, "base64").toString());
  assert.deepEqual(statement.predicate.lineage, anchored.lineage);
  assert.match(
    readFileSync(join(at("four"), "report.html"), "utf8"),
    /3: learnt from 160 synthetic rows of generation 2 and from 120 real rows/,
  );
  const metadata = await parquetMetadata(join(at("two"), "data", "synthetic.parquet"));
  assert.equal(metadata["counterfoil:generation"], "2");
  assert.equal(metadata["counterfoil:anchored"], "no");
  const again = await verify({ bundle: at("four"), recompute: true, real: at("two"), anchor: real, threads: 1 });
  assert.deepEqual(again.problems, []);
  await assert.rejects(verify({ bundle: at("four"), recompute: true, real: at("two") }), /real rows beside its source/);
});

test("a file is known again without its bundle: by its metadata, and by this machine's ledger whatever its name; a declared generation only raises what is found", async () => {
  mkdirSync(at("elsewhere"));
  for (const ending of ["parquet", "csv"])
    copyFileSync(join(at("two"), "data", `synthetic.${ending}`), join(at("elsewhere"), `table.${ending}`));
  const copy = join(at("elsewhere"), "table.csv");
  const judged = await lineageOfTables(
    { real, synthetic: copy },
    { inputs: [{ role: "synthetic", sha256: sha256(readFileSync(copy)) }], notice: () => undefined },
  );
  assert.equal(judged.lineage?.generation, 2);
  assert.deepEqual(judged.facts, { sourceGeneration: 1, anchored: false, realRows: null, realShare: null });
  const upsideDown = await evaluate({
    real: copy,
    synthetic: fileIn(home, "vendor.csv", rowsOf(100)),
    threads: 1,
  });
  assert.equal(upsideDown.lineage, null);
  assert.equal(anchorRule(upsideDown)?.outcome, "not-applicable");
  assert.match(upsideDown.notices.join("\n"), /The real table is synthetic, of generation 2 \(this machine's ledger/);

  const fitOf = async (path: string, sourceGeneration: number) => {
    const notices: string[] = [];
    const lineage = await lineageOfFit(
      {
        accumulated: undefined,
        train: tableOf([], 7),
        files: [{ role: "source", path, sha256: sha256(readFileSync(path)) }],
      },
      { sourceGeneration, notice: (message) => notices.push(message) },
    );
    return { ...lineage, notices: notices.join("\n") };
  };
  const lied = await fitOf(join(at("elsewhere"), "table.parquet"), 0);
  assert.equal(lied.generation, 3);
  assert.match(lied.notices, /declared to be of generation 0; its own metadata say so/);
  const raised = await fitOf(real, 4);
  assert.equal(raised.generation, 5);
  assert.match(raised.notices, /of generation 4 \(as was declared\)/);
});

test("rows that a kept model draws, and cells that it fills, carry its generation", async () => {
  const drawn = await sample({ model: at("one.model"), rows: 50, out: at("drawn.csv"), threads: 1 });
  assert.equal(drawn.generation, 1);
  const gaps = fileIn(home, "gaps.csv", "age,job,pay\n30,,2000.0\n40,cook,\n");
  const filled = await complete({ model: at("one.model"), table: gaps, out: at("filled.parquet"), threads: 1 });
  assert.equal(filled.generation, 1);
  assert.equal((await parquetMetadata(at("filled.parquet")))["counterfoil:generation"], "1");
  const { entries } = await readLedger(userFolders());
  assert.deepEqual(
    entries.slice(-2).map(({ job, decision, released }) => [job, decision, released?.generation]),
    [
      ["sample", null, 1],
      ["complete", null, 1],
    ],
  );
  // A table of which some cells were synthetic twice over is not made younger by a model of real rows.
  const older = await complete({
    model: at("one.model"),
    table: join(at("two"), "data", "synthetic.parquet"),
    out: at("older.parquet"),
    threads: 1,
  });
  assert.equal(older.generation, 2);
});

test("an anchor that is synthetic itself, or stands beside a privacy budget, is refused", async () => {
  const fails = (options: Partial<SynthesizeOptions>, code: string) =>
    assert.rejects(
      make(at("one"), "none", options),
      (error) => error instanceof InvalidArgument && error.code === code,
    );
  await fails({ anchor: join(at("two"), "data", "synthetic.csv") }, "anchor-not-real");
  await fails({ anchor: real, epsilon: 1, synthesizer: "mst", judge: "auto" }, "conflicting-options");
  await fails({ anchor: fileIn(home, "other.csv", "a,b\n1,2\n3,4\n") }, "different-columns");
});

test("a manifest whose lineage is not that of the decision is not trusted, and one of old without any still is", async () => {
  const manifest = JSON.parse(readFileSync(join(at("two"), "manifest.json"), "utf8"));
  const text = (file: string): string => readFileSync(join(at("two"), file), "utf8");
  const replay = {
    job: "synthesize" as const,
    policyText: text("policy.yaml"),
    scoresText: text("scores.json"),
    decisionText: text("decision.json"),
    sameVersion: true,
  };
  assert.deepEqual(replayDecision({ ...replay, lineage: manifest.lineage }), []);
  assert.match(
    replayDecision({ ...replay, lineage: { ...manifest.lineage, generation: 1 } }).join(),
    /another lineage than the one that was signed/,
  );
  const ofOld = `format: counterfoil-policy/2\nname: old\nalpha: { total: 0.01, tests: {} }\nrules:\n  - rule: some\n    pass: rows.synthetic >= 1\n    severity: refuse\n`;
  const policy = parsePolicy(ofOld, { metrics, sha256: sha256(ofOld), file: "policy.yaml" });
  const { lineage: _, ...facts } = (JSON.parse(replay.decisionText) as Decision).facts;
  const decisionText = JSON.stringify(decide(policy, [], facts));
  assert.deepEqual(replayDecision({ ...replay, policyText: ofOld, scoresText: "[]", decisionText }), []);
});

test("text sources are known the same way: a bundle, a file of one, a folder of documents", async () => {
  const open = (from: string) => openTextSource({ from }, { beside: home, notice: () => undefined, signal: undefined });
  assert.equal((await open("two")).lineage?.generation, 2);
  assert.equal((await open(join("elsewhere", "table.csv"))).lineage?.generation, 2);
  mkdirSync(at("documents"));
  writeFileSync(join(at("documents"), "a.txt"), "Once upon a time.");
  assert.equal((await open("documents")).lineage, null);
});

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { columnOf, type TextColumn } from "../../src/data/table.ts";
import { type BundleFolder, sealBundle, writeBundle } from "../../src/evidence/bundle.ts";
import { sha256 } from "../../src/evidence/canonical.ts";
import { ownKey } from "../../src/evidence/keys.ts";
import { type PrivacyStatement, privacyFactsOf } from "../../src/evidence/privacy-statement.ts";
import { verifyBundle } from "../../src/evidence/verify.ts";
import { evaluate } from "../../src/jobs/evaluate.ts";
import { type Publication, publishInto } from "../../src/jobs/publish.ts";
import { verify } from "../../src/jobs/verify.ts";
import { metrics } from "../../src/metrics/index.ts";
import type { Score } from "../../src/metrics/metric.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Decision } from "../../src/policy/decision.ts";
import { publicDecision } from "../../src/policy/public-decision.ts";
import { randomFromSeed } from "../../src/random.ts";
import { systemClock } from "../../src/runs/clock.ts";
import { learntFrom } from "../../src/runs/data-lineage.ts";
import { loadPolicy } from "../../src/runs/policy-file.ts";
import { userFolders } from "../../src/runs/user-folders.ts";
import { counterfoil } from "../cli/run.ts";
import { madeUpStatement } from "../evidence/privacy-fixture.ts";
import { people, schemaFor, withColumn } from "../metrics/world.ts";
import { around, FACTS, goodScores, measured } from "../policy/fixtures.ts";
import { adultCsv, fileIn, filesBelow, scratchHome } from "./world.ts";

const home = scratchHome();

interface World {
  /** Names the real rows, scores, notices and counts of this run. */
  readonly seed: number;
  readonly policy?: string;
  readonly statement?: PrivacyStatement | undefined;
  readonly before?: (folder: BundleFolder) => void;
}

/** Publishes a table that is always the same, made from real rows that are others for each seed. */
async function publish(out: string, { seed, policy: named = "private", statement, before }: World) {
  const { policy, text: policyText } = await loadPolicy(named, metrics);
  const random = randomFromSeed(seed);
  // Of the label that the schema declares and nearly nobody has, one real row holds it in every other run.
  const job = columnOf(people(random.split("train"), 200 + 10 * seed), "job") as TextColumn;
  const dictionary = [...job.dictionary, "diver"];
  const codes = Int32Array.from(job.codes);
  if (seed % 2 === 0) codes[0] = dictionary.length - 1;
  const train = withColumn(people(random.split("train"), 200 + 10 * seed), { ...job, dictionary, codes });
  const holdout = people(random.split("holdout"), 100 + seed);
  const synthetic = people(randomFromSeed(99), 300);
  const scores = goodScores().map((score, i) =>
    measured(score.metric, { ...score, ...around(score.value - ((i + seed) % 5) / 10, 0.01) }),
  );
  const facts = {
    ...FACTS,
    rows: { train: train.rows, holdout: holdout.rows, synthetic: 300 },
    queries: seed,
    privacy: statement ? privacyFactsOf(statement) : null,
    lineage: { sourceGeneration: 0, anchored: true, realRows: train.rows },
  };
  const notices: string[] = [];
  const { signer } = await ownKey(userFolders());
  const plain = schemaFor(synthetic);
  const declared = {
    ...plain,
    columns: plain.columns.map((meaning) =>
      meaning.name === "job"
        ? { ...meaning, categories: ["astronaut", "clerk", "cook", "diver", "judge", "nurse"] }
        : meaning,
    ),
  };
  const what: Publication = {
    job: "synthesize",
    title: "A synthetic version of people.csv",
    out,
    train,
    holdout,
    synthetic,
    syntheticRows: 300,
    entities: undefined,
    schema: declared,
    policyText,
    scores,
    decision: decide(policy, scores, facts),
    recipe: { format: "counterfoil-recipe/1", job: "synthesize", seed: 1, rows: 300 },
    seed: 1,
    splitSha256: sha256(`split ${seed}`),
    inputs: [{ role: "source", sha256: sha256(`source ${seed}`) }],
    lineage: learntFrom([{ role: "source", generation: 0, rows: train.rows }]),
    source: "/somewhere/people.csv",
    madeElsewhere: undefined,
    synthesizer: { name: "aim", options: {}, notes: [] },
    signer,
    notices: [`Something of the ${train.rows} real rows.`],
    publicNotices: ["A column was renamed."],
    privacy: statement,
    events: { notice: (message) => notices.push(message) },
    mark: { id: "panel", sketch: { rows: seed, smallest: [seed] } },
    judged: "release",
  };
  const { evaluation } = await writeBundle(out, async (folder) => {
    writeFileSync(folder.pathOf("data/synthetic.parquet"), "PAR1 the same PAR1");
    before?.(folder);
    return publishInto(folder, what);
  });
  return { evaluation, notices, what };
}

const textOf = (bundle: string, file: string): string => readFileSync(join(bundle, file), "utf8");

test("under the policy private a bundle is the same, byte for byte but for time and salt, whatever the real rows, their scores and their number were", async () => {
  const statement = madeUpStatement();
  const bundles = [join(home, "one"), join(home, "two")] as const;
  for (const [i, out] of bundles.entries()) await publish(out, { seed: 3 + i, statement });
  const plain = (text: string): string =>
    text
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
      .replace(/"saltedSha256":"[0-9a-f]{64}"/g, "SALTED")
      .replaceAll(/(?:one|two)(?=\b)/g, "NAME");
  const files = filesBelow(bundles[0]);
  assert.deepEqual(files, filesBelow(bundles[1]));
  assert.deepEqual(
    files.filter((file) => file !== "statement.dsse.json" && file !== "manifest.json"),
    [
      "data/synthetic.parquet",
      "decision.json",
      "dp.json",
      "policy.yaml",
      "recipe.json",
      "report.html",
      "schema.yaml",
      "scores.json",
    ],
  );
  for (const file of files.filter((name) => name !== "statement.dsse.json" && name !== "manifest.json"))
    assert.equal(plain(textOf(bundles[0], file)), plain(textOf(bundles[1], file)), file);
  // The report's time, and so its digest, differ.
  const manifests = bundles.map((bundle) => {
    const { files: listed, inputs, created, ...rest } = JSON.parse(textOf(bundle, "manifest.json"));
    return { ...rest, files: listed.filter(({ path }: { path: string }) => path !== "report.html") };
  });
  assert.deepEqual(manifests[0], manifests[1]);
  assert.equal(manifests[0].splitSha256, null);
  assert.equal(textOf(bundles[0], "scores.json").trim(), "[]");
  assert.deepEqual(JSON.parse(textOf(bundles[0], "dp.json")), JSON.parse(JSON.stringify(statement)));
  const report = textOf(bundles[0], "report.html");
  assert.doesNotMatch(report, /Something of the|real and synthetic differ|Five numbers that matter|pair-accuracy/);
  assert.match(report, /A column was renamed/);
  assert.match(report, /Privacy guarantee/);
  for (const bundle of bundles) {
    const { problems, trusted, decision } = await verifyBundle(bundle, { folders: userFolders() });
    assert.deepEqual(problems, []);
    assert.ok(trusted);
    assert.equal(decision, "pass");
  }
});

test("the whole evaluation is beside the bundle, for the operator alone, told in one notice, and never in place of another", async () => {
  const out = join(home, "three");
  mkdirSync(`${out}-evaluation`);
  const { evaluation, notices, what } = await publish(out, { seed: 5, statement: madeUpStatement() });
  assert.equal(evaluation, `${out}-evaluation-2`);
  assert.equal(statSync(evaluation).mode & 0o777, 0o700);
  assert.deepEqual(filesBelow(evaluation), ["decision.json", "report.html", "scores.json"]);
  assert.deepEqual(JSON.parse(textOf(evaluation, "scores.json")), JSON.parse(JSON.stringify(what.scores)));
  assert.deepEqual(JSON.parse(textOf(evaluation, "decision.json")), JSON.parse(JSON.stringify(what.decision)));
  const report = textOf(evaluation, "report.html");
  assert.match(report, /the policy keeps it out of the bundle. Do not pass it on/);
  assert.match(report, /Something of the 250 real rows/);
  assert.equal(notices.length, 1);
  assert.ok(notices[0]?.includes(evaluation));
});

test("where the bundle cannot be finished, its evaluation goes too", async () => {
  const out = join(home, "four");
  await assert.rejects(
    publish(out, {
      seed: 6,
      statement: madeUpStatement(),
      before: (folder) => mkdirSync(join(folder.path, "scores.json")),
    }),
  );
  assert.ok(!existsSync(out));
  assert.ok(!existsSync(`${out}-evaluation`));
});

test("where the policy publishes the evaluation, all of it is there, and the report and dp.json say that it is outside the guarantee", async () => {
  const policy = fileIn(
    home,
    "open.yaml",
    "format: counterfoil-policy/2\nextends: private\nname: open\npublishEvaluation: true\n",
  );
  const out = join(home, "five");
  const { evaluation, what } = await publish(out, { seed: 7, policy, statement: madeUpStatement() });
  assert.equal(evaluation, null);
  assert.deepEqual(JSON.parse(textOf(out, "scores.json")), JSON.parse(JSON.stringify(what.scores)));
  assert.match(
    textOf(out, "report.html"),
    /The scores, the decision and the plots of this report are computed from the real rows and are outside the guarantee/,
  );
  const { problems } = await verifyBundle(out, { folders: userFolders() });
  assert.deepEqual(problems, []);
});

test("a signer who puts into such a bundle what its policy withholds, or another guarantee, is found out", async () => {
  const honest = join(home, "three");
  const { policy, text: policyText } = await loadPolicy("private", metrics);
  const { facts } = JSON.parse(textOf(honest, "decision.json")) as Decision;
  const statement = madeUpStatement();
  const { signer } = await ownKey(userFolders());
  const forge = async (
    name: string,
    parts: {
      readonly scores?: readonly Score[];
      readonly decision?: Decision;
      readonly privacy?: PrivacyStatement | undefined;
    },
  ): Promise<string> => {
    const out = join(home, `forged-${name}`);
    await writeBundle(out, async (folder) => {
      await folder.writeText("report.html", "<!doctype html>");
      await sealBundle(folder, {
        job: "synthesize",
        seed: 1,
        recipe: {},
        scores: [],
        decision: publicDecision(policy, facts),
        privacy: statement,
        policyText,
        schemaText: "format: counterfoil-schema/1\ncolumns: []\n",
        splitSha256: null,
        inputs: [],
        lineage: learntFrom([{ role: "source", generation: 0, rows: null }]),
        signer,
        clock: systemClock,
        ...parts,
      });
    });
    return (await verifyBundle(out, { folders: userFolders() })).problems.join("\n");
  };
  assert.equal(await forge("nothing", {}), "");
  assert.match(await forge("scores", { scores: goodScores() }), /holds scores, and its policy says that none/);
  const whole = decide(policy, [], facts);
  assert.match(await forge("rules", { decision: whole }), /another decision/);
  const counted = { ...facts, rows: { ...facts.rows, train: 7 } };
  assert.match(
    await forge("counts", { decision: { ...publicDecision(policy, facts), facts: counted } }),
    /another decision|tells of the real rows/,
  );
  assert.match(
    await forge("guarantee", { privacy: { ...statement, epsilon: 0.5 } }),
    /does not add up.*another privacy guarantee/s,
  );
  assert.match(await forge("none", { privacy: undefined }), /the bundle has no dp.json/);
});

test("an evaluation under such a policy keeps its scores out of the bundle too; measured again, there is nothing to compare", async () => {
  const real = fileIn(home, "real.csv", adultCsv(0, 300));
  const synthetic = fileIn(home, "synthetic.csv", adultCsv(300, 600));
  const out = join(home, "evaluated");
  const result = await evaluate({ real, synthetic, out, policy: "private", threads: 1 });
  assert.equal(result.decision.decision, "refuse");
  assert.ok(result.scores.length > 10, "the operator is told");
  assert.equal(result.evaluation, `${out}-evaluation`);
  assert.equal(textOf(out, "scores.json").trim(), "[]");
  const checked = await verify({ bundle: out, recompute: true, real, synthetic, threads: 1 });
  assert.deepEqual(checked.problems, []);
  assert.equal(checked.decision, "refuse");
  assert.deepEqual(checked.notices, ["The scores of this bundle are withheld by its policy; nothing to compare."]);
  const { code, stdout } = await counterfoil(["verify", out, "--recompute", "--real", real, "--quiet"], { cwd: home });
  assert.equal(code, 3, stdout);
  assert.match(stdout, /note: The scores of this bundle are withheld.*\ntrusted: \d+ files check; signed by/);
});

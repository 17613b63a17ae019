import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { sealBundle, writeBundle } from "../../src/evidence/bundle.ts";
import { sha256 } from "../../src/evidence/canonical.ts";
import { ownKey } from "../../src/evidence/keys.ts";
import type { Manifest } from "../../src/evidence/manifest.ts";
import { evaluate } from "../../src/jobs/evaluate.ts";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { verify } from "../../src/jobs/verify.ts";
import { metrics } from "../../src/metrics/index.ts";
import { isMeasured, type Score } from "../../src/metrics/metric.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Decision } from "../../src/policy/decision.ts";
import { parsePolicy } from "../../src/policy/policy.ts";
import { systemClock } from "../../src/runs/clock.ts";
import { userFolders } from "../../src/runs/user-folders.ts";
import { counterfoil } from "../cli/run.ts";
import { adultCsv, fileIn, filesBelow, peopleCsv, scratchHome } from "./world.ts";

const home = scratchHome();
const source = fileIn(home, "people.csv", peopleCsv(400).text);

/** The bundle once more, with one score changed, decided again by its own policy and signed by this user's own key. */
async function forged(bundle: string, out: string, change: (score: Score) => Score): Promise<void> {
  const text = (file: string): string => readFileSync(join(bundle, file), "utf8");
  const manifest = JSON.parse(text("manifest.json")) as Manifest;
  const scores = (JSON.parse(text("scores.json")) as Score[]).map(change);
  const policyText = text("policy.yaml");
  const policy = parsePolicy(policyText, { metrics, sha256: sha256(policyText), file: "policy.yaml" });
  const { facts } = JSON.parse(text("decision.json")) as Decision;
  const { signer } = await ownKey(userFolders());
  await writeBundle(out, async (folder) => {
    for (const file of filesBelow(bundle).filter((name) => name.startsWith("data/") || name === "report.html")) {
      mkdirSync(dirname(join(folder.path, file)), { recursive: true });
      copyFileSync(join(bundle, file), join(folder.path, file));
    }
    await sealBundle(folder, {
      job: manifest.job,
      seed: manifest.seed,
      recipe: JSON.parse(text("recipe.json")),
      scores,
      decision: decide(policy, scores, facts),
      policyText,
      schemaText: text("schema.yaml"),
      splitSha256: manifest.splitSha256,
      inputs: manifest.inputs,
      lineage: manifest.lineage,
      signer,
      clock: systemClock,
    });
  });
}

test("scores that were edited and signed again verify offline, and are found out when they are measured again", async () => {
  const bundle = join(home, "honest");
  await synthesize({ source, out: bundle, threads: 1, judge: "release", target: "smoker" });
  const honest = await verify({ bundle, recompute: true, real: source, threads: 1 });
  assert.deepEqual(honest.problems, []);
  assert.ok(honest.trusted);

  const fake = join(home, "forged");
  await forged(bundle, fake, (score) =>
    score.metric === "pair-accuracy" && isMeasured(score) ? { ...score, value: score.value + 0.01 } : score,
  );
  const offline = await verify({ bundle: fake });
  assert.deepEqual(offline.problems, []);
  assert.ok(offline.trusted, "the forger's own key is trusted here");
  const again = await verify({ bundle: fake, recompute: true, real: source, threads: 1 });
  assert.equal(again.trusted, false);
  assert.equal(again.decision, null);
  assert.equal(again.problems.length, 1);
  assert.match(again.problems[0] as string, /^pair-accuracy is [\d.]+ when measured again, and [\d.]+ in the bundle/);

  const { code, stdout } = await counterfoil(["verify", fake, "--recompute", "--real", source, "--quiet"], {
    cwd: home,
  });
  assert.equal(code, 5, stdout);
  assert.match(stdout, /NOT TRUSTED/);
});

test("a release under a guarantee whose policy publishes the scores is measured again, by the schema that the bundle holds", async () => {
  const schema = fileIn(
    home,
    "public.yaml",
    `format: counterfoil-schema/1
columns:
  - { name: age, kind: integer, range: [17, 90] }
  - { name: income, kind: categorical, categories: ["<=50K", ">50K"] }
  - { name: sex, kind: categorical, categories: [Female, Male] }
`,
  );
  const policy = fileIn(
    home,
    "open.yaml",
    "format: counterfoil-policy/2\nextends: private\nname: open\npublishEvaluation: true\n",
  );
  const lines = adultCsv(0, 900)
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const header = lines[0] as string[];
  const kept = ["age", "sex", "income"].map((name) => header.indexOf(name));
  const real = fileIn(home, "adult.csv", `${lines.map((line) => kept.map((at) => line[at]).join(",")).join("\n")}\n`);
  const bundle = join(home, "guaranteed");
  const made = await synthesize({
    source: real,
    out: bundle,
    schema,
    policy,
    epsilon: 2,
    synthesizer: "mst",
    threads: 1,
  });
  assert.equal(made.decision.decision, "pass");
  assert.ok((made.privacy?.lines.length ?? 0) > 0);
  const again = await verify({ bundle, recompute: true, real, threads: 1 });
  assert.deepEqual(again.problems, []);
  assert.equal(again.notices, undefined, "there was something to compare");
});

test("another real table is found out, and a missing one is asked for", async () => {
  const bundle = join(home, "honest");
  const other = fileIn(home, "others.csv", peopleCsv(500).text);
  const wrong = await verify({ bundle, recompute: true, real: other, threads: 1 });
  assert.match(wrong.problems[0] as string, /not the one of this bundle/);
  await assert.rejects(verify({ bundle, recompute: true }), /needs the real rows/);
});

test("an evaluation is measured again from its three files", async () => {
  const real = fileIn(home, "real.csv", adultCsv(0, 700));
  const holdout = fileIn(home, "holdout.csv", adultCsv(700, 1400));
  const synthetic = fileIn(home, "synthetic.csv", adultCsv(1400, 2100));
  const bundle = join(home, "evaluated");
  await evaluate({ real, holdout, synthetic, out: bundle, target: "income", threads: 1 });
  const checked = await verify({ bundle, recompute: true, real, holdout, synthetic, threads: 1 });
  assert.deepEqual(checked.problems, []);
  await assert.rejects(verify({ bundle, recompute: true, real, holdout, threads: 1 }), /judges a table/);
  const swapped = await verify({ bundle, recompute: true, real: holdout, holdout: real, synthetic, threads: 1 });
  assert.equal(swapped.trusted, false);
});

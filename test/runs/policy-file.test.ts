import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidArgument } from "../../src/errors.ts";
import { fingerprint } from "../../src/runs/fingerprint.ts";
import { loadPolicy } from "../../src/runs/policy-file.ts";
import { KNOWN_METRICS } from "../policy/fixtures.ts";

test("the built-in policy is found by name, a policy of one's own by path, each with the digest of its bytes", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-policy-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const builtIn = await loadPolicy("default", KNOWN_METRICS);
  const bytes = readFileSync("src/policy/policies/default.yaml");
  assert.equal(builtIn.text, bytes.toString("utf8"));
  assert.equal(builtIn.policy.sha256, createHash("sha256").update(bytes).digest("hex"));
  const path = join(folder, "mine.yaml");
  writeFileSync(path, builtIn.text.replace("name: default", "name: mine"));
  assert.equal((await loadPolicy(path, KNOWN_METRICS)).policy.name, "mine");
  writeFileSync(path, Buffer.from([0x6e, 0xff, 0xfe]));
  await assert.rejects(loadPolicy(path, KNOWN_METRICS), /not UTF-8/);
  await assert.rejects(loadPolicy(folder, KNOWN_METRICS), /is a folder/);
});

test("an unknown policy names those that exist and the nearest", async () => {
  await assert.rejects(loadPolicy("defualt", KNOWN_METRICS), (error) => {
    assert.ok(error instanceof InvalidArgument);
    assert.match(error.advice ?? "", /Did you mean "default"\? Built in: default, finance, health,/);
    return true;
  });
});

test("the fingerprint names this version and this machine", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  const found = fingerprint();
  assert.equal(found.version, version);
  assert.equal(found.node, Number(process.versions.node.split(".")[0]));
});

test("a policy extends a built-in one or a file beside it; the digest is of the whole text, and a circle is an error", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-policy-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, "house.yaml"),
    "extends: default\nname: house\nrules:\n  - { rule: tails-covered, severity: refuse }\n",
  );
  writeFileSync(join(folder, "team.yaml"), "extends: house.yaml\nname: team\ndrop: [valid]\n");
  const { policy, text } = await loadPolicy(join(folder, "team.yaml"), KNOWN_METRICS);
  assert.equal(policy.rules.find(({ rule }) => rule === "tails-covered")?.severity, "refuse");
  assert.ok(!policy.rules.some(({ rule }) => rule === "valid"));
  assert.equal(policy.sha256, createHash("sha256").update(text).digest("hex"));
  writeFileSync(join(folder, "house.yaml"), "extends: team.yaml\n");
  await assert.rejects(loadPolicy(join(folder, "team.yaml"), KNOWN_METRICS), /which extends it again/);
  writeFileSync(join(folder, "house.yaml"), "extends: helth\n");
  await assert.rejects(loadPolicy(join(folder, "team.yaml"), KNOWN_METRICS), /no policy/);
});

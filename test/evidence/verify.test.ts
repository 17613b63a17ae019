import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { InvalidArgument } from "../../src/errors.ts";
import { canonicalJson, sha256 } from "../../src/evidence/canonical.ts";
import type { Manifest } from "../../src/evidence/manifest.ts";
import { type Signer, signEnvelope } from "../../src/evidence/sign.ts";
import { statementBytes, statementOn } from "../../src/evidence/statement.ts";
import { verifyBundle } from "../../src/evidence/verify.ts";
import { filesOf, makeBundle, newSigner, type Place, place, trust, withBytes } from "./fixtures.ts";

async function bundle(t: {
  after(work: () => void): void;
}): Promise<Place & { path: string; signer: Signer; check: () => ReturnType<typeof verifyBundle> }> {
  const at = place(t);
  const signer = newSigner();
  trust(at.folders, signer);
  const path = join(at.root, "bundle");
  await makeBundle(path, signer);
  return { ...at, path, signer, check: () => verifyBundle(path, { folders: at.folders }) };
}

/** Rewrites the manifest and signs it anew with a trusted key: what only a dishonest signer could do. */
function resign(path: string, signer: Signer, change: (manifest: Manifest) => unknown): void {
  const manifest = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8")) as Manifest;
  const changed = change(manifest) as Manifest;
  const text = canonicalJson(changed);
  writeFileSync(join(path, "manifest.json"), text);
  writeFileSync(
    join(path, "statement.dsse.json"),
    signEnvelope(statementBytes(statementOn(changed, sha256(text))), signer),
  );
}

test("an untouched bundle is trusted, with its decision and its signer, whatever the decision", async (t) => {
  const at = place(t);
  const signer = newSigner();
  trust(at.folders, signer);
  for (const decision of ["pass", "refuse", "indeterminate"] as const) {
    const path = join(at.root, decision);
    await makeBundle(path, signer, { decision });
    assert.deepEqual(await verifyBundle(path, { folders: at.folders }), {
      format: "counterfoil-verification/1",
      trusted: true,
      decision,
      signer: signer.keyId,
      lineage: { generation: 1, sources: [{ role: "source", generation: 0, rows: 1000 }], realRows: 1000 },
      files: 7,
      problems: [],
    });
  }
});

test("a changed byte at any place of the manifest or the envelope is found", async (t) => {
  const { path, check } = await bundle(t);
  for (const name of ["manifest.json", "statement.dsse.json"]) {
    const file = join(path, name);
    const bytes = readFileSync(file);
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ (1 << (i % 8));
      const result = await withBytes(file, changed, check);
      assert.ok(!result.trusted && result.decision === null, `${name}, byte ${i}`);
    }
  }
  assert.ok((await check()).trusted);
});

test("every bit of the signature and every character of its base64 counts", async (t) => {
  const { path, check } = await bundle(t);
  const file = join(path, "statement.dsse.json");
  const text = readFileSync(file, "utf8");
  const start = text.indexOf('"sig":"') + 7;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_ \n";
  for (const i of [start, start + 40, start + 84, start + 85, start + 86, start + 87])
    for (const letter of alphabet) {
      if (letter === text[i]) continue;
      const changed = Buffer.from(text.slice(0, i) + letter + text.slice(i + 1));
      assert.ok(!(await withBytes(file, changed, check)).trusted, `${i} ${letter}`);
    }
});

test("a changed byte in any other file, bytes added at its end and a file cut short are found", async (t) => {
  const { path, check } = await bundle(t);
  for (const file of filesOf(path)) {
    const bytes = readFileSync(file);
    const step = Math.max(1, Math.floor(bytes.length / 25));
    for (let i = 0; i < bytes.length; i += step) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ 0x20;
      assert.ok(!(await withBytes(file, changed, check)).trusted, `${file}, byte ${i}`);
    }
    for (const other of [
      Buffer.concat([bytes, Buffer.from("\n")]),
      bytes.subarray(1),
      Buffer.alloc(0),
      Buffer.concat([Buffer.from("\ufeff"), bytes]),
    ])
      assert.ok(!(await withBytes(file, other, check)).trusted, file);
  }
});

test("a file added, a folder added, a file removed are found, and named", async (t) => {
  const { path, check } = await bundle(t);
  for (const extra of ["extra.txt", "data/extra.parquet", "data/.hidden"]) {
    writeFileSync(join(path, extra), "");
    const { trusted, problems } = await check();
    assert.ok(!trusted && problems.some((problem) => problem.includes(extra)), extra);
    rmSync(join(path, extra));
  }
  mkdirSync(join(path, "empty"));
  assert.ok(!(await check()).trusted);
  rmSync(join(path, "empty"), { recursive: true });
  for (const file of filesOf(path)) {
    renameSync(file, join(path, "..", "aside"));
    const { trusted, problems } = await check();
    assert.ok(!trusted && problems.some((problem) => problem.includes("is missing")), file);
    renameSync(join(path, "..", "aside"), file);
  }
  assert.ok((await check()).trusted);
});

test("files swapped between two bundles of one signer are found, however many", async (t) => {
  const { root, path, signer, folders, check } = await bundle(t);
  const other = join(root, "other");
  await makeBundle(other, signer, { seed: 2, decision: "refuse" });
  const names = ["data/synthetic.parquet", "manifest.json", "statement.dsse.json", "decision.json"];
  for (let subset = 1; subset < 2 ** names.length - 1; subset++) {
    const mixed = join(root, `mixed${subset}`);
    cpSync(path, mixed, { recursive: true });
    for (const [i, name] of names.entries()) if (subset & (1 << i)) cpSync(join(other, name), join(mixed, name));
    assert.ok(!(await verifyBundle(mixed, { folders })).trusted, `subset ${subset}`);
  }
  assert.ok((await check()).trusted);
});

test("signed again by another key it is another's: trusted only by who trusts that key", async (t) => {
  const { root, path, folders, check } = await bundle(t);
  const thief = newSigner();
  resign(path, thief, (manifest) => manifest);
  const result = await check();
  assert.ok(!result.trusted && result.signer === null);
  assert.match(result.problems.join(" "), new RegExp(`signer is unknown here: key ${thief.keyId}.*--trust`));
  const key = join(root, "thief.pub.pem");
  writeFileSync(key, thief.publicKey);
  assert.ok((await verifyBundle(path, { folders, trust: key })).trusted);
  const honest = join(root, "honest");
  const signer = newSigner();
  await makeBundle(honest, signer);
  assert.ok(!(await verifyBundle(honest, { folders, trust: key })).trusted);
});

test("with --trust only that key counts, not those of the key store", async (t) => {
  const { root, path, folders } = await bundle(t);
  const key = join(root, "other.pem");
  writeFileSync(key, newSigner().publicKey);
  assert.ok(!(await verifyBundle(path, { folders, trust: key })).trusted);
});

test("another key under the same key id does not pass", async (t) => {
  const { path, signer, check } = await bundle(t);
  const liar: Signer = { ...newSigner(), keyId: signer.keyId };
  resign(path, liar, (manifest) => manifest);
  assert.match((await check()).problems.join(" "), /signature of key .* does not check/);
});

test("links are not followed, wherever they point", async (t) => {
  const { root, path, check } = await bundle(t);
  const data = join(path, "data", "synthetic.parquet");
  cpSync(data, join(root, "same.parquet"));
  rmSync(data);
  symlinkSync(join(root, "same.parquet"), data);
  assert.match((await check()).problems.join(" "), /links are not followed/);
  rmSync(data);
  linkSync(join(root, "same.parquet"), data);
  assert.ok((await check()).trusted, "a hard link is the file itself");
  renameSync(join(path, "data"), join(root, "data"));
  symlinkSync(join(root, "data"), join(path, "data"));
  assert.ok(!(await check()).trusted);
  rmSync(join(path, "data"));
  renameSync(join(root, "data"), join(path, "data"));
  symlinkSync("/etc/passwd", join(path, "passwd"));
  assert.ok(!(await check()).trusted);
});

test("a pipe in place of a file does not hang the check", async (t) => {
  const { path, check } = await bundle(t);
  for (const name of ["report.html", "manifest.json"]) {
    rmSync(join(path, name));
    assert.equal(spawnSync("mkfifo", [join(path, name)]).status, 0);
    assert.ok(!(await check()).trusted);
  }
});

test("a signed manifest that points outside, repeats or contradicts itself is refused even from a trusted signer", async (t) => {
  const { root, path, signer, check } = await bundle(t);
  writeFileSync(join(root, "secret"), "secret");
  const secret = { bytes: 6, sha256: sha256("secret") };
  const extra = (file: string) => (manifest: Manifest) => ({
    ...manifest,
    files: [...manifest.files, { path: file, ...secret }].sort((a, b) => (a.path < b.path ? -1 : 1)),
  });
  const kept = ["manifest.json", "statement.dsse.json"].map(
    (name) => [join(path, name), readFileSync(join(path, name))] as const,
  );
  const changes: Readonly<Record<string, (manifest: Manifest) => unknown>> = {
    parent: extra("../secret"),
    absolute: extra(join(root, "secret")),
    dots: extra("data/../../secret"),
    backslash: extra("..\\secret"),
    drive: extra("c:secret"),
    empty: extra(""),
    itself: extra("manifest.json"),
    twice: (manifest) => ({ ...manifest, files: [...manifest.files, manifest.files.at(-1)] }),
    "other case": extra("REPORT.html"),
    verdict: (manifest) => ({ ...manifest, decision: "refuse" }),
    policy: (manifest) => ({ ...manifest, policy: { ...manifest.policy, sha256: sha256("other") } }),
    recipe: (manifest) => ({ ...manifest, recipeSha256: sha256("other") }),
    "no scores": (manifest) => ({ ...manifest, files: manifest.files.filter((file) => file.path !== "scores.json") }),
    "no decision": (manifest) => ({
      ...manifest,
      files: manifest.files.filter((file) => file.path !== "decision.json"),
    }),
    "later format": (manifest) => ({ ...manifest, format: "counterfoil-manifest/2" }),
    "unknown key": (manifest) => ({ ...manifest, more: 1 }),
    "negative size": (manifest) => ({ ...manifest, files: manifest.files.map((file) => ({ ...file, bytes: -1 })) }),
  };
  for (const [name, change] of Object.entries(changes)) {
    resign(path, signer, change);
    assert.ok(!(await check()).trusted, name);
    for (const [file, bytes] of kept) writeFileSync(file, bytes);
  }
  assert.ok((await check()).trusted);
});

/** Writes a file of the bundle anew and seals the bundle with a trusted key. */
function reseal(path: string, signer: Signer, file: string, text: string): void {
  writeFileSync(join(path, file), text);
  resign(path, signer, (manifest) => {
    const digest = sha256(text);
    return {
      ...manifest,
      ...(file === "decision.json" ? { decision: JSON.parse(text).decision } : {}),
      ...(file === "policy.yaml" ? { policy: { ...manifest.policy, sha256: digest } } : {}),
      files: manifest.files.map((item) =>
        item.path === file ? { ...item, bytes: Buffer.byteLength(text), sha256: digest } : item,
      ),
    };
  });
}

test("a decision that the policy does not make of the scores is not trusted, even well signed", async (t) => {
  const { path, signer, check } = await bundle(t);
  const edit = (file: string, change: (text: string) => string) =>
    reseal(path, signer, file, change(readFileSync(join(path, file), "utf8")));
  const original = readFileSync(join(path, "decision.json"), "utf8");
  for (const change of [
    (text: string) => text.replace('"decision": "pass"', '"decision": "refuse"'),
    (text: string) => text.replace('"decision": "pass"', '"decision": "waived"'),
    (text: string) => text.replace('"outcome": "pass"', '"outcome": "not-applicable"'),
    (text: string) => text.replace(/"observed": [^,]+/, '"observed": 0.123'),
    (text: string) => text.replace(/"summary": "[^"]+"/, '"summary": "All is well."'),
    (text: string) => text.replace('"summary"', '"more": 1, "summary"'),
  ]) {
    edit("decision.json", change);
    assert.notEqual(readFileSync(join(path, "decision.json"), "utf8"), original);
    const result = await check();
    assert.ok(!result.trusted && result.decision === null);
    assert.deepEqual(result.problems, ["The policy makes another decision of these scores."]);
    reseal(path, signer, "decision.json", original);
  }
  assert.ok((await check()).trusted);
  edit("scores.json", (text) => text.replace('"low": 1,', '"low": 0.1,'));
  assert.match((await check()).problems.join(" "), /makes another decision/);
});

test("the words of a decision may be another version's, its outcomes may not", async (t) => {
  const { path, signer, check } = await bundle(t);
  const reword = (from: string, to: string) => {
    reseal(path, signer, "decision.json", readFileSync(join(path, "decision.json"), "utf8").replace(from, to));
    resign(path, signer, (manifest) => ({ ...manifest, madeBy: { ...manifest.madeBy, version: "99.0.0" } }));
  };
  reword('"summary": "', '"summary": "In other words: ');
  assert.deepEqual((await check()).problems, []);
  reword('"outcome": "pass"', '"outcome": "warn"');
  assert.match((await check()).problems.join(" "), /makes another decision/);
});

test("garbage in the signed files is a finding, never an exception", async (t) => {
  const { path, signer, check } = await bundle(t);
  for (const file of ["scores.json", "policy.yaml", "decision.json"]) {
    const original = readFileSync(join(path, file), "utf8");
    for (const text of [
      "",
      "null",
      "[]",
      "[null]",
      "{}",
      "[[]]",
      '"x"',
      "[{}]",
      "\0",
      "a: &a [*a, *a]",
      '[{"metric":"validity","plantings":[null]}]',
    ]) {
      try {
        reseal(path, signer, file, text);
      } catch {
        continue; // a decision that is no JSON has no verdict to sign
      }
      const result = await check();
      assert.ok(!result.trusted && result.problems.length > 0, `${file}: ${text}`);
    }
    reseal(path, signer, file, original);
    assert.ok((await check()).trusted, file);
  }
});

test("an oversized manifest is not read", async (t) => {
  const { path, check } = await bundle(t);
  truncateSync(join(path, "manifest.json"), 2 ** 33);
  assert.match((await check()).problems.join(" "), /too large/);
});

test("an unfinished folder is no bundle, even when all is in it", async (t) => {
  const { root, path, folders } = await bundle(t);
  const partial = join(root, ".bundle.partial-00000000-1-aaaaaaaaaaaa");
  renameSync(path, partial);
  assert.match((await verifyBundle(partial, { folders })).problems.join(" "), /unfinished/);
});

test("no bundle at all is a wrong call; garbage in a folder is a finding", async (t) => {
  const { root, folders } = place(t);
  await assert.rejects(verifyBundle(join(root, "none"), { folders }), InvalidArgument);
  writeFileSync(join(root, "file"), "");
  await assert.rejects(verifyBundle(join(root, "file"), { folders }), InvalidArgument);
  await assert.rejects(verifyBundle(join(root, "file", "x"), { folders }), InvalidArgument);
  mkdirSync(join(root, "empty"));
  assert.ok(!(await verifyBundle(join(root, "empty"), { folders })).trusted);
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), async (manifest, statement) => {
      writeFileSync(join(root, "empty", "manifest.json"), canonicalJson(manifest));
      writeFileSync(join(root, "empty", "statement.dsse.json"), canonicalJson(statement));
      const result = await verifyBundle(join(root, "empty"), { folders });
      assert.ok(!result.trusted && result.problems.length > 0);
    }),
    { numRuns: 100, seed: 1 },
  );
});

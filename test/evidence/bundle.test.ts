import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha256 } from "../../src/evidence/canonical.ts";
import { checkManifest, type Manifest } from "../../src/evidence/manifest.ts";
import type { Statement } from "../../src/evidence/statement.ts";
import { filesOf, makeBundle, newSigner, place } from "./fixtures.ts";

test("the manifest lists every other file with its size and digest, and what made them", async (t) => {
  const { root } = place(t);
  const path = join(root, "bundle");
  const { manifestSha256 } = await makeBundle(path, newSigner(), { seed: 7 });
  const bytes = readFileSync(join(path, "manifest.json"));
  assert.equal(sha256(bytes), manifestSha256);
  const manifest = JSON.parse(bytes.toString()) as Manifest;
  const listed = filesOf(path)
    .map((file) => file.slice(path.length + 1))
    .filter((file) => file !== "manifest.json" && file !== "statement.dsse.json");
  assert.deepEqual(
    manifest.files.map((file) => file.path),
    listed,
  );
  for (const file of manifest.files) {
    const content = readFileSync(join(path, file.path));
    assert.deepEqual([file.bytes, file.sha256], [content.length, sha256(content)]);
  }
  assert.equal(manifest.seed, 7);
  assert.equal(manifest.created, "2026-11-22T10:00:00.000Z");
  assert.match(manifest.digitalSourceType ?? "", /trainedAlgorithmicData/);
});

test("a path of the manifest is relative, portable, listed once and in order", async (t) => {
  const { root } = place(t);
  const { manifest } = await makeBundle(join(root, "bundle"), newSigner());
  assert.deepEqual(checkManifest(manifest), manifest);
  const one = manifest.files[0];
  const withPaths = (...paths: string[]) =>
    checkManifest({ ...manifest, files: paths.map((path) => ({ ...one, path })) });
  for (const path of [
    "",
    "/a",
    "..",
    "../a",
    "a/../b",
    "./a",
    "a//b",
    "a/",
    "a\\b",
    "c:a",
    "a\u0000",
    "a\n",
    "a".repeat(501),
  ])
    assert.match(String(withPaths(path)), /outside the bundle or not portable/, JSON.stringify(path));
  assert.match(String(withPaths("A", "a")), /lists a twice/);
  assert.match(String(withPaths("a", "a")), /lists a twice/);
  assert.match(String(withPaths("b", "a")), /out of order/);
  assert.match(String(withPaths("statement.dsse.json")), /cannot hold its own digest/);
  assert.equal(typeof withPaths("a", "a.b", "a/b", "ä"), "object");
});

test("the statement is in-toto's, on the manifest and on each data file", async (t) => {
  const { root } = place(t);
  const path = join(root, "bundle");
  const { manifestSha256 } = await makeBundle(path, newSigner(), { decision: "refuse" });
  const envelope = JSON.parse(readFileSync(join(path, "statement.dsse.json"), "utf8")) as { payload: string };
  const statement = JSON.parse(Buffer.from(envelope.payload, "base64").toString()) as Statement;
  assert.equal(statement._type, "https://in-toto.io/Statement/v1");
  assert.deepEqual(statement.subject, [
    { name: "manifest.json", digest: { sha256: manifestSha256 } },
    { name: "data/synthetic.parquet", digest: { sha256: sha256(readFileSync(join(path, "data/synthetic.parquet"))) } },
  ]);
  assert.equal(statement.predicate.decision, "refuse");
});

test("same run, same key, same bytes: the clock alone may tell two bundles apart", async (t) => {
  const { root } = place(t);
  const signer = newSigner();
  const contents = [];
  for (const name of ["a", "b"]) {
    await makeBundle(join(root, name), signer);
    contents.push(filesOf(join(root, name)).map((file) => sha256(readFileSync(file))));
  }
  assert.deepEqual(contents[0], contents[1]);
});

test("a bundle whose sealing fails is not there", async (t) => {
  const { root } = place(t);
  const broken = {
    ...newSigner(),
    sign: () => {
      throw new Error("the token was pulled out");
    },
  };
  await assert.rejects(makeBundle(join(root, "bundle"), broken), /pulled out/);
  assert.ok(!existsSync(join(root, "bundle")));
  assert.deepEqual(readdirSync(root), []);
});

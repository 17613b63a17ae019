import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidArgument } from "../../src/errors.ts";
import { canonicalJson } from "../../src/evidence/canonical.ts";
import { generateKeyFiles, loadPublicKey, loadSigner, ownKey, trustedKeys } from "../../src/evidence/keys.ts";
import {
  type Envelope,
  keyIdOf,
  openEnvelope,
  preAuthEncoding,
  signEnvelope,
  signerOf,
} from "../../src/evidence/sign.ts";
import { newSigner, place } from "./fixtures.ts";

test("canonical JSON is that of RFC 8785: its own example, byte for byte", () => {
  // RFC 8785, 3.2.2 and 3.2.3.
  const input = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  );
  assert.equal(
    canonicalJson(input),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, "\ud800", undefined])
    assert.throws(() => canonicalJson(bad));
});

test("the pre-authentication encoding is DSSE's: its own example", () => {
  // DSSE, protocol.md, test vectors: payloadType "http://example.com/HelloWorld", payload "hello world".
  const encoded = preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world"));
  assert.equal(Buffer.from(encoded).toString(), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
});

test("signatures are Ed25519's: the first test vector of RFC 8032", () => {
  const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const signer = signerOf(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  assert.equal(
    Buffer.from(signer.sign(Buffer.alloc(0))).toString("hex"),
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
});

test("OpenSSL checks our signature without any code of ours", (t) => {
  if (spawnSync("openssl", ["version"]).status !== 0) return t.skip("needs openssl");
  const { root } = place(t);
  const signer = newSigner();
  const payload = Buffer.from('{"a":1}');
  const envelope = JSON.parse(Buffer.from(signEnvelope(payload, signer)).toString()) as Envelope;
  const at = (name: string) => join(root, name);
  writeFileSync(at("pae"), preAuthEncoding(envelope.payloadType, Buffer.from(envelope.payload, "base64")));
  writeFileSync(at("sig"), Buffer.from(envelope.signatures[0].sig, "base64"));
  writeFileSync(at("pub"), signer.publicKey);
  const args = ["pkeyutl", "-verify", "-pubin", "-inkey", at("pub"), "-rawin", "-in", at("pae"), "-sigfile", at("sig")];
  assert.equal(spawnSync("openssl", args).status, 0);
  writeFileSync(at("pae"), "other");
  assert.notEqual(spawnSync("openssl", args).status, 0);
});

test("an envelope opens to the payload that was signed, and only in its canonical bytes", () => {
  const signer = newSigner();
  const key = { keyId: signer.keyId, key: createPublicKey(signer.publicKey) };
  const bytes = signEnvelope(Buffer.from("x"), signer);
  const opened = openEnvelope(bytes, [key]);
  assert.ok(opened.problem === undefined && Buffer.from(opened.payload).toString() === "x");
  const envelope = JSON.parse(Buffer.from(bytes).toString()) as Envelope;
  const [one] = envelope.signatures;
  const others: unknown[] = [
    { ...envelope, extra: 1 },
    { ...envelope, signatures: [one, one] },
    { ...envelope, signatures: [] },
    { ...envelope, signatures: [{ ...one, extra: 1 }] },
    { ...envelope, payloadType: "text/plain" },
    { ...envelope, payload: envelope.payload.replaceAll("=", "") },
    [envelope],
    null,
  ];
  for (const other of others) assert.ok(openEnvelope(Buffer.from(canonicalJson(other)), [key]).problem);
  assert.ok(openEnvelope(Buffer.from(JSON.stringify(envelope, null, 1)), [key]).problem);
  assert.match(openEnvelope(bytes, []).problem ?? "", /unknown here/);
});

test("the first run makes a key, readable by its user alone, and says so; later runs use it", async (t) => {
  const { folders } = place(t);
  const first = await ownKey(folders);
  assert.ok(first.created);
  assert.match(first.notices.join(), /A signing key was made for you/);
  assert.equal(statSync(first.privateKey).mode & 0o777, 0o600);
  assert.equal(keyIdOf(createPublicKey(readFileSync(first.publicKey))), first.keyId);
  const second = await ownKey(folders);
  assert.ok(!second.created && second.keyId === first.keyId && second.notices.length === 0);
  assert.deepEqual(
    (await trustedKeys(folders)).keys.map((key) => key.keyId),
    [first.keyId],
  );
  assert.deepEqual(readdirSync(join(folders.config, "keys")).sort(), ["own.pem", "own.pub.pem", "trusted"]);
});

test("many first runs at once agree on one key", async (t) => {
  const { folders } = place(t);
  const made = await Promise.all(Array.from({ length: 12 }, () => ownKey(folders)));
  assert.equal(new Set(made.map((key) => key.keyId)).size, 1);
  assert.equal(made.filter((key) => key.created).length, 1);
});

test("a public file beside the own key is not believed", async (t) => {
  const { folders } = place(t);
  const own = await ownKey(folders);
  writeFileSync(own.publicKey, newSigner().publicKey);
  assert.deepEqual(
    (await trustedKeys(folders)).keys.map((key) => key.keyId),
    [own.keyId],
  );
});

test("garbage among the trusted keys is named and stops nothing", async (t) => {
  const { folders } = place(t);
  const own = await ownKey(folders);
  writeFileSync(join(folders.config, "keys", "trusted", "bad.pem"), "garbage");
  const { keys, unreadable } = await trustedKeys(folders);
  assert.deepEqual(
    keys.map((key) => key.keyId),
    [own.keyId],
  );
  assert.match(unreadable.join(), /bad\.pem/);
});

test("keygen writes a pair and never over another", async (t) => {
  const { root } = place(t);
  const made = await generateKeyFiles(join(root, "new", "release.pem"));
  assert.match(made.publicKey, /release\.pub\.pem$/);
  assert.equal((await loadSigner(made.privateKey)).signer.keyId, made.keyId);
  assert.equal((await loadPublicKey(made.publicKey)).keyId, made.keyId);
  await assert.rejects(generateKeyFiles(made.privateKey), InvalidArgument);
});

test("a file that holds no usable key is named for what it holds", async (t) => {
  const { root } = place(t);
  const save = (name: string, text: string) => {
    writeFileSync(join(root, name), text, { mode: 0o600 });
    return join(root, name);
  };
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const ed = generateKeyPairSync("ed25519");
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;
  const good = ed.privateKey.export(pkcs8) as string;
  const spki = (key: typeof ed.publicKey) => key.export({ type: "spki", format: "pem" }) as string;
  const secret = ed.privateKey.export({ ...pkcs8, cipher: "aes-256-cbc", passphrase: "x" }) as string;
  mkdirSync(join(root, "folder"));
  const cases: readonly [path: string, words: RegExp][] = [
    [save("rsa", rsa.privateKey.export(pkcs8) as string), /a key of type rsa/],
    [save("rsa1", rsa.privateKey.export({ type: "pkcs1", format: "pem" }) as string), /a key of type rsa/],
    [save("secret", secret), /an encrypted key/],
    [save("public", spki(ed.publicKey)), /a public key/],
    [save("garbage", "garbage"), /no private key/],
    [save("empty", ""), /no private key/],
    [save("torn", good.slice(0, 60)), /damaged private key/],
    [save("ssh", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"), /an OpenSSH key/],
    [join(root, "folder"), /is not a file/],
    [join(root, "none"), /no key file/],
  ];
  for (const [path, words] of cases)
    await assert.rejects(loadSigner(path), (error) => {
      assert.ok(error instanceof InvalidArgument, String(error));
      assert.match(error.message, words);
      return true;
    });
  await assert.rejects(loadPublicKey(save("private", good)), /holds a private key/);
  await assert.rejects(loadPublicKey(save("rsa-public", spki(rsa.publicKey))), /a key of type rsa/);
  await assert.rejects(loadPublicKey(join(root, "garbage")), /no public key/);
  const open = save("open", good);
  chmodSync(open, 0o644);
  assert.match((await loadSigner(open)).notices.join(), /chmod 600/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { saltedDigest, sha256 } from "../../src/evidence/canonical.ts";

test("a salted digest proves a file to who has the salt, and confirms no guess without it", () => {
  const digest = sha256("age\n34\n");
  const [salt, other] = ["00".repeat(32), "01".repeat(32)];
  assert.equal(saltedDigest(salt, digest), saltedDigest(salt, sha256("age\n34\n")));
  assert.notEqual(saltedDigest(salt, digest), saltedDigest(other, digest));
  assert.notEqual(saltedDigest(salt, digest), saltedDigest(salt, sha256("age\n35\n")));
  // RFC 4231, test case 2, by way of its hexadecimal key.
  assert.equal(
    saltedDigest(Buffer.from("Jefe").toString("hex"), "what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

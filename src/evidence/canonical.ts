import { createHash, createHmac } from "node:crypto";
import canonicalize from "canonicalize";

/** The one serialisation of a JSON value: keys sorted, no white space, shortest numbers.
 * @throws {Error} NaN, an infinity or a lone surrogate: not JSON
 * @source RFC 8785 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("not a JSON value");
  return text;
}

/** SHA-256 in lower-case hex. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** HMAC-SHA-256 of a digest, both in hexadecimal: tells nothing of the digest to who lacks the salt, and proves it to who is shown it.
 * @param salt key, hexadecimal
 * @param digest SHA-256, hexadecimal */
export function saltedDigest(salt: string, digest: string): string {
  return createHmac("sha256", Buffer.from(salt, "hex")).update(digest).digest("hex");
}

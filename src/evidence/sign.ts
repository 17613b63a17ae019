import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { canonicalJson, sha256 } from "./canonical.ts";

/** Something that signs: a key in a file today, a key in a hardware module one day. */
export interface Signer {
  readonly keyId: string;
  /** SPKI, PEM. */
  readonly publicKey: string;
  /** An Ed25519 signature, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** A signer's public half. */
export interface PublicKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** DSSE: a payload with its type and one signature over both. */
export interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly [{ readonly keyid: string; readonly sig: string }];
}

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** The signer of an Ed25519 private key. */
export function signerOf(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  return {
    keyId: keyIdOf(publicKey),
    publicKey: publicKey.export({ type: "spki", format: "pem" }) as string,
    sign: (bytes) => sign(null, bytes, privateKey),
  };
}

/** A key's name: SHA-256 of its SPKI in DER, hex. */
export function keyIdOf(publicKey: KeyObject): string {
  return sha256(publicKey.export({ type: "spki", format: "der" }));
}

/** Signs a payload.
 * @returns the bytes of the envelope, the only ones that {@link openEnvelope} accepts for it */
export function signEnvelope(payload: Uint8Array, signer: Signer): Uint8Array {
  const envelope: Envelope = {
    payload: Buffer.from(payload).toString("base64"),
    payloadType: PAYLOAD_TYPE,
    signatures: [
      { keyid: signer.keyId, sig: Buffer.from(signer.sign(preAuthEncoding(PAYLOAD_TYPE, payload))).toString("base64") },
    ],
  };
  return Buffer.from(canonicalJson(envelope), "utf8");
}

/** Reads an envelope and checks its signature. Bytes other than the canonical ones are refused, so that no byte can change unseen: not the
 * white space, not the key id, not the unused bits of base64.
 * @returns the payload that was signed, and who signed it; `problem` says what does not check */
export function openEnvelope(
  bytes: Uint8Array,
  trusted: readonly PublicKey[],
):
  | { readonly payload: Uint8Array; readonly signer: string; readonly problem?: undefined }
  | { readonly problem: string; readonly payload?: Uint8Array; readonly unknownSigner?: string } {
  const envelope = parseEnvelope(bytes);
  if (typeof envelope === "string") return { problem: envelope };
  const payload = Buffer.from(envelope.payload, "base64");
  const [{ keyid, sig }] = envelope.signatures;
  const key = trusted.find((candidate) => candidate.keyId === keyid);
  if (!key) return { problem: `The signer is unknown here: key ${keyid}.`, payload, unknownSigner: keyid };
  const signature = Buffer.from(sig, "base64");
  const good =
    signature.length === 64 && verify(null, preAuthEncoding(envelope.payloadType, payload), key.key, signature);
  return good ? { payload, signer: keyid } : { problem: `The signature of key ${keyid} does not check.`, payload };
}

/** DSSE's pre-authentication encoding: what is signed.
 * @source DSSE 1.0.2, protocol.md */
export function preAuthEncoding(type: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head, "utf8"), payload]);
}

function parseEnvelope(bytes: Uint8Array): Envelope | string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (!Buffer.from(canonicalJson(value), "utf8").equals(bytes))
      return "The envelope is not in canonical form: a byte was changed, or other software wrote it.";
  } catch {
    return "The envelope is not JSON.";
  }
  if (!isEnvelope(value)) return "The envelope does not have the form of DSSE with one signature.";
  if (value.payloadType !== PAYLOAD_TYPE) return `The envelope's payload type is not ${PAYLOAD_TYPE}.`;
  const texts = [value.payload, value.signatures[0].sig];
  if (!texts.every((text) => Buffer.from(text, "base64").toString("base64") === text))
    return "The envelope holds text that is not canonical base64.";
  return value;
}

function isEnvelope(value: unknown): value is Envelope {
  if (!hasKeys(value, ["payload", "payloadType", "signatures"])) return false;
  const { payload, payloadType, signatures } = value;
  if (typeof payload !== "string" || typeof payloadType !== "string") return false;
  if (!Array.isArray(signatures) || signatures.length !== 1) return false;
  const [one] = signatures as unknown[];
  return hasKeys(one, ["keyid", "sig"]) && typeof one.keyid === "string" && typeof one.sig === "string";
}

function hasKeys(value: unknown, keys: readonly string[]): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).sort().join() === keys.join()
  );
}

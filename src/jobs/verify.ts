import { verifyBundle } from "../evidence/verify.ts";
import type { VerifyOptions, VerifyResult } from "./job.ts";

/** Checks a bundle offline: every hash, nothing added or missing, the signature, and that the signer is trusted here.
 * @throws {InvalidArgument} there is no such folder, or the key file holds no public key */
export function verify(options: VerifyOptions): Promise<VerifyResult> {
  return verifyBundle(options.bundle, { trust: options.trust });
}

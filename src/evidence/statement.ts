import { BUNDLE } from "../runs/layout.ts";
import { canonicalJson } from "./canonical.ts";
import type { Manifest } from "./manifest.ts";

/** Names our predicate and its version. */
export const PREDICATE_TYPE = "urn:counterfoil:release-decision:v1";

const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";

/** What is signed: these files were judged, and this is the decision.
 * @source in-toto Attestation Framework, Statement v1 */
export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  /** The manifest, and every data file by itself, so that a data file can be recognised without its bundle. */
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: {
    readonly job: Manifest["job"];
    readonly decision: Manifest["decision"];
    readonly policy: Manifest["policy"];
    readonly created: string;
    readonly madeBy: Manifest["madeBy"];
    readonly inputs: Manifest["inputs"];
    readonly digitalSourceType: string | null;
    readonly lineage?: Manifest["lineage"];
  };
}

/** The statement on a manifest: a function of it, so that a verifier makes its own and compares.
 * @param manifestSha256 of the manifest's bytes */
export function statementOn(manifest: Manifest, manifestSha256: string): Statement {
  const data = manifest.files.filter((file) => file.path.startsWith(`${BUNDLE.dataFolder}/`));
  const { job, decision, policy, created, madeBy, inputs, digitalSourceType, lineage } = manifest;
  return {
    _type: STATEMENT_TYPE,
    subject: [
      { name: BUNDLE.manifest, digest: { sha256: manifestSha256 } },
      ...data.map((file) => ({ name: file.path, digest: { sha256: file.sha256 } })),
    ],
    predicateType: PREDICATE_TYPE,
    predicate: {
      job,
      decision,
      policy,
      created,
      madeBy,
      inputs,
      digitalSourceType,
      // Absent in statements of old, which must be made again byte by byte.
      ...(lineage === undefined ? {} : { lineage }),
    },
  };
}

/** The bytes that are signed. */
export function statementBytes(statement: Statement): Uint8Array {
  return Buffer.from(canonicalJson(statement), "utf8");
}

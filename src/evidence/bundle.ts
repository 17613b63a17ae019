import { createHash } from "node:crypto";
import { constants, mkdirSync } from "node:fs";
import { type FileHandle, lstat, open, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Score } from "../metrics/metric.ts";
import type { Decision } from "../policy/decision.ts";
import { writeFolder } from "../runs/atomic-folder.ts";
import type { Clock } from "../runs/clock.ts";
import type { DataLineage } from "../runs/data-lineage.ts";
import { fingerprint } from "../runs/fingerprint.ts";
import { BUNDLE } from "../runs/layout.ts";
import { canonicalJson, sha256 } from "./canonical.ts";
import { type InputFile, type Manifest, type ManifestFile, SYNTHETIC_MARK } from "./manifest.ts";
import type { PrivacyStatement } from "./privacy-statement.ts";
import { type Signer, signEnvelope } from "./sign.ts";
import { statementBytes, statementOn } from "./statement.ts";

/** A bundle that is being written. */
export interface BundleFolder {
  /** Absolute path, of a temporary folder until all is done. */
  readonly path: string;
  /** The absolute path of a file of the bundle (see `BUNDLE` in runs/layout.ts), for a writer of its own; folders above it are made. */
  pathOf(relative: string): string;
  writeText(relative: string, text: string): Promise<void>;
}

/** What a seal says of the run. */
export interface Seal {
  readonly job: Manifest["job"];
  readonly seed: number;
  /** What was run: options as resolved, plain JSON; no path of private data. */
  readonly recipe: unknown;
  readonly scores: readonly Score[];
  readonly decision: Decision;
  /** The policy's file as it was read. */
  readonly policyText: string;
  readonly schemaText: string;
  /** The guarantee of a release under differential privacy; absent: none. */
  readonly privacy?: PrivacyStatement | undefined;
  /** Digest of which rows were held out; null when there was no split. */
  readonly splitSha256: string | null;
  readonly inputs: readonly InputFile[];
  /** Absent: not known. */
  readonly lineage?: DataLineage | undefined;
  readonly signer: Signer;
  readonly clock: Clock;
}

/** Writes a bundle that is complete or absent: `write` fills the folder and seals it.
 * @param finalPath must not exist
 * @throws {InvalidArgument} the folder exists
 * @throws {ResourceError} disk full, read-only, no permission */
export async function writeBundle<T>(
  finalPath: string,
  write: (folder: BundleFolder) => Promise<T>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  return writeFolder(finalPath, (path) => write(bundleFolder(path)), options);
}

/** Adds recipe, scores, decision, policy, schema and guarantee to a folder, then the manifest over every file in it, then the signed statement. Nothing
 * may be added afterwards.
 * @returns the manifest, and the SHA-256 of its bytes (the bundle's own digest) */
export async function sealBundle(
  folder: BundleFolder,
  seal: Seal,
): Promise<{ readonly manifest: Manifest; readonly manifestSha256: string }> {
  if (sha256(seal.policyText) !== seal.decision.policy.sha256)
    throw new Error("the policy's text is not the one that the decision was made by");
  await folder.writeText(BUNDLE.recipe, jsonText(seal.recipe));
  await folder.writeText(BUNDLE.scores, jsonText(seal.scores));
  await folder.writeText(BUNDLE.decision, jsonText(seal.decision));
  await folder.writeText(BUNDLE.policy, seal.policyText);
  await folder.writeText(BUNDLE.schema, seal.schemaText);
  if (seal.privacy) await folder.writeText(BUNDLE.privacy, jsonText(seal.privacy));

  const files: ManifestFile[] = [];
  for (const path of await listFiles(folder.path)) files.push({ path, ...(await digestFile(join(folder.path, path))) });
  const digestOf = (path: string): string => (files.find((file) => file.path === path) as ManifestFile).sha256;
  const manifest: Manifest = {
    format: "counterfoil-manifest/1",
    job: seal.job,
    created: seal.clock.now(),
    madeBy: fingerprint(),
    seed: seal.seed,
    decision: seal.decision.decision,
    policy: seal.decision.policy,
    schemaSha256: digestOf(BUNDLE.schema),
    recipeSha256: digestOf(BUNDLE.recipe),
    splitSha256: seal.splitSha256,
    inputs: seal.inputs,
    digitalSourceType: files.some((file) => file.path.startsWith(`${BUNDLE.dataFolder}/`)) ? SYNTHETIC_MARK : null,
    ...(seal.lineage === undefined ? {} : { lineage: seal.lineage }),
    files,
  };
  const text = canonicalJson(manifest);
  const manifestSha256 = sha256(text);
  await folder.writeText(BUNDLE.manifest, text);
  const envelope = signEnvelope(statementBytes(statementOn(manifest, manifestSha256)), seal.signer);
  await writeFile(folder.pathOf(BUNDLE.statement), envelope, { flag: "wx" });
  return { manifest, manifestSha256 };
}

/** Every file below a folder, relative with forward slashes, ascending.
 * @throws {Error} something that is neither file nor folder */
async function listFiles(root: string, under = ""): Promise<string[]> {
  const out: string[] = [];
  for (const entry of await readdir(join(root, under), { withFileTypes: true })) {
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) out.push(...(await listFiles(root, path)));
    else if (entry.isFile()) out.push(path);
    else throw new Error(`neither a file nor a folder: ${path}`);
  }
  return out.sort();
}

/** Size and SHA-256 of a file, read once, in constant memory. */
export async function digestFile(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const file = await openPlain(path);
  try {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(1 << 20);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return { bytes, sha256: hash.digest("hex") };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Opens a regular file for reading; a symbolic link, device or pipe is refused before anything waits on it. */
export async function openPlain(path: string): Promise<FileHandle> {
  const found = await lstat(path);
  if (!found.isFile()) throw new Error(`not a regular file: ${path}`);
  // O_NOFOLLOW does not exist on Windows; there the check above stands alone.
  return open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
}

function bundleFolder(path: string): BundleFolder {
  const pathOf = (relative: string): string => {
    const full = join(path, ...relative.split("/"));
    mkdirSync(dirname(full), { recursive: true });
    return full;
  };
  return { path, pathOf, writeText: (relative, text) => writeFile(pathOf(relative), text, { flag: "wx" }) };
}

/** JSON for people and programs: indented, in the order the objects were built in. JSON has no infinity; an open end of an interval is null. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

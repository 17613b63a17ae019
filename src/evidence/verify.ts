import { lstat, readdir, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { InvalidArgument } from "../errors.ts";
import type { Decision, Verdict } from "../policy/decision.ts";
import type { DataLineage } from "../runs/data-lineage.ts";
import { fileError } from "../runs/file-error.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { BUNDLE, isPartial, USER } from "../runs/layout.ts";
import { type UserFolders, userFolders } from "../runs/user-folders.ts";
import { digestFile, openPlain } from "./bundle.ts";
import { canonicalJson, sha256 } from "./canonical.ts";
import { loadPublicKey, trustedKeys } from "./keys.ts";
import { checkManifest, MAX_FILES, type Manifest } from "./manifest.ts";
import { replayDecision } from "./replay.ts";
import { openEnvelope, type PublicKey } from "./sign.ts";
import { statementBytes, statementOn } from "./statement.ts";

/** What a check of a bundle found. */
export interface Verification {
  readonly format: "counterfoil-verification/1";
  readonly trusted: boolean;
  /** The signed decision; null when not trusted. */
  readonly decision: Verdict | null;
  /** Key id whose signature checks; null when none does. */
  readonly signer: string | null;
  /** How far the synthetic data are from real rows, as it was signed; absent: not trusted, or the bundle says nothing of it. */
  readonly lineage?: DataLineage;
  /** Files whose digests were recomputed and agree. */
  readonly files: number;
  /** What does not check, one sentence each; empty when trusted. */
  readonly problems: readonly string[];
}

/** Checks a bundle offline: every file's hash, nothing missing, nothing added, the signature, that the signer is trusted here, and that the
 * decision is what the bundle's policy makes of its scores. Trust comes from the reader alone, never from the bundle.
 * @param options `trust`: path of the signer's public key (PEM); absent: the user's own key store
 * @returns never throws for what is in the bundle; every fault is a problem
 * @throws {InvalidArgument} no such folder, or the trust file holds no public key */
export async function verifyBundle(
  bundle: string,
  options: { readonly trust?: string | undefined; readonly folders?: UserFolders | undefined } = {},
): Promise<Verification> {
  const root = await rootOf(bundle);
  const store = options.trust
    ? { keys: [await loadPublicKey(options.trust)], unreadable: [] }
    : await trustedKeys(options.folders ?? userFolders());
  const problems: string[] = [];
  if (isPartial(basename(root))) problems.push("This folder is unfinished: the run that was writing it was stopped.");

  const manifest = await readManifest(root, problems);
  const { signer, unknown } = await checkSignature(root, { manifest, keys: store.keys, problems });
  if (unknown && !options.trust) problems.push(...hints(store, options.folders ?? userFolders()));
  const files = manifest ? await checkFiles(root, manifest.value, problems) : 0;
  if (manifest) await checkMeaning(root, manifest.value, problems);
  await checkNothingAdded(root, manifest?.value, problems);
  // Only of a bundle that is whole and signed by somebody trusted: nobody else's scores are worth the work.
  if (manifest && signer !== null && problems.length === 0) await checkDecision(root, manifest.value, problems);

  const trusted = problems.length === 0 && manifest !== null && signer !== null;
  return {
    format: "counterfoil-verification/1",
    trusted,
    decision: trusted ? manifest.value.decision : null,
    signer,
    ...(trusted && manifest.value.lineage ? { lineage: manifest.value.lineage } : {}),
    files,
    problems:
      problems.length > MAX_PROBLEMS
        ? [...problems.slice(0, MAX_PROBLEMS), `… and ${problems.length - MAX_PROBLEMS} more.`]
        : problems,
  };
}

const MAX_PROBLEMS = 100;
const MAX_MANIFEST_BYTES = 8_000_000;
const MAX_ENVELOPE_BYTES = 8_000_000;
const MAX_TEXT_BYTES = 64_000_000;

async function rootOf(bundle: string): Promise<string> {
  let found: Awaited<ReturnType<typeof lstat>>;
  let root: string;
  try {
    root = await realpath(bundle);
    found = await lstat(root);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw fileError(error, { doing: "opening the bundle", path: bundle });
    throw new InvalidArgument("no-bundle", `There is no bundle ${bundle}.`, {
      advice: "Give the folder that `counterfoil synthesize` left.",
    });
  }
  if (!found.isDirectory())
    throw new InvalidArgument("no-bundle", `${bundle} is a file; a bundle is a folder.`, {
      advice: "Give the folder that holds manifest.json.",
    });
  return root;
}

interface ReadManifest {
  readonly value: Manifest;
  readonly sha256: string;
}

async function readManifest(root: string, problems: string[]): Promise<ReadManifest | null> {
  const bytes = await readSmall(root, { path: BUNDLE.manifest, most: MAX_MANIFEST_BYTES, problems });
  if (!bytes) return null;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
    if (!Buffer.from(canonicalJson(value), "utf8").equals(bytes)) {
      problems.push("The manifest is not in canonical form: a byte was changed.");
      return null;
    }
  } catch {
    problems.push("The manifest is not JSON.");
    return null;
  }
  const manifest = checkManifest(value);
  if (typeof manifest !== "string") return { value: manifest, sha256: sha256(bytes) };
  problems.push(manifest);
  return null;
}

/** The signer whose signature checks, over exactly the statement that this manifest makes. */
async function checkSignature(
  root: string,
  context: {
    readonly manifest: ReadManifest | null;
    readonly keys: readonly PublicKey[];
    readonly problems: string[];
  },
): Promise<{ readonly signer: string | null; readonly unknown: boolean }> {
  const { manifest, keys, problems } = context;
  const bytes = await readSmall(root, { path: BUNDLE.statement, most: MAX_ENVELOPE_BYTES, problems });
  if (!bytes) return { signer: null, unknown: false };
  const opened = openEnvelope(bytes, keys);
  if (opened.problem !== undefined) problems.push(opened.problem);
  if (opened.payload && manifest) {
    const expected = statementBytes(statementOn(manifest.value, manifest.sha256));
    if (!Buffer.from(opened.payload).equals(expected))
      problems.push(
        "The signed statement is about another manifest: the manifest was changed after signing, or replaced.",
      );
  }
  if (opened.problem === undefined) return { signer: opened.signer, unknown: false };
  return { signer: null, unknown: opened.unknownSigner !== undefined };
}

function hints(
  store: { readonly keys: readonly PublicKey[]; readonly unreadable: readonly string[] },
  folders: UserFolders,
): string[] {
  const out = store.unreadable.map((path) => `The trusted key ${path} could not be read.`);
  const folder = join(folders.config, USER.trustedKeys);
  return [
    `${store.keys.length === 0 ? "No key is trusted here yet" : `${store.keys.length} of your keys were tried`}: give the signer's public key with --trust, or put it into ${folder}.`,
    ...out,
  ];
}

async function checkFiles(root: string, manifest: Manifest, problems: string[]): Promise<number> {
  let good = 0;
  for (const file of manifest.files) {
    const before = problems.length;
    const path = await plainFileAt(root, file.path, problems);
    if (path === null) continue;
    try {
      if ((await lstat(path)).size !== file.bytes)
        problems.push(`${file.path} was changed: its size is not the one that was signed.`);
      else if ((await digestFile(path)).sha256 !== file.sha256)
        problems.push(`${file.path} was changed: its hash is not the one that was signed.`);
    } catch (error) {
      problems.push(`${file.path} cannot be read: ${codeOf(error)}.`);
    }
    if (problems.length === before) good++;
  }
  return good;
}

/** What the files say must agree with what was signed. */
async function checkMeaning(root: string, manifest: Manifest, problems: string[]): Promise<void> {
  const digestOf = (path: string): string | undefined => manifest.files.find((file) => file.path === path)?.sha256;
  for (const [path, digest] of [
    [BUNDLE.policy, manifest.policy.sha256],
    [BUNDLE.schema, manifest.schemaSha256],
    [BUNDLE.recipe, manifest.recipeSha256],
  ] as const) {
    if (digestOf(path) !== digest) problems.push(`The manifest contradicts itself about ${path}.`);
  }
  for (const path of [BUNDLE.scores, BUNDLE.decision])
    if (digestOf(path) === undefined) problems.push(`The manifest does not list ${path}, which every bundle has.`);
  if (manifest.files.every((file) => file.path !== BUNDLE.decision)) return;
  const bytes = await readSmall(root, { path: BUNDLE.decision, most: MAX_TEXT_BYTES, problems: [] });
  if (!bytes) return; // told by checkFiles
  let decision: Partial<Decision> | null = null;
  try {
    decision = JSON.parse(bytes.toString("utf8"));
  } catch {}
  if (decision?.decision !== manifest.decision || decision.policy?.sha256 !== manifest.policy.sha256)
    problems.push(`${BUNDLE.decision} does not say what was signed ("${manifest.decision}").`);
}

/** The signed decision must be what the bundle's policy makes of the bundle's scores, and the guarantee must add up. */
async function checkDecision(root: string, manifest: Manifest, problems: string[]): Promise<void> {
  const read = async (path: string): Promise<string> =>
    (await readSmall(root, { path, most: MAX_TEXT_BYTES, problems }))?.toString("utf8") ?? "";
  const policyText = await read(BUNDLE.policy);
  const scoresText = await read(BUNDLE.scores);
  const decisionText = await read(BUNDLE.decision);
  const hasPrivacy = manifest.files.some((file) => file.path === BUNDLE.privacy);
  const privacyText = hasPrivacy ? await read(BUNDLE.privacy) : undefined;
  if (problems.length > 0) return;
  const sameVersion = manifest.madeBy.version === productVersion();
  problems.push(
    ...replayDecision({
      job: manifest.job,
      lineage: manifest.lineage,
      policyText,
      scoresText,
      decisionText,
      privacyText,
      sameVersion,
    }),
  );
}

async function checkNothingAdded(root: string, manifest: Manifest | undefined, problems: string[]): Promise<void> {
  const known = new Set<string>([
    BUNDLE.manifest,
    BUNDLE.statement,
    ...(manifest?.files ?? []).map((file) => file.path),
  ]);
  const folders = new Set<string>();
  for (const path of known)
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) folders.add(path.slice(0, at));
  let looked = 0;
  const walk = async (under: string): Promise<void> => {
    for (const entry of await readdir(join(root, under), { withFileTypes: true })) {
      if (++looked > 2 * MAX_FILES) return;
      const path = under === "" ? entry.name : `${under}/${entry.name}`;
      if (entry.isDirectory()) {
        if (folders.has(path)) await walk(path);
        else problems.push(`The folder ${path} was added.`);
      } else if (!entry.isFile()) problems.push(`${path} is a link or a device; a bundle holds files only.`);
      else if (manifest && !known.has(path)) problems.push(`${path} was added: it is not in the manifest.`);
    }
  };
  try {
    await walk("");
  } catch (error) {
    problems.push(`The folder cannot be listed: ${codeOf(error)}.`);
  }
  if (looked > 2 * MAX_FILES) problems.push("The folder holds far more files than a bundle may.");
}

/** The absolute path of a file of the bundle, if it and every folder above it are what they seem; null after telling why not. */
async function plainFileAt(root: string, relative: string, problems: string[]): Promise<string | null> {
  const parts = relative.split("/");
  for (let i = 1; i <= parts.length; i++) {
    const at = join(root, ...parts.slice(0, i));
    try {
      const found = await lstat(at);
      if (i < parts.length ? found.isDirectory() : found.isFile()) continue;
      problems.push(
        `${parts.slice(0, i).join("/")} is not a plain ${i < parts.length ? "folder" : "file"}; links are not followed.`,
      );
    } catch (error) {
      problems.push(
        codeOf(error) === "ENOENT" ? `${relative} is missing.` : `${relative} cannot be read: ${codeOf(error)}.`,
      );
    }
    return null;
  }
  return join(root, ...parts);
}

async function readSmall(
  root: string,
  request: { readonly path: string; readonly most: number; readonly problems: string[] },
): Promise<Buffer | null> {
  const { path, most, problems } = request;
  const full = await plainFileAt(root, path, problems);
  if (full === null) return null;
  try {
    const file = await openPlain(full);
    try {
      const { size } = await file.stat();
      if (size > most) {
        problems.push(`${path} is too large: ${size} bytes, at most ${most}.`);
        return null;
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    problems.push(`${path} cannot be read: ${codeOf(error)}.`);
    return null;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
}

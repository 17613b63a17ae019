import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type BundleFolder, type Seal, sealBundle, writeBundle } from "../../src/evidence/bundle.ts";
import { sha256 } from "../../src/evidence/canonical.ts";
import { type Signer, signerOf } from "../../src/evidence/sign.ts";
import { metrics } from "../../src/metrics/index.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Verdict } from "../../src/policy/decision.ts";
import { parsePolicy } from "../../src/policy/policy.ts";
import { learntFrom } from "../../src/runs/data-lineage.ts";
import { foldersFor, type UserFolders } from "../../src/runs/user-folders.ts";
import { FACTS, goodScores } from "../policy/fixtures.ts";

export interface Place {
  readonly root: string;
  readonly folders: UserFolders;
}

/** A scratch folder that is also the home of a user. */
export function place(t: { after(work: () => void): void }): Place {
  const root = mkdtempSync(join(tmpdir(), "counterfoil-evidence-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return { root, folders: foldersFor({ env: {}, platform: "linux", home: join(root, "home") }) };
}

export function newSigner(): Signer {
  return signerOf(generateKeyPairSync("ed25519").privateKey);
}

/** Writes a signer's public key into a user's trust store. */
export function trust(folders: UserFolders, signer: Signer): void {
  const path = join(folders.config, "keys", "trusted", `${signer.keyId}.pem`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, signer.publicKey);
}

/** A policy whose one rule decides so of `goodScores()`. */
function policyFor(verdict: Verdict): string {
  const rule = {
    pass: "metric: validity\n    pass: score.low >= 0.5",
    refuse: "metric: validity\n    pass: score.low < 0.5",
    indeterminate: "metric: column-shape\n    pass: score.low >= 0.5",
    waived: "metric: validity\n    pass: score.low < 0.5",
  }[verdict];
  return `format: counterfoil-policy/2\nname: test\nalpha: { total: 0.01, tests: {} }\nrules:\n  - rule: only\n    ${rule}\n    severity: refuse\n`;
}

/** Writes a small bundle with everything in it. */
export async function makeBundle(
  path: string,
  signer: Signer,
  options: {
    readonly decision?: Verdict;
    readonly seed?: number;
    readonly before?: (folder: BundleFolder) => void;
  } = {},
) {
  const { decision = "pass", seed = 1 } = options;
  const policyText = policyFor(decision);
  const policy = parsePolicy(policyText, { metrics, sha256: sha256(policyText), file: "policy.yaml" });
  const seal: Seal = {
    job: "synthesize",
    seed,
    recipe: { synthesizer: "independent", rows: 10 },
    scores: goodScores(),
    decision: { ...decide(policy, goodScores(), FACTS), decision },
    policyText,
    schemaText: "format: counterfoil-schema/1\ncolumns: []\n",
    splitSha256: sha256("split"),
    inputs: [{ role: "source", saltedSha256: sha256("source") }],
    lineage: learntFrom([{ role: "source", generation: 0, rows: 1000 }]),
    signer,
    clock: { now: () => "2026-11-22T10:00:00.000Z", seconds: () => 0 },
  };
  return writeBundle(path, async (folder) => {
    writeFileSync(folder.pathOf("data/synthetic.parquet"), Buffer.from(`PAR1 ${seed} PAR1`));
    await folder.writeText("report.html", "<!doctype html><title>report</title>");
    options.before?.(folder);
    return sealBundle(folder, seal);
  });
}

/** Every file below a folder. */
export function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Runs `work` with other bytes in a file, and puts the old ones back. */
export async function withBytes<T>(path: string, bytes: Uint8Array, work: () => Promise<T>): Promise<T> {
  const kept = readFileSync(path);
  writeFileSync(path, bytes);
  try {
    return await work();
  } finally {
    writeFileSync(path, kept);
  }
}

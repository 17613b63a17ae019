import { z } from "zod";
import { type DataLineage, MOST_GENERATIONS } from "../runs/data-lineage.ts";
import type { Fingerprint } from "../runs/fingerprint.ts";
import { BUNDLE } from "../runs/layout.ts";

/** A file of the bundle. */
export interface ManifestFile {
  /** Relative to the bundle, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A file that was read and is not in the bundle. */
export interface InputFile {
  readonly role: "source" | "anchor" | "real" | "synthetic" | "holdout" | "parent" | "real-parent";
  /** HMAC-SHA-256 of the file's SHA-256, keyed by a salt that only the ledger of who made the bundle holds: the plain digest of a small table
   * would confirm a guess of it. */
  readonly saltedSha256: string;
}

/** Everything in a bundle with its digest, and what made it. */
export interface Manifest {
  readonly format: "counterfoil-manifest/1";
  readonly job: "synthesize" | "evaluate" | "run";
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly madeBy: Fingerprint;
  readonly seed: number;
  readonly decision: "pass" | "refuse" | "indeterminate" | "waived";
  readonly policy: { readonly name: string; readonly sha256: string };
  readonly schemaSha256: string;
  readonly recipeSha256: string;
  /** Digest of which rows were held out; null when there was no split. */
  readonly splitSha256: string | null;
  readonly inputs: readonly InputFile[];
  /** IPTC's term for data made by a trained algorithm; null where the bundle holds no synthetic data of ours. */
  readonly digitalSourceType: string | null;
  /** Of the synthetic data in the bundle, or of the table that it judges; absent: not known, or a bundle of old. */
  readonly lineage?: DataLineage | undefined;
  /** Ascending by path; every file but the manifest and the statement. */
  readonly files: readonly ManifestFile[];
}

/** The mark that C2PA and IPTC give to synthetic tables. */
export const SYNTHETIC_MARK = "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData";

export const MAX_FILES = 10_000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const generation = z.number().int().min(0).max(MOST_GENERATIONS);
const count = z.number().int().min(0).nullable();

/** Of a {@link DataLineage}. */
export const lineageSchema = z.strictObject({
  generation: generation.describe("0: real rows; k: learnt from a source of generation k − 1"),
  sources: z
    .array(z.strictObject({ role: z.enum(["source", "anchor"]), generation, rows: count }))
    .max(1000)
    .describe("What was learnt from; empty: nothing was, or it is not known here"),
  realRows: count.describe("Rows taken for real that were learnt from; null: withheld or not known"),
});

const shape = z.strictObject({
  format: z.literal("counterfoil-manifest/1"),
  job: z.enum(["synthesize", "evaluate", "run"]),
  created: z.string(),
  madeBy: z.strictObject({
    product: z.literal("counterfoil"),
    version: z.string(),
    node: z.number(),
    platform: z.string(),
    arch: z.string(),
  }),
  seed: z.number().int().min(0),
  decision: z.enum(["pass", "refuse", "indeterminate", "waived"]),
  policy: z.strictObject({ name: z.string(), sha256: digest }),
  schemaSha256: digest,
  recipeSha256: digest,
  splitSha256: z.string().nullable(),
  inputs: z.array(
    z.strictObject({
      role: z.enum(["source", "anchor", "real", "synthetic", "holdout", "parent", "real-parent"]),
      saltedSha256: digest,
    }),
  ),
  digitalSourceType: z.string().nullable(),
  lineage: lineageSchema.optional(),
  files: z.array(z.strictObject({ path: z.string(), bytes: z.number().int().min(0), sha256: digest })).max(MAX_FILES),
});

/** SHA-256 of the files of synthetic data in a bundle. */
export function dataDigests({ files }: Pick<Manifest, "files">): readonly string[] {
  return files.filter(({ path }) => path.startsWith(`${BUNDLE.dataFolder}/`)).map(({ sha256 }) => sha256);
}

/** A manifest from parsed JSON, or what is wrong with it. */
export function checkManifest(value: unknown): Manifest | string {
  const format = (value as { readonly format?: unknown } | null)?.format;
  if (typeof format === "string" && format !== "counterfoil-manifest/1")
    return `The manifest has the format "${format.slice(0, 60)}"; this version reads counterfoil-manifest/1.`;
  const parsed = shape.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `The manifest is malformed at ${issue?.path.map(String).join(".") || "its top"}: ${issue?.message}.`;
  }
  const manifest = parsed.data;
  const seen = new Set<string>();
  let before = "";
  for (const { path } of manifest.files) {
    if (!isSafePath(path))
      return `The manifest names a path outside the bundle or not portable: ${JSON.stringify(path.slice(0, 200))}.`;
    if (path === BUNDLE.manifest || path === BUNDLE.statement)
      return `The manifest lists ${path}, which cannot hold its own digest.`;
    // Two names that differ in case are one file on some systems.
    if (seen.has(path.toLowerCase()) || path <= before) return `The manifest lists ${path} twice or out of order.`;
    seen.add(path.toLowerCase());
    before = path;
  }
  return manifest;
}

/** Relative, forward slashes, no "." or "..", no drive, no control characters. */
function isSafePath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (path.length === 0 || path.length > 500 || /[\u0000-\u001f\u007f\\:]/.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { parquetMetadata } from "../data/parquet-metadata.ts";
import { InvalidArgument } from "../errors.ts";
import { checkManifest } from "../evidence/manifest.ts";
import type { LineageFacts } from "../policy/facts.ts";
import {
  type DataLineage,
  isAnchored,
  type KnownLineage,
  knownLineage,
  learntFrom,
  lineageFromMetadata,
  realShareOf,
} from "../runs/data-lineage.ts";
import { BUNDLE } from "../runs/layout.ts";
import { releasedWith } from "../runs/ledger.ts";
import { userFolders } from "../runs/user-folders.ts";
import type { EvaluateOptions, SynthesizeOptions } from "./job.ts";
import type { Source } from "./source.ts";

/** What is known of a table that was given: null where nothing says that it is synthetic. */
export interface FoundLineage extends KnownLineage {
  /** Who says so, as the end of a sentence: "the bundle it lies in says so". */
  readonly because: string;
}

/** What says that a file is synthetic: the bundle that it lies in, its own metadata, this machine's ledger. A hint can only raise the generation, so none
 * of them needs to be trusted: who forges one makes it harder to release what is learnt from the file.
 * @param file its path, and the SHA-256 of its bytes */
export async function foundLineage(
  { path, sha256 }: { readonly path: string; readonly sha256: string },
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<FoundLineage | null> {
  const hints: readonly (readonly [KnownLineage | undefined, string])[] = [
    [await inBundle(path, sha256), "the bundle it lies in says so"],
    [
      extname(path).toLowerCase() === ".parquet"
        ? lineageFromMetadata(await parquetMetadata(path, options))
        : undefined,
      "its own metadata say so",
    ],
    [await releasedWith(userFolders(), sha256), "this machine's ledger knows the file"],
  ];
  let found: FoundLineage | null = null;
  for (const [hint, because] of hints)
    if (hint && hint.generation > (found?.generation ?? 0)) found = { ...hint, because };
  return found;
}

/** The lineage of what is learnt from an opened source, and what there is to tell of it.
 * @throws {InvalidArgument} the anchor is synthetic itself */
export async function lineageOfFit(
  { accumulated, train, files }: Pick<Source, "accumulated" | "train" | "files">,
  options: Pick<SynthesizeOptions, "sourceGeneration" | "signal"> & { readonly notice: (message: string) => void },
): Promise<DataLineage> {
  const { notice, signal } = options;
  const [file, anchor] = files as readonly [Source["files"][number], Source["files"][number]?];
  const found = await foundLineage(file, { signal });
  const declared = options.sourceGeneration ?? 0;
  // Who gives an anchor says that the source is none.
  const generation = Math.max(found?.generation ?? 0, declared, anchor ? 1 : 0);
  if (found && options.sourceGeneration !== undefined && declared < found.generation)
    notice(
      `The source was declared to be of generation ${declared}; ${found.because} that it is of generation ${found.generation}, which counts.`,
    );
  const source = { role: "source", generation, rows: (accumulated ?? train).rows } as const;
  if (!anchor) {
    if (generation > 0)
      notice(
        `The source is synthetic, of generation ${generation} (${declared >= generation ? "as was declared" : found?.because}): what is learnt from it is of generation ${generation + 1}, and is judged against rows that are not real. Give the real rows with --anchor: then both are learnt from, and real rows judge.`,
      );
    return learntFrom([source]);
  }
  const madeUp = await foundLineage(anchor, { signal });
  if (madeUp)
    throw new InvalidArgument(
      "anchor-not-real",
      `The anchor ${basename(anchor.path)} is synthetic, of generation ${madeUp.generation}: ${madeUp.because}.`,
      { advice: "Give real rows with --anchor: they are what keeps generation after generation from drifting away." },
    );
  return learntFrom([source, { role: "anchor", generation: 0, rows: train.rows }]);
}

/** What is known of the tables of an evaluation: of the judged one its lineage, and of those that are meant to be real that they are not. */
export async function lineageOfTables(
  options: Pick<EvaluateOptions, "real" | "synthetic" | "holdout" | "signal">,
  {
    inputs,
    notice,
  }: {
    readonly inputs: readonly { readonly role: string; readonly sha256: string }[];
    readonly notice: (message: string) => void;
  },
): Promise<{ readonly lineage: DataLineage | null; readonly facts: LineageFacts | undefined }> {
  const of = async (role: "real" | "holdout" | "synthetic"): Promise<FoundLineage | null> => {
    const [path, sha256] = [options[role], inputs.find((input) => input.role === role)?.sha256];
    return path === undefined || sha256 === undefined ? null : foundLineage({ path, sha256 }, options);
  };
  for (const role of ["real", "holdout"] as const) {
    const found = await of(role);
    if (found)
      notice(
        `The ${role === "real" ? "real table" : "holdout"} is synthetic, of generation ${found.generation} (${found.because}): what is measured against it says little of real rows.`,
      );
  }
  const found = await of("synthetic");
  if (!found) return { lineage: null, facts: undefined };
  const { generation, anchored } = found;
  return {
    lineage: { generation, sources: [], realRows: null },
    facts: { sourceGeneration: generation - 1, anchored, realRows: null, realShare: null },
  };
}

/** A lineage as rules may ask for it. */
export function lineageFacts(lineage: DataLineage): LineageFacts {
  return {
    sourceGeneration: lineage.generation - 1,
    anchored: isAnchored(lineage),
    realRows: lineage.realRows,
    realShare: realShareOf(lineage),
  };
}

/** What the manifest of a bundle says of a file that it lists. */
async function inBundle(path: string, sha256: string): Promise<KnownLineage | undefined> {
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    const text = await readFile(join(folder, BUNDLE.manifest), "utf8").catch(() => undefined);
    const manifest = text === undefined ? undefined : manifestIn(text);
    if (!manifest?.files.some((file) => file.sha256 === sha256 && file.path.startsWith(`${BUNDLE.dataFolder}/`)))
      continue;
    return manifest.lineage ? knownLineage(manifest.lineage) : { generation: 1, anchored: null };
  }
  return undefined;
}

function manifestIn(text: string): Exclude<ReturnType<typeof checkManifest>, string> | undefined {
  try {
    const manifest = checkManifest(JSON.parse(text));
    return typeof manifest === "string" ? undefined : manifest;
  } catch {
    return undefined;
  }
}

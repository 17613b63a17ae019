import { basename, extname } from "node:path";
import type { Table } from "../data/table.ts";
import { writeTable } from "../data/write.ts";
import { InvalidArgument } from "../errors.ts";
import { digestFile } from "../evidence/bundle.ts";
import { writeWholeFile } from "../runs/atomic-file.ts";
import { systemClock } from "../runs/clock.ts";
import { type KnownLineage, lineageMetadata } from "../runs/data-lineage.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { appendToLedger } from "../runs/ledger.ts";
import { userFolders } from "../runs/user-folders.ts";
import { freshFile } from "./files.ts";

/** Where a table without a bundle goes: one file, complete or absent. */
export interface OutputTable {
  /** Absolute. */
  readonly path: string;
  readonly kind: "parquet" | "csv";
}

/** The file of a name, found wanting before the work.
 * @throws {InvalidArgument} its ending is neither .parquet nor .csv, or it exists
 * @throws {ResourceError} it cannot be made there */
export async function outputTable(path: string): Promise<OutputTable> {
  const kind = extname(path).toLowerCase().slice(1);
  if (kind !== "parquet" && kind !== "csv")
    throw new InvalidArgument("unknown-format", `The output ${path} ends neither in .parquet nor in .csv.`, {
      advice: "Give --out a name with one of these endings.",
    });
  return { path: await freshFile(path, "--out"), kind };
}

/** What an output is called when nobody says: the input's name without its ending, and what was done to it. */
export function defaultTable(input: string, done: string): string {
  return `${basename(input).replace(/\.[^.]+$/, "")}-${done}.parquet`;
}

/** Writes a table's chunks; the ledger then knows the file, whatever its format.
 * @param options `metadata`: of a Parquet file, beside our version, the lineage and that nothing was judged
 * @returns rows written */
export async function writeOutput(
  chunks: AsyncIterable<Table>,
  output: OutputTable,
  options: {
    readonly job: "sample" | "complete";
    readonly seed: number;
    readonly lineage: KnownLineage;
    readonly metadata: Readonly<Record<string, string>>;
    readonly notice: (message: string) => void;
    readonly signal: AbortSignal | undefined;
  },
): Promise<number> {
  const { job, seed, lineage, signal } = options;
  const metadata = {
    ...options.metadata,
    ...lineageMetadata(lineage),
    "counterfoil:version": productVersion(),
    "counterfoil:judged": "no",
  };
  const { rows } = await writeWholeFile(
    output.path,
    (path) => writeTable(chunks, { [output.kind]: path, metadata, signal }),
    { signal },
  );
  const { sha256 } = await digestFile(output.path);
  const told = await appendToLedger(userFolders(), {
    format: "counterfoil-ledger/1",
    time: systemClock.now(),
    job,
    version: productVersion(),
    seed,
    sourceSha256: "",
    decision: null,
    manifestSha256: null,
    released: { ...lineage, sha256s: [sha256] },
  });
  if (told) options.notice(told);
  return rows;
}

import { basename, extname } from "node:path";
import type { Table } from "../data/table.ts";
import { writeTable } from "../data/write.ts";
import { InvalidArgument } from "../errors.ts";
import { writeWholeFile } from "../runs/atomic-file.ts";
import { productVersion } from "../runs/fingerprint.ts";
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

/** Writes a table's chunks.
 * @param options `metadata`: of a Parquet file, beside our version and that nothing was judged
 * @returns rows written */
export async function writeOutput(
  chunks: AsyncIterable<Table>,
  output: OutputTable,
  options: { readonly metadata: Readonly<Record<string, string>>; readonly signal: AbortSignal | undefined },
): Promise<number> {
  const { signal } = options;
  const metadata = {
    ...options.metadata,
    "counterfoil:version": productVersion(),
    "counterfoil:judged": "no",
  };
  const { rows } = await writeWholeFile(
    output.path,
    (path) => writeTable(chunks, { [output.kind]: path, metadata, signal }),
    { signal },
  );
  return rows;
}

import { open, stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { CounterfoilError, InvalidArgument, InvalidData, ResourceError, Unsupported } from "../errors.ts";

export type Format = "csv" | "json" | "parquet" | "duckdb" | "sqlite";

export interface SniffedFile {
  readonly format: Format;
  readonly gzip: boolean;
  readonly bytes: number;
  /** Last change, milliseconds; to notice a file that changes while it is read. */
  readonly changedMs: number;
}

/** What kind of file this is: by its first bytes, then by its ending.
 * @throws {InvalidArgument} no such file, or a folder
 * @throws {ResourceError} no permission
 * @throws {InvalidData} an empty file, or one that is not what its ending says
 * @throws {Unsupported} a workbook, an archive or another format that is not read; the advice says what to do */
export async function sniffFile(path: string): Promise<SniffedFile> {
  const name = basename(path);
  const { head, bytes, changedMs } = await readHead(path, name);
  const gzip = head[0] === 0x1f && head[1] === 0x8b;
  const inner = gzip ? await unzipHead(head, name) : head;
  const ending = extname(gzip ? name.replace(/\.gz$/i, "") : name).toLowerCase();
  const format = formatOf(inner, ending, name);
  if (gzip && format !== "csv" && format !== "json")
    throw new Unsupported("compressed-database", `${name} is a compressed ${format} file.`, {
      advice: `Unpack it first: gunzip ${name}.`,
    });
  return { format, gzip, bytes, changedMs };
}

/** An error of the file system as one of ours. */
export function fileError(error: unknown, name: string): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR")
    return new InvalidArgument("no-such-file", `There is no file ${name}.`, {
      advice: "Check the path.",
      cause: error,
    });
  if (code === "EISDIR")
    return new InvalidArgument("is-a-folder", `${name} is a folder, not a file.`, {
      advice: "Name one file in it.",
      cause: error,
    });
  return new ResourceError("cannot-read", `${name} cannot be read (${code ?? (error as Error).message}).`, {
    advice: code === "EACCES" ? "Ask for permission to read the file." : "Check the disk, and try again.",
    cause: error,
  });
}

const HEAD_BYTES = 65536;

async function readHead(path: string, name: string): Promise<{ head: Buffer; bytes: number; changedMs: number }> {
  try {
    const found = await stat(path);
    if (!found.isFile() && !found.isDirectory())
      throw new InvalidArgument("not-a-file", `${name} is a pipe or a device, not a file.`, {
        advice: "Write the data to a file first: it is read more than once.",
      });
    const { size, mtimeMs } = found;
    const file = await open(path, "r");
    try {
      const buffer = Buffer.alloc(HEAD_BYTES);
      const { bytesRead } = await file.read(buffer, 0, HEAD_BYTES, 0);
      if (bytesRead === 0)
        throw new InvalidData("empty-file", `${name} is empty: no header and no rows.`, {
          advice: "Check how the file was made.",
        });
      return { head: buffer.subarray(0, bytesRead), bytes: size, changedMs: mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof CounterfoilError ? error : fileError(error, name);
  }
}

async function unzipHead(head: Buffer, name: string): Promise<Buffer> {
  try {
    // SYNC_FLUSH: the end of what was read is not the end of the stream.
    return await promisify<Buffer, object, Buffer>(gunzip)(head, { finishFlush: 2 });
  } catch (error) {
    throw notGzip(error, name);
  }
}

/** The error of a file that begins like gzip and is none, or is cut off. */
export function notGzip(error: unknown, name: string): InvalidData {
  return new InvalidData("bad-gzip", `${name} is damaged: it cannot be unpacked (${(error as Error).message}).`, {
    advice: "Copy or compress it again.",
    cause: error,
  });
}

const MAGIC: readonly { readonly at: number; readonly bytes: string; readonly format: Format }[] = [
  { at: 0, bytes: "PAR1", format: "parquet" },
  { at: 0, bytes: "SQLite format 3\0", format: "sqlite" },
  { at: 8, bytes: "DUCK", format: "duckdb" },
];

const REFUSED: readonly { readonly bytes: string; readonly what: string; readonly advice: string }[] = [
  {
    bytes: "PK\x03\x04",
    what: "an Excel workbook or another zip archive",
    advice: 'Save the sheet as "CSV UTF-8", or unpack the archive, and give that file.',
  },
  { bytes: "\xd0\xcf\x11\xe0", what: "an old Excel workbook", advice: 'Save the sheet as "CSV UTF-8".' },
  { bytes: "ARROW1", what: "an Arrow (Feather) file", advice: "Write it as Parquet." },
  { bytes: "\x28\xb5\x2f\xfd", what: "compressed with Zstandard", advice: "Unpack it first: unzstd." },
  { bytes: "BZh", what: "compressed with bzip2", advice: "Unpack it first: bunzip2." },
  { bytes: "\xfd7zXZ", what: "compressed with xz", advice: "Unpack it first: unxz." },
  { bytes: "%PDF", what: "a PDF document", advice: "Give the table as CSV." },
];

const ENDINGS: Readonly<Record<string, Format>> = {
  ".parquet": "parquet",
  ".pq": "parquet",
  ".duckdb": "duckdb",
  ".sqlite": "sqlite",
  ".sqlite3": "sqlite",
};

function formatOf(head: Buffer, ending: string, name: string): Format {
  const at = (start: number, length: number): string => head.toString("latin1", start, start + length);
  for (const { at: start, bytes, format } of MAGIC) if (at(start, bytes.length) === bytes) return format;
  for (const { bytes, what, advice } of REFUSED)
    if (at(0, bytes.length) === bytes) throw new Unsupported("unsupported-format", `${name} is ${what}.`, { advice });
  if (ending === ".xlsx" || ending === ".xls" || ending === ".ods")
    throw new Unsupported("unsupported-format", `${name} is named like a workbook.`, {
      advice: 'Save the sheet as "CSV UTF-8" and give that file.',
    });
  const promised = ENDINGS[ending];
  if (promised)
    throw new InvalidData(
      "not-what-it-says",
      `${name} is not a ${promised} file: its first bytes are not those of one.`,
      {
        advice: "Check how it was made, or give it the ending of what it is.",
      },
    );
  if (/^\.(json|jsonl|ndjson)$/.test(ending)) return "json";
  if (/^\.(csv|tsv|txt|tab|psv)$/.test(ending)) return "csv";
  return /^\s*(\{|\[\s*[{\]])/.test(at(0, 4096)) ? "json" : "csv";
}

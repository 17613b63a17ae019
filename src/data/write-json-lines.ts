import { type FileHandle, open, rm } from "node:fs/promises";
import { basename } from "node:path";
import { ResourceError } from "../errors.ts";
import { identifier, literal, openDatabase } from "./duckdb.ts";
import { metadataSql } from "./write.ts";

/** A file of JSON lines that is being written; what was added is kept in memory up to about a megabyte. */
export interface JsonLinesWriter {
  /** Adds one object. Half a surrogate pair, which is no Unicode, becomes U+FFFD. */
  add(value: object): Promise<void>;
  /** Writes what is left. @returns the bytes of the longest line */
  close(): Promise<{ readonly longestLine: number }>;
  /** Lets go of the file as it is, for who fails elsewhere. */
  abandon(): Promise<void>;
}

/** @param path must not exist
 * @throws {ResourceError} disk full, read-only, the file exists */
export async function writeJsonLines(path: string): Promise<JsonLinesWriter> {
  const failed = (cause: unknown): ResourceError =>
    new ResourceError(
      "cannot-write",
      `${basename(path)} could not be written: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}.`,
      { advice: "Free some space, or choose another folder with --out.", cause },
    );
  let file: FileHandle;
  try {
    file = await open(path, "wx");
  } catch (error) {
    throw failed(error);
  }
  let waiting: string[] = [];
  let characters = 0;
  let longestLine = 0;
  const flush = async (): Promise<void> => {
    const text = waiting.join("");
    waiting = [];
    characters = 0;
    try {
      await file.writeFile(text, "utf8");
    } catch (error) {
      await file.close().catch(() => {});
      throw failed(error);
    }
  };
  return {
    async add(value) {
      const line = `${wellFormed(value)}\n`;
      // A unit of UTF-16 takes three bytes at most.
      longestLine = Math.max(longestLine, line.length * 3);
      waiting.push(line);
      characters += line.length;
      if (characters >= FLUSHED_CHARACTERS) await flush();
    },
    async close() {
      await flush();
      await file.close();
      return { longestLine };
    },
    abandon: () => file.close().catch(() => {}),
  };
}

const FLUSHED_CHARACTERS = 1_000_000;

function wellFormed(value: object): string {
  const text = JSON.stringify(value);
  // JSON.stringify writes half a pair, and only that, as an escape of its own.
  return /\\ud[89a-f]/.test(text)
    ? JSON.stringify(value, (_, part: unknown) =>
        typeof part === "string" ? Buffer.from(part, "utf8").toString("utf8") : part,
      )
    : text;
}

/** A column of a Parquet file that is made of JSON lines. "json": the JSON text of whatever the cell holds. */
export interface LineColumn {
  readonly name: string;
  readonly type: "text" | "integer" | "double" | "boolean" | "json" | "texts";
}

/** Makes a Parquet file (Zstandard), and a CSV file beside it where one is asked for, of a file of JSON lines, in its order, in bounded memory. The bytes depend
 * on the lines, columns and metadata alone.
 * @param lines path of the file; a key that a line lacks is NULL
 * @throws {ResourceError} the disk is full or read-only
 * @throws {Cancelled} the signal fired */
export async function parquetOfJsonLines(
  lines: string,
  options: {
    readonly parquet: string;
    readonly csv?: string | undefined;
    readonly columns: readonly LineColumn[];
    readonly longestLine: number;
    readonly metadata: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { parquet, csv, columns, longestLine, metadata, signal } = options;
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(TYPES[type])}`).join(", ");
  const cells = columns.map(({ name }) => identifier(name)).join(", ");
  const db = await openDatabase({ threads: 1, memoryMegabytes: 500, signal });
  try {
    const rows = `SELECT ${cells} FROM read_json(${literal(lines)}, format = 'newline_delimited', records = 'true', columns = {${types}}, maximum_object_size = ${Math.max(1 << 20, longestLine)})`;
    if (csv !== undefined)
      await db.run(
        `COPY (${rows}) TO ${literal(csv)} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
      );
    await db.run(
      `COPY (${rows}) TO ${literal(parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480${metadataSql(metadata)})`,
    );
  } catch (error) {
    for (const path of [parquet, ...(csv === undefined ? [] : [csv])]) await rm(path, { force: true });
    if (signal?.aborted) throw error;
    throw new ResourceError(
      "cannot-write",
      `${basename(parquet)} could not be written: ${error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error)}`,
      { advice: "Check that the disk is not full, and try again.", cause: error },
    );
  } finally {
    await db.close();
  }
}

const TYPES: Readonly<Record<LineColumn["type"], string>> = {
  text: "VARCHAR",
  json: "VARCHAR",
  texts: "VARCHAR[]",
  integer: "BIGINT",
  double: "DOUBLE",
  boolean: "BOOLEAN",
};

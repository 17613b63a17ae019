import { type FileHandle, open, rm } from "node:fs/promises";
import { CounterfoilError, ResourceError } from "../errors.ts";
import { type Database, identifier, literal, openDatabase } from "./duckdb.ts";

/** What the cells of a column turned out to be. "json": lists and objects, or values of more than one kind. */
export type RowType = "boolean" | "integer" | "double" | "text" | "json";

export interface RowColumn {
  readonly name: string;
  readonly type: RowType;
}

/** A file of rows, one JSON object a line, that is written while rows come, in memory that does not grow. */
export interface RowFile {
  /** Adds a row: its cells in the order of the columns, plain JSON values; null is missing. Resolves at once while the disk keeps up. */
  write(cells: readonly unknown[]): void | Promise<void>;
  /** Flushes and closes; the file is whole then. */
  close(): Promise<{ readonly rows: number; readonly columns: readonly RowColumn[] }>;
  /** Closes and removes what there is. */
  discard(): Promise<void>;
}

/** Characters that are gathered before they go to the disk. */
const CHUNK = 1 << 16;

/** Opens a new file of rows.
 * @param names of the columns
 * @throws {Error} of the file system; `write` and `close` too: see runs/file-error.ts */
export async function openRowFile(path: string, names: readonly string[]): Promise<RowFile> {
  const file: FileHandle = await open(path, "wx");
  const types: (RowType | undefined)[] = names.map(() => undefined);
  const keys = names.map((name) => `${JSON.stringify(name)}:`);
  let rows = 0;
  let text = "";
  let writing: Promise<void> = Promise.resolve();
  let failed: unknown;
  const drain = (): Promise<void> => {
    const chunk = text;
    text = "";
    writing = writing.then(async () => {
      if (failed !== undefined) return;
      await file.appendFile(chunk).catch((error: unknown) => {
        failed = error;
      });
    });
    return writing.then(() => {
      if (failed !== undefined) throw failed;
    });
  };
  return {
    write(cells) {
      text += "{";
      for (let j = 0; j < keys.length; j++) {
        const cell = cells[j] ?? null;
        types[j] = typeWith(types[j], cell);
        text += `${j === 0 ? "" : ","}${keys[j]}${JSON.stringify(cell)}`;
      }
      text += "}\n";
      rows++;
      return text.length >= CHUNK ? drain() : undefined;
    },
    async close() {
      try {
        await drain();
      } finally {
        await file.close();
      }
      return { rows, columns: names.map((name, j) => ({ name, type: types[j] ?? "text" })) };
    },
    async discard() {
      await file.close().catch(() => undefined);
      await rm(path, { force: true });
    },
  };
}

function typeWith(before: RowType | undefined, cell: unknown): RowType | undefined {
  if (cell === null) return before;
  const type = typeOf(cell);
  if (before === undefined || before === type) return type;
  if ((before === "integer" && type === "double") || (before === "double" && type === "integer")) return "double";
  return "json";
}

function typeOf(cell: unknown): RowType {
  if (typeof cell === "string") return "text";
  if (typeof cell === "boolean") return "boolean";
  if (typeof cell === "number") return Number.isSafeInteger(cell) ? "integer" : "double";
  return "json";
}

const SQL_TYPES: Readonly<Record<RowType, string>> = {
  boolean: "BOOLEAN",
  integer: "BIGINT",
  double: "DOUBLE",
  text: "VARCHAR",
  json: "JSON",
};

/** Longest line, bytes. */
const MOST_LINE = 64 * 2 ** 20;

/** Writes the rows of such a file as Parquet (Zstandard), as CSV, or both, in constant memory. Lists and objects become their JSON text.
 * @param path of the file of rows
 * @throws {ResourceError} it cannot be written */
export async function convertRows(
  path: string,
  to: {
    readonly columns: readonly RowColumn[];
    readonly parquet?: string | undefined;
    readonly csv?: string | undefined;
    readonly metadata: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const types = to.columns.map(({ name, type }) => `${literal(name)}: ${literal(SQL_TYPES[type])}`).join(", ");
  const list = to.columns
    .map(({ name, type }) =>
      type === "json" ? `${identifier(name)}::VARCHAR AS ${identifier(name)}` : identifier(name),
    )
    .join(", ");
  const select = `SELECT ${list} FROM read_json(${literal(path)}, format = 'newline_delimited', columns = {${types}}, compression = 'uncompressed', maximum_object_size = ${MOST_LINE})`;
  const metadata = Object.keys(to.metadata)
    .sort()
    .map((key) => `${literal(key)}: ${literal(to.metadata[key] as string)}`)
    .join(", ");
  let db: Database | undefined;
  try {
    // One thread: the same rows give the same bytes on every machine.
    db = await openDatabase({ threads: 1, memoryMegabytes: 500, signal: to.signal });
    if (to.parquet !== undefined)
      await db.run(
        `COPY (${select}) TO ${literal(to.parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 30720${metadata ? `, KV_METADATA {${metadata}}` : ""})`,
      );
    if (to.csv !== undefined)
      await db.run(
        `COPY (${select}) TO ${literal(to.csv)} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
      );
  } catch (error) {
    if (error instanceof CounterfoilError) throw error;
    const text = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
    throw new ResourceError("cannot-write", `The rows could not be written: ${text}`, {
      advice: "Check that the disk is not full, and run again: the answers are kept.",
      cause: error,
    });
  } finally {
    await db?.close();
  }
}

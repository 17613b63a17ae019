import { copyFile, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgument, Unsupported } from "../errors.ts";

/** The only file that imports node-sqlite3-wasm (SQLite as WebAssembly: nothing to compile, nothing to download). */

export type SqliteValue = number | bigint | string | Uint8Array | null;

export interface SqliteFile {
  /** Tables and views a person made, in order of their names. */
  readonly tables: readonly string[];
  /** Rows of one query, one at a time. The names are known once the first row is.
   * @throws {InvalidArgument} the SQL is wrong, or does more than read */
  query(sql: string): Iterable<Readonly<Record<string, SqliteValue>>>;
  close(): void;
}

/** Opens a copy of the file, read-only, so that no lock is left beside the original.
 * @param folder where the copy goes
 * @param name of the file, for messages
 * @throws {Unsupported} the file has a write-ahead log that is not yet merged */
export async function openSqlite(path: string, folder: string, name: string): Promise<SqliteFile> {
  const log = await stat(`${path}-wal`).catch(() => undefined);
  if (log && log.size > 0)
    throw new Unsupported("sqlite-log", `${name} has a write-ahead log with changes that are not yet in the file.`, {
      advice: `Close the programs that use it, or run: sqlite3 ${name} "PRAGMA journal_mode=DELETE".`,
    });
  const copy = join(folder, "source.sqlite");
  await copyFile(path, copy);
  await leaveLogMode(copy);
  const sqlite = (await import("node-sqlite3-wasm")).default;
  const database = new sqlite.Database(copy, { fileMustExist: true, readOnly: true });
  try {
    const tables = database
      .all(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name",
      )
      .map((row) => String(row.name));
    if (tables.length === 1) {
      const only = `"${(tables[0] as string).replaceAll('"', '""')}"`;
      if (tables[0] !== "source") database.exec(`CREATE TEMP VIEW source AS SELECT * FROM ${only}`);
    }
    return {
      tables,
      *query(sql) {
        // Inside parentheses only a SELECT is grammatical: no ATTACH, no PRAGMA, no second statement.
        const text = `SELECT * FROM (\n${sql.replace(/[\s;]+$/, "")}\n)`;
        const statement = prepared(() => database.prepare(text));
        try {
          yield* statement.iterate() as Iterable<Record<string, SqliteValue>>;
        } finally {
          statement.finalize();
        }
      },
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepared<T>(prepare: () => T): T {
  try {
    return prepare();
  } catch (error) {
    throw new InvalidArgument("bad-query", `The query does not run: ${(error as Error).message}.`, {
      advice: "Give one SELECT in SQLite's SQL.",
      cause: error,
    });
  }
}

/** A file in log mode cannot be opened without shared memory. With the log empty, bytes 18 and 19 of the header (read and write version)
 * are all that says so. */
async function leaveLogMode(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    const versions = Buffer.alloc(2);
    await file.read(versions, 0, 2, 18);
    if (versions[0] === 2 || versions[1] === 2) await file.write(Buffer.from([1, 1]), 0, 2, 18);
  } finally {
    await file.close();
  }
}

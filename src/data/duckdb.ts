import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBResult, DuckDBType } from "@duckdb/node-api";
import { throwIfCancelled } from "../errors.ts";

/** The only file that imports DuckDB, and it does so when a database is opened, so that `--help` does not pay for it. */

/** A private in-memory database that spills to a temporary folder of its own. Nothing is downloaded: extensions are off. */
export interface Database {
  /** The temporary folder: gone after `close`. Files of one's own may be put there. */
  readonly folder: string;
  run(sql: string): Promise<void>;
  /** All rows of a small answer; 64-bit integers come as bigint. */
  rows(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** Column names of a query, as written. */
  columns(sql: string): Promise<readonly { readonly name: string; readonly type: string }[]>;
  /** One column of text without NULL, all of it, in order.
   * @param what a column, perhaps after DISTINCT
   * @param rest FROM and what follows; ORDER BY 1 orders by the column */
  strings(what: string, rest: string): Promise<string[]>;
  /** Rows of a query in order, in chunks of a few thousand. Every column must be numeric and without NULL. */
  stream(sql: string): AsyncIterable<NumericChunk>;
  /** Whether the text is one statement that only reads. */
  isSingleSelect(sql: string): Promise<boolean>;
  /** Appends to a table; see {@link Appender}. */
  appender(table: string, types: readonly AppendType[]): Promise<Appender>;
  /** From now on no file and no network can be reached by SQL, and this cannot be undone. */
  lock(): Promise<void>;
  close(): Promise<void>;
}

export interface NumericChunk {
  readonly rows: number;
  /** The values of a column; valid until the next chunk is asked for. */
  column(index: number): ArrayLike<number>;
}

export type AppendType = "DOUBLE" | "INTEGER" | "UTINYINT" | "VARCHAR";

/** Appends columns of equal length. */
export interface Appender {
  append(rows: number, columns: readonly AppendColumn[]): void;
  close(): void;
}

/** A typed array of exactly the type of the column, or labels (null is NULL). */
export type AppendColumn = Float64Array | Int32Array | Uint8Array | readonly (string | null)[];

/** Opens a database.
 * @param options.threads default: all cores; results never depend on it
 * @param options.memoryMegabytes beyond it, work spills to disk */
export async function openDatabase(
  options: {
    readonly threads?: number | undefined;
    readonly memoryMegabytes?: number;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<Database> {
  const { signal } = options;
  throwIfCancelled(signal);
  const duckdb = await import("@duckdb/node-api");
  const folder = await mkdtemp(join(tmpdir(), "counterfoil-"));
  const instance = await duckdb.DuckDBInstance.create(":memory:", {
    threads: String(options.threads ?? availableParallelism()),
    memory_limit: `${options.memoryMegabytes ?? 1500}MB`,
    temp_directory: join(folder, "spill"),
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const connection = await instance.connect();
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener("abort", interrupt);
  /** An interrupted statement fails; the reader should hear that it was stopped, not that it failed. */
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    throwIfCancelled(signal);
    try {
      return await work();
    } catch (error) {
      throwIfCancelled(signal);
      throw error;
    }
  };
  await connection.run("SET TimeZone = 'UTC'");
  return {
    folder,
    run: (sql) => guarded(async () => void (await connection.run(sql))),
    rows: (sql) => guarded(async () => (await connection.runAndReadAll(sql)).getRowsJS()),
    columns: (sql) => guarded(() => describe(connection, sql)),
    strings: (what, rest) => guarded(() => readStrings(connection, what, rest)),
    stream: (sql) => streamNumbers(connection, sql, signal),
    isSingleSelect: (sql) =>
      guarded(async () => {
        const statements = await connection.extractStatements(sql);
        if (statements.count !== 1) return false;
        const statement = await statements.prepare(0);
        return statement.statementType === duckdb.StatementType.SELECT;
      }),
    appender: (table, types) => guarded(() => openAppender(duckdb, connection, table, types)),
    lock: () =>
      guarded(async () => {
        await connection.run("SET enable_external_access = false");
        await connection.run("SET lock_configuration = true");
      }),
    async close() {
      signal?.removeEventListener("abort", interrupt);
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function describe(connection: DuckDBConnection, sql: string): Promise<{ name: string; type: string }[]> {
  const statement = await connection.prepare(sql);
  return Array.from({ length: statement.columnCount }, (_, i) => ({
    name: statement.columnName(i),
    type: statement.columnType(i).toString(),
  }));
}

async function readStrings(connection: DuckDBConnection, what: string, rest: string): Promise<string[]> {
  // The wrapper takes U+FEFF at the start of a text for a byte-order mark and drops it, so something stands before it.
  const [, distinct = "", column = what] = /^(DISTINCT )?(.*)$/s.exec(what) ?? [];
  const result = await connection.stream(`SELECT ${distinct}('~' || ${column}) ${rest}`);
  const out: string[] = [];
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const vector = chunk.getColumnVector(0);
    for (let i = 0; i < chunk.rowCount; i++) out.push((vector.getItem(i) as string).slice(1));
  }
  return out;
}

async function* streamNumbers(
  connection: DuckDBConnection,
  sql: string,
  signal: AbortSignal | undefined,
): AsyncIterable<NumericChunk> {
  let result: DuckDBResult;
  try {
    result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return;
      throwIfCancelled(signal);
      yield { rows: chunk.rowCount, column: (index) => itemsOf(chunk.getColumnVector(index)) };
    }
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  }
}

type Items = Float64Array | Int32Array | Uint8Array;

/** The typed array behind a vector. The wrapper declares it private; reading it is 10 times as fast as its public door, and a test of ours
 * holds it to that. */
function itemsOf(vector: object): Items {
  const { items } = vector as { readonly items?: Items };
  if (!ArrayBuffer.isView(items)) throw new Error(`DuckDB vector ${vector.constructor.name} has no typed array`);
  return items;
}

const CHUNK_ROWS = 2048;

async function openAppender(
  duckdb: typeof import("@duckdb/node-api"),
  connection: DuckDBConnection,
  table: string,
  types: readonly AppendType[],
): Promise<Appender> {
  const appender = await connection.createAppender(table);
  const kinds: Record<AppendType, DuckDBType> = {
    DOUBLE: duckdb.DOUBLE,
    INTEGER: duckdb.INTEGER,
    UTINYINT: duckdb.UTINYINT,
    VARCHAR: duckdb.VARCHAR,
  };
  const chunkTypes = types.map((type) => kinds[type]);
  const hasText = types.includes("VARCHAR");
  let chunk = duckdb.DuckDBDataChunk.create(chunkTypes, CHUNK_ROWS);
  return {
    append(rows, columns) {
      for (let start = 0; start < rows; start += CHUNK_ROWS) {
        const count = Math.min(CHUNK_ROWS, rows - start);
        // Strings live in the chunk's own heap, which only a new chunk frees.
        if (hasText || count !== chunk.rowCount) chunk = duckdb.DuckDBDataChunk.create(chunkTypes, count);
        for (let j = 0; j < columns.length; j++) {
          const column = columns[j] as AppendColumn;
          if (Array.isArray(column)) {
            chunk.setColumnValues(j, column.slice(start, start + count));
          } else {
            const vector = chunk.getColumnVector(j);
            itemsOf(vector).set((column as Items).subarray(start, start + count));
            vector.flush();
          }
        }
        appender.appendDataChunk(chunk);
      }
    },
    close() {
      appender.flushSync();
      appender.closeSync();
    },
  };
}

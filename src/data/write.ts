import { open, rm, statfs } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { CounterfoilError, InvalidArgument, ResourceError, throwIfCancelled } from "../errors.ts";
import {
  type AppendColumn,
  type Appender,
  type AppendType,
  type Database,
  identifier,
  literal,
  openDatabase,
} from "./duckdb.ts";
import { writeSql } from "./number-formats.ts";
import { type Column, selectColumns, type Table } from "./table.ts";

export interface WriteOptions {
  /** Path of a Parquet file (Zstandard). */
  readonly parquet?: string | undefined;
  /** Path of a CSV file, beside it or alone (RFC 4180 quoting, UTF-8, LF). */
  readonly csv?: string | undefined;
  /** Only these columns, in this order; default: all of the first chunk. */
  readonly columns?: readonly string[] | undefined;
  /** Key-value metadata of the Parquet file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Writes chunks of one table, in order. Memory is bounded whatever the number of rows: integer codes and numbers go to the database, which
 * spills to disk and joins the labels when the files are written. The bytes depend on the cells and the metadata alone.
 *
 * A missing cell is NULL in Parquet; in CSV it is its token ("?"), by default an empty field. An empty text is `""` in CSV.
 * @throws {InvalidArgument} no chunk, or chunks whose columns differ
 * @throws {ResourceError} the disk is full or read-only, the folder is missing. Nothing half-written is left
 * @throws {Cancelled} the signal fired */
export async function writeTable(chunks: AsyncIterable<Table>, options: WriteOptions): Promise<{ rows: number }> {
  const paths = [options.parquet, options.csv].filter((path) => path !== undefined);
  const made: string[] = [];
  let db: Database | undefined;
  let failed: unknown;
  const watched = (async function* (): AsyncGenerator<Table> {
    try {
      yield* chunks;
    } catch (error) {
      failed = error;
      throw error;
    }
  })();
  try {
    for (const path of paths) {
      await mustBeWritable(path);
      made.push(path);
    }
    // One thread: the row groups of the file are then the same on every machine.
    db = await openDatabase({ threads: 1, memoryMegabytes: 1000, signal: options.signal });
    const { rows, staged } = await stage(db, watched, options);
    await putLabels(db, staged);
    if (options.parquet !== undefined)
      await db.run(
        `COPY (${selectSql(staged, parquetValue)}) TO ${literal(options.parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880${metadataSql(options.metadata)})`,
      );
    if (options.csv !== undefined)
      await db.run(
        `COPY (${selectSql(staged, csvValue)}) TO ${literal(options.csv)} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
      );
    return { rows };
  } catch (error) {
    const full = await isFull([...paths.map((path) => dirname(path)), ...(db ? [db.folder] : [])]);
    for (const path of made) await rm(path, { force: true }).catch(() => {});
    // What goes wrong where the chunks are made is no fault of the disk.
    if (error instanceof CounterfoilError || (error === failed && failed !== undefined)) throw error;
    const names = paths.map((path) => basename(path)).join(" and ");
    if (full)
      throw new ResourceError("disk-full", `${names} could not be written: the disk is full.`, {
        advice: "Free some space, or choose another folder with --out (TMPDIR for the temporary files).",
        cause: error,
      });
    const text = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
    throw new ResourceError("cannot-write", `${names} could not be written: ${text}`, {
      advice: "Check that the disk is not full, and try again.",
      cause: error,
    });
  } finally {
    await db?.close();
  }
}

/** Whether one of the folders has next to no space left. */
async function isFull(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    const disk = await statfs(folder).catch(() => undefined);
    if (disk && disk.bavail * disk.bsize < 2 ** 20) return true;
  }
  return false;
}

/** Fails early, and in the words of the file system. */
async function mustBeWritable(path: string): Promise<void> {
  try {
    await (await open(path, "w")).close();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const why: Readonly<Record<string, string>> = {
      ENOSPC: "the disk is full",
      EROFS: "the disk is read-only",
      EACCES: "there is no permission",
      ENOENT: "its folder does not exist",
      EISDIR: "a folder of that name exists",
    };
    throw new ResourceError("cannot-write", `${basename(path)} cannot be written: ${why[code] ?? code}.`, {
      advice: "Choose another folder with --out.",
      cause: error,
    });
  }
}

/** One column on its way: number j of the table `staged` holds float64 or codes; text also has a table of labels. */
interface StagedColumn {
  readonly column: Column;
  readonly index: number;
  readonly type: AppendType;
  /** False as soon as a column of whole numbers turned out to hold something else. */
  whole: boolean;
  /** Labels by code; grows when chunks bring dictionaries of their own. */
  readonly labels: string[];
  readonly codeOf: Map<string, number>;
  readonly maps: WeakMap<readonly string[], Int32Array | "same">;
  /** Tokens for missing by code, "" first; undefined when there is only that one. */
  readonly tokens: string[] | undefined;
}

async function stage(
  db: Database,
  chunks: AsyncIterable<Table>,
  options: WriteOptions,
): Promise<{ rows: number; staged: readonly StagedColumn[] }> {
  let staged: StagedColumn[] | undefined;
  let appender: Appender | undefined;
  let rows = 0;
  for await (const whole of chunks) {
    throwIfCancelled(options.signal);
    const chunk = options.columns ? selectColumns(whole, options.columns) : whole;
    if (!staged) {
      staged = chunk.columns.map(stagedColumn);
      const types = staged.flatMap(({ type, tokens }): AppendType[] => (tokens ? [type, "UTINYINT"] : [type]));
      const list = staged.flatMap(({ type, tokens, index }) =>
        tokens ? [`c${index} ${type}`, `m${index} UTINYINT`] : [`c${index} ${type}`],
      );
      if (list.length === 0) throw new InvalidArgument("no-columns", "There is no column to write.");
      await db.run(`CREATE TABLE staged (${list.join(", ")})`);
      appender = await db.appender("staged", types);
    }
    if (chunk.columns.length !== staged.length)
      throw new InvalidArgument(
        "different-columns",
        `A chunk has ${chunk.columns.length} columns; the first one has ${staged.length}.`,
      );
    const arrays = chunk.columns.flatMap((column, j): AppendColumn[] =>
      stagedCells(staged?.[j] as StagedColumn, column),
    );
    appender?.append(chunk.rows, arrays);
    rows += chunk.rows;
  }
  if (!staged || !appender) throw new InvalidArgument("no-chunks", "There is no table to write.");
  appender.close();
  return { rows, staged };
}

function stagedColumn(column: Column, index: number): StagedColumn {
  const labels = column.type === "text" ? [...column.dictionary] : [];
  const codeOf = new Map<string, number>();
  labels.forEach((label, code) => {
    if (!codeOf.has(label)) codeOf.set(label, code);
  });
  const maps = new WeakMap<readonly string[], Int32Array | "same">();
  if (column.type === "text") maps.set(column.dictionary, "same");
  const type = column.type === "text" ? "INTEGER" : "DOUBLE";
  return {
    column,
    index,
    type,
    whole: true,
    labels,
    codeOf,
    maps,
    tokens: column.missing && [...column.missing.tokens],
  };
}

function stagedCells(staged: StagedColumn, column: Column): AppendColumn[] {
  if (column.type !== staged.column.type || column.name !== staged.column.name)
    throw new InvalidArgument(
      "different-columns",
      `A chunk has column "${column.name}" (${column.type}) where the first one has "${staged.column.name}" (${staged.column.type}).`,
    );
  const cells = column.type === "text" ? stagedCodes(staged, column) : column.values;
  if (column.type === "number" && staged.whole && column.storage === "integer") staged.whole = allWhole(column.values);
  return staged.tokens ? [cells, stagedTokens(staged.tokens, column)] : [cells];
}

function allWhole(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // Not a number is missing, and equals nothing.
    if (!Number.isSafeInteger(value) && !Number.isNaN(value)) return false;
  }
  return true;
}

function stagedCodes(staged: StagedColumn, column: Column & { readonly type: "text" }): Int32Array {
  let map = staged.maps.get(column.dictionary);
  if (map === undefined) {
    map = Int32Array.from(column.dictionary, (label) => {
      let code = staged.codeOf.get(label);
      if (code === undefined) {
        code = staged.labels.length;
        staged.labels.push(label);
        staged.codeOf.set(label, code);
      }
      return code;
    });
    staged.maps.set(column.dictionary, map);
  }
  if (map === "same") return column.codes;
  const out = new Int32Array(column.codes.length);
  for (let i = 0; i < out.length; i++) {
    const code = column.codes[i] as number;
    out[i] = code < 0 ? -1 : (map[code] as number);
  }
  return out;
}

function stagedTokens(tokens: string[], column: Column): Uint8Array {
  const rows = column.type === "text" ? column.codes.length : column.values.length;
  const { missing } = column;
  if (!missing) return new Uint8Array(rows);
  const map = missing.tokens.map((token) => {
    if (!tokens.includes(token)) tokens.push(token);
    return tokens.indexOf(token);
  });
  return missing.codes.map((code) => map[code] ?? 0);
}

/** A table (code, label) for each text column, with −1 for missing, so that an inner join loses no row. */
async function putLabels(db: Database, staged: readonly StagedColumn[]): Promise<void> {
  const joined = joinedColumns(staged);
  for (const { index, labels } of joined) {
    await db.run(`CREATE TABLE labels${index} (code INTEGER, label VARCHAR)`);
    const appender = await db.appender(`labels${index}`, ["INTEGER", "VARCHAR"]);
    const codes = Int32Array.from({ length: labels.length + 1 }, (_, i) => i - 1);
    appender.append(codes.length, [codes, [null, ...labels]]);
    appender.close();
  }
  // The staged rows must stay the probing side of every join: only that keeps their order.
  await db.run("SET disabled_optimizers = 'join_order,build_side_probe_side'");
}

/** Joins that one statement can hold in its memory. */
const MOST_JOINS = 64;
/** Labels that a statement may spell out. */
const MOST_LISTED = 256;

/** The columns whose labels are joined from a table of their own: all columns of text, unless there are too many; then only those with many
 * labels, and the others are spelled out. */
function joinedColumns(staged: readonly StagedColumn[]): readonly StagedColumn[] {
  const texts = staged.filter(({ column }) => column.type === "text");
  return texts.length <= MOST_JOINS ? texts : texts.filter(({ labels }) => labels.length > MOST_LISTED);
}

/** SQL: the label of a code from a list; NULL for −1. */
function listed({ index, labels }: StagedColumn): string {
  return labels.length === 0 ? "NULL::VARCHAR" : `([${labels.map(literal).join(", ")}])[s.c${index} + 1]`;
}

function selectSql(staged: readonly StagedColumn[], value: (column: StagedColumn) => string): string {
  const joined = joinedColumns(staged);
  const list = staged.map((column) => {
    const cell = value(column);
    const label = `l${column.index}.label`;
    const written =
      column.column.type === "text" && !joined.includes(column) ? cell.replaceAll(label, () => listed(column)) : cell;
    return `${written} AS ${identifier(column.column.name)}`;
  });
  const joins = joined.map(({ index }) => `JOIN labels${index} AS l${index} ON l${index}.code = s.c${index}`);
  return `SELECT ${list.join(", ")} FROM staged AS s ${joins.join(" ")}`;
}

/** SQL: the typed cell, NULL where missing. */
function parquetValue({ column, index, whole }: StagedColumn): string {
  const c = `s.c${index}`;
  switch (column.type) {
    case "text":
      return column.storage === "boolean" ? `l${index}.label::BOOLEAN` : `l${index}.label`;
    case "date":
      return `CASE WHEN NOT isnan(${c}) THEN make_timestamp((${c} * 1000)::BIGINT)${column.storage === "date" ? "::DATE" : ""} END`;
    case "number":
      return `CASE WHEN NOT isnan(${c}) THEN ${c}${column.storage === "integer" && whole ? "::BIGINT" : ""} END`;
  }
}

/** SQL: the cell as text, as the source wrote it. */
function csvValue(staged: StagedColumn): string {
  const { column, index, tokens } = staged;
  const text = csvText(staged);
  if (!tokens) return text;
  const cases = tokens.map((token, code) => `WHEN ${code} THEN ${token === "" ? "NULL" : literal(token)}`).join(" ");
  const missing = column.type === "text" ? `s.c${index} < 0` : `isnan(s.c${index})`;
  return `CASE WHEN ${missing} THEN CASE s.m${index} ${cases} END ELSE ${text} END`;
}

function csvText(staged: StagedColumn): string {
  const { column } = staged;
  const value = parquetValue(staged);
  if (column.type === "text") return `l${staged.index}.label`;
  if (column.type === "date") {
    if (column.format !== undefined) return `strftime(${value}, ${literal(column.format)})`;
    return column.storage === "date" ? `(${value})::VARCHAR` : `replace((${value})::VARCHAR, ' ', 'T')`;
  }
  if (column.storage === "integer" && staged.whole && !column.format) return `(${value})::VARCHAR`;
  // The shortest text that reads back as the same number, and 5 rather than 5.0.
  const c = `s.c${staged.index}`;
  const shortest = `CASE WHEN abs(${c}) < 1e15 AND ${c} = trunc(${c}) THEN ${c}::BIGINT::VARCHAR ELSE ${c}::VARCHAR END`;
  return `CASE WHEN isnan(${c}) THEN NULL ELSE ${column.format ? writeSql(c, shortest, column.format) : shortest} END`;
}

/** The part of a COPY that adds key-value metadata to a Parquet file. */
export function metadataSql(metadata: Readonly<Record<string, string>>): string {
  const keys = Object.keys(metadata).sort();
  if (keys.length === 0) return "";
  return `, KV_METADATA {${keys.map((key) => `${literal(key)}: ${literal(metadata[key] as string)}`).join(", ")}}`;
}

import { createReadStream, createWriteStream } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CounterfoilError, InvalidArgument, InvalidData, ResourceError, throwIfCancelled } from "../errors.ts";
import { type ColumnPlan, planColumns } from "./column-types.ts";
import { nameColumns, scanCsv, sniffDialect, unifyLineEnds } from "./csv.ts";
import { type AppendColumn, type Database, identifier, literal, openDatabase } from "./duckdb.ts";
import { hashFile, type PlainText, preparePlainText } from "./plain-text.ts";
import { type Format, fileError, type SniffedFile, sniffFile } from "./sniff.ts";
import { openSqlite, type SqliteValue } from "./sqlite.ts";
import { type Column, type Table, tableOf } from "./table.ts";

export interface ReadOptions {
  /** SQL over the source. A file is the view `source`, also under its own name without the ending. */
  readonly query?: string | undefined;
  /** How messages call the file; default: its name. */
  readonly name?: string | undefined;
  /** Default: all cores. The table does not depend on it. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Something the reader should know: a column renamed, a date format chosen. */
  readonly notice?: ((message: string) => void) | undefined;
  readonly progress?: ((done: number, total: number, unit?: string) => void) | undefined;
}

export interface ReadResult {
  readonly table: Table;
  readonly source: {
    readonly format: Format;
    readonly rows: number;
    /** Of the file as it is on disk. */
    readonly bytes: number;
    readonly sha256: string;
  };
}

/** Reads a table: CSV (any delimiter and line end, .gz too), JSON, JSON lines, Parquet, a DuckDB or an SQLite file. Rows keep the order of the
 * file. Memory holds the table itself and a bounded working space of the database, which spills to disk.
 *
 * Types of a CSV file: a column is numbers when every cell is one, apart from blanks and a few words for missing ("?", "NA", …); dates when every
 * cell is valid in one format; else text. Text keeps blanks around it; a blank cell is missing.
 * @throws {InvalidArgument} no such file; a query that is not one SELECT, or does not run
 * @throws {InvalidData} the file is empty, torn, not UTF-8, or not what its ending says
 * @throws {Unsupported} a workbook, an archive, a column of bytes
 * @throws {ResourceError} no permission, a disk that is full, a file that vanished or changed
 * @throws {Cancelled} the signal fired */
export async function readTable(path: string, options: ReadOptions = {}): Promise<ReadResult> {
  const name = options.name ?? basename(path);
  throwIfCancelled(options.signal);
  const file = await sniffFile(path);
  const db = await openDatabase({ threads: options.threads, signal: options.signal });
  try {
    const source = { path, name, file, options, notice: options.notice ?? (() => {}) };
    const { relation, sha256 } = await load(db, source);
    const final = options.query === undefined || relation.queried ? relation : await runQuery(db, relation, source);
    const plans = await planAll(db, final, source);
    const table = await extract(db, final, plans, options);
    await mustBeUnchanged(path, name, file);
    return { table, source: { format: file.format, rows: table.rows, bytes: file.bytes, sha256 } };
  } catch (error) {
    throw await asOurs(error, { path, name, file, folder: db.folder });
  } finally {
    await db.close();
  }
}

interface Source {
  readonly path: string;
  readonly name: string;
  readonly file: SniffedFile;
  readonly options: ReadOptions;
  readonly notice: (message: string) => void;
}

/** A table or view in the database whose columns are c0, c1, … */
interface Relation {
  readonly table: string;
  readonly names: readonly string[];
  /** Absent: a text file without types. */
  readonly types?: readonly string[];
  /** Date formats by column name, where the file's are known. */
  readonly formats?: ReadonlyMap<string, string>;
  /** The delimiter is no comma, so that one in a number may be its decimal sign. */
  readonly comma?: boolean;
  /** The user's query has been answered already. */
  readonly queried?: boolean;
}

type Loaded = { readonly relation: Relation; readonly sha256: string };

const RAW = "memory.main.raw";

async function load(db: Database, source: Source): Promise<Loaded> {
  switch (source.file.format) {
    case "csv":
      return loadCsv(db, source);
    case "json":
      return loadJson(db, source);
    case "parquet":
      return loadParquet(db, source);
    case "duckdb":
      return loadDuckdb(db, source);
    case "sqlite":
      return loadSqlite(db, source);
  }
}

async function loadCsv(db: Database, source: Source): Promise<Loaded> {
  const { name, options } = source;
  const text = await prepareText(db, source);
  const dialect = sniffDialect(text.sample, text.complete, name);
  const shape = await scanCsv(text.path, dialect, { name, signal: options.signal });
  if (shape.records === 0) throw noRows(name, dialect.header.length);
  const columns = dialect.header.map((_, i) => `'c${i}': 'VARCHAR'`).join(", ");
  // The line end is left to the reader to find: told "\r\n", it silently reads nothing. Its count is checked against ours.
  const read = async (path: string): Promise<number> => {
    await db.run(`CREATE OR REPLACE TABLE ${RAW} AS SELECT * FROM read_csv(${literal(path)}, auto_detect = false,
      header = ${dialect.named}, delim = ${literal(dialect.delimiter)}, quote = '"', escape = ${literal(dialect.escape)},
      nullstr = '', allow_quoted_nulls = false, strict_mode = true, null_padding = false, columns = {${columns}})`);
    const [row] = await db.rows(`SELECT count(*) FROM ${RAW}`);
    return Number(row?.[0]);
  };
  const plain = shape.lineEnd !== "mixed" && (await read(text.path).catch(() => -1)) === shape.records;
  if (!plain) {
    throwIfCancelled(options.signal);
    const path = join(db.folder, "unified.csv");
    await pipeline(Readable.from(unifyLineEnds(text.path, dialect)), createWriteStream(path));
    const found = await read(path);
    if (found !== shape.records)
      throw new InvalidData("unreadable-file", `${name} has ${shape.records} records, but ${found} could be read.`, {
        advice: "Check the quotes and line ends in the file.",
      });
  }
  const header = await withoutTail(db, dialect.header, source.notice);
  const comma = dialect.delimiter !== ",";
  if (dialect.named)
    return { relation: { table: RAW, names: nameColumns(header, source.notice), comma }, sha256: text.sha256 };
  const names = nameColumns(header, () => {});
  source.notice(
    `The first line of ${name} holds data, not names; ${names.length === 1 ? "the column is called column_1" : `the columns are called column_1 to column_${names.length}`}. To name them, write a line of names at the top.`,
  );
  return { relation: { table: RAW, names, comma }, sha256: text.sha256 };
}

/** The header without nameless, empty columns at its end: lines that end with the delimiter make them. */
async function withoutTail(
  db: Database,
  header: readonly string[],
  notice: (message: string) => void,
): Promise<readonly string[]> {
  let start = header.length;
  while (start > 1 && (header[start - 1] as string).trim() === "") start--;
  if (start === header.length) return header;
  const counts = header.slice(start).map((_, i) => `count(nullif(trim(c${start + i}), ''))`);
  const [row = []] = await db.rows(`SELECT ${counts.join(", ")} FROM ${RAW}`);
  let end = header.length;
  while (end > start && Number(row[end - 1 - start]) === 0) end--;
  const left = header.length - end;
  if (left > 0)
    notice(
      `Every line ends with ${left === 1 ? "an empty field that has" : `${left} empty fields that have`} no name; left out.`,
    );
  return header.slice(0, end);
}

async function loadJson(db: Database, source: Source): Promise<Loaded> {
  const text = await prepareText(db, source);
  const head = text.sample.toString("utf8").trimStart();
  if (head === "") throw noRows(source.name, 0);
  const format = head.startsWith("[") ? "array" : "auto";
  if (/^\[\s*\]/.test(head)) throw noRows(source.name, 0);
  if (format === "array" && !/^\[\s*\{/.test(head))
    throw new InvalidData("not-records", `${source.name} is a JSON array, but not of objects.`, {
      advice: 'Write one object per row: [{"name": value, …}, …].',
    });
  const read = (extra: string): string =>
    `read_json(${literal(text.path)}, format = '${format}', records = 'true', ${extra})`;
  // Found types first, then dates as the text they were, so that their format is kept and two formats are noticed.
  const found = await db
    .columns(`SELECT * FROM ${read("sample_size = -1, maximum_depth = 2")}`)
    .catch(async (error: unknown) => {
      throw (await tornLine(text, source.name, error)) ?? error;
    });
  const columns = found.map(({ name, type }) => {
    const nested = /[[(]/.test(type) && !type.startsWith("DECIMAL");
    if (nested) source.notice(`Column "${name}" is nested; it is read as text in JSON.`);
    return {
      name,
      type: /^(BOOLEAN|U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DOUBLE|DECIMAL.*)$/.test(type) ? type : "VARCHAR",
    };
  });
  const list = columns.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(", ");
  await createRaw(db, `SELECT * FROM ${read(`columns = {${list}}`)}`, columns.length, "TABLE");
  const names = nameColumns(
    columns.map(({ name }) => name),
    source.notice,
  );
  return { relation: { table: RAW, names, types: columns.map(({ type }) => type) }, sha256: text.sha256 };
}

/** The first line of a JSON-lines file that is no object, if that is what is wrong. */
async function tornLine(text: PlainText, name: string, cause: unknown): Promise<InvalidData | undefined> {
  if (!text.sample.toString("utf8").trimStart().startsWith("{")) return undefined;
  let number = 0;
  for await (const line of createInterface({
    input: createReadStream(text.path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    number++;
    const trimmed = line.replace(/^\ufeff/, "").trim();
    if (trimmed === "" || isObject(trimmed)) continue;
    // The very first line of an object spread over lines is no object either; that is another kind of file.
    if (number === 1) return undefined;
    return new InvalidData("torn-line", `${name} line ${number} is not a JSON object: it is torn or damaged.`, {
      advice: "Fix or remove the line; a JSON-lines file has one whole object per line.",
      cause,
    });
  }
  return undefined;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

async function loadParquet(db: Database, source: Source): Promise<Loaded> {
  const sha256 = await hashFile(source.path, source.options.signal);
  const sql = `SELECT * FROM read_parquet(${literal(source.path)}, hive_partitioning = false)`;
  return { relation: await relationOf(db, sql, source), sha256 };
}

async function loadDuckdb(db: Database, source: Source): Promise<Loaded> {
  const { name, options } = source;
  const sha256 = await hashFile(source.path, options.signal);
  await db.run(`ATTACH ${literal(source.path)} AS source_file (READ_ONLY)`);
  await db.lock();
  const rows = await db.rows(
    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'source_file' UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'source_file' AND NOT internal ORDER BY 1, 2",
  );
  const tables = rows.map(([schema, table]) => ({ schema: String(schema), table: String(table) }));
  const [only] = tables;
  await db.run("USE source_file");
  if (only && tables.length === 1 && only.table !== "source")
    await db.run(
      `CREATE TEMP VIEW source AS SELECT * FROM source_file.${identifier(only.schema)}.${identifier(only.table)}`,
    );
  if (options.query !== undefined) {
    const relation = await answer(db, options.query, source);
    await db.run("USE memory");
    return { relation, sha256 };
  }
  await db.run("USE memory");
  const chosen = onlyTable(
    tables.map(({ table }) => table),
    name,
  );
  const { schema } = tables[0] as { schema: string };
  const sql = `SELECT * FROM source_file.${identifier(schema)}.${identifier(chosen)}`;
  return { relation: await relationOf(db, sql, source), sha256 };
}

async function loadSqlite(db: Database, source: Source): Promise<Loaded> {
  const { name, options } = source;
  const sha256 = await hashFile(source.path, options.signal);
  const file = await openSqlite(source.path, db.folder, name);
  try {
    const sql = options.query ?? `SELECT * FROM ${identifier(onlyTable(file.tables, name))}`;
    return { relation: { ...(await copyRows(db, file.query(sql), source)), queried: true }, sha256 };
  } finally {
    file.close();
  }
}

function onlyTable(tables: readonly string[], name: string): string {
  const [only] = tables;
  if (only !== undefined && tables.length === 1) return only;
  if (only === undefined) throw new InvalidData("no-tables", `${name} has no tables.`, { advice: "Check the file." });
  throw new InvalidArgument(
    "which-table",
    `${name} has ${tables.length} tables: ${tables.slice(0, 30).join(", ")}${tables.length > 30 ? ", …" : ""}.`,
    {
      advice: `Choose one with --query, for example: --query 'SELECT * FROM ${identifier(only)}'.`,
    },
  );
}

/** SQLite types values, not columns: each column goes into two, one of numbers and one of texts, and is numbers when the second is empty. */
async function copyRows(
  db: Database,
  rows: Iterable<Readonly<Record<string, SqliteValue>>>,
  source: Source,
): Promise<Relation> {
  const batchRows = 2048;
  let header: string[] | undefined;
  let numbers: Float64Array[] = [];
  let texts: (string | null)[][] = [];
  let whole: boolean[] = [];
  let fill = 0;
  let count = 0;
  let appender: Awaited<ReturnType<Database["appender"]>> | undefined;
  const flush = (): void => {
    const columns = numbers.flatMap((values, j): AppendColumn[] => [
      values.subarray(0, fill),
      texts[j]?.slice(0, fill) ?? [],
    ]);
    appender?.append(fill, columns);
    fill = 0;
  };
  for (const row of rows) {
    if (!header) {
      header = Object.keys(row);
      const list = header.map((_, j) => `n${j} DOUBLE, s${j} VARCHAR`).join(", ");
      await db.run(`CREATE TABLE memory.main.sqlite_rows (${list})`);
      appender = await db.appender(
        "sqlite_rows",
        header.flatMap(() => ["DOUBLE", "VARCHAR"] as const),
      );
      numbers = header.map(() => new Float64Array(batchRows));
      texts = header.map(() => new Array<string | null>(batchRows).fill(null));
      whole = header.map(() => true);
    }
    for (let j = 0; j < header.length; j++) {
      const value = row[header[j] as string] ?? null;
      const isNumber = typeof value === "number" || (typeof value === "bigint" && isSafe(value));
      if (value instanceof Uint8Array)
        throw new InvalidData(
          "binary-column",
          `Column "${header[j]}" of ${source.name} holds bytes (row ${count + 1}).`,
          {
            advice: "Leave it out with --query, or turn it into text there: hex(…).",
          },
        );
      (numbers[j] as Float64Array)[fill] = isNumber ? Number(value) : Number.NaN;
      (texts[j] as (string | null)[])[fill] = value === null || isNumber ? null : String(value);
      if (typeof value === "number" && !Number.isSafeInteger(value)) whole[j] = false;
    }
    count++;
    if (++fill === batchRows) {
      flush();
      throwIfCancelled(source.options.signal);
      if (count % (batchRows * 16) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  if (!header) throw noRows(source.name, 0);
  flush();
  appender?.close();
  const [counts = []] = await db.rows(
    `SELECT ${header.map((_, j) => `count(s${j})`).join(", ")} FROM memory.main.sqlite_rows`,
  );
  const expressions = header.map((_, j) => {
    const value = `CASE WHEN NOT isnan(n${j}) THEN n${j} END`;
    if (Number(counts[j]) === 0) return `${whole[j] ? `(${value})::BIGINT` : value} AS c${j}`;
    return `coalesce(s${j}, ${whole[j] ? `(${value})::BIGINT` : value}::VARCHAR) AS c${j}`;
  });
  const sql = `SELECT ${expressions.join(", ")} FROM memory.main.sqlite_rows`;
  await createRaw(db, sql, header.length, "VIEW");
  const types = (await db.columns(`SELECT * FROM ${RAW}`)).map(({ type }) => type);
  return { table: RAW, names: nameColumns(header, source.notice), types };
}

function isSafe(value: bigint): boolean {
  return value <= 9007199254740991n && value >= -9007199254740991n;
}

async function relationOf(db: Database, sql: string, source: Source): Promise<Relation> {
  const columns = await db.columns(sql);
  if (columns.length === 0) throw noRows(source.name, 0);
  await createRaw(db, sql, columns.length, "VIEW");
  const names = nameColumns(
    columns.map(({ name }) => name),
    source.notice,
  );
  return { table: RAW, names, types: columns.map(({ type }) => type) };
}

async function createRaw(db: Database, sql: string, columns: number, what: "TABLE" | "VIEW"): Promise<void> {
  const names = Array.from({ length: columns }, (_, i) => `c${i}`).join(", ");
  await db.run(`CREATE ${what} ${RAW} AS SELECT * FROM (${sql}) AS t(${names})`);
}

/** Turns a file into a typed table `source`, closes every door, and runs the user's SQL on it. */
async function runQuery(db: Database, relation: Relation, source: Source): Promise<Relation> {
  const plans = await planAll(db, relation, source);
  const columns = plans.map((plan, i) => `${relation.types ? `c${i}` : plan.typed} AS ${identifier(plan.name)}`);
  await db.run(`CREATE TABLE memory.main.source AS SELECT ${columns.join(", ")} FROM ${relation.table}`);
  await db.run(`DROP ${source.file.format === "parquet" ? "VIEW" : "TABLE"} ${RAW}`);
  const alias = basename(source.name).replace(/\.gz$/i, "");
  const short = alias.slice(0, alias.length - extname(alias).length);
  if (short !== "" && short.toLowerCase() !== "source" && short.toLowerCase() !== "raw")
    await db.run(`CREATE VIEW memory.main.${identifier(short)} AS SELECT * FROM memory.main.source`);
  await db.lock();
  const answered = await answer(db, source.options.query as string, source);
  const formats = new Map(
    plans.flatMap((plan) => (plan.type === "date" && plan.format ? [[plan.name, plan.format] as const] : [])),
  );
  return { ...answered, formats };
}

/** The user's SQL as a table of its own. The database is locked by now. */
async function answer(db: Database, query: string, source: Source): Promise<Relation> {
  const sql = query.replace(/[\s;]+$/, "");
  try {
    if (!(await db.isSingleSelect(sql)))
      throw new InvalidArgument("bad-query", "The query is not a single SELECT.", {
        advice: 'Give one, such as: SELECT * FROM source WHERE "age" >= 18.',
      });
    const columns = await db.columns(sql);
    await db.run(
      `CREATE TABLE memory.main.answer AS SELECT * FROM (\n${sql}\n) AS t(${columns.map((_, i) => `c${i}`).join(", ")})`,
    );
    const names = nameColumns(
      columns.map(({ name }) => name),
      source.notice,
    );
    return { table: "memory.main.answer", names, types: columns.map(({ type }) => type), queried: true };
  } catch (error) {
    if (error instanceof CounterfoilError) throw error;
    throw new InvalidArgument("bad-query", `The query does not run: ${firstLine(error)}`, {
      advice: "The file is the table `source`; only it can be read.",
      cause: error,
    });
  }
}

async function planAll(db: Database, relation: Relation, source: Source): Promise<ColumnPlan[]> {
  const counts = relation.names.map((_, i) => `approx_count_distinct(c${i}), count(c${i})`);
  const [counted = []] = await db.rows(`SELECT ${counts.join(", ")} FROM ${relation.table}`);
  const columns = relation.names.map((name, i) => ({
    column: `c${i}`,
    name,
    type: relation.types?.[i],
    distinct: Number(counted[2 * i]),
    cells: Number(counted[2 * i + 1]),
  }));
  const plans = await planColumns(db, columns, {
    table: relation.table,
    notice: source.notice,
    comma: relation.comma ?? false,
  });
  return plans.map((plan) => {
    const format = relation.formats?.get(plan.name);
    return plan.type === "date" && format && !plan.format ? { ...plan, format } : plan;
  });
}

async function extract(
  db: Database,
  relation: Relation,
  plans: readonly ColumnPlan[],
  options: ReadOptions,
): Promise<Table> {
  const [counted] = await db.rows(`SELECT count(*) FROM ${relation.table}`);
  const rows = Number(counted?.[0]);
  if (rows === 0) throw noRows(options.query === undefined ? "The table" : "The answer to the query", plans.length);
  const marked = plans.filter((plan) => plan.missing !== undefined);
  const outputs = plans.map((plan) => (plan.type === "text" ? new Int32Array(rows) : new Float64Array(rows)));
  const marks = marked.map(() => new Uint8Array(rows));
  const sql = `SELECT ${[...plans.map(({ value }) => value), ...marked.map(({ missing }) => missing)].join(", ")} FROM ${relation.table}`;
  let at = 0;
  for await (const chunk of db.stream(sql)) {
    for (let j = 0; j < outputs.length; j++) (outputs[j] as Float64Array).set(chunk.column(j), at);
    for (let k = 0; k < marks.length; k++) (marks[k] as Uint8Array).set(chunk.column(outputs.length + k), at);
    at += chunk.rows;
    options.progress?.(at, rows, "rows");
  }
  if (at !== rows) throw new InvalidData("unreadable-file", `${rows} rows were counted, but ${at} could be read.`);
  return tableOf(
    plans.map((plan, j) => columnFrom(plan, outputs[j] as Int32Array | Float64Array, marks[marked.indexOf(plan)])),
    rows,
  );
}

function columnFrom(plan: ColumnPlan, cells: Int32Array | Float64Array, marks: Uint8Array | undefined): Column {
  const missing = plan.tokens && marks ? { missing: { tokens: plan.tokens, codes: marks } } : {};
  const { name } = plan;
  if (plan.type === "text")
    return {
      name,
      type: "text",
      storage: plan.storage,
      codes: cells as Int32Array,
      dictionary: plan.dictionary,
      ...missing,
    };
  const values = cells as Float64Array;
  if (plan.type === "number")
    return {
      name,
      type: "number",
      storage: plan.storage,
      values,
      ...(plan.format ? { format: plan.format } : {}),
      ...missing,
    };
  const format = plan.format === undefined ? {} : { format: plan.format };
  return { name, type: "date", storage: plan.storage, values, ...format, ...missing };
}

function prepareText(db: Database, source: Source): Promise<PlainText> {
  const { file, options } = source;
  return preparePlainText(source.path, {
    gzip: file.gzip,
    copy: join(db.folder, "source.txt"),
    signal: options.signal,
    onBytes: (done) => options.progress?.(done, file.bytes, "bytes"),
  });
}

function noRows(name: string, columns: number): InvalidData {
  const header = columns > 0 ? `a header of ${columns} column${columns === 1 ? "" : "s"} and no rows` : "no rows";
  return new InvalidData("no-rows", `${name} has ${header}.`, { advice: "At least one row is needed." });
}

async function mustBeUnchanged(path: string, name: string, file: SniffedFile): Promise<void> {
  const now = await stat(path).catch((error: unknown) => {
    throw vanished(error, name);
  });
  if (now.size !== file.bytes || now.mtimeMs !== file.changedMs)
    throw new ResourceError("file-changed", `${name} changed while it was read.`, {
      advice: "Wait until it is written, then try again.",
    });
}

function vanished(error: unknown, name: string): ResourceError {
  return new ResourceError("file-vanished", `${name} vanished while it was read.`, {
    advice: "Put the file where it stays, and try again.",
    cause: error,
  });
}

/** Any failure as an error of ours. What the database says is quoted, never read. */
async function asOurs(
  error: unknown,
  context: { readonly path: string; readonly name: string; readonly file: SniffedFile; readonly folder: string },
): Promise<Error> {
  const { name, file } = context;
  const gone = await stat(context.path).then(
    () => undefined,
    (cause: NodeJS.ErrnoException) => (cause.code === "ENOENT" ? vanished(cause, name) : fileError(cause, name)),
  );
  if (gone) return gone;
  if (error instanceof CounterfoilError) return error;
  const disk = await statfs(context.folder).catch(() => undefined);
  if (disk && disk.bavail * disk.bsize < 16 * 2 ** 20)
    return new ResourceError("disk-full", `The temporary folder is full; ${name} could not be read.`, {
      advice: "Free some space, or set TMPDIR to a folder on a larger disk.",
      cause: error,
    });
  return new InvalidData("unreadable-file", `${name} cannot be read as ${file.format}: ${firstLine(error)}`, {
    advice: "Check that the file is whole.",
    cause: error,
  });
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0]?.trim() ?? "";
}

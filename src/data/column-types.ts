import { Unsupported } from "../errors.ts";
import { type DateFormat, dateFormats, shapeName, shapeSql } from "./date-formats.ts";
import type { Database } from "./duckdb.ts";
import { identifier, literal } from "./duckdb.ts";
import {
  affixSql,
  exampleOf,
  isWrittenSql,
  matchesSql,
  type NumberFormat,
  numberFormats,
  parseSql,
  placesSql,
} from "./number-formats.ts";

/** How one column comes out of the database as numbers, decided from counts over all of its cells. */
export type ColumnPlan = NumberPlan | DatePlan | TextPlan;

interface PlanBase {
  readonly name: string;
  /** SQL over the source table: float64 or int32, never NULL (NaN or −1 for missing). */
  readonly value: string;
  /** SQL for the same as a typed value, NULL for missing: what a user's query sees. */
  readonly typed: string;
  /** Ways of being missing; the first is the plain null. Absent: only that one. */
  readonly tokens?: readonly string[];
  /** SQL: which token, 0 … 255. Set with `tokens`. */
  readonly missing?: string;
}

export interface NumberPlan extends PlanBase {
  readonly type: "number";
  readonly storage: "integer" | "double";
  readonly format?: NumberFormat;
}

export interface DatePlan extends PlanBase {
  readonly type: "date";
  readonly storage: "date" | "timestamp";
  readonly format?: string;
}

export interface TextPlan extends PlanBase {
  readonly type: "text";
  readonly storage: "text" | "boolean";
  readonly dictionary: readonly string[];
}

/** A column as it stands in the database. */
export interface RawColumn {
  /** The column's name inside the database, and the one to show. */
  readonly column: string;
  readonly name: string;
  /** As DuckDB names it; absent: text of a file without types. */
  readonly type?: string | undefined;
  /** Cells that are not NULL, and about how many different ones. */
  readonly cells: number;
  readonly distinct: number;
}

export interface PlanOptions {
  /** Table or view that holds the columns. */
  readonly table: string;
  readonly notice: (message: string) => void;
  /** Fields are not separated by commas, so that a comma in a number may be its decimal sign. */
  readonly comma?: boolean;
}

/** Words for "missing" that a column of numbers or dates may hold. */
const TOKENS = [
  "?",
  "na",
  "n/a",
  "#n/a",
  "<na>",
  "nan",
  "null",
  "none",
  "nil",
  "-",
  "--",
  ".",
  "unknown",
  "missing",
  "\\n",
];
const MOST_TOKENS = 8;
const BLANKS = "E' \\t\\n\\x0b\\x0c\\r'";

/** Cells whose values are counted in one go. */
const BATCH_CELLS = 2_000_000;
const BATCH_COLUMNS = 100;

/** How each column comes out. Values are counted for many columns in one statement, because a statement costs more than a column of a small
 * file. */
export async function planColumns(
  db: Database,
  columns: readonly RawColumn[],
  options: PlanOptions,
): Promise<ColumnPlan[]> {
  const plans: ColumnPlan[] = [];
  for (let start = 0; start < columns.length; ) {
    let end = start;
    let cells = 0;
    do cells += columns[end++]?.cells ?? 0;
    while (end < columns.length && end - start < BATCH_COLUMNS && cells < BATCH_CELLS);
    const batch: Candidate[] = [];
    for (const column of columns.slice(start, end)) batch.push(await candidateOf(db, { ...column, ...options }));
    const values = await countValues(db, batch);
    for (const column of batch) {
      const counted = values.get(column.column);
      plans.push(
        column.type === undefined ? await planUntyped(db, column, counted) : await planTyped(db, column, counted),
      );
    }
    start = end;
  }
  return plans;
}

/** A column on its way to a plan. */
interface Candidate extends RawColumn, PlanOptions {
  /** SQL for the cells as text. */
  readonly expression: string;
  /** Whether they are to be looked at as text. */
  readonly isText: boolean;
}

async function candidateOf(db: Database, column: RawColumn & PlanOptions): Promise<Candidate> {
  const { name, type, notice } = column;
  const c = identifier(column.column);
  if (type === undefined || type === "VARCHAR") return { ...column, expression: c, isText: true };
  const expression = `${c}::VARCHAR`;
  if (isWhole(type)) {
    const isText = await exceedsFloat64(db, type, column);
    if (isText) notice(`Column "${name}" has whole numbers beyond 2^53; it is read as text, so that no digit is lost.`);
    return { ...column, expression, isText };
  }
  if (type === "BOOLEAN" || isFraction(type) || isMoment(type) || isBytes(type))
    return { ...column, expression, isText: false };
  if (!/[[(]/.test(type) || type.startsWith("ENUM")) return { ...column, expression, isText: true };
  notice(`Column "${name}" is nested (${type.slice(0, 60)}); it is read as text in JSON.`);
  return { ...column, expression: `to_json(${c})::VARCHAR`, isText: true };
}

const isWhole = (type: string): boolean =>
  /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(type) || /^DECIMAL\(\d+,0\)$/.test(type);
const isFraction = (type: string): boolean => type === "FLOAT" || type === "DOUBLE" || type.startsWith("DECIMAL");
const isMoment = (type: string): boolean => type === "DATE" || type.startsWith("TIMESTAMP");
const isBytes = (type: string): boolean => type === "BLOB" || type.startsWith("GEOMETRY");

/** A column of text from a file without types: numbers, dates or text.
 * Blank cells are missing. */
async function planUntyped(db: Database, options: Candidate, counted: Counted | undefined): Promise<ColumnPlan> {
  const { column, name } = options;
  const c = identifier(column);
  const { relation, kinds } = counted ?? NOTHING;
  const of = (kind: string): KindCount => kinds.get(kind) ?? { cells: 0, distinct: 0, places: undefined };
  const others = [...kinds.keys()].filter((kind) => kind !== "blank" && kind !== "token");
  const quiet = of("token").distinct <= MOST_TOKENS;
  const special = of("token").cells + of("blank").cells > 0;
  const tokens = special ? await missingTokens(db, relation, of("blank").distinct) : [""];
  const base = { name, ...missingOf(c, tokens) };
  if (quiet && others.length > 0 && others.every((kind) => NUMERIC.has(kind))) {
    const storage = others.every((kind) => kind === "integer") ? "integer" : "double";
    const cast = `try_cast(${c} AS DOUBLE)`;
    const places = others.length === 1 ? kinds.get("decimal")?.places : undefined;
    const format: NumberFormat | undefined = places
      ? { decimal: ".", group: "", prefix: "", suffix: "", places }
      : undefined;
    return {
      ...base,
      type: "number",
      storage,
      ...(format ? { format } : {}),
      value: `coalesce(${cast}, 'nan'::DOUBLE)`,
      typed: storage === "integer" ? `${cast}::BIGINT` : `nullif(${cast}, 'nan'::DOUBLE)`,
    };
  }
  const written = quiet ? await chooseNumberFormat(db, relation, kinds, options) : undefined;
  if (written) {
    const parsed = `CASE WHEN ${matchesSql(`trim(${c}, ${BLANKS})`, written.format)} THEN ${parseSql(c, written.format)} END`;
    const { format, storage } = written;
    const typed = storage === "integer" ? `(${parsed})::BIGINT` : parsed;
    return { ...base, type: "number", storage, format, value: `coalesce(${parsed}, 'nan'::DOUBLE)`, typed };
  }
  const format = quiet ? await chooseDateFormat(db, relation, kinds, options) : undefined;
  if (format) return { ...base, ...datePlan(c, format) };
  const blank = tokens.filter((token) => token.trim() === "");
  return textPlan(db, { ...options, relation, blanksAreMissing: true, ...missingOf(c, blank) });
}

/** A column of a file with types. */
async function planTyped(db: Database, options: Candidate, counted: Counted | undefined): Promise<ColumnPlan> {
  const { column, name, type = "VARCHAR" } = options;
  const c = identifier(column);
  if (type === "BOOLEAN")
    return {
      name,
      type: "text",
      storage: "boolean",
      dictionary: ["false", "true"],
      value: `coalesce(${c}::INTEGER, -1)`,
      typed: c,
    };
  if (isWhole(type) && !options.isText)
    return { name, type: "number", storage: "integer", value: `coalesce(${c}::DOUBLE, 'nan'::DOUBLE)`, typed: c };
  if (isFraction(type)) {
    // By way of its text, .1 as float32 becomes .1 and not .10000000149.
    const wide = type === "FLOAT" ? `${c}::VARCHAR::DOUBLE` : `${c}::DOUBLE`;
    return { name, type: "number", storage: "double", value: `coalesce(${wide}, 'nan'::DOUBLE)`, typed: c };
  }
  if (isMoment(type)) {
    const storage = type === "DATE" ? "date" : "timestamp";
    const finite = `CASE WHEN isfinite(${c}::TIMESTAMP) THEN epoch_us(${c}::TIMESTAMP) / 1000.0 END`;
    return { name, type: "date", storage, value: `coalesce(${finite}, 'nan'::DOUBLE)`, typed: c };
  }
  if (isBytes(type))
    throw new Unsupported("binary-column", `Column "${name}" holds bytes (${type}), not numbers, dates or text.`, {
      advice: "Leave it out with --query, or turn it into text there.",
    });
  const { relation, kinds } = counted ?? NOTHING;
  if (type === "VARCHAR" || type === "JSON") {
    const plain = !kinds.has("token") && !kinds.has("blank");
    const format = plain ? await chooseDateFormat(db, relation, kinds, options) : undefined;
    if (format) return { name, ...datePlan(c, format) };
  }
  return textPlan(db, { ...options, relation, blanksAreMissing: false });
}

const NUMERIC: ReadonlySet<string> = new Set(["integer", "decimal", "infinity"]);

/** A relation (v, n) of the values of a column and how often each occurs; where nearly all differ, of its cells. */
type Relation = { readonly from: string; readonly distinct: boolean };

/** How many cells, and how many different ones, look like what. */
type Kinds = ReadonlyMap<string, KindCount>;

interface KindCount {
  readonly cells: number;
  readonly distinct: number;
  /** Decimals, where all cells of the kind have as many. */
  readonly places: number | undefined;
}

type Counted = { readonly relation: Relation; readonly kinds: Kinds };

/** A column without a cell. */
const NOTHING: Counted = {
  relation: { from: "(SELECT NULL::VARCHAR AS v, 0 AS n WHERE false)", distinct: true },
  kinds: new Map(),
};

/** Counts the values of all columns of text, and what they look like. Valid until it is called again.
 * @returns nothing for a column without a cell */
async function countValues(db: Database, batch: readonly Candidate[]): Promise<ReadonlyMap<string, Counted>> {
  const texts = batch.filter(({ isText, cells }) => isText && cells > 0);
  // Where most values differ, counting them would cost more than it saves.
  const loose = texts.filter(({ cells, distinct }) => distinct > 50_000 && distinct > cells / 4);
  const tight = texts.filter((column) => !loose.includes(column));
  const table = "memory.main.cell_values";
  const found = new Map<string, Counted>();
  if (tight.length > 0) {
    const list = tight.map(({ expression, column }) => `${expression} AS ${identifier(column)}`).join(", ");
    await db.run(
      `CREATE OR REPLACE TABLE ${table} AS SELECT k, v, count(*) AS n FROM (UNPIVOT (SELECT ${list} FROM ${tight[0]?.table}) ON COLUMNS(*) INTO NAME k VALUE v) GROUP BY k, v`,
    );
    const kinds = await countKinds(db, table);
    for (const { column } of tight)
      found.set(column, {
        relation: { from: `(SELECT v, n FROM ${table} WHERE k = ${literal(column)})`, distinct: true },
        kinds: kinds.get(column) ?? new Map(),
      });
  }
  for (const { column, expression, table: source } of loose) {
    const from = `(SELECT ${literal(column)} AS k, ${expression} AS v, 1 AS n FROM ${source} WHERE v IS NOT NULL)`;
    const kinds = await countKinds(db, from);
    found.set(column, { relation: { from, distinct: false }, kinds: kinds.get(column) ?? new Map() });
  }
  return found;
}

/** @param from a relation (k, v, n): column, value, how often
 * @returns by column */
async function countKinds(db: Database, from: string): Promise<ReadonlyMap<string, Kinds>> {
  const number = "'[+-]?((0|[1-9][0-9]*)(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?'";
  const rows = await db.rows(`
    SELECT k, kind, sum(n)::DOUBLE, count(DISTINCT CASE WHEN kind IN ('token', 'blank') THEN v END)::DOUBLE,
      min(places)::DOUBLE, max(places)::DOUBLE FROM (
      SELECT k, n, v, CASE WHEN lower(t) LIKE '%e%' THEN -1 WHEN t LIKE '%.%' THEN length(t) - strpos(t, '.') ELSE 0 END AS places, CASE
        WHEN t = '' THEN 'blank'
        WHEN try_cast(t AS DOUBLE) IS NOT NULL THEN CASE
          WHEN isnan(t::DOUBLE) THEN CASE WHEN lower(t) = 'nan' THEN 'token' ELSE 'text' END
          WHEN regexp_full_match(t, '[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?') THEN 'infinity'
          WHEN NOT regexp_full_match(t, ${number}) OR isinf(t::DOUBLE) THEN 'text'
          WHEN regexp_full_match(t, '[+-]?[0-9]+') THEN CASE WHEN abs(t::DOUBLE) > 9007199254740991 THEN 'text' ELSE 'integer' END
          ELSE 'decimal' END
        WHEN ascii(right(t, 1)) NOT BETWEEN 97 AND 122 AND ${isWrittenSql("t")} THEN 'written'
        WHEN lower(t) IN (${TOKENS.map(literal).join(", ")}) THEN 'token'
        WHEN length(t) BETWEEN 8 AND 35 AND ascii(t) BETWEEN 48 AND 57 AND translate(t, '-/. ', '') <> t THEN 'date'
        ELSE 'text' END AS kind
      FROM (SELECT k, v, trim(v, ${BLANKS}) AS t, n FROM ${from})
    ) GROUP BY k, kind ORDER BY k, kind`);
  const found = new Map<string, Map<string, KindCount>>();
  for (const [k, kind, cells, distinct, fewest, most] of rows) {
    const column = String(k);
    if (!found.has(column)) found.set(column, new Map());
    found.get(column)?.set(String(kind), {
      cells: Number(cells),
      distinct: Number(distinct),
      places: fewest === most && Number(most) > 0 ? Number(most) : undefined,
    });
  }
  return found;
}

/** The tokens and blanks of a column as written, "" first. */
async function missingTokens(db: Database, relation: Relation, blanks: number): Promise<string[]> {
  const wanted = blanks <= MOST_TOKENS ? "t = '' OR" : "";
  const found = await db.strings(
    "DISTINCT v",
    `FROM (SELECT v, trim(v, ${BLANKS}) AS t FROM ${relation.from}) WHERE v <> '' AND (${wanted} lower(t) IN (${TOKENS.map(literal).join(", ")})) ORDER BY 1 LIMIT 100`,
  );
  return ["", ...found];
}

function missingOf(c: string, tokens: readonly string[]): { tokens?: readonly string[]; missing?: string } {
  if (tokens.length < 2) return {};
  const cases = tokens.map((token, i) => (i === 0 ? "" : `WHEN ${c} = ${literal(token)} THEN ${i}`)).join(" ");
  return { tokens, missing: `(CASE ${cases} ELSE 0 END)::UTINYINT` };
}

/** The one format in which all numbers of a column are written, where they are not plain; undefined when they are no numbers.
 * "1,234" may be a thousand or a fraction: the delimiter of the file tells. */
async function chooseNumberFormat(
  db: Database,
  relation: Relation,
  kinds: Kinds,
  options: Candidate,
): Promise<{ readonly format: NumberFormat; readonly storage: "integer" | "double" } | undefined> {
  const others = [...kinds.keys()].filter((kind) => kind !== "blank" && kind !== "token");
  if (!kinds.has("written") || others.some((kind) => !["written", "integer", "decimal"].includes(kind)))
    return undefined;
  const cells = `(SELECT trim(v, ${BLANKS}) AS t, n FROM ${relation.from} WHERE t <> '' AND lower(t) NOT IN (${TOKENS.map(literal).join(", ")}))`;
  const { prefix, suffix } = affixSql("t");
  const affixes = await db.rows(`SELECT DISTINCT ${prefix}, ${suffix} FROM ${cells} LIMIT 2`);
  const [[before, after] = []] = affixes;
  if (affixes.length !== 1) return undefined;
  const formats = numberFormats({ prefix: String(before), suffix: String(after), comma: options.comma ?? false });
  for (const format of formats) {
    const parsed = parseSql("t", format);
    const places = placesSql("t", format);
    const [row = []] = await db.rows(
      `SELECT bool_and(coalesce(${matchesSql("t", format)} AND abs(${parsed}) <= 9007199254740991, false)), min(${places}), max(${places}) FROM ${cells}`,
    );
    if (row[0] !== true) continue;
    const [fewest, most] = [Number(row[1]), Number(row[2])];
    const found: NumberFormat = fewest === most ? { ...format, places: most } : format;
    options.notice(`Column "${options.name}" is read as numbers, written like ${exampleOf(found)}.`);
    return { format: found, storage: most === 0 ? "integer" : "double" };
  }
  return undefined;
}

/** The one format in which all dates of a column are written; undefined when it is not a column of dates. */
async function chooseDateFormat(
  db: Database,
  relation: Relation,
  kinds: Kinds,
  options: Candidate,
): Promise<DateFormat | undefined> {
  const others = [...kinds.keys()].filter((kind) => kind !== "blank" && kind !== "token");
  if (others.length !== 1 || others[0] !== "date") return undefined;
  const found = await countShapes(db, relation);
  if (found.some(({ shape }) => shape === "text")) return undefined;
  const total = found.reduce((sum, { cells }) => sum + cells, 0);
  const shapes = found.map(({ shape }) => shape);
  const candidates = dateFormats(shapes);
  const list = candidates.map((format) => `sum(n) FILTER (${format.parse("v")} IS NOT NULL)::DOUBLE`);
  const [row = []] = list.length === 0 ? [] : await db.rows(`SELECT ${list.join(", ")} FROM ${relation.from}`);
  const counts = row.map((count) => Number(count ?? 0));
  const fitting = candidates.filter((_, i) => counts[i] === total);
  const [first] = fitting;
  if (first) {
    if (fitting.length > 1)
      options.notice(
        `Column "${options.name}": every date could be day/month or month/day; it is read as ${first.label}.`,
      );
    if (first.label.includes("offset"))
      options.notice(`Column "${options.name}": times with an offset are kept as the same moments in UTC.`);
    return first;
  }
  const written =
    candidates.length > 1 && shapes.length === 1
      ? candidates.map((format, i) => `${format.label} (${counts[i]})`)
      : found.map(({ shape, cells }) => `${shapeName(shape)} (${cells})`);
  options.notice(
    `Column "${options.name}" is read as text: its ${total} dates are not all valid in one format. Found: ${written.join(", ")}.`,
  );
  return undefined;
}

/** How many cells have which shape of a date. Apart from {@link countKinds}, because the patterns take longer to compile than most columns
 * take to count. */
async function countShapes(db: Database, relation: Relation): Promise<{ shape: string; cells: number }[]> {
  const rows = await db.rows(`
    SELECT shape, sum(n)::DOUBLE FROM (
      SELECT n, ${shapeSql("t")} AS shape FROM (SELECT trim(v, ${BLANKS}) AS t, n FROM ${relation.from})
      WHERE t <> '' AND lower(t) NOT IN (${TOKENS.map(literal).join(", ")})
    ) GROUP BY shape ORDER BY shape`);
  return rows.map(([shape, cells]) => ({ shape: String(shape), cells: Number(cells) }));
}

function datePlan(c: string, format: DateFormat): Omit<DatePlan, "name"> {
  const parsed = format.parse(c);
  return {
    type: "date",
    storage: format.storage,
    ...(format.pattern === undefined ? {} : { format: format.pattern }),
    value: `coalesce(epoch_us(${parsed}) / 1000.0, 'nan'::DOUBLE)`,
    typed: `${parsed}::${format.storage === "date" ? "DATE" : "TIMESTAMP"}`,
  };
}

/** Labels in code-point order; the codes come from an enum type, whose lookup is a hash table inside the database. */
async function textPlan(
  db: Database,
  options: Candidate & {
    readonly relation: Relation;
    readonly blanksAreMissing: boolean;
    readonly tokens?: readonly string[];
    readonly missing?: string;
  },
): Promise<TextPlan> {
  const { relation, expression } = options;
  const where = options.blanksAreMissing ? `WHERE trim(v, ${BLANKS}) <> ''` : "";
  const dictionary = await db.strings(
    relation.distinct ? "v" : "DISTINCT v",
    `FROM ${relation.from} ${where} ORDER BY 1`,
  );
  const type = identifier(`labels of ${options.column}`);
  if (dictionary.length > 0) {
    await db.run(`DROP TYPE IF EXISTS ${type}`);
    await db.run(
      `CREATE TYPE ${type} AS ENUM (SELECT ${relation.distinct ? "" : "DISTINCT"} v FROM ${relation.from} ${where} ORDER BY v)`,
    );
  }
  return {
    name: options.name,
    type: "text",
    storage: "text",
    dictionary,
    value:
      dictionary.length > 0 ? `coalesce(enum_code(try_cast(${expression} AS ${type}))::INTEGER, -1)` : "(-1)::INTEGER",
    typed: options.blanksAreMissing
      ? `CASE WHEN trim(${expression}, ${BLANKS}) <> '' THEN ${expression} END`
      : expression,
    ...(options.tokens && options.missing ? { tokens: options.tokens, missing: options.missing } : {}),
  };
}

/** Whether a column of whole numbers has one that a float64 cannot hold exactly. */
async function exceedsFloat64(db: Database, type: string, options: RawColumn & PlanOptions): Promise<boolean> {
  const narrow = /^U?(TINYINT|SMALLINT|INTEGER)$/.test(type) || /^DECIMAL\(([1-9]|1[0-5]),0\)$/.test(type);
  if (narrow) return false;
  const c = identifier(options.column);
  const [row] = await db.rows(
    `SELECT coalesce(max(${c}) > 9007199254740991 OR min(${c}) < -9007199254740991, false) FROM ${options.table}`,
  );
  return row?.[0] === true;
}

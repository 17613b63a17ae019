import { Unsupported } from "../errors.ts";
import { type DateFormat, dateFormats, shapeName, shapeSql } from "./date-formats.ts";
import type { Database } from "./duckdb.ts";
import { identifier, literal } from "./duckdb.ts";

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

export interface PlanOptions {
  /** Table or view that holds the column. */
  readonly table: string;
  /** The column's name inside the database, and the one to show. */
  readonly column: string;
  readonly name: string;
  readonly notice: (message: string) => void;
  /** Cells that are not NULL, and about how many different ones. */
  readonly cells: number;
  readonly distinct: number;
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

/** A column of text from a file without types: numbers, dates or text.
 * Blank cells are missing. */
export async function planUntyped(db: Database, options: PlanOptions): Promise<ColumnPlan> {
  const { column, name } = options;
  const c = identifier(column);
  const relation = await distinctValues(db, options);
  const kinds = await countKinds(db, relation);
  const of = (kind: string): { cells: number; distinct: number } => kinds.get(kind) ?? { cells: 0, distinct: 0 };
  const others = [...kinds.keys()].filter((kind) => kind !== "blank" && kind !== "token");
  const quiet = of("token").distinct <= MOST_TOKENS;
  const special = of("token").cells + of("blank").cells > 0;
  const tokens = special ? await missingTokens(db, relation, of("blank").distinct) : [""];
  const base = { name, ...missingOf(c, tokens) };
  if (quiet && others.length > 0 && others.every((kind) => NUMERIC.has(kind))) {
    const storage = others.every((kind) => kind === "integer") ? "integer" : "double";
    const cast = `try_cast(${c} AS DOUBLE)`;
    return {
      ...base,
      type: "number",
      storage,
      value: `coalesce(${cast}, 'nan'::DOUBLE)`,
      typed: storage === "integer" ? `${cast}::BIGINT` : `nullif(${cast}, 'nan'::DOUBLE)`,
    };
  }
  const format = quiet ? await chooseDateFormat(db, relation, kinds, options) : undefined;
  if (format) return { ...base, ...datePlan(c, format) };
  const blank = tokens.filter((token) => token.trim() === "");
  return textPlan(db, { ...options, relation, blanksAreMissing: true, ...missingOf(c, blank) });
}

/** A column of a file with types.
 * @param type as DuckDB names it */
export async function planTyped(db: Database, type: string, options: PlanOptions): Promise<ColumnPlan> {
  const { column, name } = options;
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
  if (/^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(type) || /^DECIMAL\(\d+,0\)$/.test(type)) {
    if (!(await exceedsFloat64(db, type, options)))
      return { name, type: "number", storage: "integer", value: `coalesce(${c}::DOUBLE, 'nan'::DOUBLE)`, typed: c };
    options.notice(`Column "${name}" has whole numbers beyond 2^53; it is read as text, so that no digit is lost.`);
  } else if (type === "FLOAT" || type === "DOUBLE" || type.startsWith("DECIMAL")) {
    // By way of its text, .1 as float32 becomes .1 and not .10000000149.
    const wide = type === "FLOAT" ? `${c}::VARCHAR::DOUBLE` : `${c}::DOUBLE`;
    return { name, type: "number", storage: "double", value: `coalesce(${wide}, 'nan'::DOUBLE)`, typed: c };
  } else if (type === "DATE" || type.startsWith("TIMESTAMP")) {
    const storage = type === "DATE" ? "date" : "timestamp";
    const finite = `CASE WHEN isfinite(${c}::TIMESTAMP) THEN epoch_us(${c}::TIMESTAMP) / 1000.0 END`;
    return { name, type: "date", storage, value: `coalesce(${finite}, 'nan'::DOUBLE)`, typed: c };
  }
  if (type === "BLOB" || type.startsWith("GEOMETRY"))
    throw new Unsupported("binary-column", `Column "${name}" holds bytes (${type}), not numbers, dates or text.`, {
      advice: "Leave it out with --query, or turn it into text there.",
    });
  const nested = /[[(]/.test(type) && !/^(ENUM|DECIMAL)/.test(type);
  if (nested) options.notice(`Column "${name}" is nested (${type.slice(0, 60)}); it is read as text in JSON.`);
  const text = { ...options, expression: nested ? `to_json(${c})::VARCHAR` : `${c}::VARCHAR` };
  const relation = await distinctValues(db, text);
  if (type === "VARCHAR" || type === "JSON") {
    const kinds = await countKinds(db, relation);
    const plain = !kinds.has("token") && !kinds.has("blank");
    const format = plain ? await chooseDateFormat(db, relation, kinds, options) : undefined;
    if (format) return { name, ...datePlan(c, format) };
  }
  return textPlan(db, { ...text, relation, blanksAreMissing: false });
}

const NUMERIC: ReadonlySet<string> = new Set(["integer", "decimal", "infinity"]);

/** A relation (v, n) of the values of the column and how often each occurs; for a column of mostly different values the column itself, where
 * counting would cost more than it saves. */
async function distinctValues(
  db: Database,
  options: PlanOptions & { readonly expression?: string },
): Promise<{ readonly from: string; readonly distinct: boolean }> {
  const expression = options.expression ?? identifier(options.column);
  const { distinct, cells } = options;
  if (distinct > 50_000 && distinct > cells / 4)
    return { from: `(SELECT ${expression} AS v, 1 AS n FROM ${options.table} WHERE v IS NOT NULL)`, distinct: false };
  const table = "memory.main.cell_values";
  await db.run(
    `CREATE OR REPLACE TABLE ${table} AS SELECT v, count(*) AS n FROM (SELECT ${expression} AS v FROM ${options.table}) WHERE v IS NOT NULL GROUP BY v`,
  );
  return { from: table, distinct: true };
}

type Relation = { readonly from: string; readonly distinct: boolean };

/** How many cells, and how many different ones, look like what. */
async function countKinds(
  db: Database,
  relation: Relation,
): Promise<Map<string, { readonly cells: number; readonly distinct: number }>> {
  const number = "'[+-]?((0|[1-9][0-9]*)(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?'";
  const rows = await db.rows(`
    SELECT kind, sum(n)::DOUBLE, count(DISTINCT CASE WHEN kind IN ('token', 'blank') THEN v END)::DOUBLE FROM (
      SELECT n, v, CASE
        WHEN t = '' THEN 'blank'
        WHEN try_cast(t AS DOUBLE) IS NOT NULL THEN CASE
          WHEN isnan(t::DOUBLE) THEN CASE WHEN lower(t) = 'nan' THEN 'token' ELSE 'text' END
          WHEN regexp_full_match(t, '[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?') THEN 'infinity'
          WHEN NOT regexp_full_match(t, ${number}) OR isinf(t::DOUBLE) THEN 'text'
          WHEN regexp_full_match(t, '[+-]?[0-9]+') THEN CASE WHEN abs(t::DOUBLE) > 9007199254740991 THEN 'text' ELSE 'integer' END
          ELSE 'decimal' END
        WHEN lower(t) IN (${TOKENS.map(literal).join(", ")}) THEN 'token'
        WHEN length(t) BETWEEN 8 AND 35 AND ascii(t) BETWEEN 48 AND 57 AND translate(t, '-/. ', '') <> t THEN 'date'
        ELSE 'text' END AS kind
      FROM (SELECT v, trim(v, ${BLANKS}) AS t, n FROM ${relation.from})
    ) GROUP BY kind ORDER BY kind`);
  return new Map(
    rows.map(([kind, cells, distinct]) => [String(kind), { cells: Number(cells), distinct: Number(distinct) }]),
  );
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

/** The one format in which all dates of a column are written; undefined when it is not a column of dates. */
async function chooseDateFormat(
  db: Database,
  relation: Relation,
  kinds: ReadonlyMap<string, unknown>,
  options: PlanOptions,
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
  options: PlanOptions & {
    readonly expression?: string;
    readonly relation: Relation;
    readonly blanksAreMissing: boolean;
    readonly tokens?: readonly string[];
    readonly missing?: string;
  },
): Promise<TextPlan> {
  const { relation } = options;
  const expression = options.expression ?? identifier(options.column);
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
async function exceedsFloat64(db: Database, type: string, options: PlanOptions): Promise<boolean> {
  const narrow = /^U?(TINYINT|SMALLINT|INTEGER)$/.test(type) || /^DECIMAL\(([1-9]|1[0-5]),0\)$/.test(type);
  if (narrow) return false;
  const c = identifier(options.column);
  const [row] = await db.rows(
    `SELECT coalesce(max(${c}) > 9007199254740991 OR min(${c}) < -9007199254740991, false) FROM ${options.table}`,
  );
  return row?.[0] === true;
}

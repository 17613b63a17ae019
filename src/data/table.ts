import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import type { NumberFormat } from "./number-formats.ts";

/** A table: named, typed columns of equal length over typed arrays. Immutable: every operation returns a new one, and shares what it can. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

export type Column = NumberColumn | DateColumn | TextColumn;

interface ColumnBase {
  readonly name: string;
  /** How missing cells were written, where the source has more than one way: `codes[row]` indexes `tokens`, and counts only where the cell is
   * missing. Absent: every missing cell is the one plain null (written as an empty field). */
  readonly missing?: { readonly tokens: readonly string[]; readonly codes: Uint8Array };
}

/** float64; missing is NaN. ±Infinity may occur and is a value. */
export interface NumberColumn extends ColumnBase {
  readonly type: "number";
  readonly values: Float64Array;
  /** What a file should store: whole numbers or floating point. */
  readonly storage: "integer" | "double";
  /** How a text source wrote it; written back the same way. Absent: as plainly as can be. */
  readonly format?: NumberFormat;
}

/** Milliseconds since 1970-01-01T00:00Z; missing is NaN. */
export interface DateColumn extends ColumnBase {
  readonly type: "date";
  readonly values: Float64Array;
  /** A calendar day, or a moment. */
  readonly storage: "date" | "timestamp";
  /** How a text source wrote it, as a DuckDB strftime pattern (e.g. "%d/%m/%Y"); written back the same way. Absent: ISO 8601. */
  readonly format?: string;
}

/** Dictionary codes; missing is −1. Also booleans (dictionary ["false", "true"], storage "boolean"). */
export interface TextColumn extends ColumnBase {
  readonly type: "text";
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
  readonly storage: "text" | "boolean";
}

/** A table of these columns.
 * @throws {InvalidArgument} columns of unequal length, or two of the same name */
export function tableOf(
  columns: readonly Column[],
  rows: number = columns.length > 0 ? lengthOf(columns[0] as Column) : 0,
): Table {
  const seen = new Set<string>();
  for (const column of columns) {
    if (lengthOf(column) !== rows)
      throw new InvalidArgument(
        "ragged-table",
        `Column "${column.name}" has ${lengthOf(column)} rows; the table has ${rows}.`,
      );
    if (seen.has(column.name)) throw new InvalidArgument("duplicate-column", `Two columns are named "${column.name}".`);
    seen.add(column.name);
  }
  return { rows, columns };
}

export function lengthOf(column: Column): number {
  return column.type === "text" ? column.codes.length : column.values.length;
}

/** Whether a cell is missing. */
export function isMissing(column: Column, row: number): boolean {
  return column.type === "text" ? (column.codes[row] as number) < 0 : Number.isNaN(column.values[row]);
}

/** The cell as a reader would write it: null when missing. For messages and tests, not for hot loops. */
export function cellOf(column: Column, row: number): string | number | null {
  if (isMissing(column, row)) return null;
  if (column.type === "text") return column.dictionary[column.codes[row] as number] as string;
  return column.values[row] as number;
}

/** The column of a name.
 * @throws {InvalidArgument} no such column; the message names the nearest */
export function columnOf(table: Table, name: string): Column {
  const found = table.columns.find((column) => column.name === name);
  if (found) return found;
  const names = table.columns.map((column) => column.name);
  const close = nearest(name, names);
  throw new InvalidArgument(
    "unknown-column",
    `There is no column "${name}".${close ? ` Did you mean "${close}"?` : ""}`,
    {
      advice: `The columns are: ${names.slice(0, 60).join(", ")}${names.length > 60 ? ", …" : ""}.`,
    },
  );
}

/** The same table with only these columns, in this order. */
export function selectColumns(table: Table, names: readonly string[]): Table {
  return tableOf(
    names.map((name) => columnOf(table, name)),
    table.rows,
  );
}

/** The rows at these indices, in this order; an index may occur twice. */
export function takeRows(table: Table, indices: Uint32Array): Table {
  return tableOf(
    table.columns.map((column) => takeColumn(column, indices)),
    indices.length,
  );
}

/** The cells at these indices, in this order. */
export function takeColumn(column: Column, indices: Uint32Array): Column {
  const n = indices.length;
  const missing = column.missing && {
    tokens: column.missing.tokens,
    codes: gather(column.missing.codes, indices, new Uint8Array(n)),
  };
  const base = missing ? { missing } : {};
  if (column.type === "text") return { ...column, ...base, codes: gather(column.codes, indices, new Int32Array(n)) };
  return { ...column, ...base, values: gather(column.values, indices, new Float64Array(n)) };
}

function gather<T extends Uint8Array | Int32Array | Float64Array>(from: T, indices: Uint32Array, into: T): T {
  for (let i = 0; i < indices.length; i++) into[i] = from[indices[i] as number] as number;
  return into;
}

/** Rows start … end − 1, without a copy. */
export function sliceRows(table: Table, start: number, end: number): Table {
  return tableOf(
    table.columns.map((column) => {
      const missing = column.missing && {
        tokens: column.missing.tokens,
        codes: column.missing.codes.subarray(start, end),
      };
      const base = missing ? { missing } : {};
      return column.type === "text"
        ? { ...column, ...base, codes: column.codes.subarray(start, end) }
        : { ...column, ...base, values: column.values.subarray(start, end) };
    }),
    Math.min(end, table.rows) - start,
  );
}

/** Tables of the same columns, one after the other. Dictionaries are merged where they differ. */
export function concatRows(tables: readonly Table[]): Table {
  const [first] = tables;
  if (!first) return tableOf([], 0);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return tableOf(
    first.columns.map((column, j) =>
      concatColumns(
        tables.map((table) => table.columns[j] as Column),
        column,
        rows,
      ),
    ),
    rows,
  );
}

function concatColumns(parts: readonly Column[], first: Column, rows: number): Column {
  const missing = concatMissing(parts, rows);
  const base = missing ? { missing } : {};
  if (first.type !== "text") {
    const values = new Float64Array(rows);
    let at = 0;
    for (const part of parts) {
      if (part.type === "text" || part.name !== first.name)
        throw new InvalidArgument(
          "different-columns",
          `Cannot append column "${part.name}" (${part.type}) to "${first.name}" (${first.type}).`,
        );
      values.set(part.values, at);
      at += part.values.length;
    }
    return { ...first, ...base, values };
  }
  const codes = new Int32Array(rows);
  const dictionary: string[] = [...first.dictionary];
  const index = new Map(dictionary.map((label, i) => [label, i]));
  let at = 0;
  for (const part of parts) {
    if (part.type !== "text" || part.name !== first.name)
      throw new InvalidArgument(
        "different-columns",
        `Cannot append column "${part.name}" (${part.type}) to "${first.name}" (${first.type}).`,
      );
    if (part.dictionary === first.dictionary) codes.set(part.codes, at);
    else {
      const map = Int32Array.from(part.dictionary, (label) => {
        let code = index.get(label);
        if (code === undefined) {
          code = dictionary.length;
          dictionary.push(label);
          index.set(label, code);
        }
        return code;
      });
      for (let i = 0; i < part.codes.length; i++) {
        const code = part.codes[i] as number;
        codes[at + i] = code < 0 ? -1 : (map[code] as number);
      }
    }
    at += part.codes.length;
  }
  return {
    ...first,
    ...base,
    codes,
    dictionary: dictionary.length === first.dictionary.length ? first.dictionary : dictionary,
  };
}

function concatMissing(parts: readonly Column[], rows: number): ColumnBase["missing"] {
  if (!parts.some((part) => part.missing)) return undefined;
  const tokens: string[] = [];
  const codes = new Uint8Array(rows);
  let at = 0;
  for (const part of parts) {
    const n = lengthOf(part);
    const map = (part.missing?.tokens ?? [""]).map((token) => {
      if (!tokens.includes(token)) tokens.push(token);
      return tokens.indexOf(token);
    });
    for (let i = 0; i < n; i++) codes[at + i] = map[part.missing?.codes[i] ?? 0] ?? 0;
    at += n;
  }
  return { tokens, codes };
}

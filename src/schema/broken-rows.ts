import { type Column, columnOf, type Table } from "../data/table.ts";
import type { Constraint, IncrementsConstraint } from "./constraints.ts";
import { compileRowExpression, type RowExpression } from "./row-expression.ts";
import { type ColumnSchema, schemaOf, type TableSchema } from "./schema.ts";

/** Parent tables by the name that constraints call them; "" where there is one and it has no name. Only their key columns are looked at. */
export type Parents = ReadonlyMap<string, Table>;

/** What a constraint is judged by, beside the table. */
export interface KnownRows {
  /** Its missing codes count as missing cells. */
  readonly schema: TableSchema;
  /** Rows whose combinations are allowed, and whose column types expressions are read with. */
  readonly real: Table;
  /** Absent: a `references` constraint cannot be judged. */
  readonly parents?: Parents | undefined;
}

export interface BrokenRows {
  /** 1 where the row breaks the constraint, else 0. */
  readonly broken: Uint8Array;
  /** Rows that have every cell the constraint needs. */
  readonly judged: number;
}

/** Makes a constraint ready, once, to be tried on tables of the same columns as the real rows. A row costs one look at each typed cell for `order` and
 * `oneHot`, a run of the compiled CEL for `equals` and `check` (both well under a microsecond), a look-up in a map for each column of `unique`,
 * `combinations` and `references` (up to a few microseconds where all labels differ), and its share of a sort for `increments`.
 * @throws {Error} it names a column that is not there or of a kind it cannot judge (`constraint-file.ts` refuses that), or a parent not given */
export function brokenRowsOf(constraint: Constraint, known: KnownRows): (table: Table) => BrokenRows {
  const numbers = (table: Table, name: string): Float64Array =>
    numbersOf(columnOf(table, name), schemaOf(known.schema, name));
  const number = (table: Table, name: string, numbering: Numbering): Int32Array =>
    numbering.of(columnOf(table, name), schemaOf(known.schema, name));
  const { real } = known;
  switch (constraint.kind) {
    case "order":
      return (table) => {
        const cells = constraint.columns.map((name) => numbers(table, name));
        return eachRow(table, (row) => outOfOrder(cells, row, constraint.strict));
      };
    case "oneHot":
      return (table) => {
        const cells = constraint.columns.map((name) => numbers(table, name));
        return eachRow(table, (row) => notOneHot(cells, row));
      };
    case "unique":
      return (table) => {
        const numberings = constraint.columns.map(() => numbering());
        const keys = joined(
          constraint.columns.map((name, j) => number(table, name, numberings[j] as Numbering)),
          pairings(constraint.columns),
        );
        const counts = new Uint32Array(table.rows);
        for (const key of keys) if (key >= 0) counts[key] = (counts[key] as number) + 1;
        return eachRow(table, (row) => {
          const key = keys[row] as number;
          return key < 0 ? undefined : (counts[key] as number) > 1;
        });
      };
    case "combinations": {
      const numberings = constraint.columns.map(() => numbering());
      const pairs = pairings(constraint.columns);
      const keysOf = (table: Table): Int32Array =>
        joined(
          constraint.columns.map((name, j) => number(table, name, numberings[j] as Numbering)),
          pairs,
        );
      keysOf(real);
      for (const part of [...numberings, ...pairs]) part.close();
      return (table) => {
        const keys = keysOf(table);
        return eachRow(table, (row) => (keys[row] === MISSING ? undefined : keys[row] === UNKNOWN));
      };
    }
    case "references": {
      const parent = known.parents?.get(constraint.parent ?? "");
      if (!parent) throw new Error(`no parent table for ${constraint.column}`);
      const child = columnOf(real, constraint.column);
      const keys = columnOf(parent, constraint.key);
      const keyed = numbering(child.type !== keys.type);
      keyed.of(keys, undefined);
      keyed.close();
      return (table) => {
        const ids = number(table, constraint.column, keyed);
        return eachRow(table, (row) => (ids[row] === MISSING ? undefined : ids[row] === UNKNOWN));
      };
    }
    case "increments":
      return (table) => notIncreasing(table, constraint, { numbers, number });
    case "equals": {
      const formula = compiled(constraint.formula, real, "number");
      return (table) => {
        const cells = numbers(table, constraint.column);
        const missing = missingIn(table, formula.columns, known.schema);
        const wantedIn = formula.over(table);
        return eachRow(table, (row) => {
          const got = cells[row] as number;
          if (missing[row] === 1 || Number.isNaN(got)) return undefined;
          const want = wantedIn(row);
          // Written so that a value which is no number breaks it.
          return !(
            typeof want === "number" &&
            (got === want ||
              Math.abs(got - want) <= constraint.tolerance + FLOAT_SLACK * Math.max(Math.abs(got), Math.abs(want)))
          );
        });
      };
    }
    case "check": {
      const condition = compiled(constraint.condition, real, "condition");
      return (table) => {
        const missing = missingIn(table, condition.columns, known.schema);
        const holds = condition.over(table);
        return eachRow(table, (row) => (missing[row] === 1 ? undefined : holds(row) !== true));
      };
    }
  }
}

/** Of two numbers that would be equal without rounding in float64. */
const FLOAT_SLACK = 1e-12;
const MISSING = -1;
const UNKNOWN = -2;
const UNSEEN = -3;

/** @param breaks undefined: a cell it needs is missing */
function eachRow(table: Table, breaks: (row: number) => boolean | undefined): BrokenRows {
  const broken = new Uint8Array(table.rows);
  let judged = 0;
  for (let row = 0; row < table.rows; row++) {
    const is = breaks(row);
    if (is === undefined) continue;
    judged++;
    if (is) broken[row] = 1;
  }
  return { broken, judged };
}

function outOfOrder(cells: readonly Float64Array[], row: number, strict: boolean): boolean | undefined {
  let before = Number.NaN;
  let there = 0;
  let broken = false;
  for (const column of cells) {
    const value = column[row] as number;
    if (Number.isNaN(value)) continue;
    if (there > 0 && (strict ? before >= value : before > value)) broken = true;
    before = value;
    there++;
  }
  return there < 2 ? undefined : broken;
}

function notOneHot(cells: readonly Float64Array[], row: number): boolean | undefined {
  let ones = 0;
  let zeros = 0;
  for (const column of cells) {
    const value = column[row] as number;
    if (Number.isNaN(value)) return undefined;
    if (value === 1) ones++;
    else if (value === 0) zeros++;
  }
  return ones !== 1 || zeros !== cells.length - 1;
}

function notIncreasing(
  table: Table,
  constraint: IncrementsConstraint,
  cells: {
    readonly numbers: (table: Table, name: string) => Float64Array;
    readonly number: (table: Table, name: string, numbering: Numbering) => Int32Array;
  },
): BrokenRows {
  const values = cells.numbers(table, constraint.column);
  const times = cells.numbers(table, constraint.of);
  const groups =
    constraint.within === undefined ? new Int32Array(table.rows) : cells.number(table, constraint.within, numbering());
  const order = Uint32Array.from({ length: table.rows }, (_, row) => row)
    .filter((row) => (groups[row] as number) >= 0 && !Number.isNaN(values[row]) && !Number.isNaN(times[row]))
    .sort((a, b) => {
      const [ga, gb] = [groups[a] as number, groups[b] as number];
      if (ga !== gb) return ga - gb;
      const [ta, tb] = [times[a] as number, times[b] as number];
      return ta < tb ? -1 : ta > tb ? 1 : 0;
    });
  const broken = new Uint8Array(table.rows);
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < order.length; ) {
    const first = order[i] as number;
    if (i === 0 || groups[first] !== groups[order[i - 1] as number]) most = Number.NEGATIVE_INFINITY;
    // Rows of one moment say nothing of each other.
    let here = most;
    for (; i < order.length; i++) {
      const row = order[i] as number;
      if (groups[row] !== groups[first] || times[row] !== times[first]) break;
      if ((values[row] as number) < most) broken[row] = 1;
      here = Math.max(here, values[row] as number);
    }
    most = here;
  }
  return { broken, judged: order.length };
}

/** Labels and numbers that stand for "missing" in a column. */
function missingCodesOf(column: Column, meaning: ColumnSchema | undefined): (value: string | number) => boolean {
  const codes = new Set<string | number>(
    column.type === "number" ? (meaning?.missingCodes ?? []).map(Number) : (meaning?.missingCodes ?? []),
  );
  return codes.size === 0 || column.type === "date" ? () => false : (value) => codes.has(value);
}

/** The cells as numbers: dates in milliseconds, booleans as 0 and 1; NaN where missing. */
function numbersOf(column: Column, meaning: ColumnSchema): Float64Array {
  const isCode = missingCodesOf(column, meaning);
  if (column.type === "text") {
    const values = Float64Array.from(column.dictionary, (label) =>
      isCode(label) ? Number.NaN : label === "true" ? 1 : label === "false" ? 0 : Number.NaN,
    );
    return Float64Array.from(column.codes, (code) => (code < 0 ? Number.NaN : (values[code] as number)));
  }
  return meaning.missingCodes?.length
    ? column.values.map((value) => (isCode(value) ? Number.NaN : value))
    : column.values;
}

/** 1 where one of the columns is missing. */
function missingIn(table: Table, names: readonly string[], schema: TableSchema): Uint8Array {
  const out = new Uint8Array(table.rows);
  for (const name of names) {
    const ids = missingness(columnOf(table, name), schemaOf(schema, name));
    for (let row = 0; row < out.length; row++) if (ids(row)) out[row] = 1;
  }
  return out;
}

function missingness(column: Column, meaning: ColumnSchema): (row: number) => boolean {
  const isCode = missingCodesOf(column, meaning);
  if (column.type === "text") {
    const codes = Uint8Array.from(column.dictionary, (label) => (isCode(label) ? 1 : 0));
    return (row) => (column.codes[row] as number) < 0 || codes[column.codes[row] as number] === 1;
  }
  return (row) => Number.isNaN(column.values[row]) || isCode(column.values[row] as number);
}

/** Numbers the values of a column 0 …, the same in every table that it sees; a value first seen after `close` is UNKNOWN. */
interface Numbering {
  of(column: Column, meaning: ColumnSchema | undefined): Int32Array;
  close(): void;
}

/** @param asText numbers and labels that are written alike are one value */
function numbering(asText = false): Numbering {
  const known = new Map<string | number, number>();
  let open = true;
  const numberOf = (value: string | number): number => {
    const key = asText ? String(value) : value;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (!open) return UNKNOWN;
    known.set(key, known.size);
    return known.size - 1;
  };
  return {
    of(column, meaning) {
      const isCode = missingCodesOf(column, meaning);
      const idOf = (value: string | number): number => (isCode(value) ? MISSING : numberOf(value));
      if (column.type !== "text")
        return Int32Array.from(column.values, (value) => (Number.isNaN(value) ? MISSING : idOf(value)));
      // A dictionary may hold labels of other rows.
      const ids = new Int32Array(column.dictionary.length).fill(UNSEEN);
      return Int32Array.from(column.codes, (code) => {
        if (code < 0) return MISSING;
        if (ids[code] === UNSEEN) ids[code] = idOf(column.dictionary[code] as string);
        return ids[code] as number;
      });
    },
    close() {
      open = false;
    },
  };
}

/** Numbers pairs of numbers in the same way. */
interface Pairing {
  of(left: number, right: number): number;
  close(): void;
}

function pairings(columns: readonly string[]): readonly Pairing[] {
  return columns.slice(1).map(() => {
    const known = new Map<number, number>();
    let open = true;
    return {
      of(left, right) {
        // Both are below 2^26 for any table that fits into memory, so the key is exact.
        const key = left * 2 ** 26 + right;
        const found = known.get(key);
        if (found !== undefined) return found;
        if (!open) return UNKNOWN;
        known.set(key, known.size);
        return known.size - 1;
      },
      close() {
        open = false;
      },
    };
  });
}

/** One number for the numbers of several columns: MISSING where one is, else UNKNOWN where one is. */
function joined(columns: readonly Int32Array[], pairs: readonly Pairing[]): Int32Array {
  const out = Int32Array.from(columns[0] as Int32Array);
  columns.slice(1).forEach((column, j) => {
    const pair = pairs[j] as Pairing;
    for (let row = 0; row < out.length; row++) {
      const left = out[row] as number;
      const right = column[row] as number;
      out[row] =
        left === MISSING || right === MISSING
          ? MISSING
          : left === UNKNOWN || right === UNKNOWN
            ? UNKNOWN
            : pair.of(left, right);
    }
  });
  return out;
}

function compiled(text: string, like: Table, wanted: "condition" | "number"): RowExpression {
  const expression = compileRowExpression(text, like, wanted);
  if ("wrong" in expression) throw new Error(`"${text}" ${expression.wrong}`);
  return expression;
}

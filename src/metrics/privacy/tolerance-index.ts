import { type Column, columnOf, type Table } from "../../data/table.ts";
import { isQuantity, schemaOf, type TableSchema } from "../../schema/schema.ts";
import { isTrialMark } from "./trial-mark.ts";

/** Numbers agree within this share of the real row's value. */
const TOLERANCE = 0.01;

/** Finds the real rows that a row agrees with: every number within 1 % of the real value (a date within 1 % of the column's middle nine tenths),
 * missing where it is missing, and at most one category different. */
export interface ToleranceIndex {
  /** Of each row of a table with the same columns: the real row, counted over the pool's tables in turn, that alone agrees with it; −1 where none
   * does, −2 where several do. */
  aloneIn(table: Table): Int32Array;
}

/** Indexes real rows: once per category column left out, rows are sorted by a hash of the other categories and by their most telling number. A
 * look-up is then a binary search per category column, whatever the number of rows. */
export function indexWithinTolerance(pool: readonly Table[], schema: TableSchema): ToleranceIndex {
  const [first] = pool as [Table];
  const isNumber = (column: Column): boolean =>
    column.type !== "text" && !isTrialMark(column) && isQuantity(schemaOf(schema, column.name).kind);
  const numbers = first.columns.filter(isNumber).map(({ name }) => name);
  const marks = first.columns.filter(isTrialMark).map(({ name }) => name);
  const categories = first.columns
    .filter((column) => !isNumber(column) && !isTrialMark(column))
    .map(({ name }) => name);
  const coders = [...categories, ...marks].map(() => new Map<string | number, number>());
  const encode = (table: Table): Rows => encodeRows(table, { numbers, categories: [...categories, ...marks], coders });
  const real = joined(pool.map(encode));
  const slack = numbers.map((name) => dateSlack(first, name, pool));
  const key = numbers.length === 0 ? -1 : mostTelling(real);
  // Without categories one index holds every row; with them, one for each category that may differ.
  const leftOut = categories.length === 0 ? [-1] : categories.map((_, c) => c);
  const orders = leftOut.map((c) => sortedBy(real, c, key));

  return {
    aloneIn(table) {
      const rows = encode(table);
      const out = new Int32Array(table.rows);
      for (let i = 0; i < table.rows; i++) out[i] = aloneFor(rows, i, { real, orders, leftOut, slack, key });
      return out;
    },
  };
}

/** Cells row-major. */
interface Rows {
  readonly rows: number;
  readonly numbers: Float64Array;
  readonly width: number;
  readonly categories: Int32Array;
  readonly kinds: number;
  /** Of each row: the sum of the hashes of its categories, so that one can be taken out. */
  readonly hash: Uint32Array;
}

function encodeRows(
  table: Table,
  layout: {
    readonly numbers: readonly string[];
    readonly categories: readonly string[];
    readonly coders: readonly Map<string | number, number>[];
  },
): Rows {
  const width = layout.numbers.length;
  const kinds = layout.categories.length;
  const numbers = new Float64Array(table.rows * width);
  layout.numbers.forEach((name, j) => {
    const column = columnOf(table, name);
    if (column.type === "text") throw new Error(`"${name}" holds no numbers`);
    for (let i = 0; i < table.rows; i++) numbers[i * width + j] = column.values[i] as number;
  });
  const categories = new Int32Array(table.rows * kinds);
  layout.categories.forEach((name, j) => {
    const coder = layout.coders[j] as Map<string | number, number>;
    const codeOf = (value: string | number): number => {
      let code = coder.get(value);
      if (code === undefined) {
        code = coder.size;
        coder.set(value, code);
      }
      return code;
    };
    const column = columnOf(table, name);
    if (column.type === "text") {
      const codes = column.dictionary.map(codeOf);
      for (let i = 0; i < table.rows; i++) categories[i * kinds + j] = codes[column.codes[i] as number] ?? -1;
    } else
      for (let i = 0; i < table.rows; i++) {
        const value = column.values[i] as number;
        categories[i * kinds + j] = Number.isNaN(value) ? -1 : codeOf(value);
      }
  });
  const hash = new Uint32Array(table.rows);
  for (let i = 0; i < table.rows; i++) {
    let sum = 0;
    for (let j = 0; j < kinds; j++) sum = (sum + hashOf(categories[i * kinds + j] as number, j)) >>> 0;
    hash[i] = sum;
  }
  return { rows: table.rows, numbers, width, categories, kinds, hash };
}

function hashOf(code: number, column: number): number {
  let h = Math.imul(code + 2, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}

function joined(parts: readonly Rows[]): Rows {
  const [first] = parts as [Rows];
  const numbers = new Float64Array(parts.reduce((sum, part) => sum + part.numbers.length, 0));
  const categories = new Int32Array(parts.reduce((sum, part) => sum + part.categories.length, 0));
  const hash = new Uint32Array(parts.reduce((sum, part) => sum + part.rows, 0));
  let rows = 0;
  for (const part of parts) {
    numbers.set(part.numbers, rows * first.width);
    categories.set(part.categories, rows * first.kinds);
    hash.set(part.hash, rows);
    rows += part.rows;
  }
  return { ...first, rows, numbers, categories, hash };
}

/** Dates have no zero to be within a share of: 1 % of the span between the 5th and the 95th of a hundred; 0 for numbers. */
function dateSlack(like: Table, name: string, pool: readonly Table[]): number {
  if (columnOf(like, name).type !== "date") return 0;
  const values = pool.flatMap((table) => {
    const column = columnOf(table, name);
    return column.type === "text" ? [] : [...column.values.filter((x) => !Number.isNaN(x))];
  });
  values.sort((a, b) => a - b);
  const at = (share: number): number => values[Math.floor(share * (values.length - 1))] ?? 0;
  return TOLERANCE * (at(0.95) - at(0.05));
}

/** The number with the most distinct values. */
function mostTelling({ rows, width, numbers }: Rows): number {
  let best = 0;
  let most = -1;
  for (let j = 0; j < width; j++) {
    const seen = new Set<number>();
    for (let i = 0; i < Math.min(rows, 20_000); i++) seen.add(numbers[i * width + j] as number);
    if (seen.size > most) {
      most = seen.size;
      best = j;
    }
  }
  return best;
}

interface Sorted {
  readonly order: Uint32Array;
  readonly hash: Uint32Array;
  readonly key: Float64Array;
}

/** Rows by the hash of their categories but one, then by the telling number, missing ones last. */
function sortedBy(real: Rows, leftOut: number, key: number): Sorted {
  const hash = Uint32Array.from({ length: real.rows }, (_, i) => hashWithout(real, i, leftOut));
  const value = Float64Array.from({ length: real.rows }, (_, i) => keyOf(real, i, key));
  const order = Uint32Array.from({ length: real.rows }, (_, i) => i).sort(
    (a, b) => (hash[a] as number) - (hash[b] as number) || compare(value[a] as number, value[b] as number) || a - b,
  );
  return { order, hash: order.map((i) => hash[i] as number), key: Float64Array.from(order, (i) => value[i] as number) };
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function hashWithout({ hash, categories, kinds }: Rows, row: number, leftOut: number): number {
  const whole = hash[row] as number;
  return leftOut < 0 ? whole : (whole - hashOf(categories[row * kinds + leftOut] as number, leftOut)) >>> 0;
}

function keyOf({ numbers, width }: Rows, row: number, key: number): number {
  if (key < 0) return 0;
  const value = numbers[row * width + key] as number;
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

function aloneFor(
  rows: Rows,
  row: number,
  index: {
    readonly real: Rows;
    readonly orders: readonly Sorted[];
    readonly leftOut: readonly number[];
    readonly slack: readonly number[];
    readonly key: number;
  },
): number {
  const { real, orders, leftOut, slack, key } = index;
  const value = keyOf(rows, row, key);
  // A real value r agrees with x where |x − r| ≤ tolerance · |r|, so r lies between x / 1.01 and x / .99.
  const reach =
    key < 0 || value === Number.POSITIVE_INFINITY
      ? 0
      : Math.max(slack[key] as number, Math.abs(value) * (1 / (1 - TOLERANCE) - 1));
  let found = -1;
  for (let o = 0; o < orders.length; o++) {
    const sorted = orders[o] as Sorted;
    const hash = hashWithout(rows, row, leftOut[o] as number);
    for (let at = lowerBound(sorted, hash, value - reach); at < sorted.order.length; at++) {
      if (sorted.hash[at] !== hash || (sorted.key[at] as number) > value + reach) break;
      const candidate = sorted.order[at] as number;
      if (candidate === found || !agrees(rows, row, { real, candidate, slack })) continue;
      if (found >= 0) return -2;
      found = candidate;
    }
  }
  return found;
}

/** First place whose hash and key are not below these. */
function lowerBound({ hash, key }: Sorted, wantedHash: number, wantedKey: number): number {
  let low = 0;
  let high = hash.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = hash[middle] as number;
    if (at < wantedHash || (at === wantedHash && (key[middle] as number) < wantedKey)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function agrees(
  rows: Rows,
  row: number,
  other: { readonly real: Rows; readonly candidate: number; readonly slack: readonly number[] },
): boolean {
  const { real, candidate, slack } = other;
  const { width, kinds } = real;
  let different = 0;
  for (let j = 0; j < kinds; j++)
    if (rows.categories[row * kinds + j] !== real.categories[candidate * kinds + j] && ++different > 1) return false;
  for (let j = 0; j < width; j++) {
    const x = rows.numbers[row * width + j] as number;
    const r = real.numbers[candidate * width + j] as number;
    if (Number.isNaN(x) || Number.isNaN(r)) {
      if (Number.isNaN(x) !== Number.isNaN(r)) return false;
      continue;
    }
    if (Math.abs(x - r) > Math.max(slack[j] as number, TOLERANCE * Math.abs(r)) + 1e-12) return false;
  }
  return true;
}

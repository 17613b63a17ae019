import { type Column, columnOf, type Table, takeColumn } from "../data/table.ts";
import { MIN_ROWS, type NumberProfile, profileNumbers, profileText, safeRange } from "./profile.ts";
import type { ColumnSchema, TableSchema } from "./schema.ts";

/** The schema as it may leave the house: no extreme, label, spike or missing code that fewer than 5 rows of the real table hold (5 people,
 * where it is known whose row each is). A bound that somebody declared stays when no row lies at or beyond it (it says nothing about a row) or 5 do.
 * @param table all real rows
 * @param entities person of each row, 0 … */
export function publicSchema(schema: TableSchema, table: Table, entities?: Int32Array): TableSchema {
  const names = new Set(table.columns.map(({ name }) => name));
  return {
    ...schema,
    columns: schema.columns.map((column) => (names.has(column.name) ? publicColumn(column, table, entities) : column)),
  };
}

function publicColumn(meaning: ColumnSchema, table: Table, entities: Int32Array | undefined): ColumnSchema {
  const rows = columnOf(table, meaning.name);
  // A value counts once for each person who holds it.
  const column = entities ? takeColumn(rows, firstOfEach(rows, entities)) : rows;
  const { range, categories, order, missingCodes, spikes, ...rest } = meaning;
  if (column.type === "text") {
    const profile = profileText(column);
    const counts = new Map<string, number>();
    for (const code of profile.used) counts.set(column.dictionary[code] as string, profile.counts[code] as number);
    // A label nobody holds was declared, and says nothing about a row.
    const allowed = (label: string): boolean => (counts.get(label) ?? MIN_ROWS) >= MIN_ROWS;
    return {
      ...rest,
      ...(categories ? { categories: categories.filter(allowed) } : {}),
      ...(order ? { order: order.filter(allowed) } : {}),
      ...(missingCodes ? { missingCodes: missingCodes.filter(allowed) } : {}),
    };
  }
  const codes = new Set((missingCodes ?? []).map(Number));
  const all = profileNumbers(column);
  const held = new Map<number, number>();
  all.distinct.forEach((value, i) => {
    held.set(value, all.counts[i] as number);
  });
  const allowed = (value: number): boolean => Number.isNaN(value) || (held.get(value) ?? MIN_ROWS) >= MIN_ROWS;
  // Of each person, the smallest value and the largest: so many people lie at or beyond a bound.
  const [lowest, highest] =
    entities && rows.type !== "text" ? extremesOf(rows.values, { entities, without: codes }) : [all, all];
  const safe = entities
    ? joinRanges(safeRange(lowest), safeRange(highest))
    : safeRange(codes.size > 0 ? profileNumbers(column, codes) : all);
  let bounds: readonly [number, number] | undefined;
  if (range && safe) {
    let below = 0;
    let above = 0;
    lowest.distinct.forEach((value, i) => {
      if (value <= range[0]) below += lowest.counts[i] as number;
    });
    highest.distinct.forEach((value, i) => {
      if (value >= range[1]) above += highest.counts[i] as number;
    });
    const fine = (count: number): boolean => count === 0 || count >= MIN_ROWS;
    bounds = [fine(below) ? range[0] : safe[0], fine(above) ? range[1] : safe[1]];
  }
  return {
    ...rest,
    ...(bounds ? { range: bounds } : {}),
    ...(categories ? { categories: categories.filter((label) => allowed(Number(label))) } : {}),
    ...(order ? { order: order.filter((label) => allowed(Number(label))) } : {}),
    ...(missingCodes ? { missingCodes: missingCodes.filter((code) => allowed(Number(code))) } : {}),
    ...(spikes ? { spikes: spikes.filter(({ value }) => allowed(value)) } : {}),
  };
}

/** The first row in which each person holds each value; missing cells are one value. */
function firstOfEach(column: Column, entities: Int32Array): Uint32Array {
  const seen = new Map<number, Set<number>>();
  const cells = column.type === "text" ? column.codes : column.values;
  const out: number[] = [];
  for (let row = 0; row < cells.length; row++) {
    const person = entities[row] as number;
    const held = seen.get(person) ?? new Set();
    seen.set(person, held);
    const cell = cells[row] as number;
    if (held.has(cell)) continue;
    held.add(cell);
    out.push(row);
  }
  return Uint32Array.from(out);
}

function extremesOf(
  values: Float64Array,
  { entities, without }: { readonly entities: Int32Array; readonly without: ReadonlySet<number> },
): readonly [NumberProfile, NumberProfile] {
  const lowest = new Map<number, number>();
  const highest = new Map<number, number>();
  values.forEach((value, row) => {
    if (Number.isNaN(value) || without.has(value)) return;
    const person = entities[row] as number;
    lowest.set(person, Math.min(value, lowest.get(person) ?? value));
    highest.set(person, Math.max(value, highest.get(person) ?? value));
  });
  const profile = (of: ReadonlyMap<number, number>): NumberProfile =>
    profileNumbers({ name: "", type: "number", storage: "double", values: Float64Array.from(of.values()) });
  return [profile(lowest), profile(highest)];
}

function joinRanges(
  low: readonly [number, number] | undefined,
  high: readonly [number, number] | undefined,
): readonly [number, number] | undefined {
  return low && high ? [low[0], high[1]] : undefined;
}

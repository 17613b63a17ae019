import { columnOf, type Table } from "../data/table.ts";
import { MIN_ROWS, profileNumbers, profileText, safeRange } from "./profile.ts";
import type { ColumnSchema, TableSchema } from "./schema.ts";

/** The schema as it may leave the house: no extreme, label, spike or missing code that fewer than 5 rows of the real table hold. A bound that
 * somebody declared stays when no row lies at or beyond it (it says nothing about a row) or 5 do.
 * @param table all real rows */
export function publicSchema(schema: TableSchema, table: Table): TableSchema {
  const names = new Set(table.columns.map(({ name }) => name));
  return {
    ...schema,
    columns: schema.columns.map((column) => (names.has(column.name) ? publicColumn(column, table) : column)),
  };
}

function publicColumn(meaning: ColumnSchema, table: Table): ColumnSchema {
  const column = columnOf(table, meaning.name);
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
  const safe = safeRange(codes.size > 0 ? profileNumbers(column, codes) : all);
  let bounds: readonly [number, number] | undefined;
  if (range && safe) {
    let below = 0;
    let above = 0;
    all.distinct.forEach((value, i) => {
      if (value <= range[0]) below += all.counts[i] as number;
      if (value >= range[1]) above += all.counts[i] as number;
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

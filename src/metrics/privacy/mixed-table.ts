import { type Column, columnOf, type Table } from "../../data/table.ts";
import { type MixedRows, mixedRows, UNIT } from "../../learners/neighbours/mixed-rows.ts";
import { isQuantity, type TableSchema } from "../../schema/schema.ts";

/** How the rows of a table become points with a distance: learned from the real rows, never from the synthetic side. */
export interface MixedCodec {
  /** Category columns, then numbers; of each, those that differ most lead. */
  readonly columns: readonly MixedColumn[];
  readonly categories: number;
}

interface MixedColumn {
  readonly name: string;
  /** Numbers and dates: the distinct values, ascending, and the mid-rank of each in whole {@link UNIT}s. */
  readonly ranks?: { readonly values: Float64Array; readonly midRanks: Int32Array };
  /** Categories: the code of each label. */
  readonly codes?: ReadonlyMap<string | number, number>;
}

/** A quantity with no more distinct values than this only agrees or differs. */
const FEW_VALUES = 20;

/** Learns ranks and labels from the real rows.
 * @param pool the real tables: train and holdout */
export function fitMixedCodec(pool: readonly Table[], schema: TableSchema): MixedCodec {
  const categories: { column: MixedColumn; mismatch: number }[] = [];
  const numbers: { column: MixedColumn; mismatch: number }[] = [];
  for (const { name } of (pool[0] as Table).columns) {
    const columns = pool.map((table) => columnOf(table, name));
    const kind = schema.columns.find((column) => column.name === name)?.kind;
    const quantity = kind === undefined || kind === "identifier" || isQuantity(kind);
    const ranks = quantity && columns.every((column) => column.type !== "text") ? rank(columns) : undefined;
    if (ranks && ranks.values.length > FEW_VALUES)
      numbers.push({ column: { name, ranks }, mismatch: meanDistance(ranks.missing) });
    else categories.push(countLabels(name, columns));
  }
  // What tells rows apart most comes first, so that a search can leave a row early.
  for (const columns of [categories, numbers]) columns.sort((a, b) => b.mismatch - a.mismatch);
  return {
    columns: [...categories, ...numbers].map((entry) => entry.column),
    categories: categories.length,
  };
}

/** The rows of some tables as points, one table after the other.
 * @param tables with the codec's columns; a label that no real row holds differs from every real one */
export function encodeMixed(tables: readonly Table[], codec: MixedCodec): MixedRows {
  const width = codec.columns.length;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const out = mixedRows(rows, codec.categories, width - codec.categories);
  let start = 0;
  for (const table of tables) {
    const cells = out.cells.subarray(start * width, (start + table.rows) * width);
    codec.columns.forEach((mixed, at) => {
      const column = columnOf(table, mixed.name);
      if (mixed.ranks) encodeRanks(column, mixed.ranks, { cells, at, width });
      else encodeLabels(column, mixed.codes as ReadonlyMap<string | number, number>, { cells, at, width });
    });
    start += table.rows;
  }
  return out;
}

/** Missing is a value of its own, one to two columns away from every rank. */
const MISSING_RANK = 2 * UNIT;

/** Mean distance of two rows in a column of ranks, of which so large a share is missing. */
function meanDistance(missing: number): number {
  return (1 - missing) ** 2 / 3 + 2 * missing * (1 - missing) * 1.5;
}

function rank(columns: readonly Column[]): { values: Float64Array; midRanks: Int32Array; missing: number } {
  const parts = columns.map((column) => (column.type === "text" ? new Float64Array(0) : column.values));
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let n = 0;
  for (const part of parts) for (const value of part) if (!Number.isNaN(value)) all[n++] = value;
  const sorted = all.subarray(0, n).sort();
  const values = new Float64Array(n);
  const midRanks = new Int32Array(n);
  let distinct = 0;
  for (let i = 0; i < n; ) {
    let j = i + 1;
    while (j < n && sorted[j] === sorted[i]) j++;
    values[distinct] = sorted[i] as number;
    midRanks[distinct++] = Math.round(((i + j) / 2 / n) * UNIT);
    i = j;
  }
  return {
    values: values.slice(0, distinct),
    midRanks: midRanks.slice(0, distinct),
    missing: 1 - n / Math.max(1, all.length),
  };
}

function countLabels(name: string, columns: readonly Column[]): { column: MixedColumn; mismatch: number } {
  // Code 0 is missing.
  const codes = new Map<string | number, number>();
  const counts: number[] = [0];
  let rows = 0;
  const codeOf = (label: string | number): number => {
    let code = codes.get(label);
    if (code === undefined) {
      code = counts.length;
      codes.set(label, code);
      counts.push(0);
    }
    return code;
  };
  for (const column of columns) {
    if (column.type === "text") {
      const map = Int32Array.from(column.dictionary, codeOf);
      for (const code of column.codes) {
        const own = code < 0 ? 0 : (map[code] as number);
        counts[own] = (counts[own] as number) + 1;
      }
      rows += column.codes.length;
    } else {
      for (const value of column.values) {
        const own = Number.isNaN(value) ? 0 : codeOf(value);
        counts[own] = (counts[own] as number) + 1;
      }
      rows += column.values.length;
    }
  }
  const same = counts.reduce((sum, count) => sum + (count / Math.max(1, rows)) ** 2, 0);
  return { column: { name, codes }, mismatch: 1 - same };
}

interface Place {
  readonly cells: Int32Array;
  readonly at: number;
  readonly width: number;
}

function encodeLabels(column: Column, codes: ReadonlyMap<string | number, number>, place: Place): void {
  const { cells, at, width } = place;
  if (column.type === "text") {
    const map = Int32Array.from(column.dictionary, (label) => codes.get(label) ?? codes.get(Number(label)) ?? -1);
    for (let i = 0; i < column.codes.length; i++) {
      const code = column.codes[i] as number;
      cells[i * width + at] = code < 0 ? 0 : (map[code] as number);
    }
    return;
  }
  for (let i = 0; i < column.values.length; i++) {
    const value = column.values[i] as number;
    cells[i * width + at] = Number.isNaN(value) ? 0 : (codes.get(value) ?? codes.get(String(value)) ?? -1);
  }
}

function encodeRanks(
  column: Column,
  ranks: { readonly values: Float64Array; readonly midRanks: Int32Array },
  place: Place,
): void {
  const { values, midRanks } = ranks;
  const { cells, at, width } = place;
  const n = column.type === "text" ? column.codes.length : column.values.length;
  // A text column here means that this side stores the number otherwise: read it as one.
  const labels = column.type === "text" ? Float64Array.from(column.dictionary, numberOf) : undefined;
  for (let i = 0; i < n; i++) {
    let value: number;
    if (column.type === "text") {
      const code = column.codes[i] as number;
      value = code < 0 ? Number.NaN : ((labels as Float64Array)[code] as number);
    } else value = column.values[i] as number;
    if (Number.isNaN(value)) {
      cells[i * width + at] = MISSING_RANK;
      continue;
    }
    let low = 0;
    let high = values.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    const found = values[low] as number;
    let midRank = midRanks[low] as number;
    if (found > value) midRank = low === 0 ? 0 : ((midRanks[low - 1] as number) + midRank) >> 1;
    else if (found < value) midRank = UNIT;
    cells[i * width + at] = midRank;
  }
}

function numberOf(label: string): number {
  return label.trim() === "" ? Number.NaN : Number(label);
}

import { createHmac } from "node:crypto";
import type { Column, Table } from "../data/table.ts";

/** The rows of a table as their smallest keyed hashes: enough to tell how many rows two tables share, and nothing of what is in them to whoever
 * lacks the key. */
export interface RowSketch {
  /** Distinct rows, as far as the sketch tells. */
  readonly rows: number;
  /** Ascending, distinct, whole numbers below 2^52; at most {@link SKETCH_SIZE}. */
  readonly smallest: readonly number[];
}

const SKETCH_SIZE = 2048;

/** Sketches a table. The order of rows and of columns does not matter; the names of columns do.
 * @param key at least 16 secret bytes, the same for tables that are to be compared
 * @source Broder (1997); bottom-k sketches by Cohen & Kaplan (2007) */
export function sketchRows(table: Table, key: Uint8Array): RowSketch {
  const hashes = rowHashes(table, key).sort();
  const smallest: number[] = [];
  let distinct = 0;
  for (let i = 0; i < hashes.length; i++) {
    if (i > 0 && hashes[i] === hashes[i - 1]) continue;
    distinct++;
    if (smallest.length < SKETCH_SIZE) smallest.push(hashes[i] as number);
  }
  return { rows: distinct, smallest };
}

/** A keyed hash of what is in each row, whatever the order of columns: whole numbers below 2^52. */
export function rowHashes(table: Table, key: Uint8Array): Float64Array {
  const high = new Uint32Array(table.rows);
  const low = new Uint32Array(table.rows);
  for (const column of table.columns) addColumn(column, key, { high, low });
  const hashes = new Float64Array(table.rows);
  for (let i = 0; i < hashes.length; i++)
    hashes[i] = (mix(high[i] as number) & 0xfffff) * 4294967296 + mix((low[i] as number) ^ (high[i] as number));
  return hashes;
}

/** Estimated share of the smaller table's rows that the other holds too, 0 … 1.
 * @returns `compared`: rows of the smaller table that the estimate rests on; its standard error is at most .5 / √compared. Of a small part of a large table
 *   few can be compared, for the sketch of the large one is thin: then the share says little */
export function overlapOf(a: RowSketch, b: RowSketch): { readonly share: number; readonly compared: number } {
  const [small, large] = a.rows <= b.rows ? [a, b] : [b, a];
  // Beyond a full sketch's last hash nothing is known of its table.
  const end = Math.min(
    ...[a, b].map(({ rows, smallest }) => (rows > smallest.length ? (smallest.at(-1) ?? 0) : Infinity)),
  );
  const comparable = small.smallest.filter((hash) => hash <= end);
  const known = new Set(large.smallest);
  const shared = comparable.filter((hash) => known.has(hash)).length;
  return { share: comparable.length === 0 ? 0 : shared / comparable.length, compared: comparable.length };
}

/** Adds the hash of each cell to its row: sums do not depend on the order of columns. */
function addColumn(
  column: Column,
  key: Uint8Array,
  rows: { readonly high: Uint32Array; readonly low: Uint32Array },
): void {
  const seed = createHmac("sha256", key).update(`column\u0000${column.name}`).digest();
  const [a, b] = [seed.readUInt32LE(0), seed.readUInt32LE(4)];
  const add = (row: number, x: number, y: number): void => {
    rows.high[row] = (rows.high[row] as number) + mix(x ^ a ^ mix(y ^ b));
    rows.low[row] = (rows.low[row] as number) + mix(y ^ b ^ mix(x + a));
  };
  if (column.type === "text") {
    const words = column.dictionary.map((word) => {
      const digest = createHmac("sha256", key).update(word).digest();
      return [digest.readUInt32LE(0), digest.readUInt32LE(4)] as const;
    });
    column.codes.forEach((code, row) => {
      const [x, y] = words[code] ?? [0, 0];
      add(row, x, y);
    });
    return;
  }
  const bits = new Uint32Array(new Float64Array(1).buffer);
  const value = new Float64Array(bits.buffer);
  for (let row = 0; row < rows.high.length; row++) {
    const x = column.values[row] as number;
    // −0 and 0 are one value, and so are all the ways to write "not a number".
    value[0] = Number.isNaN(x) ? Number.NaN : x + 0;
    add(row, bits[0] as number, bits[1] as number);
  }
}

/** The finaliser of MurmurHash3. */
function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

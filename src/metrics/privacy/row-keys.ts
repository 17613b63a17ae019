import { type Column, columnOf, lengthOf, type Table } from "../../data/table.ts";

/** Canonical rows: two rows have the same key when every cell is the same value, however it was written. Numbers go by value (1 and 1.0, 0 and
 * −0), dates by their moment, labels by their text, and all ways of being missing are one. 64 bits a row: among 10 million rows two
 * different ones share a key with probability 3e-6. */
export interface RowKeys {
  readonly rows: number;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** How rows become keys that are comparable across tables, over the columns of the first of them. A column that one of them stores as text and
 * another as a number is compared as text. */
export function rowKeyer(tables: readonly Table[]): (table: Table) => RowKeys {
  const columns = (tables[0]?.columns ?? []).map(({ name, type }, k) => ({
    name,
    asText: tables.some((table) => columnOf(table, name).type !== type),
    salt: Math.imul(k + 1, 0x9e3779b1),
  }));
  return (table) => {
    const out = { rows: table.rows, high: new Uint32Array(table.rows), low: new Uint32Array(table.rows) };
    for (const column of columns) addColumn(out, columnOf(table, column.name), column);
    return out;
  };
}

/** Which distinct row each row is. */
export interface RowIndex {
  /** Distinct rows. */
  readonly groups: number;
  /** Of each row, tables one after the other: the number of its distinct row, in order of first sight. */
  readonly group: Int32Array;
  /** The distinct row with a key; −1 when there is none. */
  find(keys: RowKeys, row: number): number;
}

/** Numbers the distinct rows of several tables. */
export function indexRows(keys: readonly RowKeys[]): RowIndex {
  const rows = keys.reduce((sum, part) => sum + part.rows, 0);
  let size = 16;
  while (size < 2 * rows) size *= 2;
  const slots = new Int32Array(size).fill(-1);
  const group = new Int32Array(rows);
  const groupHigh = new Uint32Array(rows);
  const groupLow = new Uint32Array(rows);
  let groups = 0;
  /** The slot that holds the key, or the empty one where it belongs. */
  const slotOf = (high: number, low: number): number => {
    let slot = low & (size - 1);
    for (;;) {
      const held = slots[slot] as number;
      if (held < 0 || (groupLow[held] === low && groupHigh[held] === high)) return slot;
      slot = (slot + 1) & (size - 1);
    }
  };
  let at = 0;
  for (const part of keys) {
    for (let i = 0; i < part.rows; i++) {
      const high = part.high[i] as number;
      const low = part.low[i] as number;
      const slot = slotOf(high, low);
      if ((slots[slot] as number) < 0) {
        groupHigh[groups] = high;
        groupLow[groups] = low;
        slots[slot] = groups++;
      }
      group[at++] = slots[slot] as number;
    }
  }
  return {
    groups,
    group,
    find: (part, row) => slots[slotOf(part.high[row] as number, part.low[row] as number)] as number,
  };
}

/** Rows of the holdout that are also in train. Natural twins are to be expected where rows have few columns: as many pairs of them are cut by a
 * random split, relative to those inside one part, as the sizes of the parts say. More than that is a holdout that overlaps train.
 * @returns rows: holdout rows equal to some train row · unique: distinct rows that occur once in each · twins: distinct rows that occur twice in
 * one and never in the other */
export function countOverlap(
  train: Table,
  holdout: Table,
): { readonly rows: number; readonly unique: number; readonly twins: number } {
  const index = indexRows([train, holdout].map(rowKeyer([train, holdout])));
  const inTrain = new Uint32Array(index.groups);
  const inHoldout = new Uint32Array(index.groups);
  index.group.forEach((group, i) => {
    const counts = i < train.rows ? inTrain : inHoldout;
    counts[group] = (counts[group] as number) + 1;
  });
  let rows = 0;
  let unique = 0;
  let twins = 0;
  for (let group = 0; group < index.groups; group++) {
    const t = inTrain[group] as number;
    const h = inHoldout[group] as number;
    if (t > 0) rows += h;
    if (t === 1 && h === 1) unique++;
    if (t + h === 2 && t !== 1) twins++;
  }
  return { rows, unique, twins };
}

const MISSING_HIGH = 0x6d697373;
const MISSING_LOW = 0x696e6721;

function addColumn(keys: RowKeys, column: Column, options: { readonly asText: boolean; readonly salt: number }): void {
  const { high, low } = keys;
  const { asText, salt } = options;
  const n = lengthOf(column);
  if (column.type === "text") {
    const labels = column.dictionary.map((label) => (asText ? plainText(label) : label));
    const highOf = Uint32Array.from(labels, (label) => hashText(label, 0x2545f491));
    const lowOf = Uint32Array.from(labels, (label) => hashText(label, 0x9e3779b9));
    for (let i = 0; i < n; i++) {
      const code = column.codes[i] as number;
      if (code < 0) mix(high, low, i, MISSING_HIGH, MISSING_LOW ^ salt);
      else mix(high, low, i, highOf[code] as number, (lowOf[code] as number) ^ salt);
    }
    return;
  }
  const number = new Float64Array(1);
  const words = new Uint32Array(number.buffer);
  for (let i = 0; i < n; i++) {
    const value = column.values[i] as number;
    if (Number.isNaN(value)) mix(high, low, i, MISSING_HIGH, MISSING_LOW ^ salt);
    else if (asText) {
      const text = String(value === 0 ? 0 : value);
      mix(high, low, i, hashText(text, 0x2545f491), hashText(text, 0x9e3779b9) ^ salt);
    } else {
      number[0] = value === 0 ? 0 : value;
      mix(high, low, i, words[1] as number, (words[0] as number) ^ salt);
    }
  }
}

/** Folds two words of a cell into a row's key: a round of MurmurHash3_x86_128's mixing on two of its four lanes. */
function mix(high: Uint32Array, low: Uint32Array, i: number, wordHigh: number, wordLow: number): void {
  let a = Math.imul(wordHigh, 0x239b961b);
  a = Math.imul((a << 15) | (a >>> 17), 0xab0e9789);
  let b = Math.imul(wordLow, 0x38b34ae5);
  b = Math.imul((b << 16) | (b >>> 16), 0xa1e38b93);
  let h = (high[i] as number) ^ a;
  let l = (low[i] as number) ^ b;
  h = ((h << 19) | (h >>> 13)) + l;
  h = Math.imul(h, 5) + 0x561ccd1b;
  l = ((l << 17) | (l >>> 15)) + h;
  l = Math.imul(l, 5) + 0x0bcaa747;
  h ^= l >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  l ^= h >>> 13;
  l = Math.imul(l, 0xc2b2ae35);
  high[i] = h ^ (l >>> 16);
  low[i] = l;
}

/** MurmurHash3_x86_32 over the UTF-16 units of a label. */
function hashText(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
  h ^= text.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A label that is a number in canonical form, so that "1.0" in a text column meets 1 in a numeric one. */
function plainText(label: string): string {
  const trimmed = label.trim();
  const value = Number(trimmed);
  return trimmed !== "" && Number.isFinite(value) ? String(value === 0 ? 0 : value) : label;
}

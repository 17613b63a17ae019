import type { Column, DateColumn, NumberColumn, TextColumn } from "../data/table.ts";

/** The distinct values of a number or date column, ascending, with how often each occurs. Missing cells are left out. */
export interface NumberProfile {
  /** Non-missing cells. */
  readonly n: number;
  readonly missing: number;
  readonly distinct: Float64Array;
  readonly counts: Float64Array;
}

/** How often each label of a text column occurs. */
export interface TextProfile {
  readonly n: number;
  readonly missing: number;
  /** Rows per dictionary code. */
  readonly counts: Float64Array;
  /** Codes that occur, in dictionary order. */
  readonly used: Int32Array;
}

/** Rows of fewer people than this are never shown: no label, extreme or example below it leaves the machine. */
export const MIN_ROWS = 5;

/** Counts the distinct values.
 * @param without values to leave out (missing codes) */
export function profileNumbers(
  column: NumberColumn | DateColumn,
  without: ReadonlySet<number> = new Set(),
): NumberProfile {
  const { values } = column;
  const sorted = new Float64Array(values.length);
  let n = 0;
  for (const value of values) if (!Number.isNaN(value) && !without.has(value)) sorted[n++] = value === 0 ? 0 : value;
  const present = sorted.subarray(0, n).sort();
  let d = 0;
  for (let i = 0; i < n; i++) if (i === 0 || present[i] !== present[i - 1]) d++;
  const distinct = new Float64Array(d);
  const counts = new Float64Array(d);
  let at = -1;
  for (let i = 0; i < n; i++) {
    if (i === 0 || present[i] !== present[i - 1]) distinct[++at] = present[i] as number;
    counts[at] = (counts[at] as number) + 1;
  }
  return { n, missing: values.length - n, distinct, counts };
}

/** Counts the labels.
 * @param without labels to leave out (missing codes) */
export function profileText(column: TextColumn, without: ReadonlySet<string> = new Set()): TextProfile {
  const counts = new Float64Array(column.dictionary.length);
  for (const code of column.codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
  if (without.size > 0)
    column.dictionary.forEach((label, code) => {
      if (without.has(label)) counts[code] = 0;
    });
  let n = 0;
  let d = 0;
  for (const count of counts) {
    n += count;
    if (count > 0) d++;
  }
  const used = new Int32Array(d);
  let at = 0;
  for (let code = 0; code < counts.length; code++) if ((counts[code] as number) > 0) used[at++] = code;
  return { n, missing: column.codes.length - n, counts, used };
}

/** At most `most` labels that occur, evenly spaced over the dictionary. */
export function sampleLabels(column: TextColumn, profile: TextProfile, most: number): readonly string[] {
  const step = Math.max(1, profile.used.length / most);
  const out: string[] = [];
  for (let i = 0; i < profile.used.length; i += step)
    out.push(column.dictionary[profile.used[Math.floor(i)] as number] as string);
  return out;
}

/** Smallest and largest value with at least {@link MIN_ROWS} rows at or beyond them; undefined below 2 × MIN_ROWS rows. */
export function safeRange(profile: NumberProfile): readonly [number, number] | undefined {
  if (profile.n < 2 * MIN_ROWS) return undefined;
  const { distinct, counts } = profile;
  let low = 0;
  for (let held = counts[0] as number; held < MIN_ROWS; held += counts[low] as number) low++;
  let high = distinct.length - 1;
  for (let held = counts[high] as number; held < MIN_ROWS; held += counts[high] as number) high--;
  return [distinct[low] as number, distinct[high] as number];
}

/** Level of each row for a column of few distinct values, missing included (each way of writing it is a level of its own).
 * @returns undefined when there are more than `most` levels */
export function levelsOf(
  column: Column,
  most: number,
): { readonly codes: Int32Array; readonly levels: number; readonly counts: readonly number[] } | undefined {
  const rows = column.type === "text" ? column.codes.length : column.values.length;
  const codes = new Int32Array(rows);
  const counts: number[] = [];
  const index = new Map<string | number, number>();
  for (let row = 0; row < rows; row++) {
    const cell = column.type === "text" ? (column.codes[row] as number) : (column.values[row] as number);
    const isNull = column.type === "text" ? cell < 0 : Number.isNaN(cell);
    const key = isNull ? `missing ${column.missing?.codes[row] ?? 0}` : cell;
    let level = index.get(key);
    if (level === undefined) {
      if (index.size === most) return undefined;
      level = index.size;
      index.set(key, level);
      counts.push(0);
    }
    codes[row] = level;
    counts[level] = (counts[level] as number) + 1;
  }
  return { codes, levels: counts.length, counts };
}

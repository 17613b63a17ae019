import type { CodeRows } from "../code-rows.ts";
import { mergeNeighbours } from "../merge-neighbours.ts";

/** The codes of a column in groups, so that a table per component stays small: relations are learnt between groups, and a code is drawn
 * inside its group by its frequency. Plain data. */
export interface CodeGroups {
  /** The group of each code; −1 for a code that occurs in no row. */
  readonly groupOf: Int32Array;
  /** Chance of each code inside its group, by its rows and half a row more; 0 for a code that occurs in no row. */
  readonly share: Float64Array;
  /** Share of the rows in each group. Without rows every cell is the first code. */
  readonly mass: Float64Array;
}

/** Groups of every column, at most 255. Ways of being missing and codes of at least 1 / most of the rows stay alone; the other codes of an
 * ordered column share groups with their neighbours, by about equal counts, where there are more codes than `most`. In an unordered column
 * of 256 codes that all occur the two lightest neighbours share one. */
export function groupCodes(data: CodeRows, most: number): CodeGroups[] {
  return data.codes.map((codes, j) => {
    const counts = new Float64Array(data.levels[j] as number);
    for (let i = 0; i < data.rows; i++) {
      const code = codes[i] as number;
      counts[code] = (counts[code] as number) + 1;
    }
    if (data.rows === 0) counts[0] = 1;
    return groupColumn(counts, { missing: data.missing[j] as number, most: data.ordered[j] ? most : MOST_GROUPS });
  });
}

/** One of the 256 numbers of a byte is left for "not known". */
const MOST_GROUPS = 255;

function groupColumn(
  counts: Float64Array,
  { missing, most }: { readonly missing: number; readonly most: number },
): CodeGroups {
  const levels = counts.length;
  const occurring = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const pair = most === MOST_GROUPS && occurring > most ? lightestPair(counts) : -1;
  const alone = (code: number): boolean =>
    pair >= 0
      ? code !== pair && code !== pair + 1
      : occurring <= most || code < missing || (counts[code] as number) >= rows / most;
  const merged = mergeNeighbours(counts, { sizes: counts, most, isAlone: alone });
  const held = merged.rows;
  const groupOf = new Int32Array(new SharedArrayBuffer(4 * levels));
  for (let code = 0; code < levels; code++) groupOf[code] = counts[code] === 0 ? -1 : (merged.groupOf[code] as number);
  const share = new Float64Array(new SharedArrayBuffer(8 * levels));
  const smoothed = new Float64Array(held.length);
  for (let code = 0; code < levels; code++) {
    const group = groupOf[code] as number;
    if (group >= 0) smoothed[group] = (smoothed[group] as number) + (counts[code] as number) + 0.5;
  }
  for (let code = 0; code < levels; code++) {
    const group = groupOf[code] as number;
    if (group >= 0) share[code] = ((counts[code] as number) + 0.5) / (smoothed[group] as number);
  }
  const mass = new Float64Array(new SharedArrayBuffer(8 * held.length));
  for (let group = 0; group < held.length; group++) mass[group] = (held[group] as number) / rows;
  return { groupOf, share, mass };
}

function lightestPair(counts: Float64Array): number {
  let best = 0;
  const weight = (code: number): number => (counts[code] as number) + (counts[code + 1] as number);
  for (let code = 1; code + 1 < counts.length; code++) if (weight(code) < weight(best)) best = code;
  return best;
}

/** The groups of a column's cells, at the given rows. Only for codes that occur. */
export function groupsAt(codes: Uint8Array, groups: CodeGroups, rows: Uint32Array): Uint8Array {
  const out = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = groups.groupOf[codes[rows[i] as number] as number] as number;
  return out;
}

/** Chance that a cell of each group is as the weights ask. */
export function groupWeights(groups: CodeGroups, weights: Float64Array): Float64Array {
  const out = new Float64Array(groups.mass.length);
  for (let code = 0; code < groups.groupOf.length; code++) {
    const group = groups.groupOf[code] as number;
    if (group >= 0) out[group] = (out[group] as number) + (groups.share[code] as number) * (weights[code] as number);
  }
  return out;
}

/** Mean log chance of held-out codes inside their groups. */
export function insideGroups(rows: CodeRows, groups: readonly CodeGroups[], heldOut: Uint32Array): number {
  let sum = 0;
  groups.forEach((column, j) => {
    const codes = rows.codes[j] as Uint8Array;
    for (const row of heldOut) sum += Math.log(column.share[codes[row] as number] as number);
  });
  return heldOut.length > 0 ? sum / heldOut.length : 0;
}

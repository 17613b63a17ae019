import { sharedCopy } from "../../executors/executor.ts";
import type { CodeRows } from "../code-rows.ts";
import { mergeNeighbours } from "../merge-neighbours.ts";

/** The codes of all columns in groups: neighbouring codes of an ordered column share one where there are many. Relations are learnt between
 * groups; a code is drawn inside its group by its share. Groups of all columns lie one after the other, as "places". */
export interface ForestCodes {
  /** Column j's groups are places start[j] … start[j + 1] − 1; at least one a column. */
  readonly start: Uint32Array;
  /** `groupOf[256 · j + code]`: the group within its column; means nothing for a code that occurs in no row. */
  readonly groupOf: Uint8Array;
  /** `share[256 · j + code]`: chance of the code within its group; 0 for a code that occurs in no row. */
  readonly share: Float64Array;
  /** Share of the rows in each place; each column's sum to 1. */
  readonly mass: Float64Array;
  /** The first missing[j] groups of column j are ways of being missing. */
  readonly missing: Uint8Array;
  readonly ordered: Uint8Array;
}

/** Groups of every column. Ways of being missing, codes of at least 1 / most of the rows and the codes of columns without an order stay
 * alone; the others share groups with their neighbours, by about equal counts, where more than `most` codes occur. Without rows every cell
 * is the first code.
 * @param how.rareColumn rows of this column's rare classes count, together, as much as all others, where groups are to have equal counts, so that
 * what is a tail for most rows has room for those whom it is about; −1: none */
export function groupForest(
  data: CodeRows,
  { most, rareColumn }: { readonly most: number; readonly rareColumn: number },
): ForestCodes {
  const d = data.levels.length;
  const crowds = rareColumn < 0 ? undefined : rareWeights(data, rareColumn);
  const start = new Uint32Array(d + 1);
  const groupOf = new Uint8Array(256 * d);
  const share = new Float64Array(256 * d);
  const missing = new Uint8Array(d);
  const mass: number[] = [];
  for (let j = 0; j < d; j++) {
    const levels = data.levels[j] as number;
    const counts = new Float64Array(levels);
    const sizes = crowds ? new Float64Array(levels) : counts;
    const codes = data.codes[j] as Uint8Array;
    for (let row = 0; row < data.rows; row++) {
      const code = codes[row] as number;
      counts[code] = (counts[code] as number) + 1;
      if (crowds) sizes[code] = (sizes[code] as number) + (crowds[row] as number);
    }
    if (data.rows === 0) counts[0] = 1;
    const total = Math.max(1, data.rows);
    const firstPresent = data.missing[j] as number;
    const room = data.ordered[j] ? most : 256;
    const occurring = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    const heavy = sizes.reduce((sum, size) => sum + size, 0) / room;
    const isAlone = (code: number): boolean =>
      occurring <= room || code < firstPresent || (sizes[code] as number) >= heavy;
    const held = mergeNeighbours(counts, { sizes, most: room, isAlone });
    for (let code = 0; code < levels; code++) {
      const count = counts[code] as number;
      if (count === 0) continue;
      const group = held.groupOf[code] as number;
      groupOf[256 * j + code] = group;
      share[256 * j + code] = count / (held.rows[group] as number);
      if (code < firstPresent) missing[j] = group + 1;
    }
    for (const rows of held.rows) mass.push(rows / total);
    start[j + 1] = mass.length;
  }
  return {
    start: sharedCopy(start),
    groupOf: sharedCopy(groupOf),
    share: sharedCopy(share),
    mass: sharedCopy(Float64Array.from(mass)),
    missing: sharedCopy(missing),
    ordered: sharedCopy(Uint8Array.from(data.ordered, Number)),
  };
}

/** Classes of at most this share of the rows are rare. */
export const RARE_SHARE = 0.1;

/** What each row counts: ½ / rows of its side, which is either all rare classes together or all others; undefined where none is rare. */
function rareWeights({ codes, rows, levels }: CodeRows, column: number): Float64Array | undefined {
  const cells = codes[column] as Uint8Array;
  const counts = new Float64Array(levels[column] as number);
  for (let row = 0; row < rows; row++) counts[cells[row] as number] = (counts[cells[row] as number] as number) + 1;
  const isRare = counts.map((count) => Number(count <= RARE_SHARE * rows));
  const rare = counts.reduce((sum, count, code) => sum + count * (isRare[code] as number), 0);
  if (rare === 0) return undefined;
  return Float64Array.from({ length: rows }, (_, row) =>
    isRare[cells[row] as number] === 1 ? 0.5 / rare : 0.5 / (rows - rare),
  );
}

/** The places of rows, row by row: `cells[i · columns + j]` is the place of column j in the i-th of the given rows. In shared memory.
 * The codes must occur in the rows that were grouped. */
export function placesOf(
  codes: ForestCodes,
  columns: readonly Uint8Array[],
  rows: Uint32Array,
): Uint16Array | Uint32Array {
  const d = columns.length;
  const places = codes.start[d] as number;
  const cells =
    places <= 65_536
      ? new Uint16Array(new SharedArrayBuffer(2 * d * rows.length))
      : new Uint32Array(new SharedArrayBuffer(4 * d * rows.length));
  for (let j = 0; j < d; j++) {
    const column = columns[j] as Uint8Array;
    const first = codes.start[j] as number;
    for (let i = 0; i < rows.length; i++)
      cells[i * d + j] = first + (codes.groupOf[256 * j + (column[rows[i] as number] as number)] as number);
  }
  return cells;
}

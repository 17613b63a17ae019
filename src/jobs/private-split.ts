import type { Split } from "../data/split.ts";
import { columnOf, isMissing, selectColumns, type Table } from "../data/table.ts";
import { type Random, randomFrom } from "../random.ts";
import { rowHashes } from "../runs/sketch.ts";

/** Splits the rows so that one row more or less (one person, where rows are grouped) is one more or less on its side, and moves no other: each
 * row goes by a hash of what is in it under the seed, equal rows by their number among their likes; with `group` all rows of a person by a
 * hash of the person. Where a row stands in the file does not matter, so a guarantee for the training rows is one for all rows.
 * @param how.most rows of one person that are learned from, those of the smallest hashes; what is over is on neither side */
export function privateSplit(
  table: Table,
  how: {
    readonly share: number;
    readonly group?: string | undefined;
    readonly most: number;
    readonly random: Random;
  },
): Split {
  const { share, group, most, random } = how;
  const key = Uint8Array.from(new Uint8Array(Uint32Array.from(random.key).buffer));
  const own = distinctPlaces(table, rowHashes(table, key));
  const persons = group === undefined ? undefined : personsOf(table, { group, own, key });
  const side = persons?.places ?? own;
  const train: number[] = [];
  const holdout: number[] = [];
  for (let row = 0; row < table.rows; row++) ((side[row] as number) < share ? holdout : train).push(row);
  if (!persons) return { train: Uint32Array.from(train), holdout: Uint32Array.from(holdout) };
  const rowsOf = new Map<number, number[]>();
  for (const row of train) {
    const person = persons.numbers[row] as number;
    const rows = rowsOf.get(person);
    if (rows) rows.push(row);
    else rowsOf.set(person, [row]);
  }
  const kept = [...rowsOf.values()].flatMap((rows) =>
    rows.sort((a, b) => (own[a] as number) - (own[b] as number)).slice(0, most),
  );
  return { train: Uint32Array.from(kept).sort(), holdout: Uint32Array.from(holdout) };
}

/** For each row a number in [0, 1) that depends on what is in it and on how many equal rows stand before it. Rows of which only the hashes are
 * equal do not count as equal. */
function distinctPlaces(table: Table, hashes: Float64Array): Float64Array {
  const likes = new Map<number, { readonly row: number; count: number }[]>();
  const out = new Float64Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    const hash = hashes[row] as number;
    const known = likes.get(hash) ?? [];
    let same = known.find((other) => isEqual(table, other.row, row));
    if (!same) {
      same = { row, count: 0 };
      known.push(same);
      likes.set(hash, known);
    }
    out[row] = placeOf(hash, same.count++);
  }
  return out;
}

function placeOf(hash: number, count: number): number {
  return randomFrom([hash >>> 0, Math.floor(hash / 2 ** 32) >>> 0, count >>> 0, 0x706c6163]).uniform();
}

function isEqual(table: Table, a: number, b: number): boolean {
  return table.columns.every((column) =>
    column.type === "text" ? column.codes[a] === column.codes[b] : Object.is(column.values[a], column.values[b]),
  );
}

/** The person of each row and that person's place; a row without one is a person of its own. */
function personsOf(
  table: Table,
  { group, own, key }: { readonly group: string; readonly own: Float64Array; readonly key: Uint8Array },
): { readonly numbers: Int32Array; readonly places: Float64Array } {
  const column = columnOf(table, group);
  const hashes = rowHashes(selectColumns(table, [group]), key);
  const numbers = new Int32Array(table.rows);
  const places = new Float64Array(table.rows);
  const seen = new Map<number, number>();
  let next = 0;
  for (let row = 0; row < table.rows; row++) {
    const value = (column.type === "text" ? column.codes[row] : column.values[row]) as number;
    const known = isMissing(column, row) ? undefined : seen.get(value);
    const person = known ?? next++;
    if (known === undefined && !isMissing(column, row)) seen.set(value, person);
    numbers[row] = person;
    places[row] = isMissing(column, row) ? (own[row] as number) : placeOf(hashes[row] as number, 0);
  }
  return { numbers, places };
}

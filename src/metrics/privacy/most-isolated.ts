import { type Table, takeRows } from "../../data/table.ts";
import type { MixedRows } from "../../learners/neighbours/mixed-rows.ts";
import type { Random } from "../../random.ts";
import type { TableSchema } from "../../schema/schema.ts";
import { encodeMixed, fitMixedCodec } from "./mixed-table.ts";
import { rowDistances } from "./row-distances.ts";

/** Nearest rows whose mean distance is how isolated a row is. */
export const NEIGHBOURS = 5;

/** Rows that a first look compares with, and the candidates it leaves for each one that is wanted. */
const FIRST_LOOK = 4000;
const FINALISTS = 10;

/** The rows that lie farthest from the rows of all other people, by the mean distance to the five nearest, most isolated first, one per person. A
 * first look at no more than 4,000 rows leaves ten candidates for each that is wanted; those are compared with every row.
 * @param options candidates: row numbers to choose from; entities: whose each row is
 * @returns at most `count` row numbers
 * @source Meeus et al. (2023), Achilles' Heels, ESORICS, arXiv 2306.10308 */
export function mostIsolated(
  real: Table,
  options: {
    readonly candidates: Uint32Array;
    readonly count: number;
    readonly entities?: Int32Array | undefined;
    readonly schema: TableSchema;
    readonly random: Random;
  },
): readonly number[] {
  const { candidates, count, schema, random } = options;
  const entities = options.entities ?? Int32Array.from({ length: real.rows }, (_, i) => i);
  const codec = fitMixedCodec([real], schema);
  const looked = random.sample(real.rows, FIRST_LOOK);
  const all = encodeMixed([real], codec);
  const some = encodeMixed([takeRows(real, looked)], codec);
  const isolation = (row: number, among: MixedRows, rowOf: (i: number) => number): number =>
    meanOfNearest(rowDistances(all, row, among), (i) => entities[rowOf(i)] === entities[row]);
  const ranked = (rows: Iterable<number>, among: MixedRows, rowOf: (i: number) => number): number[] => {
    const measured = Array.from(rows, (row) => ({ row, far: isolation(row, among, rowOf) }));
    measured.sort((a, b) => b.far - a.far || a.row - b.row);
    return distinct(
      measured.map(({ row }) => row),
      entities,
    );
  };
  const finalists = ranked(candidates, some, (i) => looked[i] as number).slice(0, FINALISTS * count);
  return ranked(finalists, all, (i) => i).slice(0, count);
}

/** Mean of the smallest distances, but for rows of the same person. */
function meanOfNearest(distances: Float64Array, isOwn: (row: number) => boolean): number {
  const nearest = new Float64Array(NEIGHBOURS).fill(Number.POSITIVE_INFINITY);
  for (let row = 0; row < distances.length; row++) {
    const x = distances[row] as number;
    if (x >= (nearest[NEIGHBOURS - 1] as number) || isOwn(row)) continue;
    let at = NEIGHBOURS - 1;
    for (; at > 0 && (nearest[at - 1] as number) > x; at--) nearest[at] = nearest[at - 1] as number;
    nearest[at] = x;
  }
  const known = nearest.filter(Number.isFinite);
  return known.length === 0 ? 0 : known.reduce((sum, x) => sum + x, 0) / known.length;
}

function distinct(rows: readonly number[], entities: Int32Array): number[] {
  const seen = new Set<number>();
  return rows.filter((row) => {
    const entity = entities[row] as number;
    if (seen.has(entity)) return false;
    seen.add(entity);
    return true;
  });
}

import type { Budget } from "../../dp/budget.ts";
import { countBelow } from "../../math/sorted-search.ts";
import { gridValues } from "./grid.ts";

/** Parts that a cell is cut into from one level to the next, and levels at most: 2^21 cells. */
const PARTS = 8;
const MOST_LEVELS = 7;

/** Standard deviations of noise above which a cell is worth cutting. */
const DEVIATIONS = 4;

/** Ends of bins with about equal counts, in which values that many rows hold stand alone, by noisy counts of ever smaller cells: a cell is cut
 * again where it holds more than its share. Every row is in one cell of a level, so each level is one answer of sensitivity 1; levels that are
 * not reached cost nothing.
 * @param values NaN: missing; those outside the range count at its ends
 * @param how.bins wanted; values that stand alone come on top
 * @returns upper ends, ascending, the last that of the range
 * @source after PrivTree (Zhang, Xiao & Xie 2016), with levels paid for one by one under zCDP */
export function noisyBinEnds(
  values: Float64Array,
  how: {
    readonly range: readonly [number, number];
    readonly unit: number;
    readonly bins: number;
    readonly budget: Budget;
    readonly query: string;
    readonly rho: number;
  },
): readonly number[] {
  const { range, unit, bins, budget, query, rho } = how;
  const [low, high] = range;
  const total = gridValues(range, unit);
  const levels = Math.max(1, Math.min(MOST_LEVELS, Math.ceil(Math.log(total) / Math.log(PARTS) - 1e-9)));
  const places = placesOf(values, { low, unit, total });
  const leaves: Cell[] = [];
  let open: Cell[] = [{ from: 0, to: total, rows: 0 }];
  let share = 0;
  for (let level = 1; level <= levels && open.length > 0; level++) {
    const cells = open.flatMap(partsOf);
    const { noisy, sigma } = budget.gaussian(countIn(places, cells), {
      query: `${query}, level ${level} of ${levels}`,
      rho: rho / levels,
    });
    const held = cells.map((cell, i) => ({ ...cell, rows: Math.max(0, noisy[i] as number) }));
    if (level === 1) share = held.reduce((sum, { rows }) => sum + rows, 0) / bins;
    const isCut = ({ from, to, rows }: Cell): boolean =>
      level < levels && to - from > 1 && rows > Math.max(share, DEVIATIONS * sigma);
    open = held.filter(isCut);
    leaves.push(...held.filter((cell) => !isCut(cell)));
  }
  leaves.sort((a, b) => a.from - b.from);
  return joined(leaves, share).map((to) => (to === total ? high : low + (to - 1) * unit));
}

/** Values number `from` to `to` − 1 of the range's grid. */
interface Cell {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

function partsOf({ from, to }: Cell): Cell[] {
  const parts = Math.min(PARTS, to - from);
  const at = (i: number): number => from + Math.round(((to - from) * i) / parts);
  return Array.from({ length: parts }, (_, i) => ({ from: at(i), to: at(i + 1), rows: 0 }));
}

/** Numbers of the values on the grid, ascending; missing ones are left out. */
function placesOf(
  values: Float64Array,
  { low, unit, total }: { readonly low: number; readonly unit: number; readonly total: number },
): Float64Array {
  const out = new Float64Array(values.length);
  let n = 0;
  for (const value of values)
    if (!Number.isNaN(value)) out[n++] = Math.min(total - 1, Math.max(0, Math.round((value - low) / unit)));
  return out.subarray(0, n).sort();
}

function countIn(places: Float64Array, cells: readonly Cell[]): Int32Array {
  return Int32Array.from(cells, ({ from, to }) => countBelow(places, to) - countBelow(places, from));
}

/** Neighbouring cells put together until they hold their share; one that holds it alone stays alone. */
function joined(cells: readonly Cell[], share: number): number[] {
  const ends: number[] = [];
  let rows = 0;
  let last: number | undefined;
  for (const cell of cells) {
    if (last !== undefined && cell.rows >= share) {
      ends.push(last);
      rows = 0;
      last = undefined;
    }
    rows += cell.rows;
    last = cell.to;
    if (rows < share) continue;
    ends.push(last);
    rows = 0;
    last = undefined;
  }
  if (last !== undefined) ends.push(last);
  return ends;
}

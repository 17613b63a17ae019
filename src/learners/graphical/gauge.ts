import { cellsOf, isWithin, placesIn } from "./scope.ts";

/** What factors share: for each set of columns that is an intersection of scopes, who holds it. */
export interface Gauge {
  readonly overlaps: readonly Overlap[];
}

interface Overlap {
  readonly cells: number;
  /** Factors that hold the columns, and for each of their cells its place among the overlap's; the first takes what the others give. */
  readonly holders: readonly { readonly factor: number; readonly places: Int32Array }[];
}

/** @param scopes of factors, none within another */
export function gaugeOf(sizes: readonly number[], scopes: readonly (readonly number[])[]): Gauge {
  const shared = new Map<string, readonly number[]>();
  scopes.forEach((one, f) => {
    for (const other of scopes.slice(0, f)) {
      const overlap = one.filter((column) => other.includes(column));
      if (overlap.length > 0) shared.set(overlap.join(), overlap);
    }
  });
  const overlaps = [...shared.values()]
    .sort((a, b) => b.length - a.length)
    .map((overlap) => ({
      cells: cellsOf(sizes, overlap),
      holders: scopes.flatMap((scope, factor) =>
        isWithin(overlap, scope) ? [{ factor, places: placesIn(sizes, scope, { scope: overlap }) }] : [],
      ),
    }));
  return { overlaps };
}

/** Moves log-potentials between factors without changing their sum for any row: what a factor says of columns that another holds too is
 * handed over, so that the largest log-potential of each such slice is 0 in all but one factor. Measurements that contradict each other
 * push potentials of shared columns apart for ever; without this, numbers would run out of range though the distribution stands still.
 * @param tables changed in place
 * @param followers other tables for the same factors, changed by the same amounts */
export function regauge(
  { overlaps }: Gauge,
  tables: readonly Float64Array[],
  followers: readonly Float64Array[],
): void {
  for (const { cells, holders } of overlaps) {
    const given = new Float64Array(cells);
    holders.slice(1).forEach(({ factor, places }) => {
      const table = tables[factor] as Float64Array;
      const most = new Float64Array(cells).fill(Number.NEGATIVE_INFINITY);
      for (let i = 0; i < table.length; i++)
        if ((table[i] as number) > (most[places[i] as number] as number))
          most[places[i] as number] = table[i] as number;
      for (let k = 0; k < cells; k++) {
        if (most[k] === Number.NEGATIVE_INFINITY) most[k] = 0;
        given[k] = (given[k] as number) + (most[k] as number);
        most[k] = -(most[k] as number);
      }
      add(table, most, places);
      add(followers[factor] as Float64Array, most, places);
    });
    const { factor, places } = holders[0] as Overlap["holders"][number];
    add(tables[factor] as Float64Array, given, places);
    add(followers[factor] as Float64Array, given, places);
  }
}

function add(table: Float64Array, amounts: Float64Array, places: Int32Array): void {
  for (let i = 0; i < table.length; i++) table[i] = (table[i] as number) + (amounts[places[i] as number] as number);
}

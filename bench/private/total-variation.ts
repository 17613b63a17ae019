import type { Discrete } from "./discrete.ts";

/** Mean total-variation distance over all columns, all pairs, and all triples with few enough cells. */
export interface Distances {
  readonly one: number;
  readonly two: number;
  readonly three: number;
  /** How many marginals each mean is over. */
  readonly marginals: readonly [one: number, two: number, three: number];
}

/** Triples with more cells are left out, as in the workloads of private-pgm. */
const MOST_CELLS = 10_000;

/** Compares two tables of the same domain, marginal by marginal; every marginal weighs the same. */
export function distancesOf(
  real: Discrete,
  other: Discrete,
  { orders = [1, 2, 3] }: { readonly orders?: readonly number[] } = {},
): Distances {
  const means = [1, 2, 3].map((order) => {
    if (!orders.includes(order)) return { mean: Number.NaN, count: 0 };
    const sets = subsets(real.sizes.length, order).filter(
      (set) => order < 3 || set.reduce((cells, j) => cells * (real.sizes[j] as number), 1) <= MOST_CELLS,
    );
    const total = sets.reduce((sum, set) => sum + totalVariation(real, other, set), 0);
    return { mean: total / sets.length, count: sets.length };
  });
  const [one, two, three] = means as [{ mean: number; count: number }, ...typeof means];
  return {
    one: one.mean,
    two: two?.mean ?? Number.NaN,
    three: three?.mean ?? Number.NaN,
    marginals: [one.count, two?.count ?? 0, three?.count ?? 0],
  };
}

function totalVariation(real: Discrete, other: Discrete, set: readonly number[]): number {
  const [p, q] = [sharesOf(real, set), sharesOf(other, set)];
  return p.reduce((sum, share, cell) => sum + Math.abs(share - (q[cell] as number)), 0) / 2;
}

function sharesOf({ columns, sizes, rows }: Discrete, set: readonly number[]): Float64Array {
  const shares = new Float64Array(set.reduce((cells, j) => cells * (sizes[j] as number), 1));
  const mine = set.map((j) => columns[j] as Uint16Array);
  const spans = set.map((j) => sizes[j] as number);
  for (let row = 0; row < rows; row++) {
    let cell = 0;
    for (let i = 0; i < mine.length; i++)
      cell = cell * (spans[i] as number) + ((mine[i] as Uint16Array)[row] as number);
    shares[cell] = (shares[cell] as number) + 1 / rows;
  }
  return shares;
}

function subsets(of: number, order: number, from = 0): readonly (readonly number[])[] {
  if (order === 0) return [[]];
  const out: (readonly number[])[] = [];
  for (let first = from; first < of; first++)
    for (const rest of subsets(of, order - 1, first + 1)) out.push([first, ...rest]);
  return out;
}

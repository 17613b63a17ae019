/** Sets of columns as the tables of this folder are laid out.
 *
 * A *clique* is ascending column indices, and what callers see is row-major over it. Inside, a *scope* is the same set in storage order:
 * by number of values, ties by index, so that the column with most values is the last of every table that has it, and innermost loops are
 * long and walk memory in steps of one. */

/** Number of cells of a table over these columns; 1 for none. */
export function cellsOf(sizes: readonly number[], columns: readonly number[]): number {
  let cells = 1;
  for (const column of columns) cells *= sizes[column] as number;
  return cells;
}

/** The columns in storage order. */
export function scopeOf(sizes: readonly number[], columns: readonly number[]): number[] {
  return [...columns].sort((a, b) => (sizes[a] as number) - (sizes[b] as number) || a - b);
}

/** Whether every column of `inner` is one of `outer`'s. */
export function isWithin(inner: readonly number[], outer: readonly number[]): boolean {
  return inner.every((column) => outer.includes(column));
}

/** How far a step of each of `columns` moves in a row-major table over `scope`; 0 for columns that it lacks. */
export function stridesIn(sizes: readonly number[], columns: readonly number[], scope: readonly number[]): number[] {
  const strides = columns.map(() => 0);
  let step = 1;
  for (let i = scope.length - 1; i >= 0; i--) {
    const at = columns.indexOf(scope[i] as number);
    if (at >= 0) strides[at] = step;
    step *= sizes[scope[i] as number] as number;
  }
  return strides;
}

/** For each cell of a row-major table over `columns`, in order, its place in a table over `scope` (columns that it lacks do not count).
 * @param start added to every place */
export function placesIn(
  sizes: readonly number[],
  columns: readonly number[],
  { scope, start = 0 }: { readonly scope: readonly number[]; readonly start?: number },
): Int32Array {
  const strides = stridesIn(sizes, columns, scope);
  const places = new Int32Array(cellsOf(sizes, columns));
  places[0] = start;
  // The block of cells filled so far is repeated once for each value of the next column outwards.
  let block = 1;
  for (let i = columns.length - 1; i >= 0; i--) {
    const size = sizes[columns[i] as number] as number;
    const stride = strides[i] as number;
    for (let value = 1; value < size; value++)
      for (let at = 0; at < block; at++) places[value * block + at] = (places[at] as number) + value * stride;
    block *= size;
  }
  return places;
}

/** A table's cells in the order of the same columns listed otherwise. */
export function reorder(
  table: Float64Array,
  sizes: readonly number[],
  { from, to }: { readonly from: readonly number[]; readonly to: readonly number[] },
): Float64Array {
  if (from.every((column, i) => column === to[i])) return table.slice();
  return Float64Array.from(placesIn(sizes, to, { scope: from }), (place) => table[place] as number);
}

/** Scopes that are within no other; each once, in the order given. */
export function maximalScopes(scopes: readonly (readonly number[])[]): (readonly number[])[] {
  const longestFirst = scopes
    .map((scope, at) => ({ scope, at }))
    .sort((a, b) => b.scope.length - a.scope.length || a.at - b.at);
  const kept: { readonly scope: readonly number[]; readonly at: number }[] = [];
  for (const one of longestFirst) if (!kept.some((other) => isWithin(one.scope, other.scope))) kept.push(one);
  return kept.sort((a, b) => a.at - b.at).map(({ scope }) => scope);
}

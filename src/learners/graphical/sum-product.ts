import { placesIn } from "./scope.ts";

/** A table in an arena: row-major over its scope, from `start`. */
export interface ArenaTable {
  readonly scope: readonly number[];
  readonly start: number;
  readonly cells: number;
}

/** One sum of products: the product of some tables over the columns of a scope, added up into others. The product itself, one number for
 * each cell of the scope, is never stored: only a row of it, over the last column. */
export interface SumProduct {
  /** Rows of the product, and their length. */
  readonly rows: number;
  readonly length: number;
  /** Tables without, then with the last column, that are multiplied; with, then without it, that are added to. */
  readonly outerInputs: number;
  readonly innerInputs: number;
  readonly innerOutputs: number;
  readonly outerOutputs: number;
  /** For each row the place of each table, in that order. */
  readonly places: Int32Array;
  /** Cleared before. */
  readonly outputs: readonly ArenaTable[];
}

/** @param scope in storage order; the scopes of the tables are subsets of it */
export function planSumProduct(
  sizes: readonly number[],
  scope: readonly number[],
  tables: { readonly inputs: readonly ArenaTable[]; readonly outputs: readonly ArenaTable[] },
): SumProduct {
  const outer = scope.slice(0, -1);
  const last = scope.at(-1);
  const hasLast = (table: ArenaTable): boolean => last === undefined || table.scope.at(-1) === last;
  const parts = [
    tables.inputs.filter((table) => !hasLast(table)),
    tables.inputs.filter(hasLast),
    tables.outputs.filter(hasLast),
    tables.outputs.filter((table) => !hasLast(table)),
  ] as const;
  const all = parts.flat();
  const columns = all.map(({ scope: own, start }) => placesIn(sizes, outer, { scope: own, start }));
  const rows = columns[0]?.length ?? 0;
  const places = new Int32Array(rows * all.length);
  columns.forEach((column, k) => {
    for (let row = 0; row < rows; row++) places[row * all.length + k] = column[row] as number;
  });
  return {
    rows,
    length: last === undefined ? 1 : (sizes[last] as number),
    outerInputs: parts[0].length,
    innerInputs: parts[1].length,
    innerOutputs: parts[2].length,
    outerOutputs: parts[3].length,
    places,
    outputs: tables.outputs,
  };
}

/** Most values of a column: a row of a product. */
const row = new Float64Array(65_536);

/** Clears the outputs, then adds the products up. */
export function runSumProduct(arena: Float64Array, plan: SumProduct): void {
  const { rows, length, outerInputs, innerInputs, innerOutputs, outerOutputs, places } = plan;
  for (const { start, cells } of plan.outputs) arena.fill(0, start, start + cells);
  const firstOutput = outerInputs + innerInputs;
  const firstOuter = firstOutput + innerOutputs;
  const count = firstOuter + outerOutputs;
  // One output of one or two tables, the most frequent by far, takes one pass; others go through a row of products.
  const isPlain = (innerInputs === 1 || innerInputs === 2) && innerOutputs + outerOutputs === 1;
  for (let r = 0, at = 0; r < rows; r++, at += count) {
    let scale = 1;
    for (let k = 0; k < outerInputs; k++) scale *= arena[places[at + k] as number] as number;
    if (scale === 0) continue;
    const a = places[at + outerInputs] as number;
    if (isPlain) {
      const b = innerInputs === 2 ? (places[at + outerInputs + 1] as number) : -1;
      const to = places[at + firstOutput] as number;
      if (innerOutputs === 1) addProduct(arena, { length, scale, a, b, to });
      else arena[to] = (arena[to] as number) + scale * sumOfProduct(arena, { length, a, b });
      continue;
    }
    if (innerInputs === 0) row.fill(scale, 0, length);
    else {
      for (let x = 0; x < length; x++) row[x] = scale * (arena[a + x] as number);
      for (let k = 1; k < innerInputs; k++) {
        const b = places[at + outerInputs + k] as number;
        for (let x = 0; x < length; x++) row[x] = (row[x] as number) * (arena[b + x] as number);
      }
    }
    for (let k = 0; k < innerOutputs; k++) {
      const to = places[at + firstOutput + k] as number;
      for (let x = 0; x < length; x++) arena[to + x] = (arena[to + x] as number) + (row[x] as number);
    }
    if (outerOutputs > 0) {
      let sum = 0;
      for (let x = 0; x < length; x++) sum += row[x] as number;
      for (let k = 0; k < outerOutputs; k++) {
        const to = places[at + firstOuter + k] as number;
        arena[to] = (arena[to] as number) + sum;
      }
    }
  }
}

function addProduct(
  arena: Float64Array,
  at: { readonly length: number; readonly scale: number; readonly a: number; readonly b: number; readonly to: number },
): void {
  const { length, scale, a, b, to } = at;
  if (b < 0)
    for (let x = 0; x < length; x++) arena[to + x] = (arena[to + x] as number) + scale * (arena[a + x] as number);
  else
    for (let x = 0; x < length; x++)
      arena[to + x] = (arena[to + x] as number) + scale * (arena[a + x] as number) * (arena[b + x] as number);
}

function sumOfProduct(
  arena: Float64Array,
  at: { readonly length: number; readonly a: number; readonly b: number },
): number {
  const { length, a, b } = at;
  let sum = 0;
  if (b < 0) for (let x = 0; x < length; x++) sum += arena[a + x] as number;
  else for (let x = 0; x < length; x++) sum += (arena[a + x] as number) * (arena[b + x] as number);
  return sum;
}

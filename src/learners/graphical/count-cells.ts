import { cellsOf } from "./scope.ts";

/** Rows in each cell of a clique, row-major; one pass over the rows.
 * @param codes one array per column of the table, `codes[j][row]` < `sizes[j]`
 * @param clique column indices; none: one cell, all rows */
export function countCells(
  codes: readonly Uint8Array[],
  sizes: readonly number[],
  clique: readonly number[],
): Int32Array {
  const counts = new Int32Array(cellsOf(sizes, clique));
  const rows = codes[clique[0] ?? 0]?.length ?? 0;
  const [first, second, third] = clique.map((column) => codes[column] as Uint8Array);
  if (!first) counts[0] = rows;
  else if (!second) for (let row = 0; row < rows; row++) addOne(counts, first[row] as number);
  else {
    const size = sizes[clique[1] as number] as number;
    if (clique.length === 2) {
      for (let row = 0; row < rows; row++) addOne(counts, (first[row] as number) * size + (second[row] as number));
    } else if (clique.length === 3 && third) {
      const last = sizes[clique[2] as number] as number;
      for (let row = 0; row < rows; row++)
        addOne(counts, ((first[row] as number) * size + (second[row] as number)) * last + (third[row] as number));
    } else {
      const places = new Int32Array(rows);
      for (const column of clique) {
        const own = codes[column] as Uint8Array;
        const values = sizes[column] as number;
        for (let row = 0; row < rows; row++) places[row] = (places[row] as number) * values + (own[row] as number);
      }
      for (let row = 0; row < rows; row++) addOne(counts, places[row] as number);
    }
  }
  return counts;
}

function addOne(counts: Int32Array, cell: number): void {
  counts[cell] = (counts[cell] as number) + 1;
}

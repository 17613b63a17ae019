/** How many hold each cell: rows, or different people when it is known whose row each is.
 * @param cells the cell of each row, −1 for none
 * @param count number of cells
 * @param entities person of each row, 0 … */
export function holdersOf(cells: Int32Array, count: number, entities: Int32Array | undefined): Float64Array {
  const holders = new Float64Array(count);
  if (!entities) {
    for (const cell of cells) if (cell >= 0) holders[cell] = (holders[cell] as number) + 1;
    return holders;
  }
  const seen = new Set<number>();
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] as number;
    if (cell < 0) continue;
    const key = (entities[i] as number) * count + cell;
    if (seen.has(key)) continue;
    seen.add(key);
    holders[cell] = (holders[cell] as number) + 1;
  }
  return holders;
}

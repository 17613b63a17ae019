import { MINIMUM_HOLDERS } from "./profiles.ts";

/** How many hold each cell: rows; or, when it is known whose row each is, different people, counted no further than {@link MINIMUM_HOLDERS}.
 * @param cells the cell of each row, −1 for none
 * @param count number of cells
 * @param entities person of each row, 0 … */
export function holdersOf(cells: Int32Array, count: number, entities: Int32Array | undefined): Float64Array {
  const holders = new Float64Array(count);
  if (!entities) {
    for (const cell of cells) if (cell >= 0) holders[cell] = (holders[cell] as number) + 1;
    return holders;
  }
  const known = new Int32Array(count * MINIMUM_HOLDERS);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] as number;
    if (cell < 0) continue;
    const held = holders[cell] as number;
    if (held >= MINIMUM_HOLDERS) continue;
    const person = entities[i] as number;
    const start = cell * MINIMUM_HOLDERS;
    let at = start;
    while (at < start + held && known[at] !== person) at++;
    if (at < start + held) continue;
    known[at] = person;
    holders[cell] = held + 1;
  }
  return holders;
}

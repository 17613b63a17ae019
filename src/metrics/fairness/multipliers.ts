import type { Random } from "../../random.ts";

/** Sums over each cell's rows of one random multiplier per row, or per person: how a count would differ by luck, for all cells together.
 * Independent normal multipliers add up to a normal of variance "rows of the cell", drawn at once; people get a sign each.
 * @param rows.cells cell of each row; −1: the row does not count
 * @param rows.people of each row, where rows of one person go together
 * @returns fills the sums of the next draw, one per cell
 * @source Chernozhukov, Chetverikov & Kato (2013), Annals of Statistics 41(6): Gaussian multipliers for the maximum of many sums */
export function multiplierSums(
  rows: { readonly cells: Int32Array; readonly count: number; readonly people?: Int32Array | undefined },
  random: Random,
): (sums: Float64Array) => void {
  const { cells, count, people } = rows;
  if (!people) {
    const held = new Float64Array(count);
    for (const cell of cells) if (cell >= 0) held[cell] = (held[cell] as number) + 1;
    const spread = held.map(Math.sqrt);
    return (sums) => {
      for (let cell = 0; cell < count; cell++) {
        const own = spread[cell] as number;
        sums[cell] = own > 0 ? random.normal() * own : 0;
      }
    };
  }
  const signs = new Float64Array(people.reduce((most, person) => Math.max(most, person), -1) + 1);
  return (sums) => {
    for (let person = 0; person < signs.length; person++) signs[person] = random.uint32() >= 0x80000000 ? 1 : -1;
    sums.fill(0);
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as number;
      if (cell >= 0) sums[cell] = (sums[cell] as number) + (signs[people[i] as number] as number);
    }
  };
}

/** The value that the greatest of many standardised deviates exceeds, in absolute size, with probability 1 − level.
 * @param greatest of each draw; overwritten */
export function criticalValue(greatest: Float64Array, level: number): number {
  return greatest.sort()[Math.min(greatest.length, Math.ceil(level * greatest.length)) - 1] as number;
}

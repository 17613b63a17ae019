import { type MixedRows, mixedRows, UNIT } from "../../../src/learners/neighbours/mixed-rows.ts";
import type { Random } from "../../../src/random.ts";

export interface Shape {
  readonly rows: number;
  readonly categories: number;
  readonly numbers: number;
  /** Labels of a category and distinct values of a number. */
  readonly levels: number;
}

/** Rows with labels that no other table holds, missing numbers, and many ties where there are few levels. */
export function randomRows(shape: Shape, random: Random): MixedRows {
  const out = mixedRows(shape.rows, shape.categories, shape.numbers);
  const width = shape.categories + shape.numbers;
  for (let i = 0; i < shape.rows; i++) {
    for (let k = 0; k < width; k++) {
      // Codes above 32 share a bit of the box; unknown labels are −1; missing numbers are two units up.
      const level = Math.floor(shape.levels * random.uniform() ** 2);
      if (k < shape.categories) out.cells[i * width + k] = random.uniform() < 0.02 ? -1 : level;
      else out.cells[i * width + k] = random.uniform() < 0.05 ? 2 * UNIT : Math.round((level / shape.levels) * UNIT);
    }
  }
  return out;
}

/** The distance of a pool row from a query row, in whole units' parts, as it is defined. */
export function slowDistance(
  pool: MixedRows,
  row: number,
  other: { readonly rows: MixedRows; readonly row: number },
): number {
  const width = pool.categories + pool.numbers;
  let sum = 0;
  for (let k = 0; k < width; k++) {
    const a = pool.cells[row * width + k] as number;
    const b = other.rows.cells[other.row * width + k] as number;
    sum += k < pool.categories ? (a === b ? 0 : UNIT) : Math.abs(a - b);
  }
  return sum;
}

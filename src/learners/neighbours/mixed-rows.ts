/** Rows of categories and numbers as whole numbers, row-major, in shared memory: `cells[row * width + column]`, categories first. */
export interface MixedRows {
  readonly rows: number;
  /** Columns that only agree or differ; a cell is any int32. */
  readonly categories: number;
  /** Columns with a distance; a cell is a multiple of 1 / {@link UNIT}, |cell| ≤ 2 * UNIT. */
  readonly numbers: number;
  readonly cells: Int32Array;
}

/** One: the distance between two different categories, and between the lowest and the highest rank of a number. Whole numbers of 2^-20
 * (about 1e-6) make every distance exact, whatever the order of its sum, so that a tie is a tie on any thread. */
export const UNIT = 1 << 20;

/** Room for so many rows, all zero. */
export function mixedRows(rows: number, categories: number, numbers: number): MixedRows {
  const cells = new Int32Array(new SharedArrayBuffer(rows * (categories + numbers) * 4));
  return { rows, categories, numbers, cells };
}

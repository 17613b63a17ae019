/** Rows a side for measures that compare each row with each other: bounded in time whatever the number of columns. */
export function pairwiseRows(columns: number): number {
  return Math.max(200, Math.min(MOST_ROWS, Math.floor(Math.sqrt(MOST_CELLS / columns))));
}

const MOST_ROWS = 4000;
/** Row × row × column. */
const MOST_CELLS = 1.5e8;

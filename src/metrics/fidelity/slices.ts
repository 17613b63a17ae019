/** What a three-way table says of the rows that share one bin of one of its columns. */
export interface Slice {
  /** 0, 1 or 2: whose bin. */
  readonly dimension: number;
  readonly bin: number;
  /** Reference rows in it, and the fewest of any side. */
  readonly rows: number;
  readonly least: number;
  /** 1 − total variation distance within the slice. */
  readonly value: number;
  readonly ceiling: number;
}

/** Every slice that no side lacks.
 * @param sides counts of reference, synthetic and ceiling: `(a · levelsOfB + b) · levelsOfC + c` */
export function sliceAccuracies(
  sides: readonly [Float64Array, Float64Array, Float64Array],
  levels: readonly [number, number, number],
): Slice[] {
  const steps = [levels[1] * levels[2], levels[2], 1] as const;
  const out: Slice[] = [];
  for (const dimension of [0, 1, 2] as const) {
    const [other, last] = [0, 1, 2].filter((d) => d !== dimension) as [0 | 1 | 2, 0 | 1 | 2];
    for (let bin = 0; bin < levels[dimension]; bin++) {
      const base = bin * (steps[dimension] as number);
      const visit = (each: (cell: number) => void): void => {
        for (let i = 0; i < levels[other]; i++)
          for (let j = 0; j < levels[last]; j++)
            each(base + i * (steps[other] as number) + j * (steps[last] as number));
      };
      const rows = [0, 0, 0];
      visit((cell) => {
        for (let s = 0; s < 3; s++) rows[s] = (rows[s] as number) + ((sides[s] as Float64Array)[cell] as number);
      });
      const [n, m, f] = rows as [number, number, number];
      if (n === 0 || m === 0 || f === 0) continue;
      let value = 0;
      let ceiling = 0;
      visit((cell) => {
        const real = (sides[0][cell] as number) / n;
        value += Math.abs(real - (sides[1][cell] as number) / m);
        ceiling += Math.abs(real - (sides[2][cell] as number) / f);
      });
      out.push({ dimension, bin, rows: n, least: Math.min(n, m, f), value: 1 - value / 2, ceiling: 1 - ceiling / 2 });
    }
  }
  return out;
}

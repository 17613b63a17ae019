import type { Random } from "../random.ts";

/** Pairs of columns by their positions: pair i is (first[i], second[i]), first < second. */
export interface Pairs {
  readonly count: number;
  /** How many pairs there are in all; more than `count` when only some were chosen. */
  readonly of: number;
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

/** All pairs of these columns, or a seeded choice of at most `most` of them.
 * @param columns positions, ascending */
export function choosePairs(
  columns: readonly number[],
  options: { readonly most: number; readonly random: Random },
): Pairs {
  const of = (columns.length * (columns.length - 1)) / 2;
  const count = Math.min(of, options.most);
  const chosen = count < of ? options.random.sample(of, count) : undefined;
  const first = new Uint32Array(count);
  const second = new Uint32Array(count);
  let at = 0;
  let index = 0;
  for (let i = 0; i < columns.length && at < count; i++)
    for (let j = i + 1; j < columns.length && at < count; j++, index++) {
      if (chosen && chosen[at] !== index) continue;
      first[at] = columns[i] as number;
      second[at] = columns[j] as number;
      at++;
    }
  return { count, of, first, second };
}

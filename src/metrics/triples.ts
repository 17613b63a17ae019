import type { Random } from "../random.ts";

/** Triples of columns by their positions, ascending within each. */
export interface Triples {
  /** How many there are in all; more than were chosen where there are too many. */
  readonly of: number;
  readonly chosen: readonly (readonly [number, number, number])[];
}

/** All triples of these columns, or a seeded choice of `most` different ones.
 * @param columns positions, ascending */
export function chooseTriples(
  columns: readonly number[],
  options: { readonly most: number; readonly random: Random },
): Triples {
  const n = columns.length;
  const of = (n * (n - 1) * (n - 2)) / 6;
  const chosen: [number, number, number][] = [];
  const at = (i: number): number => columns[i] as number;
  if (of <= options.most) {
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) for (let k = j + 1; k < n; k++) chosen.push([at(i), at(j), at(k)]);
    return { of, chosen };
  }
  const seen = new Set<number>();
  while (chosen.length < options.most) {
    const [i, j, k] = options.random.sample(n, 3) as unknown as [number, number, number];
    const key = (i * n + j) * n + k;
    if (seen.has(key)) continue;
    seen.add(key);
    chosen.push([at(i), at(j), at(k)]);
  }
  return { of, chosen };
}

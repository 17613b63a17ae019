import { hash53, joined53 } from "../../math/hash-53.ts";
import { GROUPS, groupStarts } from "../jackknife.ts";

/** How often the n-grams of some rows occur, whole and without each jackknife group. */
export interface NGramCounts {
  /** By replicate (0: all rows, 1 + g: without group g): n-grams in all, and how many different ones occur f times, at index f. */
  readonly replicates: readonly { readonly all: number; readonly occurring: Float64Array }[];
}

/** Counts runs of n words; a run does not reach over the end of a text.
 * @param rows words of the texts of each row, in random order */
export function countNGrams(rows: readonly (readonly (readonly string[])[])[], n: number): NGramCounts {
  const starts = groupStarts(rows.length);
  const byGroup = Array.from({ length: GROUPS }, () => new Map<number, number>());
  const total = new Map<number, number>();
  for (let g = 0; g < GROUPS; g++) {
    const own = byGroup[g] as Map<number, number>;
    for (let row = starts[g] as number; row < (starts[g + 1] as number); row++)
      for (const words of rows[row] as readonly (readonly string[])[]) {
        const hashes = words.map(hash53);
        for (let at = 0; at + n <= words.length; at++) {
          const key = joined53(hashes, at, n);
          own.set(key, (own.get(key) ?? 0) + 1);
        }
      }
    for (const [key, count] of own) total.set(key, (total.get(key) ?? 0) + count);
  }
  const most = [...total.values()].reduce((most, count) => Math.max(most, count), 0);
  const occurring = new Float64Array(most + 1);
  let all = 0;
  for (const count of total.values()) {
    occurring[count] = (occurring[count] as number) + 1;
    all += count;
  }
  return {
    replicates: [
      { all, occurring },
      ...byGroup.map((own) => {
        const left = occurring.slice();
        let gone = 0;
        for (const [key, count] of own) {
          const before = total.get(key) as number;
          left[before] = (left[before] as number) - 1;
          left[before - count] = (left[before - count] as number) + 1;
          gone += count;
        }
        left[0] = 0;
        return { all: all - gone, occurring: left };
      }),
    ],
  };
}

/** Different ones expected among `drawn` of the n-grams, drawn without replacement.
 * @source Hurlbert (1971), Ecology 52: rarefaction */
export function expectedDistinct(
  { all, occurring }: { readonly all: number; readonly occurring: Float64Array },
  drawn: number,
): number {
  let distinct = 0;
  // The chance that none of f occurrences is drawn is a product over f factors, each from the one before.
  let absent = 1;
  for (let f = 1; f < occurring.length; f++) {
    absent *= Math.max(0, all - drawn - f + 1) / (all - f + 1);
    const kinds = occurring[f] as number;
    if (kinds > 0) distinct += kinds * (1 - absent);
    if (f >= all) break;
  }
  return distinct;
}

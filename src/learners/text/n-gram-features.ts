import { hash53 } from "../../math/hash-53.ts";
import { type SparseRows, sparseRows } from "./sparse-rows.ts";
import { tokensOf } from "./tokens.ts";

/** Which n-grams of words are looked at, and what each weighs. Plain data but for its map. */
export interface NGramFeatures {
  /** Column of an n-gram, by its hash. */
  readonly columns: ReadonlyMap<number, number>;
  /** Inverse document frequency of each column. */
  readonly weights: Float64Array;
}

/** Takes stock of the words and pairs of neighbouring words of some texts, in lower case.
 * @param most columns at most; those of the most texts stay
 * @source smoothed inverse document frequency, ln((1 + n) / (1 + df)) + 1: Salton & Buckley (1988), Information Processing & Management 24(5) */
export function fitNGrams(texts: readonly string[], { most }: { readonly most: number }): NGramFeatures {
  const frequency = new Map<number, number>();
  for (const text of texts)
    for (const gram of countsOf(text).keys()) frequency.set(gram, (frequency.get(gram) ?? 0) + 1);
  let kept = [...frequency];
  // A sort keeps the order of equals: that in which they occurred.
  if (kept.length > most) kept = kept.sort((a, b) => b[1] - a[1]).slice(0, most);
  return {
    columns: new Map(kept.map(([gram], column) => [gram, column])),
    weights: Float64Array.from(kept, ([, df]) => Math.log((1 + texts.length) / (1 + df)) + 1),
  };
}

/** Texts as rows of length 1 (0 where no n-gram is known): (1 + ln count) × inverse document frequency. */
export function nGramRows(texts: readonly string[], features: NGramFeatures): SparseRows {
  const rows = texts.map((text) => {
    const entries: [number, number][] = [];
    let squares = 0;
    for (const [gram, count] of countsOf(text)) {
      const column = features.columns.get(gram);
      if (column === undefined) continue;
      const value = (1 + Math.log(count)) * (features.weights[column] as number);
      squares += value * value;
      entries.push([column, value]);
    }
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    return entries.map(([column, value]) => [column, value * scale] as const);
  });
  return sparseRows(rows, features.weights.length);
}

/** How often each word and each pair of neighbours occurs, by hash, in order of first occurrence. */
function countsOf(text: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const count = (gram: string): void => {
    const key = hash53(gram);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  // The first and the last word are worth knowing: "who …", "… ?".
  const tokens = ["", ...tokensOf(text.toLowerCase()), ""];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] !== "") count(tokens[i] as string);
    if (i > 0) count(`${tokens[i - 1]} ${tokens[i]}`);
  }
  return counts;
}

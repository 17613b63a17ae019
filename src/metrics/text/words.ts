import type { Json } from "../../llm/model.ts";
import { hash53 } from "../../math/hash-53.ts";

/** The words of a text after Unicode NFKC in lower case: runs of letters, marks and digits. Where a script sets no space between words (Chinese, Japanese,
 * Thai, Lao, Khmer, Burmese), every letter is one. */
export function wordsOf(text: string): readonly string[] {
  return text.normalize("NFKC").toLowerCase().match(WORD) ?? [];
}

const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
/** Letters that no space is needed for stand alone; a word of others ends after 10,000, which only a broken answer reaches: matching takes stack for each. */
const WORD = new RegExp(`[${UNSPACED}]\\p{M}{0,10000}|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}]){1,10000}`, "gu");

/** The words of a text as hashes of 53 bits, with their numbers of characters. */
export interface HashedWords {
  readonly ids: Float64Array;
  readonly lengths: Uint16Array;
}

export function hashWords(text: string): HashedWords {
  const words = wordsOf(text);
  return {
    ids: Float64Array.from(words, hash53),
    lengths: Uint16Array.from(words, (word) => Math.min(word.length, 65535)),
  };
}

/** What a cell says in words: a text itself, the texts inside an object or a list; null where there is none. */
export function textOfCell(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  if (value === null || value === undefined || typeof value !== "object") return null;
  const parts = (Array.isArray(value) ? value : Object.values(value)).flatMap((part) => textOfCell(part) ?? []);
  return parts.length > 0 ? parts.join("\n") : null;
}

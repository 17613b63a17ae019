import type { Json } from "../../llm/model.ts";

/** The words of a text after Unicode NFKC in lower case: runs of letters, marks and digits. Where a script sets no space between words (Chinese, Japanese,
 * Thai, Lao, Khmer, Burmese), every letter is one. */
export function wordsOf(text: string): readonly string[] {
  return text.normalize("NFKC").toLowerCase().match(WORD) ?? [];
}

const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
const WORD = new RegExp(`[${UNSPACED}]\\p{M}*|(?:(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}])+`, "gu");

/** A text as it is compared for equality: Unicode NFKC, lower case, single spaces. */
export function normalised(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/gu, " ").trim();
}

/** What a cell says in words: a text itself, the texts inside an object or a list; null where there is none. */
export function textOfCell(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  if (value === null || value === undefined || typeof value !== "object") return null;
  const parts = (Array.isArray(value) ? value : Object.values(value)).flatMap((part) => textOfCell(part) ?? []);
  return parts.length > 0 ? parts.join("\n") : null;
}

/** Words of a text: runs between white space; in a script that is written without spaces, those that Unicode's rules for word boundaries find.
 * @source Unicode Standard Annex 29, by `Intl.Segmenter` */
export function wordCount(text: string): number {
  if (WITHOUT_SPACES.test(text)) {
    segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
    let count = 0;
    for (const { isWordLike } of segmenter.segment(text)) if (isWordLike) count++;
    return count;
  }
  return text.match(/\S+/gu)?.length ?? 0;
}

const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

let segmenter: Intl.Segmenter | undefined;

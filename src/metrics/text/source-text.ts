import { type HashedWords, hashWords, wordsOf } from "./words.ts";

/** Words of a passage, and characters of one: so much word for word is a copy and no turn of phrase. */
export const PASSAGE_WORDS = 50;
export const PASSAGE_CHARACTERS = 200;
/** Words of the shortest run that is looked for; a source text of fewer has no passage. */
export const SHORTEST_RUN = 8;

/** The texts of one source row, ready to be found again in what was made of it. Words are compared by hashes of 53 bits. */
export interface SourceText {
  /** Words in all. */
  readonly words: number;
  /** Whether one of its texts has a passage that could be copied. */
  readonly hasPassage: boolean;
  /** The run of words that stands in both, 8 at least: the longest passage; where there is none, the longest run; null: none. */
  longestRun(text: HashedWords): Run | null;
  /** Whether a run is a passage: 50 words, 200 characters, or the whole of a source text, whichever is least. */
  isPassage(run: Run): boolean;
  /** How many of the runs of 8 words of a text, one starting at each word, stand in the source, and how many there are. */
  sharedRuns(text: HashedWords): { readonly shared: number; readonly all: number };
  /** Words that are a passage, from a place that `pick` chooses of so many; null: it has none. */
  passage(pick: (places: number) => number): string | null;
}

export interface Run {
  readonly words: number;
  /** With one space between words. */
  readonly characters: number;
  /** It is a whole text of the source. */
  readonly whole: boolean;
}

export function sourceTextOf(texts: readonly string[]): SourceText {
  const long = texts.flatMap((text) => {
    if (LABEL.test(text)) return [];
    const hashed = hashWords(text);
    return hashed.ids.length >= SHORTEST_RUN ? [{ text, ...hashed }] : [];
  });
  if (long.length === 0) return NO_TEXT;
  const count = long.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new Float64Array(count);
  const lengths = new Uint16Array(count);
  /** Where the text of each word begins and ends. */
  const begins = new Int32Array(count);
  const ends = new Int32Array(count);
  let offset = 0;
  for (const one of long) {
    ids.set(one.ids, offset);
    lengths.set(one.lengths, offset);
    begins.fill(offset, offset, offset + one.ids.length);
    ends.fill(offset + one.ids.length, offset, offset + one.ids.length);
    offset += one.ids.length;
  }
  // Chains of the places whose runs of 8 words have one hash.
  const mask = 2 ** Math.ceil(Math.log2(2 * count + 2)) - 1;
  const heads = new Int32Array(mask + 1).fill(-1);
  const next = new Int32Array(count);
  const keys = new Int32Array(count);
  for (let at = count - 1; at >= 0; at--) {
    if (at + SHORTEST_RUN > (ends[at] as number)) continue;
    const key = keyAt(ids, at);
    keys[at] = key;
    next[at] = heads[key & mask] as number;
    heads[key & mask] = at;
  }
  /** Calls for each place at which the 8 words from here stand; a refrain's places beyond the fiftieth add nothing. */
  const eachPlace = (text: Float64Array, from: number, visit: (at: number) => void): void => {
    const key = keyAt(text, from);
    let found = 0;
    for (let at = heads[key & mask] as number; at >= 0 && found < MOST_PLACES; at = next[at] as number) {
      if (keys[at] !== key) continue;
      let same = 0;
      while (same < SHORTEST_RUN && text[from + same] === ids[at + same]) same++;
      if (same < SHORTEST_RUN) continue;
      found++;
      visit(at);
    }
  };
  return {
    words: count,
    hasPassage: long.length > 0,
    isPassage,
    longestRun(text) {
      let longest: Run | null = null;
      const words = text.ids;
      for (let i = 0; i + SHORTEST_RUN <= words.length; i++)
        eachPlace(words, i, (at) => {
          // A run that goes on from the word before was measured from its start.
          if (i > 0 && at > (begins[at] as number) && words[i - 1] === ids[at - 1]) return;
          const end = ends[at] as number;
          let length = SHORTEST_RUN;
          while (i + length < words.length && at + length < end && words[i + length] === ids[at + length]) length++;
          let characters = length - 1;
          for (let k = 0; k < length; k++) characters += lengths[at + k] as number;
          const run = { words: length, characters, whole: length === end - (begins[at] as number) };
          if (longest === null || isLonger(run, longest)) longest = run;
        });
      return longest;
    },
    sharedRuns(text) {
      let shared = 0;
      const all = Math.max(0, text.ids.length - SHORTEST_RUN + 1);
      for (let i = 0; i < all; i++) {
        let stands = false;
        eachPlace(text.ids, i, () => {
          stands = true;
        });
        if (stands) shared++;
      }
      return { shared, all };
    },
    passage(pick) {
      const text = long[long.length > 1 ? pick(long.length) : 0]?.text;
      if (text === undefined) return null;
      const words = wordsOf(text);
      const length = Math.min(PASSAGE_WORDS, words.length);
      const at = pick(words.length - length + 1);
      return words.slice(at, at + length).join(" ");
    },
  };
}

const MOST_PLACES = 50;
/** One word to a reader, however many are joined in it: "balance_not_updated_after_cheque_or_cash_deposit" is the name of a class, handed on by right. */
const LABEL = /^\s*[\w.-]+\s*$/;

/** Of a source row whose texts are all too short. */
const NO_TEXT: SourceText = {
  words: 0,
  hasPassage: false,
  isPassage,
  longestRun: () => null,
  sharedRuns: ({ ids }) => ({ shared: 0, all: Math.max(0, ids.length - SHORTEST_RUN + 1) }),
  passage: () => null,
};

/** A hash of 32 bits of the 8 words from here. */
function keyAt(ids: Float64Array, at: number): number {
  let key = 0;
  for (let i = 0; i < SHORTEST_RUN; i++)
    key = Math.imul(key ^ ((ids[at + i] as number) | 0), 0x01000193) ^ (key >>> 15);
  return key;
}

function isPassage({ words, characters, whole }: Run): boolean {
  return words >= PASSAGE_WORDS || characters >= PASSAGE_CHARACTERS || whole;
}

function isLonger(a: Run, b: Run): boolean {
  return isPassage(a) === isPassage(b) ? a.words > b.words : isPassage(a);
}

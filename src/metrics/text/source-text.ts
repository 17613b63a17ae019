import { wordsOf } from "./words.ts";

/** Words of a passage, and characters of one: so much word for word is a copy and no turn of phrase. */
export const PASSAGE_WORDS = 50;
export const PASSAGE_CHARACTERS = 200;
/** Words of the shortest run that is looked for; a source text of fewer has no passage. */
export const SHORTEST_RUN = 8;

/** The texts of one source row, ready to be found again in what was made of it. */
export interface SourceText {
  /** Whether one of its texts has a passage that could be copied. */
  readonly hasPassage: boolean;
  /** The longest run of words, 8 at least, that stands in both; null: none. */
  longestRun(words: readonly string[]): Run | null;
  /** Whether a run is a passage: 50 words, 200 characters, or the whole of a source text, whichever is least. */
  isPassage(run: Run): boolean;
  /** How many of the runs of 8 words of the text, one starting at each word, stand in the source, and how many there are. */
  sharedRuns(words: readonly string[]): { readonly shared: number; readonly all: number };
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
  const sources = texts.map((text) => wordsOf(text)).filter((words) => words.length >= SHORTEST_RUN);
  const places = new Map<string, [source: number, at: number][]>();
  sources.forEach((words, source) => {
    for (let at = 0; at + SHORTEST_RUN <= words.length; at++) {
      const key = keyAt(words, at);
      const known = places.get(key);
      if (known === undefined) places.set(key, [[source, at]]);
      // What stands so often is a refrain: its other places add nothing.
      else if (known.length < MOST_PLACES) known.push([source, at]);
    }
  });

  const longestRun = (words: readonly string[]): Run | null => {
    let longest: Run | null = null;
    for (let i = 0; i + SHORTEST_RUN <= words.length; i++) {
      for (const [source, at] of places.get(keyAt(words, i)) ?? []) {
        const other = sources[source] as readonly string[];
        // A run that goes on from the word before was measured from its start.
        if (i > 0 && at > 0 && words[i - 1] === other[at - 1]) continue;
        let length = SHORTEST_RUN;
        while (i + length < words.length && at + length < other.length && words[i + length] === other[at + length])
          length++;
        const run = runOf(words.slice(i, i + length), other.length);
        if (longest === null || isLonger(run, longest)) longest = run;
      }
    }
    return longest;
  };
  return {
    hasPassage: sources.length > 0,
    longestRun,
    isPassage: (run) => isPassage(run),
    sharedRuns(words) {
      let shared = 0;
      const all = Math.max(0, words.length - SHORTEST_RUN + 1);
      for (let i = 0; i < all; i++) if (places.has(keyAt(words, i))) shared++;
      return { shared, all };
    },
    passage(pick) {
      const words = sources[sources.length > 1 ? pick(sources.length) : 0];
      if (words === undefined) return null;
      const length = Math.min(PASSAGE_WORDS, words.length);
      const at = pick(words.length - length + 1);
      return words.slice(at, at + length).join(" ");
    },
  };
}

const MOST_PLACES = 50;

function keyAt(words: readonly string[], at: number): string {
  let key = words[at] as string;
  for (let i = 1; i < SHORTEST_RUN; i++) key += ` ${words[at + i]}`;
  return key;
}

function runOf(words: readonly string[], sourceWords: number): Run {
  return { words: words.length, characters: words.join(" ").length, whole: words.length === sourceWords };
}

function isPassage({ words, characters, whole }: Run): boolean {
  return words >= PASSAGE_WORDS || characters >= PASSAGE_CHARACTERS || whole;
}

function isLonger(a: Run, b: Run): boolean {
  return isPassage(a) === isPassage(b) ? a.words > b.words : isPassage(a);
}

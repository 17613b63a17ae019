import type { Json } from "../llm/model.ts";
import type { Recipe } from "./recipe.ts";

/** The rows of a source, however they are kept. */
export interface SourceRows {
  readonly count: number;
  /** The row of this number, 0 …; the same each time. */
  row(index: number): Readonly<Record<string, Json>>;
}

/** A row that is to be made. */
export interface Attempt {
  /** See {@link Row}: with a source 30 bits, the number of the attempt without one. */
  readonly sample: number;
  readonly source: Readonly<Record<string, Json>>;
  /** Null: the recipe has no source. */
  readonly sourceIndex: number | null;
  /** Names the row's streams of random numbers: equal in another run, whatever rows stand before it. */
  readonly identity: string;
}

/** Which row is which. A row of a source is known by its content (the columns that are given, or its `key` column), by how many equal rows stand before
 * it, and by how often the source was begun anew; so an edited, inserted or removed row changes nothing for the others: neither what is drawn for them
 * nor the keys of their calls. Without a source a row is known by its number.
 *
 * About 24 bytes a row of the source; rows are read once more, in order, to be known.
 * @param source null where the recipe has none
 * @param columns of the source that say what a row is: those that reach a model
 * @returns the attempt of a number, 0 …; undefined: the source is used up */
export function attemptsOf(
  recipe: Pick<Recipe, "source" | "rows" | "seed">,
  given: { readonly source: SourceRows | null; readonly columns: readonly string[] },
): (index: number) => Attempt | undefined {
  const { source, columns } = given;
  if (source === null) return (index) => ({ sample: index, source: EMPTY, sourceIndex: null, identity: String(index) });
  const { key, order, repeat } = recipe.source ?? {};
  const isRepeated = repeat ?? typeof recipe.rows === "number";
  const known = identities(source, key === undefined ? columns : [key]);
  const ordered =
    order === "shuffled" ? shuffledOrder(known, { count: source.count, seed: recipe.seed ?? 0 }) : undefined;
  return (index) => {
    const pass = Math.floor(index / source.count);
    if (source.count === 0 || (pass > 0 && !isRepeated)) return undefined;
    const position = index % source.count;
    const sourceIndex = ordered === undefined ? position : (ordered[position] as number);
    const { high, low, occurrence } = known(sourceIndex);
    const sample = sampleOf([high, low, occurrence, pass]);
    return {
      sample,
      source: source.row(sourceIndex),
      sourceIndex,
      identity: `${hex(high)}${hex(low)}-${occurrence}-${pass}`,
    };
  };
}

const EMPTY: Readonly<Record<string, Json>> = Object.freeze({});

/** The sample of a row for the second, third, … of several steps that ask alike. */
export function anotherSample(sample: number, which: number): number {
  return sampleOf([sample, which, 0x7477696e]);
}

interface Identity {
  /** 64 bits of the content. */
  readonly high: number;
  readonly low: number;
  /** How many rows of equal content stand before it. */
  readonly occurrence: number;
}

/** Reads rows in order, as far as one is asked for. */
function identities(source: SourceRows, columns: readonly string[]): (index: number) => Identity {
  const { count } = source;
  const highs = new Uint32Array(count);
  const lows = new Uint32Array(count);
  const occurrences = new Uint32Array(count);
  // Open addressing: one more than the number of the last row with this content; 0: free.
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, 1.5 * count))));
  const sorted = [...columns].sort();
  let done = 0;
  const next = (): void => {
    const index = done++;
    const row = source.row(index);
    const [high, low] = hash64(JSON.stringify(sorted.map((column) => row[column] ?? null)));
    highs[index] = high;
    lows[index] = low;
    let slot = low & (slots.length - 1);
    for (;;) {
      const last = slots[slot] as number;
      if (last === 0) break;
      if (highs[last - 1] === high && lows[last - 1] === low) {
        occurrences[index] = (occurrences[last - 1] as number) + 1;
        break;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    slots[slot] = index + 1;
  };
  return (index) => {
    while (done <= index) next();
    return {
      high: highs[index] as number,
      low: lows[index] as number,
      occurrence: occurrences[index] as number,
    };
  };
}

/** The numbers of the rows by a seeded hash of what they are, so that a row more or less leaves the others in the order that they had. */
function shuffledOrder(
  known: (index: number) => Identity,
  { count, seed }: { readonly count: number; readonly seed: number },
): Uint32Array {
  const places = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const { high, low, occurrence } = known(i);
    const [first, second] = hash64([high, low, occurrence, seed].join());
    places[i] = first * 2 ** 21 + (second >>> 11);
  }
  return Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (places[a] as number) - (places[b] as number) || a - b,
  );
}

/** 30 bits of a hash of the words: added to a seed they stay within the 31 bits that providers take. Of 10,000 rows whose prompts are equal two share
 * an answer once in twenty runs. */
function sampleOf(words: readonly number[]): number {
  return hash64(words.join())[0] >>> 2;
}

/** A 64-bit hash of a text's UTF-16 units, in two words: quick, well mixed, the same everywhere; not for secrets.
 * @source two lanes of multiply-xor with the finaliser of MurmurHash3 (Appleby, 2011) */
function hash64(text: string): readonly [number, number] {
  let a = 0x9e3779b9 ^ text.length;
  let b = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit ^ (a >>> 15), 0x5f356495);
  }
  a = finish(a ^ (b >>> 16));
  b = finish(b ^ Math.imul(a, 0x27d4eb2f));
  return [a >>> 0, b >>> 0];
}

function finish(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}

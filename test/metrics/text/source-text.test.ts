import assert from "node:assert/strict";
import { test } from "node:test";
import { SHORTEST_RUN, sourceTextOf } from "../../../src/metrics/text/source-text.ts";
import { hashWords, wordsOf } from "../../../src/metrics/text/words.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { madeText } from "./made-input.ts";

/** Every pair of places, word by word. */
function longestByHand(text: readonly string[], sources: readonly (readonly string[])[]): number {
  let longest = 0;
  for (const source of sources)
    for (let i = 0; i < text.length; i++)
      for (let j = 0; j < source.length; j++) {
        let k = 0;
        while (i + k < text.length && j + k < source.length && text[i + k] === source[j + k]) k++;
        longest = Math.max(longest, k);
      }
  return longest;
}

test("the longest shared run and the shared runs of 8 words are those of a search through every pair of places", () => {
  const random = randomFromSeed(3);
  let found = 0;
  for (let round = 0; round < 60; round++) {
    const sources = [0, 1].map((k) => madeText(random.split(round).split(k), { words: 70, vocabulary: 40 }));
    const words = sources.map(wordsOf);
    const from = words[round % 2] as readonly string[];
    const at = random.integer(40);
    // Its own words, with a run of the source in the middle of two rounds out of three.
    const own = madeText(random, { words: 12, vocabulary: 40 });
    const text = `${own} ${round % 3 === 0 ? "" : from.slice(at, at + 4 + (round % 20)).join(" ")} ${own}`;
    const source = sourceTextOf(sources);
    const run = source.longestRun(hashWords(text));
    const byHand = longestByHand(wordsOf(text), words);
    assert.equal(run?.words ?? 0, byHand >= SHORTEST_RUN ? byHand : 0);
    if (run) found++;
    const grams = (list: readonly string[]): string[] =>
      Array.from({ length: Math.max(0, list.length - 7) }, (_, i) => list.slice(i, i + 8).join(" "));
    const standing = new Set(words.flatMap(grams));
    const all = grams(wordsOf(text));
    assert.deepEqual(source.sharedRuns(hashWords(text)), {
      shared: all.filter((gram) => standing.has(gram)).length,
      all: all.length,
    });
  }
  assert.ok(found > 20, `${found} of 60 rounds had a run to find`);
});

test("a passage is 50 words, 200 characters or a whole text, and nothing less", () => {
  const random = randomFromSeed(4);
  const long = madeText(random, { words: 300, vocabulary: 100_000 });
  const letters = wordsOf(long).map((word) => word.slice(0, 2));
  const short = letters.map((word, i) => `${word}${i % 7}`).join(" ");
  const isCopied = (source: string, text: string): boolean => {
    const read = sourceTextOf([source]);
    const run = read.longestRun(hashWords(text));
    return run !== null && read.isPassage(run);
  };
  const part = (text: string, words: number): string =>
    `So it goes: ${wordsOf(text)
      .slice(100, 100 + words)
      .join(" ")}!`;
  assert.equal(isCopied(short, part(short, 50)), true);
  assert.equal(isCopied(short, part(short, 49)), false, "49 words of 150 characters");
  const wide = wordsOf(long)
    .map((word) => word.repeat(3))
    .join(" ");
  assert.equal(isCopied(wide, part(wide, 15)), true, "15 words of more than 200 characters");
  assert.equal(isCopied(short, part(short, 12)), false);
  const whole = "The whole of it has just nine words here";
  assert.equal(isCopied(whole, `He said: “the WHOLE of it, has just nine—words here”, and left.`), true);
  assert.equal(isCopied(whole, "The whole of it has just nine words"), false);
  assert.equal(sourceTextOf(["too short to be copied"]).hasPassage, false);
});

test("a passage that is planted is found wherever it is taken from and wherever it stands", () => {
  const random = randomFromSeed(5);
  for (let round = 0; round < 200; round++) {
    const stream = random.split(round);
    const source = sourceTextOf([
      madeText(stream, { words: 8 + stream.integer(200), vocabulary: 30 }),
      madeText(stream, { words: 8 + stream.integer(200), vocabulary: 30 }),
    ]);
    const passage = source.passage((places) => stream.integer(places)) as string;
    const own = madeText(stream, { words: stream.integer(30), vocabulary: 30 });
    const run = source.longestRun(hashWords(round % 2 ? `${own} ${passage} ${own}` : passage.toUpperCase()));
    assert.ok(run && source.isPassage(run), `round ${round}`);
  }
});

test("words: composed letters, capitals and marks do not tell words apart; letters of scripts without spaces are words", () => {
  assert.deepEqual(wordsOf("Cafe\u0301 CAFÉ café, ﬁne"), ["café", "café", "café", "fine"]);
  assert.deepEqual(wordsOf("我们去 市场 buy 2 apples"), ["我", "们", "去", "市", "场", "buy", "2", "apples"]);
  assert.equal(wordsOf("हिन्दी में लिखो").length, 3);
  assert.equal(wordsOf("…!?").length, 0);
});

test("a label of many words joined into one is no passage, and the sentence that says the same is", () => {
  const label = "balance_not_updated_after_cheque_or_cash_deposit";
  const sentence = label.replaceAll("_", " ");
  assert.equal(sourceTextOf([label]).hasPassage, false);
  const source = sourceTextOf([sentence]);
  const run = source.longestRun(hashWords(label));
  assert.ok(run !== null && source.isPassage(run), "joining a passage does not hide it");
  assert.equal(
    sourceTextOf(["\u6211\u4eec\u7684\u5361\u8fd8\u6ca1\u6709\u5230"]).hasPassage,
    true,
    "a script without spaces",
  );
});

test("a word that never ends is counted in pieces, and takes no stack", () => {
  assert.equal(wordsOf("x".repeat(15_000_000)).length, 1500);
});

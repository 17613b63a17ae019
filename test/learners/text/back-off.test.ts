import assert from "node:assert/strict";
import { test } from "node:test";
import { drawText, fitBackOff } from "../../../src/learners/text/back-off.ts";
import { chiSquareUpperTail } from "../../../src/math/distributions.ts";
import { randomFromSeed } from "../../../src/random.ts";

test("A first word has the chance that the mixture of Witten and Bell gives it (χ² with false-alarm rate 1e-4)", () => {
  const model = fitBackOff([["a", "b"], ["a", "c"], ["d"]], [0, 0, 1]);
  // Down the list of histories: own of length 2 and 1 saw "a" twice (N 2, T 1); all texts saw a, a, d (N 3, T 2); own words a a b c · · (N 6, T 4);
  // all words a a b c d · · · (N 8, T 5), which is the last.
  const want = { a: 0, b: 0, c: 0, d: 0, "": 0 };
  let left = 1;
  const stop = (chance: number, share: Readonly<Partial<Record<keyof typeof want, number>>>): void => {
    for (const [word, part] of Object.entries(share)) want[word as keyof typeof want] += left * chance * part;
    left *= 1 - chance;
  };
  for (let length = 2; length >= 1; length--) {
    stop(2 / 3, { a: 1 });
    stop(3 / 5, { a: 2 / 3, d: 1 / 3 });
  }
  stop(6 / 10, { a: 2 / 6, b: 1 / 6, c: 1 / 6, "": 2 / 6 });
  stop(1, { a: 2 / 8, b: 1 / 8, c: 1 / 8, d: 1 / 8, "": 3 / 8 });

  const draws = 40_000;
  const counts = new Map<string, number>();
  const random = randomFromSeed(11);
  for (let i = 0; i < draws; i++) {
    const first = drawText(model, 0, random)[0] ?? "";
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  let statistic = 0;
  for (const [word, chance] of Object.entries(want))
    statistic += ((counts.get(word) ?? 0) - draws * chance) ** 2 / (draws * chance);
  assert.ok(Math.abs(Object.values(want).reduce((sum, x) => sum + x, 0) - 1) < 1e-12);
  assert.ok(chiSquareUpperTail(statistic, 4) > 1e-4, `χ² = ${statistic}`);
});

test("A text holds words that were seen and no others, and ends", () => {
  const texts = ["where is my card", "my card is lost", "where is the money"].map((text) => text.split(" "));
  const model = fitBackOff(texts, [0, 0, 1]);
  const known = new Set(texts.flat());
  const random = randomFromSeed(2);
  for (let i = 0; i < 500; i++) {
    // Class 7 was never seen: it is written as everybody writes.
    const text = drawText(model, [0, 1, 7][i % 3]!, random);
    assert.ok(text.every((word) => known.has(word)));
    assert.ok(text.length <= 9);
  }
});

test("A class writes its own words more often than another does", () => {
  const model = fitBackOff(
    [
      ["lost", "card"],
      ["lost", "purse"],
      ["new", "rate"],
      ["old", "rate"],
    ],
    [0, 0, 1, 1],
  );
  const random = randomFromSeed(3);
  const share = (label: number): number => {
    let count = 0;
    for (let i = 0; i < 1000; i++) if (drawText(model, label, random).includes("lost")) count++;
    return count / 1000;
  };
  assert.ok(share(0) > 0.6 && share(1) < 0.25);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { fitNGrams, nGramRows } from "../../../src/learners/text/n-gram-features.ts";
import { besideEachOther, entriesOf, pairRows, sparseRows } from "../../../src/learners/text/sparse-rows.ts";
import { textOf, tokensOf } from "../../../src/learners/text/tokens.ts";
import { randomFromSeed } from "../../../src/random.ts";

test("A text is taken apart into words and marks, and put together again as English is written", () => {
  assert.deepEqual(tokensOf("Why's my e-mail (still) pending?"), [
    ...["Why's", "my", "e-mail", "(", "still", ")", "pending", "?"],
  ]);
  for (const text of ["Why's my e-mail (still) pending?", "It cost £5, 10% too much!", "Ça va?", ""])
    assert.equal(textOf(tokensOf(text)), text);
});

test("A row weighs words and pairs by rarity, and has length one", () => {
  const features = fitNGrams(["a b", "a c"], { most: 100 });
  // a, b, c; · a, a b, b ·, a c, c ·
  assert.equal(features.weights.length, 8);
  const rare = Math.log(3 / 2) + 1;
  const [a, b, start, pair, end] = [1, rare, 1, rare, rare];
  const length = Math.hypot(a, b, start, pair, end);
  const found = entriesOf(nGramRows(["A b"], features), 0).map(([, value]) => value);
  const want = [a, b, start, pair, end].map((x) => x / length);
  assert.deepEqual(
    found.sort().map((x) => x.toFixed(12)),
    want.sort().map((x) => x.toFixed(12)),
  );
  assert.deepEqual(entriesOf(nGramRows(["z", ""], features), 0), [], "unknown words leave a row empty");
});

test("Where there are too many columns those of the most texts stay", () => {
  const features = fitNGrams(["a b", "a c", "a d"], { most: 2 });
  assert.deepEqual([...features.weights], [1, 1], "only a and its place at the beginning occur in all three");
});

test("A pair of rows is [u, v, |u − v|, u · v], entry by entry", () => {
  const random = randomFromSeed(5);
  const width = 6;
  const dense = (): number[][] =>
    Array.from({ length: 20 }, () =>
      Array.from({ length: width }, () => (random.uniform() < 0.5 ? 0 : random.normal())),
    );
  const [u, v] = [dense(), dense()];
  const sparse = (rows: number[][]) =>
    sparseRows(
      rows.map((row) => row.flatMap((value, column) => (value === 0 ? [] : [[column, value] as const]))),
      width,
    );
  const pair = pairRows(sparse(u), sparse(v));
  assert.equal(pair.width, 4 * width);
  u.forEach((row, i) => {
    const want = [...row, ...v[i]!, ...row.map((x, j) => Math.abs(x - v[i]![j]!)), ...row.map((x, j) => x * v[i]![j]!)];
    const got = new Array<number>(4 * width).fill(0);
    for (const [column, value] of entriesOf(pair, i)) got[column] = value;
    assert.deepEqual(
      got,
      want.map((x) => (x === 0 ? 0 : x)),
    );
  });
  assert.equal(besideEachOther([sparse(u), sparse(v), sparse(u)]).width, 3 * width);
});

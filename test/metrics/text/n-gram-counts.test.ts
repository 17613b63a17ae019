import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUPS, groupStarts } from "../../../src/metrics/jackknife.ts";
import { countNGrams, expectedDistinct } from "../../../src/metrics/text/n-gram-counts.ts";
import { wordsOf } from "../../../src/metrics/text/words.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { madeText } from "./made-input.ts";

const rowsOf = (seed: number): string[][][] => {
  const random = randomFromSeed(seed);
  return Array.from({ length: 45 }, () => [
    [...wordsOf(madeText(random, { words: 3 + random.integer(10), vocabulary: 12 }))],
    [...wordsOf(madeText(random, { words: random.integer(4), vocabulary: 12 }))],
  ]);
};

test("counts without a group are those of the rows without it", () => {
  const rows = rowsOf(1);
  const starts = groupStarts(rows.length);
  for (const n of [1, 2, 3]) {
    const { replicates } = countNGrams(rows, n);
    for (let r = 0; r <= GROUPS; r++) {
      const left = rows.filter((_, i) => r === 0 || i < (starts[r - 1] as number) || i >= (starts[r] as number));
      const counts = new Map<string, number>();
      for (const words of left.flat())
        for (let i = 0; i + n <= words.length; i++) {
          const gram = words.slice(i, i + n).join(" ");
          counts.set(gram, (counts.get(gram) ?? 0) + 1);
        }
      const found = replicates[r] as (typeof replicates)[number];
      assert.equal(
        found.all,
        [...counts.values()].reduce((sum, count) => sum + count, 0),
      );
      for (let f = 1; f < found.occurring.length; f++)
        assert.equal(
          found.occurring[f],
          [...counts.values()].filter((count) => count === f).length,
          `n ${n}, r ${r}, f ${f}`,
        );
    }
  }
});

test("the expected number of different ones is that of drawing without replacement, by exact fractions", () => {
  const choose = (n: bigint, k: bigint): bigint => {
    let out = 1n;
    for (let i = 1n; i <= k; i++) out = (out * (n - k + i)) / i;
    return k > n ? 0n : out;
  };
  for (const [occurrences, drawn] of [
    [[1, 1, 2, 5, 5, 9], 7],
    [[1, 2, 3, 4, 30], 12],
    [[3, 3, 3], 9],
    [[20], 4],
  ] as const) {
    const all = occurrences.reduce<number>((sum, count) => sum + count, 0);
    const occurring = new Float64Array(Math.max(...occurrences) + 1);
    for (const count of occurrences) occurring[count] = (occurring[count] as number) + 1;
    const ways = choose(BigInt(all), BigInt(drawn));
    const exact = occurrences.reduce(
      (sum, count) => sum + Number(((ways - choose(BigInt(all - count), BigInt(drawn))) * 10n ** 15n) / ways) / 1e15,
      0,
    );
    assert.ok(Math.abs(expectedDistinct({ all, occurring }, drawn) - exact) < 1e-12);
  }
});

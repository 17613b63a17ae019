import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePairs } from "../../src/metrics/pairs.ts";
import { randomFromSeed } from "../../src/random.ts";

test("all pairs are chosen, or a seeded part of them without repetition", () => {
  const all = choosePairs([1, 4, 6], { most: 10, random: randomFromSeed(1) });
  assert.deepEqual(
    [...all.first].map((a, i) => [a, all.second[i]]),
    [
      [1, 4],
      [1, 6],
      [4, 6],
    ],
  );
  const some = choosePairs(
    Array.from({ length: 30 }, (_, i) => i),
    { most: 100, random: randomFromSeed(1) },
  );
  assert.equal(some.count, 100);
  assert.equal(some.of, 435);
  assert.equal(new Set([...some.first].map((a, i) => `${a}-${some.second[i]}`)).size, 100);
  assert.ok([...some.first].every((a, i) => a < (some.second[i] as number)));
});

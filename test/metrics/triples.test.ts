import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseTriples } from "../../src/metrics/triples.ts";
import { randomFromSeed } from "../../src/random.ts";

test("all triples while they fit, else as many different ones as asked, the same for the same seed", () => {
  const all = chooseTriples([2, 5, 7, 9], { most: 4, random: randomFromSeed(1) });
  assert.deepEqual(all, {
    of: 4,
    chosen: [
      [2, 5, 7],
      [2, 5, 9],
      [2, 7, 9],
      [5, 7, 9],
    ],
  });
  assert.deepEqual(chooseTriples([1, 2], { most: 9, random: randomFromSeed(1) }).chosen, []);
  const columns = Array.from({ length: 60 }, (_, i) => 2 * i);
  const some = (seed: number) => chooseTriples(columns, { most: 500, random: randomFromSeed(seed) });
  const { of, chosen } = some(1);
  assert.equal(of, 34_220);
  assert.equal(new Set(chosen.map((triple) => triple.join())).size, 500);
  assert.ok(chosen.every(([i, j, k]) => i < j && j < k && k <= 118 && [i, j, k].every((x) => x % 2 === 0)));
  assert.deepEqual(some(1), some(1));
  assert.notDeepEqual(some(1).chosen, some(2).chosen);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { cholesky, invertCholesky, solveCholesky } from "../../src/math/cholesky.ts";
import { concordance } from "../../src/math/concordance.ts";
import { descendingRanks, pairAgreement, spearman, weightedRankCorrelation } from "../../src/math/rank-agreement.ts";
import { randomFromSeed } from "../../src/random.ts";

/** Pair by pair, as the definition has it. */
function slow(scores: readonly number[], times: readonly number[]): number {
  let won = 0;
  let pairs = 0;
  scores.forEach((a, i) => {
    scores.forEach((b, j) => {
      const [t, u] = [times[i] as number, times[j] as number];
      const before = t > 0 && (t < Math.abs(u) || (t === -u && u < 0));
      if (i === j || !before) return;
      pairs++;
      won += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  return won / pairs;
}

test("concordance counts the pairs of the definition, with ties in times and in scores", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = randomFromSeed(seed);
    const n = 5 + Math.floor(40 * random.uniform());
    const times = Array.from(
      { length: n },
      () => (1 + Math.floor(10 * random.uniform())) * (random.uniform() < 0.4 ? -1 : 1),
    );
    const scores = Array.from({ length: n }, () => Math.floor(8 * random.uniform()));
    const want = slow(scores, times);
    const { value } = concordance(Float64Array.from(scores), times);
    if (Number.isNaN(want)) assert.ok(Number.isNaN(value));
    else assert.ok(Math.abs(value - want) < 1e-12, `seed ${seed}: ${value} is not ${want}`);
  }
});

test("concordance agrees with lifelines 0.30.3", () => {
  const index = Array.from({ length: 60 }, (_, i) => i);
  const scores = Float64Array.from(index, (i) => 0.7 * Math.sin(1.7 * i) + 0.03 * ((7 * i) % 11));
  const times = index.map((i) => (1 + ((13 * i) % 17)) * (i % 3 === 0 ? -1 : 1));
  assert.ok(Math.abs(concordance(scores, times).value - 0.5086505190311419) < 1e-12);
});

test("the influence of each row is what leaving it out does, so that its mean square is the jackknife's variance", () => {
  const random = randomFromSeed(5);
  const n = 300;
  const scores = Float64Array.from({ length: n }, () => random.normal());
  const times = Array.from(scores, (s) => Math.exp(-s + random.normal()) * (random.uniform() < 0.3 ? -1 : 1));
  const { value, influence } = concordance(scores, times);
  assert.ok(Math.abs(influence.reduce((sum, x) => sum + x, 0)) < 1e-8);
  for (const left of [0, 17, 200]) {
    const keep = <T>(items: ArrayLike<T>): T[] => Array.from(items).filter((_, i) => i !== left);
    const without = concordance(Float64Array.from(keep(scores)), keep(times)).value;
    const expected = ((n - 1) * (value - without)) as number;
    assert.ok(Math.abs((influence[left] as number) - expected) < 0.05 * Math.max(0.2, Math.abs(expected)));
  }
});

test("Cholesky's factor solves and inverts, and names the first row that depends on those before", () => {
  const a = Float64Array.of(4, 2, 1, 2, 3, 0.5, 1, 0.5, 2);
  const solved = cholesky(a, 3);
  assert.ok("factor" in solved);
  const x = solveCholesky(solved.factor, Float64Array.of(1, 2, 3));
  for (let i = 0; i < 3; i++) {
    const sum = [0, 1, 2].reduce((s, j) => s + (a[i * 3 + j] as number) * (x[j] as number), 0);
    assert.ok(Math.abs(sum - (i + 1)) < 1e-12);
  }
  const inverse = invertCholesky(solved.factor, 3);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) {
      const sum = [0, 1, 2].reduce((s, k) => s + (a[i * 3 + k] as number) * (inverse[k * 3 + j] as number), 0);
      assert.ok(Math.abs(sum - (i === j ? 1 : 0)) < 1e-12);
    }
  assert.deepEqual(cholesky(Float64Array.of(1, 1, 1, 1), 2), { dependent: 1 });
});

test("rank agreement: the same order is 1, the opposite the least, and ties share a rank", () => {
  assert.deepEqual([...descendingRanks([5, 9, 5, 1])], [2.5, 1, 2.5, 4]);
  const up = [1, 2, 3, 4, 5];
  const down = [5, 4, 3, 2, 1];
  for (const measure of [weightedRankCorrelation, spearman]) {
    assert.ok(Math.abs(measure(up, up) - 1) < 1e-12);
    assert.ok(Math.abs(measure(up, down) + 1) < 1e-12);
  }
  assert.equal(pairAgreement(up, up), 1);
  assert.equal(pairAgreement(up, down), 0);
  assert.equal(pairAgreement([1, 1], [1, 2]), 0.5);
  // A disagreement at the top costs more than one at the bottom.
  assert.ok(weightedRankCorrelation(down, [4, 5, 3, 2, 1]) < weightedRankCorrelation(down, [5, 4, 3, 1, 2]));
});

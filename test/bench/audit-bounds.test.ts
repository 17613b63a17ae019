import assert from "node:assert/strict";
import { test } from "node:test";
import { epsilonOfMu, type Guesses, oneRunEpsilon, oneRunMu, oneRunPValue } from "../../bench/private/audit-bounds.ts";
import { standardNormalCdf, standardNormalQuantile } from "../../src/math/standard-normal.ts";
import { randomFromSeed } from "../../src/random.ts";

const close = (got: number, want: number, relative: number): void =>
  assert.ok(Math.abs(got - want) <= relative * Math.abs(want) + 1e-12, `got ${got}, want ${want}`);

test("equals the published (epsilon, delta) bounds and p-values", () => {
  // Steinke, Nasr & Jagielski (2023), arXiv 2305.08846: .702, .699 and .673 in the text, 2.675 in its figure on guesses; further digits by running the
  // code of its appendix D, which stops at 1e-9.
  for (const [canaries, guesses, correct, delta, want] of [
    [100, 100, 75, 0, 0.7022139308974147],
    [100, 100, 75, 1e-4, 0.6994668124243617],
    [1000, 100, 75, 1e-4, 0.6729846633970737],
    [100_000, 1510, 1439, 1e-5, 2.6758510060608387],
    [1000, 500, 500, 1e-5, 5.087548708543181],
    [100, 100, 50, 1e-5, 0],
  ] as const)
    close(oneRunEpsilon({ canaries, guesses, correct }, { delta, level: 0.05 }), want, 1e-8);
  const p = (canaries: number, correct: number, epsilon: number, delta: number): number =>
    oneRunPValue({ canaries, guesses: 100, correct }, { epsilon, delta });
  close(p(100, 75, Math.log(3), 0), 0.5534708238482475, 1e-10);
  close(p(1000, 75, 0.673, 1e-4), 0.05000607335562686, 1e-10);
  assert.equal(p(100, 60, 1, 0.01), 1);
});

/** Counts of scores at or above each threshold on the upper hull of the receiver's curve, as jax_privacy takes them: [guesses, correct]. */
function hullOfCounts(inScores: Float64Array, outScores: Float64Array): (readonly [number, number])[] {
  const thresholds = [...new Set([...inScores, ...outScores, Number.POSITIVE_INFINITY])].sort((a, b) => a - b);
  const below = (sorted: Float64Array): ((threshold: number) => number) => {
    let at = 0;
    return (threshold) => {
      while (at < sorted.length && (sorted[at] as number) < threshold) at++;
      return at;
    };
  };
  const [missed, spared] = [below(inScores), below(outScores)];
  const hull: [number, number][] = [];
  for (const threshold of thresholds) {
    const point: [number, number] = [missed(threshold), spared(threshold)];
    for (;;) {
      const [a, b] = hull.slice(-2);
      if (!a || !b || (b[1] - a[1]) * (point[0] - b[0]) - (point[1] - b[1]) * (b[0] - a[0]) > 0) break;
      hull.pop();
    }
    hull.push(point);
  }
  return hull.map(([m, s]) => [inScores.length - m + outScores.length - s, inScores.length - m]);
}

test("equals jax_privacy's audits of normal scores, in both forms (tests/auditing_test.py, test_epsilon_one_run_close)", () => {
  const n = 10_000;
  const delta = 1e-6;
  const normal = (shift: number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => standardNormalQuantile((i + 0.5) / n) + shift);
  for (const [shift, wantEpsilon, wantGaussian] of [
    [1, 1.13346, 2.164749],
    [2, 2.311945, 4.7218075],
    [4, 4.395568, 9.133752],
  ] as const) {
    const counts = hullOfCounts(normal(shift), normal(0)).filter(([, correct]) => correct > 0);
    const level = 0.05 / (counts.length + 1);
    // The best of all thresholds: the best of every fiftieth, then of those around it.
    const best = (boundOf: (guesses: Guesses, from: number) => number): number => {
      let [found, at] = [0, 0];
      const look = (i: number): void => {
        const [guesses, correct] = counts[i] as readonly [number, number];
        const bound = boundOf({ canaries: 2 * n, guesses, correct }, found);
        if (bound > found) [found, at] = [bound, i];
      };
      for (let i = 0; i < counts.length; i += 50) look(i);
      for (let i = Math.max(0, at - 100), end = Math.min(counts.length, at + 100); i < end; i++) look(i);
      return found;
    };
    const epsilon = best((guesses, from) => oneRunEpsilon(guesses, { delta, level, from }));
    const mu = best((guesses, from) => oneRunMu(guesses, { level, from }));
    close(epsilon, wantEpsilon, 1e-5);
    close(epsilonOfMu(mu, delta), wantGaussian, 1e-5);
  }
});

/** An attacker against the Gaussian mechanism: how many of the `guesses` most telling scores it gets right. */
function attack(mu: number, { canaries, guesses, seed }: { canaries: number; guesses: number; seed: number }): Guesses {
  const random = randomFromSeed(seed);
  const scores = Array.from({ length: canaries }, () => {
    const member = random.uniform() < 0.5;
    const score = random.normal() + (member ? mu / 2 : -mu / 2);
    return { size: Math.abs(score), right: score > 0 === member };
  }).sort((a, b) => b.size - a.size);
  return { canaries, guesses, correct: scores.slice(0, guesses).filter(({ right }) => right).length };
}

test("of 400 audits of a mechanism that keeps its promise at most one in twenty says otherwise, and half come near the truth", () => {
  for (const [mu, share] of [
    [0.4, 0.3],
    [1.2, 0.5],
  ] as const) {
    let wrong = 0;
    let sharp = 0;
    for (let seed = 0; seed < 400; seed++) {
      const found = oneRunMu(attack(mu, { canaries: 2000, guesses: 600, seed }), { level: 0.05 });
      if (found > mu) wrong++;
      if (found > share * mu) sharp++;
    }
    // 20 of 400 at most on average; 41 or more in one of a million times.
    assert.ok(wrong <= 40, `mu ${mu}: ${wrong} false alarms`);
    assert.ok(sharp > 200, `mu ${mu}: ${sharp} of 400`);
  }
});

test("the Gaussian's epsilon inverts its delta; more mu is more epsilon", () => {
  let before = 0;
  for (const mu of [0.01, 0.17, 1, 2.2, 5]) {
    const epsilon = epsilonOfMu(mu, 1e-9);
    close(
      standardNormalCdf(mu / 2 - epsilon / mu) - Math.exp(epsilon) * standardNormalCdf(-mu / 2 - epsilon / mu),
      1e-9,
      1e-6,
    );
    assert.ok(epsilon > before);
    before = epsilon;
  }
  assert.equal(epsilonOfMu(0, 1e-9), 0);
});

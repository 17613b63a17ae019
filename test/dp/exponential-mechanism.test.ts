import assert from "node:assert/strict";
import { test } from "node:test";
import { choiceSlope, exponentialMechanism } from "../../src/dp/exponential-mechanism.ts";
import { rationalOf } from "../../src/dp/rational.ts";
import { randomFromSeed } from "../../src/random.ts";
import { chiSquaredRatioOfCounts, leadingWords, scriptedSource, seededSource } from "./laws.ts";

const softmax = (scores: readonly number[], slope: number): number[] => {
  const weights = scores.map((score) => Math.exp(slope * (score - Math.max(...scores))));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
};

test("indices come with their exact probabilities (χ²; false alarm 1e-6), and with twice the epsilon the test sees it", () => {
  const n = 200_000;
  for (const [scores, epsilon, sensitivity] of [
    [[0, 1, 2, 3], 1, 1],
    [[5.5, -2.25, 5.5, 0.1, 4], 0.7, 2.5],
    [Array.from({ length: 40 }, (_, i) => Math.sin(i) * 10), 2, 3],
    [[1e6, 1e6 + 1, 1e6 - 3], 0.5, 1],
  ] as const) {
    const counted = (times: number): Float64Array => {
      const source = seededSource(71);
      const counts = new Float64Array(scores.length);
      for (let i = 0; i < n; i++) {
        const at = exponentialMechanism(scores, { epsilon: epsilon * times, sensitivity, source });
        counts[at] = (counts[at] as number) + 1;
      }
      return counts;
    };
    const law = softmax(scores, epsilon / (2 * sensitivity));
    assert.ok(chiSquaredRatioOfCounts(counted(1), law, n) < 1);
    assert.ok(chiSquaredRatioOfCounts(counted(2), law, n) > 5);
  }
});

test("for all neighbouring scores on a grid: epsilon-DP, range at most epsilon, and epsilon²/8-zCDP", () => {
  const epsilon = 1.3;
  const steps = [-1, -0.5, 0, 0.5, 1];
  const starts = [
    [0, 0, 0],
    [0, 2, 5],
    [3, 3, 0],
  ];
  let widest = 0;
  for (const start of starts)
    for (const a of steps)
      for (const b of steps)
        for (const c of steps) {
          const p = softmax(start, epsilon / 2);
          const q = softmax(
            [(start[0] as number) + a, (start[1] as number) + b, (start[2] as number) + c],
            epsilon / 2,
          );
          const losses = p.map((x, i) => Math.log(x / (q[i] as number)));
          assert.ok(Math.max(...losses.map(Math.abs)) <= epsilon + 1e-12);
          const range = Math.max(...losses) - Math.min(...losses);
          widest = Math.max(widest, range);
          assert.ok(range <= epsilon + 1e-12);
          for (const alpha of [1.001, 1.5, 2, 4, 16, 64]) {
            const divergence =
              Math.log(p.reduce((sum, x, i) => sum + x ** alpha * (q[i] as number) ** (1 - alpha), 0)) / (alpha - 1);
            assert.ok(divergence <= (alpha * epsilon ** 2) / 8 + 1e-12, `alpha ${alpha}: ${divergence}`);
          }
        }
  assert.ok(widest > 0.99 * epsilon, "the grid does not reach the worst case");
});

test("where 64 bits do not decide, the exact exponent c (max − s) does", () => {
  const scores = [1e9 + 0.3, 0.1 + 0.2, -4.25, 1e9];
  const [epsilon, sensitivity] = [2e-9, 1.7];
  const slope = choiceSlope(epsilon, sensitivity);
  for (const [i, score] of scores.entries()) {
    if (i === 0) continue;
    const [top, own, c] = [rationalOf(1e9 + 0.3), rationalOf(score), rationalOf(slope)];
    const exponent = {
      numerator: (top.numerator * own.denominator - own.numerator * top.denominator) * c.numerator,
      denominator: top.denominator * own.denominator * c.denominator,
    };
    const [first, second, third] = leadingWords(exponent, 3) as [number, number, number];
    const draw = (last: number): number =>
      exponentialMechanism(scores, { epsilon, sensitivity, source: scriptedSource([i, first, second, last]) });
    assert.equal(draw(third - 1), i);
    assert.throws(() => draw(third + 1), /script is over/);
  }
});

test("the slope is never above epsilon / (2 Δ (1 + 2^−12)), in exact arithmetic", () => {
  const random = randomFromSeed(79);
  for (let i = 0; i < 2000; i++) {
    const [epsilon, sensitivity] = [10 ** (4 * random.uniform() - 3), 10 ** (6 * random.uniform() - 3)];
    const [c, e, s] = [rationalOf(choiceSlope(epsilon, sensitivity)), rationalOf(epsilon), rationalOf(sensitivity)];
    // c · 2 Δ (2^12 + 1) ≤ epsilon · 2^12.
    const left = c.numerator * 2n * s.numerator * 4097n * e.denominator;
    const right = e.numerator * 4096n * c.denominator * s.denominator;
    assert.ok(left <= right, `epsilon ${epsilon}, sensitivity ${sensitivity}`);
    assert.ok(Number(right - left) < 1e-14 * Number(right));
  }
});

test("one score is chosen without asking; far worse scores never", () => {
  const source = seededSource(72);
  assert.equal(exponentialMechanism([4], { epsilon: 1, sensitivity: 1, source }), 0);
  for (let i = 0; i < 200; i++)
    assert.equal(exponentialMechanism([-1e308, 0, -1e9], { epsilon: 1, sensitivity: 1, source }), 1);
  assert.equal(exponentialMechanism([-1e308, 1e308], { epsilon: 1, sensitivity: 1, source }), 1);
});

test("bad scores, sensitivities and epsilons are refused", () => {
  const source = seededSource(73);
  const choose =
    (scores: number[], epsilon = 1, sensitivity = 1) =>
    () =>
      exponentialMechanism(scores, { epsilon, sensitivity, source });
  assert.throws(choose([]), { code: "no-scores" });
  assert.throws(choose([1, Number.NaN]), { code: "bad-score", message: /Score 1/ });
  assert.throws(choose([1, Number.NEGATIVE_INFINITY]), { code: "bad-score" });
  assert.throws(choose([1, 2], 0), { code: "bad-epsilon" });
  assert.throws(choose([1, 2], 1, 0), { code: "bad-sensitivity" });
});

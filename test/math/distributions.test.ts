import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  betaCdf,
  betaQuantile,
  chiSquareQuantile,
  clopperPearson,
  hypergeometricUpperTail,
  normalCdf,
  normalQuantile,
  poissonUpperBound,
  wilson,
} from "../../src/math/distributions.ts";

function assertClose(got: number, want: number, relative = 1e-9): void {
  assert.ok(Math.abs(got - want) <= relative * Math.max(1e-12, Math.abs(want)), `got ${got}, want ${want}`);
}

/** P(X ≥ k), X binomial, term by term. */
function binomialUpperTail(k: number, n: number, share: number): number {
  let sum = 0;
  for (let i = k; i <= n; i++) {
    let log = 0;
    for (let j = 1; j <= i; j++) log += Math.log((n - i + j) / j);
    sum += Math.exp(log + i * Math.log(share) + (n - i) * Math.log(1 - share));
  }
  return sum;
}

function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let out = 1n;
  for (let i = 1; i <= k; i++) out = (out * BigInt(n - k + i)) / BigInt(i);
  return out;
}

test("quantiles equal published values", () => {
  assertClose(normalQuantile(0.975), 1.959963984540054);
  assertClose(normalQuantile(0.99), 2.3263478740408408);
  assertClose(normalCdf(1.959963984540054), 0.975);
  assertClose(chiSquareQuantile(0.95, 1), 3.841458820694124);
  assertClose(chiSquareQuantile(0.95, 10), 18.307038053275146);
  assertClose(chiSquareQuantile(0.99, 2), -2 * Math.log(0.01));
  assert.equal(chiSquareQuantile(0, 4), 0);
  // Beta(a, 1) and Beta(1, b) have closed forms.
  assertClose(betaQuantile(0.01, 10, 1), 0.01 ** 0.1);
  assertClose(betaQuantile(0.99, 1, 30), 1 - 0.01 ** (1 / 30));
  assertClose(betaCdf(0.3, 2, 3), 0.3483);
  assert.equal(betaQuantile(0, 2, 3), 0);
});

test("the chi-squared quantile has no step where its formula changes", () => {
  const step = chiSquareQuantile(0.99, 20_001) - chiSquareQuantile(0.99, 20_000);
  const before = chiSquareQuantile(0.99, 20_000) - chiSquareQuantile(0.99, 19_999);
  assert.ok(Math.abs(step - before) < 5e-3, `${step} against ${before}`);
});

test("beta quantiles invert the distribution function for large and for fractional shapes", () => {
  for (const [a, b] of [
    [300, 100],
    [300_000, 100_000],
    [0.5, 20],
    [17.3, 4.2],
  ] as const)
    for (const p of [0.0025, 0.01, 0.5, 0.99]) assertClose(betaCdf(betaQuantile(p, a, b), a, b), p, 1e-6);
});

test("Clopper-Pearson bounds are the shares at which the count becomes that unlikely", () => {
  const published = clopperPearson(5, 10, 0.025);
  assertClose(published.low, 0.18708602844739, 1e-9);
  assertClose(published.high, 0.81291397155261, 1e-9);
  assert.deepEqual(clopperPearson(0, 0, 0.01), { low: 0, high: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), fc.constantFrom(0.001, 0.01, 0.05), (n, k, alpha) => {
      const successes = Math.min(k, n);
      const { low, high } = clopperPearson(successes, n, alpha);
      if (successes > 0) assertClose(binomialUpperTail(successes, n, low), alpha, 1e-6);
      if (successes < n) assertClose(1 - binomialUpperTail(successes + 1, n, high), alpha, 1e-6);
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("Wilson's bounds equal published values and are narrower than Clopper-Pearson's", () => {
  // Newcombe (1998), Statistics in Medicine 17: 81 of 263 and 0 of 20.
  const { low, high } = wilson(81, 263, 0.025);
  assertClose(low, 0.2553, 1e-3);
  assertClose(high, 0.3662, 1e-3);
  assertClose(wilson(0, 20, 0.025).high, 0.1611, 1e-3);
  const exact = clopperPearson(81, 263, 0.025);
  assert.ok(exact.low < low && high < exact.high);
  assert.deepEqual(wilson(0, 0, 0.025), { low: 0, high: 1 });
});

test("the Poisson upper bound is the mean at which the count becomes that unlikely", () => {
  assertClose(poissonUpperBound(0, 0.01), -Math.log(0.01));
  for (const count of [1, 4, 25]) {
    const mean = poissonUpperBound(count, 0.01);
    let term = Math.exp(-mean);
    let sum = term;
    for (let k = 1; k <= count; k++) {
      term *= mean / k;
      sum += term;
    }
    assertClose(sum, 0.01, 1e-6);
  }
});

test("the hypergeometric tail equals enumeration, and stays right for counts in the hundred thousands", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(40), fc.nat(40), fc.nat(40), (total, m, d, k) => {
      const marked = Math.min(m, total);
      const drawn = Math.min(d, total);
      let sum = 0n;
      for (let i = k; i <= drawn; i++) sum += choose(marked, i) * choose(total - marked, drawn - i);
      assertClose(
        hypergeometricUpperTail(k, { drawn, marked, total }),
        Number(sum) / Number(choose(total, drawn)),
        1e-8,
      );
    }),
    { numRuns: 400, seed: 5 },
  );
  // Fisher's tea: 3 or 4 of 4 right.
  assertClose(hypergeometricUpperTail(3, { drawn: 4, marked: 4, total: 8 }), 17 / 70);
  // All 20 of 20 drawn from the half that is marked: nearly 2^-20.
  assertClose(hypergeometricUpperTail(20, { drawn: 20, marked: 500_000, total: 1_000_000 }), 2 ** -20, 1e-3);
  assert.throws(() => hypergeometricUpperTail(1, { drawn: 9, marked: 1, total: 4 }), { code: "bad-counts" });
  assert.throws(() => clopperPearson(3, 2, 0.01), { code: "bad-counts" });
  assert.throws(() => betaQuantile(1.5, 1, 1), { code: "bad-probability" });
});

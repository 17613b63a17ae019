import assert from "node:assert/strict";
import { test } from "node:test";
import { deltaFor, epsilonFor, rhoFor } from "../../src/dp/accountant.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { standardNormalCdf } from "../../src/math/standard-normal.ts";
import { discreteGaussianLaw } from "./laws.ts";

/** The bound at one α, as the paper writes it. */
const bound = (rho: number, epsilon: number, alpha: number): number =>
  Math.exp((alpha - 1) * (alpha * rho - epsilon) + alpha * Math.log1p(-1 / alpha)) / (alpha - 1);

const cases: readonly (readonly [rho: number, epsilon: number])[] = [
  [0.0001, 0.05],
  [0.00167, 0.3],
  [0.01497, 1],
  [0.1, 0],
  [0.1, 0.1],
  [0.5, 4],
  [1, 8],
  [3, 16],
  [5, 2],
  [40, 100],
];

test("delta is the least of the bound over a fine grid of alpha", () => {
  for (const [rho, epsilon] of cases) {
    let least = 1;
    for (let i = 0; i < 400_000; i++) least = Math.min(least, bound(rho, epsilon, 1 + 10 ** (-4 + (i / 400_000) * 9)));
    const delta = deltaFor(rho, epsilon);
    assert.ok(
      delta <= least * (1 + 1e-9) && delta >= least * (1 - 1e-6),
      `rho ${rho}, epsilon ${epsilon}: ${delta}, grid ${least}`,
    );
  }
});

test("epsilon and rho invert delta, and lie on its safe side", () => {
  for (const epsilon of [0.01, 0.3, 1, 8, 16, 100])
    for (const delta of [0.1, 1e-5, 1e-9, 1e-15, 1e-100]) {
      const rho = rhoFor(epsilon, delta);
      assert.ok(deltaFor(rho, epsilon) <= delta);
      assert.ok(deltaFor(rho * (1 + 1e-11), epsilon) > delta, `rho(${epsilon}, ${delta}) could be larger`);
      const back = epsilonFor(rho, delta);
      assert.ok(deltaFor(rho, back) <= delta);
      assert.ok(Math.abs(back - epsilon) < 1e-10 * epsilon, `${epsilon} came back as ${back}`);
    }
  assert.equal(epsilonFor(0, 1e-9), 0);
  assert.equal(epsilonFor(1e-12, 0.5), 0);
  assert.equal(deltaFor(0, 1), 0);
  // Far out of any use, still a valid bound and not needlessly bad: delta(rho, 0) is about the square root of rho.
  assert.ok(deltaFor(1e-40, 0) < 1e-19 && deltaFor(1e-40, 0) > 1e-21);
  assert.ok(deltaFor(1e-300, 0.1) < 1e-90 && deltaFor(1e200, 1) === 1);
});

test("known values: rho(1, 1e-9) = .01497, and the conversion is never looser than Bun & Steinke's", () => {
  assert.equal(rhoFor(1, 1e-9).toFixed(5), "0.01497");
  for (const [rho, epsilon] of cases)
    if (epsilon > rho)
      // Bun & Steinke (2016), lemma 3.5: delta = exp(−(epsilon − rho)² / 4 rho).
      assert.ok(deltaFor(rho, epsilon) < Math.exp(-((epsilon - rho) ** 2) / (4 * rho)));
});

test("more rho never means less delta, more epsilon never means more", () => {
  let before = 0;
  for (let i = -8; i < 2; i += 0.05) {
    const delta = deltaFor(10 ** i, 1);
    assert.ok(delta >= before);
    before = delta;
  }
  before = 1;
  for (let epsilon = 0; epsilon < 40; epsilon += 0.25) {
    const delta = deltaFor(1, epsilon);
    assert.ok(delta <= before);
    before = delta;
  }
});

test("the Gaussian mechanism's exact curve, by integrating its densities, lies below, and by less than a factor of 40", () => {
  for (const [rho, epsilon] of cases) {
    if (rho > 10) continue; // The density of one at the other's mean leaves the range of doubles.
    // N(0, 1) against N(mu, 1): rho = mu² / 2. Integral of (p − e^epsilon q)+ by the midpoint rule, 2 million steps.
    const mu = Math.sqrt(2 * rho);
    // p > e^epsilon q where x > epsilon / mu + mu / 2, p centred at mu.
    const from = epsilon / mu + mu / 2;
    const step = 40 / 2_000_000;
    let integral = 0;
    for (let i = 0; i < 2_000_000; i++) {
      const x = from + (i + 0.5) * step;
      const p = Math.exp((-(x - mu) * (x - mu)) / 2);
      if (p === 0 && x > mu) break;
      integral += p - Math.exp(epsilon - (x * x) / 2);
    }
    integral *= step / Math.sqrt(2 * Math.PI);
    const closed =
      standardNormalCdf(mu / 2 - epsilon / mu) - Math.exp(epsilon) * standardNormalCdf(-mu / 2 - epsilon / mu);
    assert.ok(Math.abs(integral - closed) < 1e-6 * closed + 1e-15, `integral ${integral}, closed form ${closed}`);
    const delta = deltaFor(rho, epsilon);
    assert.ok(integral <= delta, `rho ${rho}, epsilon ${epsilon}: exact ${integral}, accounted ${delta}`);
    if (epsilon > rho)
      assert.ok(delta < 40 * integral, `rho ${rho}, epsilon ${epsilon}: exact ${integral}, accounted ${delta}`);
  }
});

test("the discrete Gaussian's exact curve, by summing its law, lies below; with half the noise it does not", () => {
  const exactDelta = (sigma: number, epsilon: number): number => {
    const reach = Math.ceil(40 * sigma);
    const law = discreteGaussianLaw(sigma * sigma, reach);
    let delta = 0;
    for (let i = 1; i < law.length; i++)
      delta += Math.max(0, (law[i - 1] as number) - Math.exp(epsilon) * (law[i] as number));
    return delta;
  };
  for (const epsilon of [0.5, 1, 4, 8])
    for (const delta of [1e-3, 1e-6]) {
      const sigma = 1 / Math.sqrt(2 * rhoFor(epsilon, delta));
      assert.ok(exactDelta(sigma, epsilon) <= delta);
      // Below sigma = 1 the loss takes so few values that epsilon may fall between two of them.
      if (sigma > 1) assert.ok(exactDelta(sigma / 2, epsilon) > delta);
    }
});

test("what makes no sense is refused with what was given", () => {
  for (const epsilon of [0, -1, Number.NaN, 100.1, Number.POSITIVE_INFINITY])
    assert.throws(() => rhoFor(epsilon, 1e-9), { code: "bad-epsilon", message: new RegExp(`${epsilon}`) });
  for (const delta of [0, -1e-9, 1, 2, Number.NaN]) {
    assert.throws(() => rhoFor(1, delta), { code: "bad-delta" });
    assert.throws(() => epsilonFor(1, delta), { code: "bad-delta" });
  }
  assert.throws(() => epsilonFor(-1, 1e-9), InvalidArgument);
  assert.throws(() => deltaFor(1, Number.NaN), InvalidArgument);
});

test("what is too small to be reckoned with is refused, and not searched for without end", () => {
  for (const [epsilon, delta, code] of [
    [1e-300, 1e-300, "bad-epsilon"],
    [1e-5, 1e-9, "bad-epsilon"],
    [1, 1e-200, "bad-delta"],
  ] as const)
    assert.throws(
      () => rhoFor(epsilon, delta),
      (error) => error instanceof InvalidArgument && error.code === code,
    );
  assert.ok(rhoFor(1e-4, 1e-100) > 0);
});

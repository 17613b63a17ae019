import assert from "node:assert/strict";
import { test } from "node:test";
import { discreteGaussian } from "../../src/dp/discrete-gaussian.ts";
import { discreteLaplace } from "../../src/dp/discrete-laplace.ts";
import { fractionAbove, rationalOf } from "../../src/dp/rational.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { nextAbove } from "../../src/math/next-float.ts";
import { randomFromSeed, secureSource } from "../../src/random.ts";
import {
  chiSquaredRatio,
  discreteGaussianLaw,
  discreteLaplaceLaw,
  leadingWords,
  scriptedSource,
  seededSource,
} from "./laws.ts";

const DRAWS = 400_000;
const sigmas = [0.3, 0.5, 1, Math.SQRT2, 3.7, 20, 250.5, 1000];
const gaussianLaw = (sigma: number): Float64Array => discreteGaussianLaw(sigma * sigma, Math.ceil(12 * sigma) + 10);
const laplaceLaw = (scale: number): Float64Array => discreteLaplaceLaw(scale, Math.ceil(40 * scale) + 10);

for (const sigma of sigmas)
  test(`discrete Gaussian draws follow their law, sigma = ${sigma} (χ²; false alarm 1e-6)`, () => {
    const ratio = chiSquaredRatio(discreteGaussian(sigma, seededSource(64)), gaussianLaw(sigma), DRAWS);
    assert.ok(ratio < 1, `χ² is ${ratio} of its bound`);
  });

for (const scale of [0.2, 0.5, 1, 2.75, 13, 400])
  test(`discrete Laplace draws follow their law, scale = ${scale} (χ²; false alarm 1e-6)`, () => {
    const ratio = chiSquaredRatio(discreteLaplace(scale, seededSource(65)), laplaceLaw(scale), DRAWS);
    assert.ok(ratio < 1, `χ² is ${ratio} of its bound`);
  });

test("the χ² test sees noise of half the scale, of a 2 % smaller scale, and a rounded continuous normal (sigma = 0.5)", () => {
  for (const sigma of sigmas)
    assert.ok(chiSquaredRatio(discreteGaussian(sigma / 2, seededSource(66)), gaussianLaw(sigma), DRAWS) > 10);
  assert.ok(chiSquaredRatio(discreteGaussian(20 * 0.98, seededSource(66)), gaussianLaw(20), DRAWS) > 1);
  assert.ok(chiSquaredRatio(discreteLaplace(6.5, seededSource(66)), laplaceLaw(13), DRAWS) > 10);
  const source = seededSource(67);
  const rounded = (): number =>
    Math.round(
      0.5 *
        Math.sqrt(-2 * Math.log((source.uint32() + 1) / 2 ** 32)) *
        Math.cos((2 * Math.PI * source.uint32()) / 2 ** 32),
    );
  assert.ok(chiSquaredRatio(rounded, gaussianLaw(0.5), DRAWS) > 10);
});

test("mean 0, variance and fourth moment as the law has them (6 standard errors)", () => {
  for (const sigma of sigmas) {
    const law = gaussianLaw(sigma);
    const reach = (law.length - 1) / 2;
    const moment = (k: number): number => law.reduce((sum, p, i) => sum + p * (i - reach) ** k, 0);
    const draw = discreteGaussian(sigma, seededSource(68));
    const sums = [0, 0, 0, 0];
    for (let i = 0; i < DRAWS; i++) {
      const y = draw();
      for (const [k, power] of [1, 2, 3, 4].entries()) sums[k] = (sums[k] as number) + y ** power;
    }
    for (const [k, power] of [1, 2, 3, 4].entries()) {
      const error = Math.sqrt((moment(2 * power) - moment(power) ** 2) / DRAWS);
      const found = (sums[k] as number) / DRAWS;
      assert.ok(Math.abs(found - moment(power)) < 6 * error, `moment ${power} at sigma ${sigma}: ${found}`);
    }
    // The variance of the discrete law is below sigma² (Canonne, Kamath & Steinke), though by nothing from sigma = 1 on.
    assert.ok(moment(2) <= sigma * sigma * (1 + 1e-12));
  }
});

test("a scale becomes a fraction that is never smaller, and larger by less than 2^−31 of it", () => {
  const random = randomFromSeed(70);
  for (let i = 0; i < 5000; i++) {
    const scale = i < 100 ? i + 1 : 2 ** (-20 + 51 * random.uniform());
    const { numerator, denominator } = fractionAbove(scale);
    const { numerator: exactly, denominator: over } = rationalOf(scale);
    assert.ok(Number.isInteger(numerator) && numerator <= 2 ** 32 && Number.isInteger(Math.log2(denominator)));
    const excess = BigInt(numerator) * over - exactly * BigInt(denominator);
    assert.ok(excess >= 0n && excess << 31n < exactly * BigInt(denominator), `scale ${scale}`);
    if (Number.isInteger(scale)) assert.equal(denominator, 1);
  }
});

/** Words that make a discrete Laplace sampler of a whole scale propose u + scale · v. */
const proposal = (u: number, v: number, sign: 0 | 1): number[] => [
  u,
  0,
  ...new Array(v).fill(0),
  2 ** 32 - 1,
  sign * 2 ** 31,
];

test("where 64 bits do not decide, the Gaussian's exact exponent does: (|y| − v/t)² / 2v, for y of both signs", () => {
  for (const sigma of [1.3, 3.7, 250.5]) {
    const t = Math.floor(sigma) + 1;
    const v = rationalOf(nextAbove(sigma * sigma));
    for (const [u, heads, sign] of [
      [1, 0, 0],
      [0, 1, 1],
      [t - 1, 2, 0],
    ] as const) {
      const y = (sign === 1 ? -1 : 1) * (u + t * heads);
      // (|y| − v/t)² / 2v with v = n/d, over the common denominator.
      const [n, d] = [v.numerator, v.denominator];
      const difference = BigInt(Math.abs(y) * t) * d - n;
      const exponent = { numerator: difference ** 2n, denominator: 2n * n * d * BigInt(t) ** 2n };
      const [first, second, third] = leadingWords(exponent, 3) as [number, number, number];
      const draw = (last: number): number => {
        const source = scriptedSource([...proposal(u, heads, sign), first, second, last]);
        return discreteGaussian(sigma, source)();
      };
      assert.equal(draw(third - 1), y, `sigma ${sigma}, y ${y}`);
      assert.throws(() => draw(third + 1), /script is over/, `sigma ${sigma}, y ${y}: rejected, so more is drawn`);
    }
  }
});

test("where 64 bits do not decide, the Laplace sampler's exact exponents do: u/n, and 1", () => {
  for (const [scale, n, u] of [
    [7, 7, 3],
    [2.75, 11, 10],
    [1000, 1000, 1],
  ] as const) {
    const tail = [2 ** 32 - 1, 0];
    const [first, second, third] = leadingWords({ numerator: BigInt(u), denominator: BigInt(n) }, 3) as [
      number,
      number,
      number,
    ];
    const kept = (last: number): number => discreteLaplace(scale, scriptedSource([u, first, second, last, ...tail]))();
    assert.equal(kept(third - 1), Math.floor((u * scale) / n));
    assert.throws(() => kept(third + 1), /script is over/);
    const [a, b, c] = leadingWords({ numerator: 1n, denominator: 1n }, 3) as [number, number, number];
    const heads = (last: number): number => discreteLaplace(scale, scriptedSource([u, 0, a, b, last, ...tail]))();
    assert.equal(heads(c - 1), Math.floor(((u + n) * scale) / n), "heads, then tails");
  }
});

test("draws are whole numbers, never −0", () => {
  const draw = discreteGaussian(0.4, seededSource(69));
  for (let i = 0; i < 20_000; i++) {
    const y = draw();
    assert.ok(Number.isInteger(y) && !Object.is(y, -0));
  }
});

test("scales out of range and a source that is stuck are refused", () => {
  for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -30, 2 ** 40]) {
    assert.throws(() => discreteGaussian(scale, seededSource(1)), InvalidArgument);
    assert.throws(() => discreteLaplace(scale, seededSource(1)), InvalidArgument);
  }
  assert.throws(() => discreteLaplace(1, { secure: true, uint32: () => 0 })(), { code: "stuck-entropy" });
  assert.throws(() => discreteGaussian(1, scriptedSource([]))(), /script is over/);
});

test("a million draws from the operating system's entropy take less than a CPU-second, sigma from 0.5 to 1000", () => {
  for (const sigma of [0.5, 1, 10, 1000]) {
    const draw = discreteGaussian(sigma, secureSource());
    for (let i = 0; i < 50_000; i++) draw();
    const before = process.cpuUsage();
    for (let i = 0; i < 200_000; i++) draw();
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 200_000, `sigma ${sigma}: 200,000 draws in ${(user + system) / 1e6} CPU-seconds`);
  }
});

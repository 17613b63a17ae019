import { enclosedExponentialOfMinus } from "../../src/dp/exponential.ts";
import type { Rational } from "../../src/dp/rational.ts";
import { chiSquareQuantile } from "../../src/math/distributions.ts";
import type { SecureSource } from "../../src/random.ts";
import { randomFromSeed } from "../../src/random.ts";

/** A source that can be repeated, for tests only. */
export function seededSource(seed: number): SecureSource {
  return { secure: true, uint32: randomFromSeed(seed).uint32 };
}

/** A source that hands out the given words and then throws. */
export function scriptedSource(words: readonly number[]): SecureSource & { readonly used: () => number } {
  let next = 0;
  return {
    secure: true,
    uint32() {
      if (next === words.length) throw new Error("the script is over");
      return words[next++] as number;
    },
    used: () => next,
  };
}

/** The first 32 · count bits of e^−x, as words: a uniform real of which so many bits are drawn cannot be told apart from it. */
export function leadingWords({ numerator, denominator }: Rational, count: number): number[] {
  const { low } = enclosedExponentialOfMinus(numerator, denominator, 32 * count + 64);
  return Array.from({ length: count }, (_, i) => Number((low >> BigInt(64 + 32 * (count - 1 - i))) & 0xffffffffn));
}

/** P(y) of the discrete Gaussian, by its definition; y from −reach to reach. */
export function discreteGaussianLaw(variance: number, reach: number): Float64Array {
  return normalised(reach, (y) => Math.exp((-y * y) / (2 * variance)));
}

/** P(y) of the discrete Laplace law, by its definition; y from −reach to reach. */
export function discreteLaplaceLaw(scale: number, reach: number): Float64Array {
  return normalised(reach, (y) => Math.exp(-Math.abs(y) / scale));
}

function normalised(reach: number, weight: (y: number) => number): Float64Array {
  const law = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => weight(i - reach));
  let sum = 0;
  for (const w of [...law].sort((a, b) => a - b)) sum += w;
  return law.map((w) => w / sum);
}

/** Pearson's statistic of n draws against a law, over its 1 − 1e-6 quantile: above 1 means that the draws do not follow the law (false alarm 1e-6).
 * Neighbouring values share a bin until 20 are expected in it; what lies outside of the law's reach counts as its end. */
export function chiSquaredRatio(draw: () => number, law: Float64Array, n: number): number {
  const reach = (law.length - 1) / 2;
  const counts = new Float64Array(law.length);
  for (let i = 0; i < n; i++) {
    const at = Math.max(0, Math.min(law.length - 1, draw() + reach));
    counts[at] = (counts[at] as number) + 1;
  }
  return chiSquaredRatioOfCounts(counts, law, n);
}

/** As {@link chiSquaredRatio}, for draws that are counted already. */
export function chiSquaredRatioOfCounts(counts: ArrayLike<number>, law: ArrayLike<number>, n: number): number {
  const bins: { found: number; expected: number }[] = [];
  let found = 0;
  let expected = 0;
  for (let i = 0; i < law.length; i++) {
    found += counts[i] as number;
    expected += n * (law[i] as number);
    if (expected >= 20) {
      bins.push({ found, expected });
      found = 0;
      expected = 0;
    }
  }
  const last = bins.at(-1);
  if (last === undefined) throw new Error("too few draws for one bin");
  last.found += found;
  last.expected += expected;
  const statistic = bins.reduce((sum, bin) => sum + (bin.found - bin.expected) ** 2 / bin.expected, 0);
  return statistic / chiSquareQuantile(1 - 1e-6, bins.length - 1);
}

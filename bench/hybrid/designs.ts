import type { Family, PairedSample } from "../../src/hybrid/estimation/sample.ts";
import type { Random } from "../../src/random.ts";

/** Units drawn from a law whose coefficient is known, with a proxy and a synthetic counterpart that are both biased. */
export interface Design {
  readonly name: string;
  readonly family: Family;
  /** Which coefficient is watched, and what it truly is. */
  readonly watched: number;
  readonly truth: number;
  /** One sample; sources are informative (their residuals correlate by .8 and .6 with the real ones, or nearly) or useless (not at all). */
  draw(options: {
    readonly random: Random;
    readonly units: number;
    readonly labelled: number;
    readonly isInformative: boolean;
  }): PairedSample;
}

/** What one unit looks like. */
interface Unit {
  readonly x: number;
  readonly y: number;
  readonly proxy: number;
  readonly syntheticX: number;
  readonly syntheticY: number;
}

export const DESIGNS: readonly Design[] = [
  {
    name: "ols slope",
    family: { kind: "ols" },
    watched: 1,
    truth: 1,
    draw: drawing(2, (random, isInformative) => {
      const x = random.normal();
      const error = random.normal();
      const shared = isInformative ? error : random.normal();
      const syntheticX = x + 0.3 * random.normal();
      const other = isInformative ? error : random.normal();
      return {
        x,
        y: 0.5 + x + error,
        proxy: 0.8 + 1.2 * x + 0.8 * shared + 0.6 * random.normal(),
        syntheticX,
        syntheticY: 0.2 + 1.3 * syntheticX + 0.6 * other + 0.8 * random.normal(),
      };
    }),
  },
  {
    name: "mean",
    family: { kind: "mean" },
    watched: 0,
    truth: 0.5,
    draw: drawing(1, (random, isInformative) => {
      const error = random.normal();
      const shared = isInformative ? error : random.normal();
      const other = isInformative ? error : random.normal();
      return {
        x: 0,
        y: 0.5 + error,
        proxy: 0.8 + 0.8 * shared + 0.6 * random.normal(),
        syntheticX: 0,
        syntheticY: 0.7 + 0.6 * other + 0.8 * random.normal(),
      };
    }),
  },
  {
    name: "logistic slope",
    family: { kind: "logistic" },
    watched: 1,
    truth: 0.8,
    draw: drawing(2, (random, isInformative) => {
      const x = random.normal();
      const real = (): number => (random.uniform() < 1 / (1 + Math.exp(0.2 - 0.8 * x)) ? 1 : 0);
      const y = real();
      const seen = isInformative ? y : real();
      const other = isInformative ? y : real();
      // Sensitivity above specificity: a bias that naive pooling keeps.
      return {
        x,
        y,
        proxy: random.uniform() < (seen === 1 ? 0.96 : 0.1) ? 1 : 0,
        syntheticX: x + 0.3 * random.normal(),
        syntheticY: random.uniform() < (other === 1 ? 0.9 : 0.25) ? 1 : 0,
      };
    }),
  },
  {
    name: "poisson slope",
    family: { kind: "poisson" },
    watched: 1,
    truth: 0.4,
    draw: drawing(2, (random, isInformative) => {
      const x = random.normal();
      const rate = Math.exp(0.5 + 0.4 * x);
      const parts = (): readonly [number, number, number] => [
        poisson(random, 0.6 * rate),
        poisson(random, 0.25 * rate),
        poisson(random, 0.15 * rate),
      ];
      const [most, some, rest] = parts();
      const [mostSeen, someSeen] = isInformative ? [most, some] : parts();
      const [mostOther] = isInformative ? [most] : parts();
      return {
        x,
        y: most + some + rest,
        proxy: mostSeen + someSeen + poisson(random, 0.2),
        syntheticX: x + 0.3 * random.normal(),
        syntheticY: mostOther + poisson(random, 0.6 * rate),
      };
    }),
  },
];

function drawing(width: 1 | 2, unit: (random: Random, isInformative: boolean) => Unit): Design["draw"] {
  return ({ random, units, labelled: n, isInformative }) => {
    const design = new Float64Array(units * width).fill(1);
    const syntheticDesign = new Float64Array(units * width).fill(1);
    const proxy = new Float64Array(units);
    const synthetic = new Float64Array(units);
    const outcome = new Float64Array(n);
    for (let t = 0; t < units; t++) {
      const drawn = unit(random, isInformative);
      if (width === 2) {
        design[2 * t + 1] = drawn.x;
        syntheticDesign[2 * t + 1] = drawn.syntheticX;
      }
      proxy[t] = drawn.proxy;
      synthetic[t] = drawn.syntheticY;
      if (t < n) outcome[t] = drawn.y;
    }
    return {
      units,
      width,
      terms: ["(intercept)", "x"].slice(0, width),
      // Units are independent and alike: the first n are as random as any.
      labelled: Uint32Array.from({ length: n }, (_, i) => i),
      real: { design: design.slice(0, n * width), outcome },
      sources: [
        { name: "proxy", kind: "proxy", design, outcome: proxy },
        { name: "synthetic", kind: "synthetic", design: syntheticDesign, outcome: synthetic },
      ],
    };
  };
}

/** A Poisson count of a small mean, by multiplying uniforms (Knuth, TAOCP 2, 3.4.1). */
function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  return count;
}

import type { Random } from "../random.ts";

/** Interval of f(a) − f(b) for two jointly normal estimates a and b, where f has a kink or a cap and the delta method fails: by drawing.
 * @param pair.covariance of the two estimates
 * @returns the middle `level` of 4,000 draws, widened where needed to hold the point f(a) − f(b) */
export function drawnDifference(
  pair: {
    readonly a: number;
    readonly b: number;
    readonly varianceA: number;
    readonly varianceB: number;
    readonly covariance: number;
  },
  options: { readonly of: (x: number) => number; readonly level: number; readonly random: Random },
): { readonly value: number; readonly low: number; readonly high: number } {
  const { a, b, varianceA, varianceB, covariance } = pair;
  const { of, level, random } = options;
  const spreadA = Math.sqrt(Math.max(0, varianceA));
  const slope = spreadA > 0 ? covariance / spreadA : 0;
  const rest = Math.sqrt(Math.max(0, varianceB - slope * slope));
  const draws = new Float64Array(DRAWS);
  for (let i = 0; i < DRAWS; i++) {
    const shared = random.normal();
    draws[i] = of(a + spreadA * shared) - of(b + slope * shared + rest * random.normal());
  }
  draws.sort();
  const tail = Math.floor(((1 - level) / 2) * DRAWS);
  const value = of(a) - of(b);
  return {
    value,
    low: Math.min(value, draws[tail] as number),
    high: Math.max(value, draws[DRAWS - 1 - tail] as number),
  };
}

const DRAWS = 4000;

import { cholesky, solveCholesky } from "../../math/cholesky.ts";
import { FEATURES, type ShadowFeatures } from "./shadow-features.ts";

/** Ridge on the covariance of standardised features. */
const RIDGE = 0.1;

/** Scores every run for every target by a linear discriminant that learnt from all other pairs of runs.
 *
 * For each pair that is left out: each target's features are standardised by its other runs, whoever was in them (its own variance and the mean over
 * the targets count equally, for few runs tell little of one), and the discriminant is the covariance of all, inverted, times the mean difference
 * between in and out over all targets. Only that difference knows who was in, so that {@link Scorer.scores} is quick to ask again for other labels.
 * @source Fisher (1936), Annals of Eugenics 7; out-of-sample likelihood ratios with a shared variance as in Carlini et al. (2022), IEEE S&P, section VI */
export interface Scorer {
  /** @param side for each pair and target, pair · targets + target: 0 where the target was in the pair's first run, 1 in its second
   * @param weight how often each pair counts in what is learnt; absent: once
   * @returns a score per run and target, run · targets + target: the higher, the likelier in */
  scores(side: Uint8Array, weight?: Uint32Array): Float64Array;
}

/** Prepares everything that does not depend on who was in. */
export function scorerOf({ targets, runs, values }: ShadowFeatures): Scorer {
  const pairs = runs >> 1;
  const size = targets * FEATURES;
  // Per left-out pair: the standardised difference of both runs of every other pair, and the two left-out runs behind the inverse covariance.
  const differences: Float64Array[] = [];
  const sights: Float64Array[] = [];
  for (let out = 0; out < pairs; out++) {
    const { centre, scale } = scalesWithout(out, { targets, runs, values });
    const z = values.map((x, i) => (x - (centre[i % size] as number)) * (scale[i % size] as number));
    const difference = new Float64Array(pairs * size);
    for (let pair = 0; pair < pairs; pair++) {
      if (pair === out) continue;
      for (let i = 0; i < size; i++)
        difference[pair * size + i] = (z[2 * pair * size + i] as number) - (z[(2 * pair + 1) * size + i] as number);
    }
    differences.push(difference);
    const factor = factorWithout(out, z, { targets, runs });
    const sight = new Float64Array(2 * size);
    for (let i = 0; i < 2 * targets; i++) {
      const from = 2 * out * size + i * FEATURES;
      sight.set(solveCholesky(factor, z.slice(from, from + FEATURES)), i * FEATURES);
    }
    sights.push(sight);
  }
  return {
    scores(side, weight) {
      const out = new Float64Array(runs * targets);
      for (let pair = 0; pair < pairs; pair++) {
        const mean = new Float64Array(FEATURES);
        const difference = differences[pair] as Float64Array;
        for (let i = 0; i < pairs * targets; i++) {
          const times = weight?.[Math.floor(i / targets)] ?? 1;
          if (times === 0) continue;
          const sign = side[i] === 0 ? times : -times;
          for (let j = 0; j < FEATURES; j++)
            mean[j] = (mean[j] as number) + sign * (difference[i * FEATURES + j] as number);
        }
        const sight = sights[pair] as Float64Array;
        for (let i = 0; i < 2 * targets; i++) {
          let score = 0;
          for (let j = 0; j < FEATURES; j++) score += (mean[j] as number) * (sight[i * FEATURES + j] as number);
          out[2 * pair * targets + i] = score;
        }
      }
      return out;
    },
  };
}

/** Each target's mean of each feature, and one over its spread, over all runs but those of one pair. */
function scalesWithout(
  out: number,
  { targets, runs, values }: Pick<ShadowFeatures, "targets" | "runs" | "values">,
): { readonly centre: Float64Array; readonly scale: Float64Array } {
  const size = targets * FEATURES;
  const centre = new Float64Array(size);
  const variance = new Float64Array(size);
  for (const step of ["centre", "variance"] as const)
    for (let run = 0; run < runs; run++) {
      if (run >> 1 === out) continue;
      for (let i = 0; i < size; i++) {
        const x = values[run * size + i] as number;
        if (step === "centre") centre[i] = (centre[i] as number) + x / (runs - 2);
        else variance[i] = (variance[i] as number) + (x - (centre[i] as number)) ** 2 / (runs - 3);
      }
    }
  const shared = new Float64Array(FEATURES);
  variance.forEach((x, i) => {
    shared[i % FEATURES] = (shared[i % FEATURES] as number) + x / targets;
  });
  const scale = variance.map((x, i) => {
    const both = (x + (shared[i % FEATURES] as number)) / 2;
    return both > 1e-12 ? 1 / Math.sqrt(both) : 0;
  });
  return { centre, scale };
}

function factorWithout(
  out: number,
  z: Float64Array,
  { targets, runs }: Pick<ShadowFeatures, "targets" | "runs">,
): Float64Array {
  const covariance = new Float64Array(FEATURES * FEATURES);
  const rows = (runs - 2) * targets;
  for (let i = 0; i < runs * targets; i++) {
    if (Math.floor(i / targets) >> 1 === out) continue;
    for (let a = 0; a < FEATURES; a++)
      for (let b = 0; b < FEATURES; b++)
        covariance[a * FEATURES + b] =
          (covariance[a * FEATURES + b] as number) +
          ((z[i * FEATURES + a] as number) * (z[i * FEATURES + b] as number)) / rows;
  }
  for (let a = 0; a < FEATURES; a++) covariance[a * FEATURES + a] = (covariance[a * FEATURES + a] as number) + RIDGE;
  const factored = cholesky(covariance, FEATURES);
  if ("dependent" in factored) throw new Error("a covariance with a ridge was singular");
  return factored.factor;
}

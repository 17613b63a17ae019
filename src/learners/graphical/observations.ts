import type { PropagatedFactor, Propagation } from "./belief-propagation.ts";
import type { Measurement } from "./model.ts";
import { cellsOf, isWithin, placesIn, reorder, scopeOf } from "./scope.ts";

/** What was measured of a factor's columns, or of some of them. */
export interface Observation {
  /** Inverse variance of the noise. */
  readonly weight: number;
  /** In storage order. */
  readonly noisy: Float64Array;
  /** For each cell of the factor its place in `noisy`; undefined: the same. */
  readonly places: Int32Array | undefined;
  /** Room for marginals over the measured columns. */
  readonly marginal: Float64Array;
}

/** Measurements by the factor that holds their columns; those of the same clique as one, their inverse-variance mean.
 * @param input.scopes of the factors, in storage order; every measured clique with a column is within one */
export function observationsOf(
  sizes: readonly number[],
  input: { readonly measurements: readonly Measurement[]; readonly scopes: readonly (readonly number[])[] },
): readonly (readonly Observation[])[] {
  const { measurements, scopes } = input;
  const byClique = new Map<string, Measurement[]>();
  for (const measurement of measurements) {
    const name = measurement.clique.join();
    byClique.set(name, [...(byClique.get(name) ?? []), measurement]);
  }
  const out: Observation[][] = scopes.map(() => []);
  for (const same of byClique.values()) {
    const { clique } = same[0] as Measurement;
    const scope = scopeOf(sizes, clique);
    // The total is known before: a measurement of no column says nothing of the potentials.
    if (scope.length === 0) continue;
    const f = scopes.findIndex((own) => isWithin(scope, own));
    const own = scopes[f] as readonly number[];
    const cells = cellsOf(sizes, clique);
    const mean = new Float64Array(cells);
    let weight = 0;
    for (const { noisy, sigma } of same) {
      weight += 1 / sigma ** 2;
      for (let i = 0; i < cells; i++) mean[i] = (mean[i] as number) + (noisy[i] as number) / sigma ** 2;
    }
    for (let i = 0; i < cells; i++) mean[i] = (mean[i] as number) / weight;
    out[f]?.push({
      weight,
      noisy: reorder(mean, sizes, { from: clique, to: scope }),
      places: scope.length === own.length ? undefined : placesIn(sizes, own, { scope }),
      marginal: new Float64Array(cells),
    });
  }
  return out;
}

/** Σ weight ‖μ − noisy‖² / 2 over all observations; writes its gradient in each factor's marginals, if asked. */
export function squaredError(
  { factors }: Propagation,
  input: {
    readonly observations: readonly (readonly Observation[])[];
    readonly gradient?: readonly Float64Array[];
  },
): number {
  const { observations, gradient } = input;
  let error = 0;
  for (let f = 0; f < factors.length; f++) {
    const { marginals } = factors[f] as PropagatedFactor;
    const slope = gradient?.[f];
    slope?.fill(0);
    for (const { weight, noisy, places, marginal } of observations[f] as readonly Observation[]) {
      if (places) sumBy(places, marginals, marginal);
      else marginal.set(marginals);
      for (let k = 0; k < marginal.length; k++) {
        const gap = (marginal[k] as number) - (noisy[k] as number);
        error += 0.5 * weight * gap * gap;
        marginal[k] = weight * gap;
      }
      if (slope) addBy(places, marginal, slope);
    }
  }
  return error;
}

/** Writes how each factor's log-potentials would change by proportional fitting: for every observation the log of what was measured over the
 * marginal, both raised by the noise's standard deviation, so that counts within the noise change little.
 * @source Deming & Stephan (1940), Ann. Math. Stat. 11 (iterative proportional fitting) */
export function proportionalStep(
  { factors }: Propagation,
  input: { readonly observations: readonly (readonly Observation[])[]; readonly step: readonly Float64Array[] },
): void {
  for (let f = 0; f < factors.length; f++) {
    const { marginals } = factors[f] as PropagatedFactor;
    const step = input.step[f] as Float64Array;
    step.fill(0);
    for (const { weight, noisy, places, marginal } of input.observations[f] as readonly Observation[]) {
      const sigma = 1 / Math.sqrt(weight);
      if (places) sumBy(places, marginals, marginal);
      else marginal.set(marginals);
      for (let k = 0; k < marginal.length; k++)
        marginal[k] = Math.log((Math.max(noisy[k] as number, 0) + sigma) / ((marginal[k] as number) + sigma));
      addBy(places, marginal, step);
    }
  }
}

function sumBy(places: Int32Array, from: Float64Array, to: Float64Array): void {
  to.fill(0);
  for (let i = 0; i < from.length; i++)
    to[places[i] as number] = (to[places[i] as number] as number) + (from[i] as number);
}

function addBy(places: Int32Array | undefined, from: Float64Array, to: Float64Array): void {
  if (places) for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (from[places[i] as number] as number);
  else for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (from[i] as number);
}

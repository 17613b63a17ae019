import { planPropagation } from "./belief-propagation.ts";
import { checkMeasurements, estimateTotal } from "./measurements.ts";
import { descend } from "./mirror-descent.ts";
import type { GraphicalModel, Measurement, ZeroCells } from "./model.ts";
import { observationsOf } from "./observations.ts";
import { cellsOf, isWithin, maximalScopes, placesIn, scopeOf } from "./scope.ts";

export interface EstimateOptions {
  readonly measurements: readonly Measurement[];
  readonly zeros?: readonly ZeroCells[] | undefined;
  /** A model to start from; its potentials are carried over. */
  readonly start?: GraphicalModel | undefined;
  /** Most runs of belief propagation. */
  readonly iterations: number;
  /** Stop when ten iterations together gain less than this share of the objective; default 0: never. */
  readonly tolerance?: number | undefined;
  /** Number of rows; default: what the measurements say. */
  readonly total?: number | undefined;
}

/** The graphical model whose marginals fit noisy measurements best: of all distributions, the one of most entropy among those that
 * minimise Σ ‖μ − noisy‖² / (2 σ²) over the measured marginals μ.
 *
 * A few rounds of proportional fitting, then mirror descent with momentum (see `descend`).
 * @throws {InvalidArgument} measurements that do not fit the domain; structural zeros that leave no row possible
 * @source McKenna, Sheldon & Miklau (2019), ICML, algorithm 1 */
export function estimate(sizes: readonly number[], options: EstimateOptions): GraphicalModel {
  const { measurements, zeros = [], start } = options;
  checkMeasurements(sizes, { measurements, zeros });
  const total = options.total ?? estimateTotal(measurements, start?.total);
  const carried = start?.propagation.factors.map(({ scope }) => scope) ?? [];
  const wanted = [...carried, ...[...measurements, ...zeros].map(({ clique }) => scopeOf(sizes, clique))];
  const propagation = planPropagation(sizes, maximalScopes(wanted.filter((scope) => scope.length > 0)));
  const scopes = propagation.factors.map(({ scope }) => scope);
  const logs = scopes.map((scope) => new Float64Array(cellsOf(sizes, scope)));
  const add = (scope: readonly number[], valueAt: (place: number) => number): void => {
    const f = scopes.findIndex((own) => isWithin(scope, own));
    const table = logs[f];
    if (!table) return;
    const places = placesIn(sizes, scopes[f] as readonly number[], { scope });
    for (let i = 0; i < table.length; i++) table[i] = (table[i] as number) + valueAt(places[i] as number);
  };
  start?.propagation.factors.forEach(({ scope }, f) => {
    add(scope, (place) => start.logPotentials[f]?.[place] as number);
  });
  for (const { clique, allowed } of zeros) {
    const scope = scopeOf(sizes, clique);
    const places = placesIn(sizes, scope, { scope: clique });
    add(scope, (place) => (allowed[places[place] as number] ? 0 : Number.NEGATIVE_INFINITY));
  }
  const observations = observationsOf(sizes, { measurements, scopes });
  return {
    sizes,
    total,
    propagation,
    ...descend({ ...options, propagation, observations, total, logs }),
  };
}

import { InvalidArgument } from "../../errors.ts";
import { type Propagation, planPropagation, propagate } from "./belief-propagation.ts";
import { gaugeOf, regauge } from "./gauge.ts";
import { checkMeasurements, estimateTotal } from "./measurements.ts";
import type { GraphicalModel, Measurement, ZeroCells } from "./model.ts";
import { type Observation, observationsOf, squaredError } from "./observations.ts";
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
 * Mirror descent in the log-potentials, with momentum: a step follows the gradient in the marginals, taken at an extrapolation of the last
 * two steps. A step that made the objective worse is taken back; first without momentum, then at half the length.
 * @throws {InvalidArgument} measurements that do not fit the domain; structural zeros that leave no row possible
 * @source McKenna, Sheldon & Miklau (2019), ICML, algorithm 1; restarts: O'Donoghue & Candès (2015), Found. Comput. Math. 15 */
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

/** Messages whose largest entry comes out smaller call for other potentials of the same distribution. */
const SMALL_MESSAGE = 1e-12;

interface Descent {
  readonly propagation: Propagation;
  readonly observations: readonly (readonly Observation[])[];
  readonly total: number;
  readonly iterations: number;
  readonly tolerance?: number | undefined;
  /** Where to start. */
  readonly logs: readonly Float64Array[];
}

function descend(input: Descent): Pick<GraphicalModel, "logPotentials" | "objective" | "iterations"> {
  const { propagation, observations, total, iterations, tolerance = 0 } = input;
  const blank = (): Float64Array[] => input.logs.map((table) => new Float64Array(table.length));
  const copy = (from: readonly Float64Array[], to: readonly Float64Array[]): void => {
    from.forEach((table, f) => {
      to[f]?.set(table);
    });
  };
  /** Where the objective is asked, the best place so far, its gradient, and the place that the last step went to. */
  const point = input.logs.map((table) => table.slice());
  const best = blank();
  const gradient = blank();
  const slope = blank();
  const stepped = point.map((table) => table.slice());
  let bestObjective = Number.POSITIVE_INFINITY;
  let step = 0;
  let momentum = 0;
  let sinceRestart = 0;
  const gains: number[] = [];
  const { sizes } = propagation.tree;
  const gauge = gaugeOf(
    sizes,
    propagation.factors.map(({ scope }) => scope),
  );
  let iteration = 0;
  for (; iteration < Math.max(1, iterations); iteration++) {
    if (!propagate(propagation, { logPotentials: point, total })) throw noRowPossible();
    const objective = squaredError(propagation, { observations, gradient: slope });
    if (iteration === 0) step = firstStep(observations, total);
    if (objective <= bestObjective) {
      gains.push(bestObjective - objective);
      bestObjective = objective;
      copy(point, best);
      copy(slope, gradient);
      if (momentum === 0) step *= 1.5;
      sinceRestart++;
    } else {
      if (momentum === 0) step *= 0.5;
      else step *= 0.9;
      sinceRestart = 0;
      copy(best, stepped);
    }
    if (Math.min(...propagation.scales) < SMALL_MESSAGE || propagation.logBeliefs) regauge(gauge, best, stepped);
    if (gains.length > 11 && gains.slice(-10).reduce((sum, gain) => sum + gain, 0) <= tolerance * bestObjective) break;
    momentum = sinceRestart / (sinceRestart + 3);
    if (sinceRestart === 0) momentum = 0;
    for (let f = 0; f < point.length; f++)
      move(point[f] as Float64Array, {
        from: best[f] as Float64Array,
        gradient: gradient[f] as Float64Array,
        last: stepped[f] as Float64Array,
        step,
        momentum,
      });
  }
  propagate(propagation, { logPotentials: best, total });
  return { logPotentials: best, objective: bestObjective, iterations: iteration };
}

/** One step from a point down its gradient, then on by momentum times the way from the last step's end to this one's. */
function move(
  point: Float64Array,
  at: {
    readonly from: Float64Array;
    readonly gradient: Float64Array;
    readonly last: Float64Array;
    readonly step: number;
    readonly momentum: number;
  },
): void {
  const { from, gradient, last, step, momentum } = at;
  for (let i = 0; i < point.length; i++) {
    const end = (from[i] as number) - step * (gradient[i] as number);
    // Where structurally zero, both ends are −Infinity and have no difference.
    point[i] = end === Number.NEGATIVE_INFINITY ? end : end + momentum * (end - (last[i] as number));
    last[i] = end;
  }
}

/** One over the curvature of the sharpest measurement. */
function firstStep(observations: Descent["observations"], total: number): number {
  let most = 0;
  for (const { weight } of observations.flat()) most = Math.max(most, weight);
  return most > 0 ? 1 / (total * most) : 0;
}

function noRowPossible(): InvalidArgument {
  return new InvalidArgument("no-possible-row", "The structural zeros leave no row possible.", {
    advice: "Allow at least one cell of every combination that a row must have.",
  });
}

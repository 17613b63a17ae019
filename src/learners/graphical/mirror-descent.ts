import { InvalidArgument } from "../../errors.ts";
import { type Propagation, propagate } from "./belief-propagation.ts";
import { gaugeOf, regauge } from "./gauge.ts";
import type { GraphicalModel } from "./model.ts";
import { type Observation, proportionalStep, squaredError } from "./observations.ts";

/** Messages whose largest entry comes out smaller call for other potentials of the same distribution. */
const SMALL_MESSAGE = 1e-12;

/** Rounds of proportional fitting before the descent, and the share of each step that is taken: columns in several factors are corrected by
 * each. */
const FITTING_ROUNDS = 5;
const FITTING_SHARE = 0.5;

export interface Descent {
  readonly propagation: Propagation;
  readonly observations: readonly (readonly Observation[])[];
  readonly total: number;
  readonly iterations: number;
  readonly tolerance?: number | undefined;
  /** Where to start. */
  readonly logs: readonly Float64Array[];
}

/** Mirror descent in the log-potentials, with momentum: a step follows the gradient in the marginals, taken at an extrapolation of the last
 * two steps. A step that made the objective worse is taken back; first without momentum, then at half the length.
 *
 * A column of few rows a value moves slowly by gradients in counts, so that a new measurement is first met by {@link proportionalStep}s.
 * Both go on until `iterations` runs of belief propagation are used up.
 * @throws {InvalidArgument} structural zeros leave no row possible
 * @source Beck & Teboulle (2003), Oper. Res. Lett. 31; momentum and restarts: O'Donoghue & Candès (2015), Found. Comput. Math. 15 */
export function descend(input: Descent): Pick<GraphicalModel, "logPotentials" | "objective" | "iterations"> {
  const { propagation, observations, total, iterations, tolerance = 0 } = input;
  const blank = (): Float64Array[] => input.logs.map((table) => new Float64Array(table.length));
  /** Where the objective is asked, the best place so far, its gradient, and the place that the last step went to. */
  const point =
    iterations >= 2 * FITTING_ROUNDS ? fittedProportionally(input) : input.logs.map((table) => table.slice());
  const best = blank();
  const gradient = blank();
  const slope = blank();
  const stepped = point.map((table) => table.slice());
  let bestObjective = Number.POSITIVE_INFINITY;
  let step = firstStep(observations, total);
  let momentum = 0;
  let sinceRestart = 0;
  const gains: number[] = [];
  const { sizes } = propagation.tree;
  const gauge = gaugeOf(
    sizes,
    propagation.factors.map(({ scope }) => scope),
  );
  let iteration = iterations >= 2 * FITTING_ROUNDS ? FITTING_ROUNDS : 0;
  for (; iteration < Math.max(1, iterations); iteration++) {
    if (!propagate(propagation, { logPotentials: point, total })) throw noRowPossible();
    const objective = squaredError(propagation, { observations, gradient: slope });
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

/** The best log-potentials of a few rounds of proportional fitting; a round that made the objective worse is taken back, and the next goes half
 * as far. */
function fittedProportionally({ propagation, observations, total, logs }: Descent): Float64Array[] {
  const point = logs.map((table) => table.slice());
  const best = logs.map((table) => table.slice());
  const change = logs.map((table) => new Float64Array(table.length));
  let bestObjective = Number.POSITIVE_INFINITY;
  let share = FITTING_SHARE;
  for (let round = 0; round < FITTING_ROUNDS; round++) {
    if (!propagate(propagation, { logPotentials: point, total })) throw noRowPossible();
    const objective = squaredError(propagation, { observations });
    if (objective < bestObjective) {
      bestObjective = objective;
      copy(point, best);
      proportionalStep(propagation, { observations, step: change });
    } else share *= 0.5;
    best.forEach((table, f) => {
      const own = change[f] as Float64Array;
      const next = point[f] as Float64Array;
      for (let i = 0; i < table.length; i++) next[i] = (table[i] as number) + share * (own[i] as number);
    });
  }
  return best;
}

function copy(from: readonly Float64Array[], to: readonly Float64Array[]): void {
  from.forEach((table, f) => {
    to[f]?.set(table);
  });
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

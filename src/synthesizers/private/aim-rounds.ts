import { marginalsOf } from "../../learners/graphical/marginals.ts";
import type { GraphicalModel, Measurement, ZeroCells } from "../../learners/graphical/model.ts";
import { pause } from "../cells/pause.ts";
import type { Progress } from "../synthesizer.ts";
import { modelLimit } from "./aim-limit.ts";
import type { Candidate } from "./candidates.ts";
import type { Curator } from "./curator.ts";
import { estimateOrUniform } from "./graphical-fit.ts";

export interface AimRoundsOptions {
  readonly candidates: readonly Candidate[];
  /** Counts of every column, measured already. */
  readonly singles: readonly Measurement[];
  readonly zeros: readonly ZeroCells[];
  /** Everything that may be spent, what was spent on single columns included. */
  readonly rho: number;
  /** Share of it that the first round may spend; it grows where a round taught nothing. */
  readonly share: number;
  /** Most cells of the junction tree once all is spent. */
  readonly modelCells: number;
  /** Steps of estimation after each measurement, and after the last. */
  readonly roundIterations: number;
  readonly finalIterations: number;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AimRounds {
  readonly model: GraphicalModel;
  /** One for each round. */
  readonly measurements: readonly Measurement[];
}

/** Share of a round that goes to measuring; the rest to choosing what. */
export const MEASURE_SHARE = 0.9;

/** The mean error that noise alone makes, as a share of its standard deviation: E|N(0, 1)|. */
const MEAN_ABSOLUTE = Math.sqrt(2 / Math.PI);

/** Spends all that is left of a budget on the counts that an estimate of the table lacks most: again and again choose the set of columns that the
 * estimate fits worst (beyond what noise would do), measure it, and estimate anew.
 * @throws {Cancelled} the signal fired
 * @source McKenna, Mullins, Sheldon & Miklau (2022), AIM, PVLDB 15(11), algorithms 2 to 4 */
export async function aimRounds(curator: Curator, options: AimRoundsOptions): Promise<AimRounds> {
  const { candidates, singles, zeros, rho, modelCells, progress, signal } = options;
  const { sizes } = curator;
  const measurements: Measurement[] = [];
  const estimated = (iterations: number, start?: GraphicalModel): GraphicalModel =>
    estimateOrUniform(sizes, { measurements: [...singles, ...measurements], zeros, start, iterations });
  // A set that shares nothing with the workload would be chosen for its score of 0 where all others are below.
  const wanted = candidates.filter(({ weight }) => weight > 0);
  const room = modelLimit(wanted, { sizes, mostCells: modelCells });
  let { share } = options;
  let model = estimated(options.roundIterations);
  for (let isLast = curator.remaining <= 0 || candidates.length <= 1; !isLast; ) {
    await pause(signal);
    const left = curator.remaining / rho;
    progress?.(Math.round(1000 * (1 - left)), 1000, "thousandths of the budget");
    isLast = left < 2 * share;
    if (isLast) share = left;
    const sigma = curator.sigmaFor(MEASURE_SHARE * share * rho);
    const limit = modelCells * (isLast ? 1 : 1 - left + share);
    const able = room.within({
      tree: model.propagation.tree,
      taken: [...zeros, ...singles, ...measurements].map((own) => own.clique),
      limit,
    });
    const estimates = marginalsOf(
      model,
      able.map(({ clique }) => clique),
    );
    const place = curator.choose(
      able.map(({ clique, cells, weight }, i) => ({
        clique,
        estimate: estimates[i] as Float64Array,
        weight,
        expected: MEAN_ABSOLUTE * sigma * cells,
      })),
      { rho: (1 - MEASURE_SHARE) * share * rho },
    );
    const { clique, cells } = able[place] as Candidate;
    measurements.push(curator.measure(clique, { rho: isLast ? curator.remaining : MEASURE_SHARE * share * rho }));
    model = estimated(options.roundIterations, model);
    const [after] = marginalsOf(model, [clique]) as [Float64Array];
    if (distance(after, estimates[place] as Float64Array) <= MEAN_ABSOLUTE * sigma * cells) share *= 4;
  }
  await pause(signal);
  model = estimated(options.finalIterations, model);
  progress?.(1000, 1000, "thousandths of the budget");
  return { model, measurements };
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum;
}

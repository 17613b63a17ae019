import type { Random } from "../../random.ts";
import type { Pilot } from "./pilot.ts";
import type { PilotGrid } from "./pilot-grid.ts";

/** Means as they might as well be: what was measured plus random multiples of what each seed departs from it.
 *
 * Resampling three to five seeds with replacement (the usual bootstrap over clusters) misses: with three, a percentile interval covers at most
 * 75 %. So the departures of a seed from the means are kept together and multiplied by a normal number, and those of a group of seeds by
 * √(ν / χ²(ν)), ν = seeds − 1: the means are then drawn from the multivariate t that has their estimated covariance over seeds, and every
 * linear contrast of them has exactly Student's interval. All cells are one group where draws are nested; where each size was drawn by itself,
 * each size is one.
 *
 * A cell with a single seed borrows the spread of the others; a pilot with one seed alone that of the residuals (`noise`).
 * @returns means by cell, in the grid's order, of one redrawn pilot
 * @source Webb (2014), Queen's University working paper 1315, for random weights where clusters are few */
export function redrawnMeans(
  grid: PilotGrid,
  options: {
    readonly draws: Pilot["draws"];
    /** About the standard error of each mean, up to a factor. */
    readonly scales: ArrayLike<number>;
    /** That factor, for cells that have one seed. */
    readonly noise: number;
    readonly random: Random;
  },
): Float64Array {
  const { draws, scales, noise, random } = options;
  // One degree of freedom has endless intervals: two seeds share one over all sizes, and the answers say that they are not to be trusted.
  const few = grid.seeds.length < 3;
  const bySize = draws === "independent" || few;
  const pulls = new Map<string, number>();
  for (const seed of grid.seeds)
    for (const group of bySize ? new Set(grid.cells.map(({ real }) => real)) : [0])
      pulls.set(`${group} ${seed}`, random.normal());
  const seedsOf = new Map<number, Set<number>>();
  for (const { real, seeds } of grid.cells) {
    if (seeds.length < 2) continue;
    const group = bySize ? real : 0;
    seedsOf.set(group, new Set([...(seedsOf.get(group) ?? []), ...seeds]));
  }
  const freedom = (seeds: ReadonlySet<number>): number => seeds.size - 1;
  const pooled = stretchOf(
    [...seedsOf.values()].reduce((sum, seeds) => sum + freedom(seeds), 0),
    random,
  );
  const stretches = new Map(
    [...seedsOf].map(([group, seeds]) => [group, few ? pooled : stretchOf(freedom(seeds), random)]),
  );
  return Float64Array.from(grid.cells, (cell, i) => {
    const count = cell.seeds.length;
    if (count === 1) return cell.mean + noise * (scales[i] as number) * random.normal();
    const group = bySize ? cell.real : 0;
    let sum = 0;
    for (const [k, seed] of cell.seeds.entries())
      sum += (pulls.get(`${group} ${seed}`) as number) * ((cell.losses[k] as number) - cell.mean);
    return cell.mean + ((stretches.get(group) as number) * sum) / Math.sqrt(count * (count - 1));
  });
}

/** The factor between the scales and the standard errors of the means; NaN where no cell has two seeds. */
export function seedSpread(grid: PilotGrid, scales: ArrayLike<number>): number {
  let squares = 0;
  let freedom = 0;
  for (const [i, { losses, mean }] of grid.cells.entries()) {
    for (const loss of losses) squares += ((loss - mean) / (scales[i] as number)) ** 2 / losses.length;
    freedom += losses.length - 1;
  }
  return freedom > 0 ? Math.sqrt(squares / freedom) : Number.NaN;
}

function stretchOf(freedom: number, random: Random): number {
  let sum = 0;
  for (let i = 0; i < freedom; i++) sum += random.normal() ** 2;
  return freedom > 0 ? Math.sqrt(freedom / sum) : 1;
}

import type { Random } from "../../random.ts";
import type { Pilot } from "./pilot.ts";
import type { PilotGrid } from "./pilot-grid.ts";

/** Means as they might as well be: what was measured plus random multiples of what each seed departs from it.
 *
 * Resampling three to five seeds with replacement (the usual bootstrap over clusters) misses: with three, a percentile interval covers at most
 * 75 %. So the departures of a seed from the means are kept together and multiplied by a normal number, and all of them by
 * √(ν / χ²(ν)): the means are then drawn from the multivariate t that has their estimated covariance over seeds, and every linear
 * contrast of them has exactly Student's interval with ν degrees of freedom. Cells of one seed stay together (ν = seeds − 1) where draws are
 * nested, cells of one seed and real size (ν = Σ over sizes of seeds − 1) where each size was drawn by itself.
 *
 * A cell with a single seed borrows the spread of the others; a pilot with one seed alone that of the residuals (`noise`).
 * @returns means by cell, in the grid's order, of one redrawn pilot
 * @source Webb (2014), Queen's University working paper 1315, for weights on few clusters */
export function redrawnMeans(
  grid: PilotGrid,
  options: {
    readonly draws: Pilot["draws"];
    /** What a departure is measured in, by cell. */
    readonly scales: ArrayLike<number>;
    /** Standard deviation of one seed's departure in scales, for cells that have one seed. */
    readonly noise: number;
    readonly random: Random;
  },
): Float64Array {
  const { cells } = grid;
  const { scales, noise, random } = options;
  const together = clustersOf(grid, options.draws);
  let freedom = 0;
  for (const size of together.sizes.values()) freedom += size - 1;
  const stretch = freedom > 0 ? Math.sqrt(freedom / chiSquare(freedom, random)) : 1;
  const pulls = new Map<string, number>();
  for (const name of together.names) pulls.set(name, random.normal());
  return Float64Array.from(cells, (cell, i) => {
    const count = cell.seeds.length;
    if (count === 1) return cell.mean + noise * (scales[i] as number) * random.normal();
    let sum = 0;
    for (const [k, seed] of cell.seeds.entries())
      sum += (pulls.get(together.nameOf(cell.real, seed)) as number) * ((cell.losses[k] as number) - cell.mean);
    return cell.mean + (stretch * sum) / Math.sqrt(count * (count - 1));
  });
}

/** Standard deviation of one seed's departure from its cell's mean, in scales; NaN where no cell has two seeds. */
export function seedSpread(grid: PilotGrid, scales: ArrayLike<number>): number {
  let squares = 0;
  let freedom = 0;
  for (const [i, { losses, mean }] of grid.cells.entries()) {
    for (const loss of losses) squares += ((loss - mean) / (scales[i] as number)) ** 2;
    freedom += losses.length - 1;
  }
  return freedom > 0 ? Math.sqrt(squares / freedom) : Number.NaN;
}

interface Clusters {
  readonly names: readonly string[];
  nameOf(real: number, seed: number): string;
  /** Seeds by group of clusters. */
  readonly sizes: ReadonlyMap<string, number>;
}

function clustersOf(grid: PilotGrid, draws: Pilot["draws"]): Clusters {
  // Two seeds would leave one degree of freedom, whose intervals are endless; the answers say that they are not to be trusted.
  const apart = draws === "independent" || grid.seeds.length < 3;
  const nameOf = (real: number, seed: number): string => (apart ? `${real} ${seed}` : String(seed));
  const members = new Map<string, Set<number>>();
  const names = new Set<string>();
  for (const { real, seeds } of grid.cells) {
    if (seeds.length < 2) continue;
    const group = apart ? String(real) : "all";
    const known = members.get(group) ?? new Set<number>();
    members.set(group, known);
    for (const seed of seeds) {
      known.add(seed);
      names.add(nameOf(real, seed));
    }
  }
  return { names: [...names], nameOf, sizes: new Map([...members].map(([group, seeds]) => [group, seeds.size])) };
}

function chiSquare(freedom: number, random: Random): number {
  let sum = 0;
  for (let i = 0; i < freedom; i++) sum += random.normal() ** 2;
  return sum;
}

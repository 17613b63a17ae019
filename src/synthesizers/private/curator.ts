import type { Budget } from "../../dp/budget.ts";
import { countCells } from "../../learners/graphical/count-cells.ts";
import type { Measurement } from "../../learners/graphical/model.ts";

/** The only door to the rows of a private table: what comes out of it was paid for, with one line of the ledger for each answer. True
 * counts are kept inside and never given away. */
export interface Curator {
  /** Number of values of each column. */
  readonly sizes: readonly number[];
  /** Privacy that is left, in ρ of zero-concentrated differential privacy. */
  readonly remaining: number;
  /** The standard deviation that a measurement would have.
   * @param rho what it would cost */
  sigmaFor(rho: number): number;
  /** Counts of a clique's cells with noise.
   * @throws {InvalidArgument} "budget-exceeded" */
  measure(clique: readonly number[], how: { readonly rho: number }): Measurement;
  /** The place of a clique that the estimates fit badly, by the exponential mechanism: its score is weight × (‖true counts − estimate‖₁ −
   * expected).
   * @throws {InvalidArgument} "budget-exceeded" */
  choose(estimates: readonly CliqueEstimate[], how: { readonly rho: number }): number;
  /** The same rows seen with values merged: value v of column j as `maps[j][v]`. The maps must not come from the rows but by answers. */
  merged(maps: readonly ValueMap[]): Curator;
}

/** What is believed of the counts of a clique's cells. */
export interface CliqueEstimate {
  readonly clique: readonly number[];
  /** Row-major; not negative. */
  readonly estimate: Float64Array;
  /** ≥ 0. */
  readonly weight: number;
  /** Error that is to be expected of a measurement, taken off. */
  readonly expected: number;
}

/** How the values of a column are merged. */
export interface ValueMap {
  readonly mergedOf: Uint8Array;
  readonly size: number;
}

/** A step of the grid that estimates are rounded to before they are compared with true counts. Differences of integers and multiples of
 * 2⁻¹⁶, and their sums up to 2³⁷, are exact in doubles, in any order: one row more changes the computed error by exactly one, as on paper. */
const GRID = 2 ** 16;
/** Weights are rounded to integers below this, so that weight × error is exact too, up to 2²⁷ rows: 10 + 27 + 16 bits. */
const MOST_WEIGHT = 2 ** 10;

/** Puts rows behind a door that opens for a price.
 * @param input.codes domain values, column by column; from here on nobody else reads them
 * @param input.names of the columns, for the ledger */
export function createCurator(input: {
  readonly codes: readonly Uint8Array[];
  readonly sizes: readonly number[];
  readonly names: readonly string[];
  readonly budget: Budget;
}): Curator {
  const { codes, ...rest } = input;
  return curatorOf({ ...rest, column: (j) => codes[j] as Uint8Array });
}

function curatorOf(input: {
  /** Reads a column: only to count. */
  readonly column: (j: number) => Uint8Array;
  readonly sizes: readonly number[];
  readonly names: readonly string[];
  readonly budget: Budget;
}): Curator {
  const { column, sizes, names, budget } = input;
  const kept = new Map<string, Int32Array>();
  const countsOf = (clique: readonly number[]): Int32Array => {
    const key = clique.join();
    let counts = kept.get(key);
    if (!counts) {
      const codes: Uint8Array[] = [];
      for (const j of clique) codes[j] = column(j);
      counts = countCells(codes, sizes, clique);
      kept.set(key, counts);
    }
    return counts;
  };
  const queryOf = (clique: readonly number[]): string => clique.map((j) => `"${names[j]}"`).join(", ");
  return {
    sizes,
    get remaining() {
      return budget.remaining;
    },
    sigmaFor: (rho) => budget.unit.rows / Math.sqrt(2 * rho),
    measure(clique, { rho }) {
      const query = `counts of ${queryOf(clique)}`;
      const { noisy, sigma } = budget.gaussian(countsOf(clique), { query, rho });
      return { clique, noisy, sigma };
    },
    choose(estimates, { rho }) {
      const most = estimates.reduce((weight, candidate) => Math.max(weight, candidate.weight), 0);
      // Weights matter by their ratios alone.
      const weights = estimates.map(({ weight }) => wholeWeight(weight, most));
      const scores = estimates.map(({ clique, estimate, expected }, i) => {
        const error = distance(countsOf(clique), estimate) - Math.round(expected * GRID) / GRID;
        return (weights[i] as number) * error;
      });
      const sensitivity = weights.reduce((largest, weight) => Math.max(largest, weight), 1);
      const query = `which of ${estimates.length} sets of columns is estimated worst`;
      return budget.choose(scores, { query, rho, sensitivity });
    },
    merged(maps) {
      const seen: (Uint8Array | undefined)[] = [];
      return curatorOf({
        column(j) {
          const { mergedOf } = maps[j] as ValueMap;
          seen[j] ??= column(j).map((value) => mergedOf[value] as number);
          return seen[j];
        },
        sizes: maps.map(({ size }) => size),
        names,
        budget,
      });
    },
  };
}

/** Small integers stay as they are, others become at most {@link MOST_WEIGHT}. */
function wholeWeight(weight: number, most: number): number {
  if (most === 0) return 0;
  return most <= MOST_WEIGHT && Number.isInteger(weight) ? weight : Math.round((weight / most) * MOST_WEIGHT);
}

/** ‖counts − estimate‖₁, the estimate on the grid. */
function distance(counts: ArrayLike<number>, estimate: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < estimate.length; i++)
    sum += Math.abs((counts[i] as number) - Math.round((estimate[i] as number) * GRID) / GRID);
  return sum;
}

import type { Propagation } from "./belief-propagation.ts";

/** A Markov random field over discrete columns, as {@link estimate} leaves it: log-potentials over the measured cliques, and the messages
 * of its junction tree, from which every marginal comes. */
export interface GraphicalModel {
  /** Number of values of each column. */
  readonly sizes: readonly number[];
  /** Number of rows that every marginal sums to. */
  readonly total: number;
  /** One table per factor of the propagation, row-major over the factor's scope; −Infinity: structurally zero. */
  readonly logPotentials: readonly Float64Array[];
  readonly propagation: Propagation;
  /** The objective reached, and how many times belief propagation ran. */
  readonly objective: number;
  readonly iterations: number;
}

/** Counts of a clique's cells with Gaussian noise. */
export interface Measurement {
  /** Column indices, ascending. */
  readonly clique: readonly number[];
  /** Row-major over the clique; may be negative. */
  readonly noisy: Float64Array;
  /** Standard deviation of the noise, > 0. */
  readonly sigma: number;
}

/** Structural zeros: cells that no row can be in. */
export interface ZeroCells {
  readonly clique: readonly number[];
  /** Row-major over the clique; 0: no row can be there. */
  readonly allowed: Uint8Array;
}

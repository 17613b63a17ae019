/** What is estimated. */
export type Family =
  | { readonly kind: "mean" }
  /** The value that a share `probability` of the outcomes does not exceed; strictly between 0 and 1. */
  | { readonly kind: "quantile"; readonly probability: number }
  /** Linear regression by least squares. */
  | { readonly kind: "ols" }
  /** Outcomes from 0 to 1: those of real rows are 0 or 1, a proxy may be a chance. */
  | { readonly kind: "logistic" }
  /** Counts, log link. */
  | { readonly kind: "poisson" };

/** Units, of which some were labelled: real outcome and covariates are known there, and what models said of a unit is known everywhere.
 * T units, n labelled ones, p coefficients; all matrices row-major. For a mean or a quantile p is 1 and the design a column of ones. */
export interface PairedSample {
  /** T. */
  readonly units: number;
  /** p. */
  readonly width: number;
  /** Names of the p coefficients, "(intercept)" first where there is one. */
  readonly terms: readonly string[];
  /** Units that are labelled, ascending; n of them. */
  readonly labelled: Uint32Array;
  /** n × p, and n: real covariates and outcomes of the labelled units, in their order. */
  readonly real: { readonly design: Float64Array; readonly outcome: Float64Array };
  /** What was predicted for, or generated from, each unit. */
  readonly sources: readonly AuxiliarySource[];
  /** Survey weights of all T units, > 0, absent: all 1. The target is then that of the weighted population. */
  readonly weights?: Float64Array | undefined;
  /** The known chance of each of the n labelled units to be labelled, in (0, 1]; absent: labelled at random with equal chances. */
  readonly labellingChance?: Float64Array | undefined;
  /** Stratum of each of the T units, whole numbers from 0; absent: one. Labelling is independent between strata. */
  readonly strata?: Int32Array | undefined;
}

/** A proxy (the real covariates with a predicted outcome) or a synthetic counterpart of every unit. */
export interface AuxiliarySource {
  readonly name: string;
  readonly kind: "proxy" | "synthetic";
  /** T × p. Of a proxy: the design of the unit itself. */
  readonly design: Float64Array;
  /** T. */
  readonly outcome: Float64Array;
}

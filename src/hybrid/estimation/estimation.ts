/** How an estimate is made; the order is that of tables and pages. */
export const METHODS = [
  /** The closed form, a control variate with small-sample corrections: the default. */
  "control-variate",
  /** Real labelled rows alone, HC3 and Student's t: what all others must be read beside. */
  "labelled-only",
  "ppi",
  "ppi-plus-plus",
  /** A model fitted on folds of the labelled rows stands for the proxy. */
  "cross-ppi",
  /** The two-step estimator as published, for comparison: its intervals are too short below a few hundred labels. */
  "gmm-two-step",
  /** Real and synthetic rows thrown together as if all were real. Shown because it fails. */
  "naive-pooling",
] as const;

export type MethodName = (typeof METHODS)[number];

/** One coefficient by one method. */
export interface TermEstimate {
  readonly term: string;
  readonly value: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  /** Labelled rows that labelled-only would need for the same variance, n · Var(labelled only) / Var(this); null where no interval is owed
   * (naive pooling). */
  readonly effectiveN: number | null;
}

/** All coefficients by one method. */
export interface Estimation {
  readonly method: MethodName;
  readonly terms: readonly TermEstimate[];
  /** p × p, row-major. */
  readonly covariance: Float64Array;
  /** Of Student's t; null: the normal distribution. */
  readonly degreesOfFreedom: number | null;
  /** Weight of the proxy in PPI++, 0 … 1; absent elsewhere. */
  readonly lambda?: number | undefined;
}

/** A method that does not apply here, in whole sentences. */
export interface NoEstimation {
  readonly method: MethodName;
  readonly notComputable: string;
}

/** A test with its false-alarm rate: `rejected` is p ≤ alpha. */
export interface AlarmTest {
  readonly name: "overidentification" | "covariate-balance";
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** Where p is from: redraws of which units are labelled, exact under random labelling, or χ², for very many labels and for unequal chances. */
  readonly law: "permutation" | "chi-squared";
  readonly p: number;
  readonly alpha: number;
  readonly rejected: boolean;
}

/** Everything that is said of one sample. */
export interface Inference {
  readonly level: number;
  /** Labelled units (n) and all units (T). */
  readonly labelled: number;
  readonly units: number;
  /** The method that a reader should use: the default, or labelled-only where the default is refused, with the reason in `refusal`. */
  readonly primary: MethodName;
  readonly refusal: string | null;
  readonly estimations: readonly (Estimation | NoEstimation)[];
  /** The restrictions of Hansen's J: real and synthetic rows of labelled units follow another mechanism than those of unlabelled ones. Null: no source, or too few rows. */
  readonly overidentification: AlarmTest | null;
  /** Labelled against unlabelled covariates of the sources: J cannot see a choice of units by their covariates. Null: no source that has covariates or outcomes on both sides. */
  readonly covariateBalance: AlarmTest | null;
  /** What a reader must know beside refusal and alarms, whole sentences. */
  readonly notices: readonly string[];
}

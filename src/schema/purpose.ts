/** What a table will be used for and by whom it could be attacked, as somebody declared it. Nothing here is inferred but the target. */
export interface Purpose {
  /** The column people will predict from the others. */
  readonly target: string | undefined;
  /** Columns that are no predictors of the target, for they give it away. */
  readonly targetLeaks: readonly string[];
  /** A time until an event, and whether it happened (1, true, "yes") or the person was lost from sight before (0, false, "no"). */
  readonly survival: { readonly time: string; readonly event: string } | undefined;
  /** Regressions whose coefficients people will read. */
  readonly analyses: readonly Analysis[];
  /** Columns that an attacker may know of a person from elsewhere. */
  readonly quasiIdentifiers: readonly string[];
  /** Columns whose values must not become known of a person. */
  readonly sensitive: readonly string[];
  /** Columns whose groups must be served alike: sex, race, age band. */
  readonly protectedAttributes: readonly string[];
  /** How many people the real rows were drawn from: those who could have been in the table. */
  readonly population: number | undefined;
}

/** A regression: `outcome ~ predictor + predictor`. For "cox" the outcome is the time and `event` the event column. */
export interface Analysis {
  readonly family: "ols" | "logistic" | "cox";
  readonly outcome: string;
  readonly event?: string | undefined;
  readonly predictors: readonly string[];
}

/** Nothing declared. */
export const noPurpose: Purpose = {
  target: undefined,
  targetLeaks: [],
  survival: undefined,
  analyses: [],
  quasiIdentifiers: [],
  sensitive: [],
  protectedAttributes: [],
  population: undefined,
};

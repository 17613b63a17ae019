/** What rules may ask beside scores: what was declared, and what was measured on. Part of the decision, so that it can be made again. */
export interface Facts {
  readonly declared: {
    /** A target column was declared or found. */
    readonly target: boolean;
    readonly survival: boolean;
    /** Regressions declared. */
    readonly analyses: number;
    readonly quasiIdentifiers: readonly string[];
    readonly sensitive: readonly string[];
    readonly protectedAttributes: readonly string[];
    /** People that the real rows were drawn from; null: not declared. */
    readonly population: number | null;
  };
  readonly rows: { readonly train: number; readonly holdout: number; readonly synthetic: number };
  /** What the privacy metrics looked at. */
  readonly judged: "release" | "procedure";
  /** Runs so far that measured the same real rows, this one included; null: nobody counted, or no rule asks. */
  readonly queries: number | null;
}

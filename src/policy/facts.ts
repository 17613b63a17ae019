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
  /** Null: withheld by a policy that publishes nothing that was computed from the real rows. */
  readonly rows: { readonly train: number | null; readonly holdout: number | null; readonly synthetic: number };
  /** What the privacy metrics looked at; null: withheld. */
  readonly judged: "release" | "procedure" | null;
  /** Runs so far that measured the same real rows, this one included; null: nobody counted, or no rule asks. */
  readonly queries: number | null;
  /** The guarantee that the release has; null: none. Absent in decisions of old. */
  readonly privacy?: PrivacyFacts | null | undefined;
  /** How far the table is from real rows; absent: nobody knows, or a decision of old. */
  readonly lineage?: LineageFacts | undefined;
  /** What a run of a text recipe came to; absent for tables. */
  readonly run?: RunFacts | undefined;
}

/** What a table was learnt from. */
export interface LineageFacts {
  /** The largest generation of its sources: 0 where they are taken for real, 1 for synthetic rows, 2 for rows that were learnt from synthetic ones. */
  readonly sourceGeneration: number;
  /** Whether rows taken for real were learnt from too; null: not known. */
  readonly anchored: boolean | null;
  /** How many; null: withheld, or not known. */
  readonly realRows: number | null;
  /** Their share of all rows that were learnt from; null: withheld, or not known. Absent in decisions of old. */
  readonly realShare?: number | null | undefined;
}

/** A run of a text recipe. */
export interface RunFacts {
  /** Rows that were wanted. */
  readonly asked: number;
  readonly accepted: number;
  /** Rows that were begun. */
  readonly attempts: number;
  /** US dollars of all answers that the run rests on; null: not known. */
  readonly price: number | null;
  /** "complete", or why it ended before it had what was asked for: "budget", "source-used-up", "every-row-rejected" … */
  readonly ended: string;
  /** Whose rows the prompts could read: "none", "synthetic" or "real". */
  readonly source: "none" | "synthetic" | "real";
}

/** The differential privacy guarantee of a release. */
export interface PrivacyFacts {
  readonly definition: string;
  readonly epsilon: number;
  readonly delta: number;
  /** Of zero-concentrated differential privacy. */
  readonly rho: number;
  readonly unit: "row" | "group";
  /** Most rows of one unit that were learned from; 1 for rows. */
  readonly unitRows: number;
  /** Of the source, over every release that the ledger of the machine knows, this one included. */
  readonly totalEpsilon: number;
  /** Releases of the source under differential privacy, this one included. */
  readonly releases: number;
}

/** What is declared where nothing was: a run of a text recipe, or a refusal before anybody looked. */
export const NOTHING_DECLARED: Facts["declared"] = {
  target: false,
  survival: false,
  analyses: 0,
  quasiIdentifiers: [],
  sensitive: [],
  protectedAttributes: [],
  population: null,
};

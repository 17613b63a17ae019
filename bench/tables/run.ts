import type { Cost } from "./fit-own.ts";

/** What `score_tables.py` prints. */
export interface Scores {
  /** Of training, test and synthetic table. */
  readonly rows: readonly [number, number, number];
  readonly columns: { readonly numeric: number; readonly categorical: number };
  readonly shapes: number;
  readonly trends: number;
  /** Against the test and against the training rows, by boosted trees and by logistic regression. */
  readonly c2st: Readonly<
    Record<"test" | "train", Readonly<Record<"boosted" | "logistic", { readonly auc: number; readonly score: number }>>>
  >;
  /** Of a model fitted to the synthetic, and of one fitted to the training rows. */
  readonly tstr: { readonly auc: number; readonly f1: number };
  readonly trtr: { readonly auc: number; readonly f1: number };
  readonly copies: { readonly train: number; readonly test: number; readonly p: number };
  readonly nearer: { readonly share: number; readonly p: number };
  readonly rare: { readonly categories: number; readonly recall: number | null };
}

/** What `score_tables.py --literature` prints. */
export interface LiteratureScores {
  readonly shapes: number;
  readonly trends: number;
  readonly c2st: { readonly boosted: number; readonly logistic: number };
  readonly mle?: number;
}

/** One synthetic table: what making it took, and what it is worth. Kept as a file, so that a table can be printed anew. */
export interface Run {
  readonly table: string;
  readonly contender: string;
  readonly seed: number;
  readonly cost?: Cost;
  readonly scores?: Scores;
  readonly literature?: LiteratureScores;
  /** Why there is nothing else. */
  readonly failed?: string;
}

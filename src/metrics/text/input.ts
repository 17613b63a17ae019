import type { Random } from "../../random.ts";

/** What a run of a text recipe is measured on: counts over every row of its release, and a sample of rows. `collect.ts` makes it while rows pass. */
export interface TextMetricInput {
  readonly run: RunCounts;
  /** Exported columns that hold running text, in order. */
  readonly columns: readonly TextColumn[];
  /** Rows of which every text column equals an earlier row's; null: no text column. */
  readonly repeatedRows: number | null;
  /** Rows that rest on an answer which had to be mended. */
  readonly repairedRows: number;
  /** Null: no row has a source text that is long enough to copy a passage of (8 words). */
  readonly passages: PassageCounts | null;
  /** Rows of the release drawn at random, at most 5,000, in random order. */
  readonly sample: readonly SampledRow[];
  /** Whose rows the prompts could read. */
  readonly source: "none" | "synthetic" | "real";
  /** Exported columns of which somebody said what shares they should have. */
  readonly balance: readonly ColumnBalance[];
  /** Scores that judges gave. */
  readonly judged: readonly JudgedScore[];
  /** Confidence of the intervals. */
  readonly level: number;
  readonly seed: number;
  readonly random: Random;
}

export interface RunCounts {
  readonly asked: number;
  readonly accepted: number;
  readonly rejected: number;
}

export interface TextColumn {
  readonly name: string;
  /** Rows that have a text here, and those of them whose text equals an earlier row's. */
  readonly texts: number;
  readonly repeated: number;
}

export interface PassageCounts {
  /** Rows whose source has a text of 8 words or more. */
  readonly rows: number;
  /** Those in which a passage of it stands word for word. */
  readonly copied: number;
  /** Longest run of words shared with the row's own source, over all rows. */
  readonly longestWords: number;
}

/** Texts are cut after 10,000 characters. */
export interface SampledRow {
  /** By the columns of the input; null: no text. */
  readonly texts: readonly (string | null)[];
  /** By the columns of the input: runs of 8 words of the text, one starting at each word, and those that stand in the row's source; null: no text, or no
   * source to compare with. */
  readonly shared: readonly ({ readonly shared: number; readonly all: number } | null)[];
  /** The texts of its source row that a prompt read. */
  readonly source: readonly string[];
  /** One of them has a passage that could be copied. */
  readonly hasPassage: boolean;
  /** A passage of its source stands in it. */
  readonly copied: boolean;
}

export interface ColumnBalance {
  readonly name: string;
  /** Rows by label; what was told, by label, adds up to 1. */
  readonly rows: Readonly<Record<string, number>>;
  readonly intended: Readonly<Record<string, number>>;
}

export interface JudgedScore {
  /** Step and score: "quality.clarity". */
  readonly name: string;
  readonly scale: readonly [number, number];
  readonly n: number;
  readonly mean: number;
  /** Of the scores; 0 where n < 2. */
  readonly stddev: number;
}

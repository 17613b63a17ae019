/** What learners of a whole row see of a table: small whole numbers, column by column, and nothing of what they mean. */

/** Rows of codes. The codes of a column are the ways of being missing first, then the others; where those are in order, neighbours are alike. */
export interface CodeRows {
  readonly rows: number;
  /** `codes[j][row]` < `levels[j]`; in shared memory. */
  readonly codes: readonly Uint8Array[];
  /** 1 … 256 for each column. A code may occur in no row. */
  readonly levels: readonly number[];
  /** Whether the codes of column j, those of missing cells apart, are in order. */
  readonly ordered: readonly boolean[];
  /** Codes 0 … missing[j] − 1 of column j are ways of being missing. */
  readonly missing: readonly number[];
}

/** What is known of rows before they are drawn. Each row is drawn from the model given all of it. */
export interface CodeEvidence {
  /** For each column the chance, 0 … 1, that a cell of each code is as asked; undefined: nothing is asked of the column. */
  readonly weights: readonly (Float64Array | undefined)[];
  /** Cells known row by row: where `known[j][row]` is 1 the cell is `codes[j][row]`, and the column's weights do not count. */
  readonly given?: { readonly codes: readonly Uint8Array[]; readonly known: readonly Uint8Array[] } | undefined;
}

/** Nothing is known. */
export const noEvidence: CodeEvidence = { weights: [] };

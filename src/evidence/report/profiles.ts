import type { Kind } from "../../schema/schema.ts";

/** What the plots of a report need: aggregates only, plain JSON. A real count below {@link MINIMUM_HOLDERS} is never in it. */
export interface Profiles {
  readonly rows: { readonly real: number; readonly synthetic: number };
  /** Columns that can be compared, the least alike first. */
  readonly columns: readonly ColumnProfile[];
  /** Columns beyond the most that are drawn: names and differences only, the least alike first. */
  readonly undrawn: readonly { readonly name: string; readonly difference: number | null }[];
  readonly pairs: PairProfile | null;
}

export interface ColumnProfile {
  readonly name: string;
  readonly kind: Kind;
  /** Half the sum of |real share − synthetic share| over what is drawn and missing: 0 alike, 1 nothing in common. Null: not compared. */
  readonly difference: number | null;
  /** The difference that two samples of one source would show on average, at these numbers of rows. */
  readonly chance?: number;
  /** Shares of missing cells. Real null: fewer than five rows, but some, are missing. */
  readonly missing: { readonly real: number | null; readonly synthetic: number };
  readonly shape: Bins | Bars | Hidden;
}

/** A histogram, both sides on the same edges. */
export interface Bins {
  readonly type: "bins";
  /** Ascending; the first and the last are open-ended. */
  readonly bins: readonly Bin[];
}

export interface Bin {
  readonly label: string;
  /** Its width on the drawn axis (on a logarithmic one, of the logarithms), and what its height is divided by. */
  readonly span: number;
  /** Share of the values on this side. Null: held by fewer than five. */
  readonly real: number | null;
  readonly synthetic: number;
  /** The lower edge as text; null for the first. */
  readonly edge: string | null;
}

/** Categories, the commonest first (an ordinal's in their order). */
export interface Bars {
  readonly type: "bars";
  readonly bars: readonly { readonly label: string; readonly real: number; readonly synthetic: number }[];
  /** Everything else: rarer labels, and labels that only one side has. Real null: fewer than five rows. */
  readonly other: { readonly real: number | null; readonly synthetic: number } | null;
}

/** Not drawn, and why. */
export interface Hidden {
  readonly type: "hidden";
  readonly reason: string;
}

/** Fewest rows (people, where entities are given) behind anything shown of the real table. */
export const MINIMUM_HOLDERS = 5;

/** A column's drawing, and the shares of its values that the difference is worked out from; never written. */
export interface Shaped {
  readonly shape: Bins | Bars | Hidden;
  readonly shares: readonly (readonly [real: number, synthetic: number])[] | null;
}

/** How strongly pairs of columns hang together. Symmetric matrices in the order of `names`; null: not computable. */
export interface PairProfile {
  readonly names: readonly string[];
  /** Comparable columns that are not in the matrices. */
  readonly leftOut: number;
  /** Rows each side rests on. */
  readonly rows: { readonly real: number; readonly synthetic: number };
  readonly real: readonly (readonly (number | null)[])[];
  readonly synthetic: readonly (readonly (number | null)[])[];
}

/** Four decimals: enough to draw, too few to count rows by. */
export function rounded(share: number): number {
  return Math.round(share * 1e4) / 1e4;
}

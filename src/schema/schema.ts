import type { Constraint } from "./constraints.ts";

/** What each column means. Inferred by `infer.ts`, edited by people as YAML (`file.ts`), read by everything that models or measures. */

export type Kind =
  | "continuous"
  | "integer"
  | "categorical"
  | "ordinal"
  | "boolean"
  | "date"
  | "datetime"
  | "identifier"
  | "text"
  | "constant";

/** Kinds of personal identifiers that are recognised, and made anew in the same format. `key` is a surrogate (row number, code) without a person in it. */
export type IdentifierType =
  | "person-name"
  | "first-name"
  | "last-name"
  | "email"
  | "phone"
  | "address"
  | "city"
  | "postcode"
  | "iban"
  | "card-number"
  | "national-id"
  | "ip"
  | "url"
  | "uuid"
  | "key";

export interface ColumnSchema {
  readonly name: string;
  readonly kind: Kind;
  /** Physical type, as in `data/table.ts`. */
  readonly type: "number" | "date" | "text";
  /** Why we think so: one plain sentence per fact, no cell of fewer than 5 rows quoted. */
  readonly evidence: readonly string[];
  /** Digits after the decimal point that the source uses (numbers). */
  readonly decimals?: number;
  /** Values are multiples of this (numbers: 5, 0.25, …; dates: milliseconds). Absent: no coarser than `decimals`. */
  readonly roundingUnit?: number;
  /** Values that stand for "missing": labels of a text column ("?", "NA") or numbers as text ("-999"). A null always does. */
  readonly missingCodes?: readonly string[];
  /** Values held far more often than their neighbours (0, a cap), with their share of the non-missing rows. */
  readonly spikes?: readonly { readonly value: number; readonly share: number }[];
  /** The column is a function of another one (each value of `column` goes with exactly one value here): rebuilt, not modelled. */
  readonly functionOf?: { readonly column: string };
  /** Set when kind is "identifier". */
  readonly identifier?: { readonly type: IdentifierType; readonly locale?: string; readonly unique: boolean };
  /** Order of the categories, for kind "ordinal" (lowest first). */
  readonly order?: readonly string[];
  /** Smallest and largest value allowed in the synthetic table. Inferred: the values with 5 rows at or beyond them. */
  readonly range?: readonly [number, number];
  /** Allowed labels, when the user declares them; else those of the data. */
  readonly categories?: readonly string[];
  /** Whether a cell may be missing. Only asked of tables that are learned under differential privacy, where absent means yes. */
  readonly nullable?: boolean;
  /** Upper ends of the bins in which a quantity is learned under differential privacy, ascending; the last is the range's. */
  readonly binEnds?: readonly number[];
  /** Leave the column out of the synthetic table. Free text must be dropped, or given another kind, before `synthesize` runs. */
  readonly drop?: boolean;
}

export interface TableSchema {
  readonly format: "counterfoil-schema/1";
  readonly columns: readonly ColumnSchema[];
  /** What was noticed about the table as a whole: renamed headers, duplicate rows, … */
  readonly notes: readonly string[];
  /** Rules between cells and between rows that a person declared; never inferred. */
  readonly constraints?: readonly Constraint[];
}

/** The schema of one column; the name is known to exist. */
export function schemaOf(schema: TableSchema, name: string): ColumnSchema {
  const found = schema.columns.find((column) => column.name === name);
  if (!found) throw new Error(`schema lacks column "${name}"`);
  return found;
}

/** Whether the kind is an amount (has an order and a distance). */
export function isQuantity(kind: Kind): boolean {
  return kind === "continuous" || kind === "integer" || kind === "date" || kind === "datetime";
}

/** A rule between the cells of a row, or between rows, that a person declares in a schema file. Data only: `broken-rows.ts` says which rows break
 * one, and whatever makes rows may read it. A row with a missing cell that a rule needs is not judged by it. */
export type Constraint =
  | OrderConstraint
  | UniqueConstraint
  | CombinationsConstraint
  | OneHotConstraint
  | EqualsConstraint
  | IncrementsConstraint
  | ReferencesConstraint
  | CheckConstraint;

/** Of the cells that are there, each is at most (strict: less than) the next one. Numbers, or dates. */
export interface OrderConstraint {
  readonly kind: "order";
  readonly columns: readonly string[];
  readonly strict: boolean;
}

/** No two rows are alike on these columns; every row that has a twin breaks it. */
export interface UniqueConstraint {
  readonly kind: "unique";
  readonly columns: readonly string[];
}

/** Only combinations of these columns that some real row has. */
export interface CombinationsConstraint {
  readonly kind: "combinations";
  readonly columns: readonly string[];
}

/** Exactly one of these columns is 1, the others 0. */
export interface OneHotConstraint {
  readonly kind: "oneHot";
  readonly columns: readonly string[];
}

/** |column − formula| is at most the tolerance (and what rounding in float64 adds). The formula is CEL over the row's cells. */
export interface EqualsConstraint {
  readonly kind: "equals";
  readonly column: string;
  readonly formula: string;
  readonly tolerance: number;
}

/** Within a group, no row has less in `column` than a row with less in `of`. Without `within` the whole table is one group. */
export interface IncrementsConstraint {
  readonly kind: "increments";
  readonly column: string;
  readonly of: string;
  readonly within?: string;
}

/** Every value is among those of the column `key` of a parent table. `parent` names it where there are several. */
export interface ReferencesConstraint {
  readonly kind: "references";
  readonly column: string;
  readonly key: string;
  readonly parent?: string;
}

/** A condition in CEL over the row's cells. */
export interface CheckConstraint {
  readonly kind: "check";
  readonly condition: string;
}

/** The columns that a constraint names outright; those of a formula or condition are known once it is compiled (`row-expression.ts`). */
export function columnsOfConstraint(constraint: Constraint): readonly string[] {
  switch (constraint.kind) {
    case "order":
    case "unique":
    case "combinations":
    case "oneHot":
      return constraint.columns;
    case "equals":
    case "references":
      return [constraint.column];
    case "increments":
      return [constraint.column, constraint.of, ...(constraint.within === undefined ? [] : [constraint.within])];
    case "check":
      return [];
  }
}

/** How a constraint is called in messages and reports. */
export function nameOfConstraint(constraint: Constraint): string {
  switch (constraint.kind) {
    case "order":
      return `order: ${constraint.columns.join(constraint.strict ? " < " : " ≤ ")}`;
    case "unique":
      return `unique: ${constraint.columns.join(", ")}`;
    case "combinations":
      return `combinations: ${constraint.columns.join(", ")}`;
    case "oneHot":
      return `oneHot: ${constraint.columns.join(", ")}`;
    case "equals":
      return `equals: ${constraint.column} = ${constraint.formula}`;
    case "increments":
      return `increments: ${constraint.column} with ${constraint.of}${constraint.within === undefined ? "" : ` within ${constraint.within}`}`;
    case "references":
      return `references: ${constraint.column} → ${constraint.parent === undefined ? "" : `${constraint.parent}.`}${constraint.key}`;
    case "check":
      return `check: ${constraint.condition}`;
  }
}

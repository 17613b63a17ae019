import {
  type Column,
  columnOf,
  isMissing,
  type NumberColumn,
  sliceRows,
  type Table,
  tableOf,
} from "../../data/table.ts";
import type { EqualsConstraint } from "../../schema/constraints.ts";
import { compileRowExpression, type RowExpression } from "../../schema/row-expression.ts";

/** A number that follows from others by a formula: computed, not drawn. Plain data. */
export interface FormulaStep {
  readonly kind: "formula";
  /** The column, without rows. */
  readonly column: NumberColumn;
  readonly formula: string;
  readonly tolerance: number;
  /** Decimals of the column; results are rounded to them where that keeps within the tolerance. */
  readonly decimals: number;
  /** Whether the column is not modelled at all. Otherwise the model says whether the cell is missing. */
  readonly isDropped: boolean;
  /** The table's columns without rows, for the formula to be read with. */
  readonly like: Table;
}

/** The step of an `equals` constraint.
 * @returns undefined where the column is no number */
export function formulaOf(
  table: Table,
  constraint: EqualsConstraint,
  decimals: number | undefined,
): FormulaStep | undefined {
  const column = columnOf(table, constraint.column);
  if (column.type !== "number") return undefined;
  const expression = compiled(constraint.formula, table);
  if (!expression) return undefined;
  const needed = expression.columns.map((name) => columnOf(table, name));
  // The cell is there exactly where all that the formula names is.
  let follows = true;
  for (let row = 0; row < table.rows && follows; row++)
    follows = Number.isNaN(column.values[row]) === needed.some((other) => isMissing(other, row));
  const { missing: _, format: __, ...rest } = column;
  return {
    kind: "formula",
    column: { ...rest, values: new Float64Array(0) },
    formula: constraint.formula,
    tolerance: constraint.tolerance,
    decimals: column.storage === "integer" ? 0 : (decimals ?? 15),
    isDropped: follows,
    like: sliceRows(table, 0, 0),
  };
}

/** The columns that a formula names. */
export function neededBy(step: FormulaStep): readonly string[] {
  return compiled(step.formula, step.like)?.columns ?? [];
}

/** The column computed from the others. */
export function decodeFormula(chunk: Table, step: FormulaStep): Table {
  const expression = compiled(step.formula, step.like) as RowExpression;
  const needed = expression.columns.map((name) => columnOf(chunk, name));
  const valueIn = expression.over(chunk);
  const drawn = step.isDropped ? undefined : (columnOf(chunk, step.column.name) as NumberColumn);
  const values = new Float64Array(chunk.rows);
  for (let row = 0; row < chunk.rows; row++) {
    const isThere = drawn === undefined || !Number.isNaN(drawn.values[row]);
    const computed = needed.every((column) => !isMissing(column, row)) ? valueIn(row) : undefined;
    values[row] = !isThere
      ? Number.NaN
      : typeof computed === "number" && Number.isFinite(computed)
        ? rounded(computed, step)
        : drawn
          ? (drawn.values[row] as number)
          : Number.NaN;
  }
  const column: Column = { ...step.column, values, ...(drawn?.missing ? { missing: drawn.missing } : {}) };
  return tableOf(
    step.isDropped
      ? [...chunk.columns, column]
      : chunk.columns.map((other) => (other.name === column.name ? column : other)),
    chunk.rows,
  );
}

function rounded(value: number, { decimals, tolerance }: FormulaStep): number {
  if (decimals >= 15) return value;
  const power = 10 ** decimals;
  const near = Math.round(value * power) / power;
  return Math.abs(near - value) <= tolerance + 1e-12 * Math.abs(value) ? near : value;
}

function compiled(formula: string, like: Table): RowExpression | undefined {
  const expression = compileRowExpression(formula, like, "number");
  return "wrong" in expression ? undefined : expression;
}

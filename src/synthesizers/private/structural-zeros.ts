import { type Table, tableOf } from "../../data/table.ts";
import type { ZeroCells } from "../../learners/graphical/model.ts";
import { type Constraint, columnsOfConstraint, nameOfConstraint } from "../../schema/constraints.ts";
import { compileRowExpression } from "../../schema/row-expression.ts";
import type { TableSchema } from "../../schema/schema.ts";
import { columnFrom } from "../cells/column-from.ts";
import type { ColumnPlan } from "../cells/columns.ts";
import type { Cells } from "../cells/draw-cells.ts";
import { rowRulesOf } from "../constrained/rows.ts";
import type { PublicColumn } from "./columns.ts";

/** Cells that no row can be in, as the declared constraints say. */
export interface StructuralZeros {
  readonly zeros: readonly ZeroCells[];
  /** Names of the constraints that are in them. */
  readonly constraints: readonly string[];
}

/** Most combinations of values that a constraint is tried on. */
const MOST_CELLS = 10_000;

/** Reads structural zeros from the declared constraints: for one whose columns hold single values and are few, every combination of the domain
 * is tried. Nothing of the rows is looked at, so constraints whose combinations are those of the rows are left out; like those over bins or
 * large domains they are seen to row by row. */
export function structuralZeros(
  columns: readonly Pick<PublicColumn, "plan" | "codeOf">[],
  schema: TableSchema,
): StructuralZeros {
  const zeros: ZeroCells[] = [];
  const constraints: string[] = [];
  const like = rowsOf(columns, { clique: columns.map((_, j) => j), rows: 0, valueAt: () => 0 });
  for (const constraint of schema.constraints ?? []) {
    const clique = cliqueOf(constraint, like);
    if (!clique?.every((j) => isDiscrete(columns[j] as PublicColumn))) continue;
    const sizes = clique.map((j) => (columns[j] as PublicColumn).codeOf.length);
    const cells = sizes.reduce((product, size) => product * size, 1);
    if (cells > MOST_CELLS) continue;
    const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((product, size) => product * size, 1));
    const table = rowsOf(columns, {
      clique,
      rows: cells,
      valueAt: (row, i) => Math.floor(row / (strides[i] as number)) % (sizes[i] as number),
    });
    const [rule] = rowRulesOf([constraint], { schema, real: table });
    if (!rule) continue;
    const allowed = rule.brokenIn(table).map((broken) => 1 - broken);
    if (!allowed.includes(0)) continue;
    zeros.push({ clique, allowed });
    constraints.push(nameOfConstraint(constraint));
  }
  return { zeros, constraints };
}

/** Places of the columns that a constraint looks at, ascending; undefined: it is not one of cells of a row by public values, or looks at a column
 * that is not there. */
function cliqueOf(constraint: Constraint, like: Table): readonly number[] | undefined {
  if (
    constraint.kind !== "order" &&
    constraint.kind !== "oneHot" &&
    constraint.kind !== "equals" &&
    constraint.kind !== "check"
  )
    return undefined;
  const names = [...columnsOfConstraint(constraint)];
  if (constraint.kind === "check" || constraint.kind === "equals") {
    const [text, wanted] =
      constraint.kind === "check"
        ? ([constraint.condition, "condition"] as const)
        : ([constraint.formula, "number"] as const);
    const expression = compileRowExpression(text, like, wanted);
    if ("wrong" in expression) return undefined;
    names.push(...expression.columns);
  }
  const places = [...new Set(names.map((name) => like.columns.findIndex((column) => column.name === name)))];
  return places.length === 0 || places.includes(-1) ? undefined : places.sort((a, b) => a - b);
}

/** Whether each value of the column's domain is one cell, or one way of being missing. */
function isDiscrete({ plan, codeOf }: Pick<PublicColumn, "plan" | "codeOf">): boolean {
  return codeOf.every((code) => code < plan.codec.missing.length || pointOf(plan, code) !== undefined);
}

/** The cell that a code stands for; undefined: several. */
function pointOf(plan: ColumnPlan, code: number): number | undefined {
  if (plan.kind === "labels") {
    const cell = plan.cells[code] as number;
    return Number.isNaN(cell) ? undefined : cell;
  }
  const bin = code - plan.codec.missing.length;
  const low = plan.codec.lower[bin];
  return low === plan.codec.upper[bin] ? low : undefined;
}

/** A table of some columns, its cells by their values' places in the domains. */
function rowsOf(
  columns: readonly Pick<PublicColumn, "plan" | "codeOf">[],
  made: {
    readonly clique: readonly number[];
    readonly rows: number;
    readonly valueAt: (row: number, i: number) => number;
  },
): Table {
  return tableOf(
    made.clique.map((j, i) => {
      const { plan, codeOf } = columns[j] as PublicColumn;
      const present = plan.codec.missing.length;
      const codes = Array.from({ length: made.rows }, (_, row) => codeOf[made.valueAt(row, i)] as number);
      const cells: Cells = {
        cells:
          plan.type === "text"
            ? Int32Array.from(codes, (code) => (code < present ? -1 : (pointOf(plan, code) as number)))
            : Float64Array.from(codes, (code) => (code < present ? Number.NaN : (pointOf(plan, code) as number))),
        ...(plan.hasTokens ? { tokens: Uint8Array.from(codes, (code) => (code < present ? code : 0)) } : {}),
      };
      return columnFrom(plan, cells);
    }),
    made.rows,
  );
}

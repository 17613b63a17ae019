import type { Table } from "../../data/table.ts";
import { intersection } from "../../math/intervals-of-numbers.ts";
import type { ColumnCondition } from "../../schema/column-condition.ts";
import type { Constraint } from "../../schema/constraints.ts";
import { compileRowExpression } from "../../schema/row-expression.ts";
import type { TableSchema } from "../../schema/schema.ts";
import { splitCondition } from "../../schema/split-condition.ts";
import { type EncodingStep, encodeCondition } from "./encoding.ts";
import { conditionRule, type RowRule, readCondition } from "./rows.ts";

/** What is asked of rows: conditions that the model draws under, and a rule for what those cannot say. */
export interface Asked {
  /** On the encoded columns, at most one for each. */
  readonly conditions: readonly ColumnCondition[];
  /** Tried on whole rows. */
  readonly rule: RowRule | undefined;
}

/** The table's columns as conditions see them. */
export interface AskedOf {
  /** Columns of whole rows, without rows. */
  readonly like: Table;
  readonly schema: TableSchema;
  readonly steps: readonly EncodingStep[];
  /** Names of the columns before encoding. */
  readonly modelled: readonly string[];
}

/** A condition in CEL, ready to be drawn under.
 * @throws {InvalidArgument} it is none, or names a column that is not there */
export function askedBy(text: string, of: AskedOf): Asked {
  const expression = readCondition(text, of.like);
  const { conditions, isWhole } = splitCondition(expression, { like: of.like, missing: false });
  const { told, isTold } = onEncoded(conditions, of);
  return { conditions: told, rule: isWhole && isTold ? undefined : conditionRule(text, expression, of.schema) };
}

/** What `check` constraints ask of single columns: necessary, not always all that they say. */
export function standingConditions(constraints: readonly Constraint[], of: AskedOf): readonly ColumnCondition[] {
  return merged(
    constraints.flatMap((constraint) => {
      if (constraint.kind !== "check") return [];
      const expression = compileRowExpression(constraint.condition, of.like, "condition");
      if ("wrong" in expression) return [];
      return onEncoded(splitCondition(expression, { like: of.like, missing: true }).conditions, of).told;
    }),
  );
}

/** Conditions of which at most one names a column: both must hold. */
export function merged(conditions: readonly ColumnCondition[]): readonly ColumnCondition[] {
  const out = new Map<string, ColumnCondition>();
  for (const condition of conditions) {
    const before = out.get(condition.column);
    out.set(condition.column, before ? bothOf(before, condition) : condition);
  }
  return [...out.values()];
}

function onEncoded(
  conditions: readonly ColumnCondition[],
  { steps, modelled }: AskedOf,
): { readonly told: readonly ColumnCondition[]; readonly isTold: boolean } {
  const told = conditions.map((condition) =>
    modelled.includes(condition.column) ? encodeCondition(condition, steps) : undefined,
  );
  return { told: merged(told.filter((condition) => condition !== undefined)), isTold: !told.includes(undefined) };
}

function bothOf(a: ColumnCondition, b: ColumnCondition): ColumnCondition {
  return {
    column: a.column,
    missing: a.missing && b.missing,
    ...(a.labels && b.labels ? { labels: a.labels.filter((label) => b.labels?.includes(label)) } : {}),
    ...(a.intervals && b.intervals ? { intervals: intersection(a.intervals, b.intervals) } : {}),
  };
}

import { type Column, isMissing, type Table, tableOf } from "../../data/table.ts";
import { InvalidArgument } from "../../errors.ts";
import type { CodeRule } from "../../learners/trees/tree-chain.ts";
import { encodeColumn } from "../../schema/encode.ts";
import { compileRowExpression, type RowExpression } from "../../schema/row-expression.ts";
import { splitCondition } from "../../schema/split-condition.ts";
import type { PreparedColumn } from "../cells/columns.ts";
import { conditionsOf } from "../cells/conditions.ts";
import { assertColumn } from "./assert-column.ts";

/** Rows that meet a condition (CEL) hold this in the column; null: a missing cell. */
export interface Rule {
  readonly when: string;
  readonly column: string;
  readonly value: string | number | null;
}

/** A rule as the chain follows it. */
export interface CompiledRule extends CodeRule {
  readonly column: number;
  /** 1 for the training rows that meet it: the column's trees do not learn from them. */
  readonly holds: Uint8Array;
}

/** Reads rules with the columns of the training table.
 * @throws {InvalidArgument} a rule is no condition, compares columns with each other, or gives a value that too few training rows hold */
export function compileRules(
  rules: readonly Rule[],
  { table, columns }: { readonly table: Table; readonly columns: readonly PreparedColumn[] },
): CompiledRule[] {
  const plans = columns.map(({ plan }) => plan);
  const names = plans.map(({ name }) => name);
  return rules.map((rule) => {
    assertColumn("rules", rule.column, names);
    const column = names.indexOf(rule.column);
    const expression = expressionOf(rule, table);
    const { conditions, isWhole } = splitCondition(expression, { like: table, missing: false });
    if (!isWhole)
      throw new InvalidArgument("bad-rule", `The rule "${rule.when}" compares columns with each other.`, {
        advice: "Compare each column with plain values, joined by &&; one rule for each alternative.",
      });
    if (conditions.some((condition) => condition.column === rule.column))
      throw new InvalidArgument(
        "bad-rule",
        `The rule "${rule.when}" asks for the column "${rule.column}" that it sets.`,
        {
          advice: "Ask other columns.",
        },
      );
    const weights = conditionsOf(plans, conditions).weights;
    return {
      column,
      code: codeOf(rule, columns[column] as PreparedColumn, table.columns[column] as Column),
      conditions: weights.flatMap((own, j) => (own ? [{ column: j, weights: own }] : [])),
      holds: rowsMeeting(expression, table),
    };
  });
}

function expressionOf({ when }: Rule, like: Table): RowExpression {
  const compiled = compileRowExpression(when, like, "condition");
  if ("wrong" in compiled)
    throw new InvalidArgument("bad-rule", `The rule "${when}" ${compiled.wrong}.`, {
      advice: 'A rule is a condition on the cells of a row, such as "age < 16".',
    });
  return compiled;
}

function rowsMeeting(expression: RowExpression, table: Table): Uint8Array {
  const asked = table.columns.filter(({ name }) => expression.columns.includes(name));
  const value = expression.over(table);
  return Uint8Array.from({ length: table.rows }, (_, row) =>
    asked.every((column) => !isMissing(column, row)) && value(row) === true ? 1 : 0,
  );
}

function codeOf({ column: name, value }: Rule, { plan }: PreparedColumn, like: Column): number {
  if (value === null) return 0;
  const unknown = (known: string): InvalidArgument =>
    new InvalidArgument("bad-rule", `A rule sets column "${name}" to ${JSON.stringify(value)}, ${known}.`, {
      advice: "Give a value that the training rows hold.",
    });
  if (like.type === "text") {
    const at = plan.codec.labels.indexOf(String(value));
    if (at < 0) throw unknown("which fewer than 5 training rows hold");
    return plan.codec.missing.length + at;
  }
  if (typeof value !== "number") throw unknown("and the column holds numbers");
  const { missing: _, ...rest } = like;
  return encodeColumn({ ...rest, values: Float64Array.of(value) }, plan.codec)[0] as number;
}

/** The rows with what the rules say. Cells are drawn after codes: at the edge of a bin they may meet a rule that their code did not. */
export function withRules(rules: readonly Rule[], table: Table): Table {
  let out = table;
  for (const rule of rules) {
    const holds = rowsMeeting(expressionOf(rule, out), out);
    const columns = out.columns.map((column) =>
      column.name === rule.column ? withValue(column, rule.value, holds) : column,
    );
    out = tableOf(columns, table.rows);
  }
  return out;
}

function withValue(column: Column, value: Rule["value"], holds: Uint8Array): Column {
  const missing = column.missing
    ? { missing: { ...column.missing, codes: column.missing.codes.map((code, i) => (holds[i] ? 0 : code)) } }
    : {};
  if (column.type === "text") {
    const code = value === null ? -1 : column.dictionary.indexOf(String(value));
    return { ...column, ...missing, codes: column.codes.map((own, i) => (holds[i] ? code : own)) };
  }
  const amount = value === null ? Number.NaN : (value as number);
  return { ...column, ...missing, values: column.values.map((own, i) => (holds[i] ? amount : own)) };
}

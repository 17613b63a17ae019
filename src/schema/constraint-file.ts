import { z } from "zod";
import { type Column, columnOf, type Table } from "../data/table.ts";
import type { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import { type Constraint, columnsOfConstraint, nameOfConstraint } from "./constraints.ts";
import { compileRowExpression } from "./row-expression.ts";
import { schemaOf, type TableSchema } from "./schema.ts";

const column = z.string().min(1);
const several = z.array(column).min(2).max(1000);
const one = z.union([column.transform((name) => [name]), z.array(column).min(1).max(1000)]);
const equals = z.strictObject({
  column,
  formula: z.string().min(1),
  tolerance: z.number().nonnegative().default(0),
});
const increments = z.strictObject({ column, of: column, within: column.optional() });
const references = z.strictObject({ column, key: column, parent: column.optional() });

const SHAPES = {
  order: z.strictObject({ order: several, strict: z.boolean().default(false) }),
  unique: z.strictObject({ unique: one }),
  combinations: z.strictObject({ combinations: several }),
  oneHot: z.strictObject({ oneHot: several }),
  equals: z.strictObject({ equals }),
  increments: z.strictObject({ increments }),
  references: z.strictObject({ references }),
  check: z.strictObject({ check: z.string().min(1) }),
} as const;
const KINDS = Object.keys(SHAPES) as (keyof typeof SHAPES)[];
const INSIDE = { equals, increments, references } as const;

/** Makes an error about a place in the list of constraints, as a path from it: [2, "order"]. */
export type Fault = (path: readonly PropertyKey[], what: string, advice?: string) => InvalidArgument;

/** Reads the list under `constraints` of a schema file.
 * @throws {InvalidArgument} an unknown kind or field, a field of another type, a column named twice, constraints that no row can hold together */
export function parseConstraints(list: readonly unknown[], fault: Fault): readonly Constraint[] {
  const constraints = list.map((item, i) => parseConstraint(item, i, fault));
  constraints.forEach((constraint, i) => {
    const named = columnsOfConstraint(constraint);
    const twice = named.find((name, j) => named.indexOf(name) !== j);
    if (twice !== undefined)
      throw fault([i], `the constraint "${nameOfConstraint(constraint)}" names the column "${twice}" twice`);
  });
  refuseContradictions(constraints, fault);
  return constraints;
}

function parseConstraint(item: unknown, i: number, fault: Fault): Constraint {
  const advice = `A constraint is one of: ${KINDS.join(", ")}.`;
  if (item === null || typeof item !== "object" || Array.isArray(item))
    throw fault([i], "a constraint is a kind with what it says, such as `order: [low, high]`", advice);
  const keys = Object.keys(item);
  const kinds = KINDS.filter((kind) => keys.includes(kind));
  const [kind] = kinds;
  if (kind === undefined) {
    const got = keys.find((key) => key !== "strict") ?? keys[0] ?? "";
    const close = nearest(got, KINDS);
    throw fault([i, got], `there is no constraint "${got}".${close ? ` Did you mean "${close}"?` : ""}`, advice);
  }
  if (kinds.length > 1)
    throw fault([i, kinds[1] as string], `"${kinds[1]}" and "${kind}" are two constraints: begin a new "-"`, advice);
  const parsed = SHAPES[kind].safeParse(item);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    if (issue.code !== "unrecognized_keys")
      throw fault([i, ...issue.path], `${issue.path.map(String).join(".")}: ${issue.message}`);
    const key = issue.keys[0] as string;
    const known = Object.keys(
      issue.path.length > 0 && kind in INSIDE ? INSIDE[kind as keyof typeof INSIDE].shape : SHAPES[kind].shape,
    );
    const close = nearest(key, known);
    throw fault(
      [i, ...issue.path, key],
      `there is no field "${key}" in the constraint "${kind}".${close ? ` Did you mean "${close}"?` : ""}`,
      `The fields are: ${known.join(", ")}.`,
    );
  }
  return constraintOf(parsed.data);
}

function constraintOf(read: z.infer<(typeof SHAPES)[keyof typeof SHAPES]>): Constraint {
  if ("order" in read) return { kind: "order", columns: read.order, strict: read.strict };
  if ("unique" in read) return { kind: "unique", columns: read.unique };
  if ("combinations" in read) return { kind: "combinations", columns: read.combinations };
  if ("oneHot" in read) return { kind: "oneHot", columns: read.oneHot };
  if ("equals" in read) return { kind: "equals", ...read.equals };
  if ("increments" in read) {
    const { within, ...rest } = read.increments;
    return { kind: "increments", ...rest, ...(within === undefined ? {} : { within }) };
  }
  if ("references" in read) {
    const { parent, ...rest } = read.references;
    return { kind: "references", ...rest, ...(parent === undefined ? {} : { parent }) };
  }
  return { kind: "check", condition: read.check };
}

/** A circle of orders of which one is strict: a < … < a. */
function refuseContradictions(constraints: readonly Constraint[], fault: Fault): void {
  interface Step {
    readonly from: string;
    readonly to: string;
    readonly by: number;
    readonly strict: boolean;
  }
  const steps = constraints.flatMap((constraint, by): readonly Step[] =>
    constraint.kind === "order"
      ? constraint.columns.slice(1).map((to, j) => ({
          from: constraint.columns[j] as string,
          to,
          by,
          strict: constraint.strict,
        }))
      : [],
  );
  for (const first of steps.filter(({ strict }) => strict)) {
    // Breadth first, so that the circle named is the shortest.
    const reached = new Map<string, readonly number[]>([[first.to, [first.by]]]);
    const queue = [first.to];
    for (const at of queue)
      for (const { from, to, by } of steps) {
        if (from !== at || reached.has(to)) continue;
        reached.set(to, [...(reached.get(at) as readonly number[]), by]);
        queue.push(to);
      }
    const circle = reached.get(first.from);
    if (!circle) continue;
    const named = [...new Set(circle)].sort((a, b) => a - b);
    throw fault(
      [named.at(-1) as number],
      `no row can hold ${named.map((i) => `"${nameOfConstraint(constraints[i] as Constraint)}"`).join(" and ")}${named.length > 1 ? " together" : ""}`,
      "Take one of them out, or turn its columns round.",
    );
  }
}

/** Checks constraints against the table they were declared for.
 * @throws {InvalidArgument} a column that the table does not have or that is left out, of a kind that the constraint cannot judge; a formula or
 *   condition that is none */
export function checkConstraints(
  constraints: readonly Constraint[],
  against: { readonly table: Table; readonly schema: TableSchema; readonly fault: Fault },
): void {
  const { table, schema, fault } = against;
  const names = table.columns.map(({ name }) => name);
  constraints.forEach((constraint, i) => {
    const called = `the constraint "${nameOfConstraint(constraint)}"`;
    const unknown = (name: string): InvalidArgument => {
      const close = nearest(name, names);
      return fault(
        [i],
        `${called} names a column "${name}" that the table does not have.${close ? ` Did you mean "${close}"?` : ""}`,
        `The columns are: ${names.slice(0, 60).join(", ")}${names.length > 60 ? ", …" : ""}.`,
      );
    };
    const known = (name: string): Column => {
      if (!names.includes(name)) throw unknown(name);
      if (schemaOf(schema, name).drop)
        throw fault(
          [i],
          `${called} names the column "${name}", which is left out`,
          "Keep the column, or drop the rule.",
        );
      return columnOf(table, name);
    };
    const wrongKind = (name: string, wanted: string): InvalidArgument =>
      fault(
        [i],
        `${called} wants ${wanted}, and the column "${name}" holds ${wordsFor(columnOf(table, name))}`,
        ADVICE,
      );
    const columns = columnsOfConstraint(constraint).map(known);
    switch (constraint.kind) {
      case "order": {
        const [first] = columns as [Column];
        for (const column of columns)
          if (column.type === "text" || column.type !== first.type)
            throw wrongKind(column.name, first.type === "date" ? "dates only" : "numbers only, or dates only");
        break;
      }
      case "oneHot":
        for (const column of columns)
          if (column.type === "date" || (column.type === "text" && column.storage !== "boolean"))
            throw wrongKind(column.name, "columns of 0 and 1");
        break;
      case "increments":
        for (const column of columns.slice(0, 2))
          if (column.type === "text") throw wrongKind(column.name, "numbers or dates");
        break;
      case "equals":
        if (columns[0]?.type !== "number") throw wrongKind(constraint.column, "a number");
        break;
      case "check":
      case "combinations":
      case "references":
      case "unique":
        break;
    }
    if (constraint.kind !== "equals" && constraint.kind !== "check") return;
    const text = constraint.kind === "equals" ? constraint.formula : constraint.condition;
    const expression = compileRowExpression(text, table, constraint.kind === "equals" ? "number" : "condition");
    if ("wrong" in expression) {
      if (expression.name !== undefined) throw unknown(expression.name);
      throw fault(
        [i],
        `${called} ${expression.wrong}`,
        "Numbers are doubles, dates timestamps, labels strings; a name that is no word of CEL, or one of its own (type), stands in backquotes.",
      );
    }
    if (expression.columns.length === 0) throw fault([i], `${called} names no column`);
    expression.columns.forEach(known);
  });
}

const ADVICE = "`counterfoil schema <data file>` tells what each column holds.";

function wordsFor(column: Column): string {
  return column.type === "text" ? "text" : `${column.type}s`;
}

/** A constraint as it stands in a schema file, as plain data. */
export function constraintToFile(constraint: Constraint): Readonly<Record<string, unknown>> {
  switch (constraint.kind) {
    case "order":
      return { order: constraint.columns, ...(constraint.strict ? { strict: true } : {}) };
    case "unique":
    case "combinations":
    case "oneHot":
      return { [constraint.kind]: constraint.columns };
    case "equals":
    case "increments":
    case "references": {
      const { kind, ...rest } = constraint;
      return { [kind]: rest };
    }
    case "check":
      return { check: constraint.condition };
  }
}

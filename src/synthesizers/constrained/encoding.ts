import { columnOf, type Table, tableOf } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import type { ColumnCondition } from "../../schema/column-condition.ts";
import {
  type Constraint,
  type EqualsConstraint,
  nameOfConstraint,
  type OrderConstraint,
} from "../../schema/constraints.ts";
import { type ColumnSchema, schemaOf, type TableSchema } from "../../schema/schema.ts";
import {
  type CompositeStep,
  completeComposite,
  compositeOf,
  conditionOnComposite,
  decodeComposite,
  encodeComposite,
} from "./composite.ts";
import { decodeFormula, type FormulaStep, formulaOf, neededBy } from "./formula.ts";
import { decodeGap, encodeGap, type GapStep, gapOf, gapSchema } from "./gap.ts";

/** What is done to the columns so that a declared constraint holds for whatever is drawn. Plain data. */
export type EncodingStep = FormulaStep | GapStep | CompositeStep;

export interface Encoding {
  readonly table: Table;
  readonly schema: TableSchema;
  /** In the order in which they were taken; undone from the last. */
  readonly steps: readonly EncodingStep[];
  /** Names of the constraints that whatever is drawn keeps. */
  readonly built: readonly string[];
}

/** Builds declared constraints into the columns where that can be done. The others must be seen to row by row. */
export function encodeConstraints(table: Table, schema: TableSchema): Encoding {
  let encoding: Encoding = { table, schema, steps: [], built: [] };
  const constraints = schema.constraints ?? [];
  for (const constraint of constraints)
    if (constraint.kind === "equals") encoding = withFormula(encoding, constraint, table);
  for (const constraint of constraints)
    if (constraint.kind === "order") encoding = withGaps(encoding, constraint, table);
  for (const constraint of constraints)
    if (constraint.kind === "combinations" || constraint.kind === "oneHot")
      encoding = withComposite(encoding, constraint);
  return encoding;
}

/** Drawn columns as those of the table that was encoded.
 * @param settled what is known of the rows put in, after each step: what is computed next counts on it */
export function decodeSteps(
  chunk: Table,
  steps: readonly EncodingStep[],
  settled: (table: Table) => Table = (table) => table,
): Table {
  let out = settled(chunk);
  for (const step of steps) if (step.kind === "composite") out = settled(decodeComposite(out, step));
  for (const step of inOrder(steps))
    out = settled(step.kind === "gap" ? decodeGap(out, step) : decodeFormula(out, step));
  return out;
}

/** A partly filled table as far as it tells the encoded columns. */
export function encodePartly(table: Table, steps: readonly EncodingStep[], random: Random): Table {
  let out = table;
  for (const [s, step] of steps.entries()) {
    if (step.kind === "formula") {
      if (step.isDropped) out = without(out, [step.column.name]);
    } else if (step.kind === "gap") {
      const isTold = [step.column.name, ...step.before].every((name) => has(table, name));
      out = isTold ? encodeGap(out, step, table) : without(out, [step.column.name]);
    } else out = completeComposite(out, step, random.split(s));
  }
  return out;
}

/** A condition on a column, as one on the encoded columns.
 * @returns undefined where those cannot say it: it must be tried on each row */
export function encodeCondition(
  condition: ColumnCondition,
  steps: readonly EncodingStep[],
): ColumnCondition | undefined {
  for (const step of steps) {
    if (step.kind !== "composite") {
      // What the model drew of a computed column is not what stands in the row.
      if (step.column.name === condition.column) return undefined;
    } else if (step.columns.includes(condition.column)) return conditionOnComposite(step, condition);
  }
  return condition;
}

function withFormula(encoding: Encoding, constraint: EqualsConstraint, table: Table): Encoding {
  if (!has(encoding.table, constraint.column)) return encoding;
  const step = formulaOf(table, constraint, schemaOf(encoding.schema, constraint.column).decimals);
  if (!step || !canBeUndone([...encoding.steps, step])) return encoding;
  return {
    ...encoding,
    steps: [...encoding.steps, step],
    table: step.isDropped ? without(encoding.table, [constraint.column]) : encoding.table,
    built: [...encoding.built, nameOfConstraint(constraint)],
  };
}

function withGaps(encoding: Encoding, constraint: OrderConstraint, table: Table): Encoding {
  const { columns, strict } = constraint;
  let out = encoding;
  let taken = 0;
  for (let k = 1; k < columns.length; k++) {
    const name = columns[k] as string;
    const before = columns.slice(0, k);
    if (!has(out.table, name) || !before.every((other) => has(table, other))) continue;
    const step = gapOf(table, encoding.schema, { name, before });
    if (!step || !canBeUndone([...out.steps, step])) continue;
    taken++;
    out = {
      ...out,
      table: encodeGap(out.table, step, table),
      schema: withColumn(out.schema, name, gapSchema(step, schemaOf(encoding.schema, name))),
      steps: [...out.steps, step],
    };
  }
  return taken === columns.length - 1 && !strict
    ? { ...out, built: [...out.built, nameOfConstraint(constraint)] }
    : out;
}

function withComposite(
  encoding: Encoding,
  constraint: Constraint & { readonly kind: "combinations" | "oneHot" },
): Encoding {
  const { columns } = constraint;
  if (columns.length < 2 || !columns.every((name) => has(encoding.table, name))) return encoding;
  const step = compositeOf(encoding.table, columns);
  if (!step) return encoding;
  return {
    table: encodeComposite(encoding.table, step),
    schema: withColumn(encoding.schema, columns[0] as string, {
      name: step.name,
      type: "text",
      kind: "categorical",
      evidence: [],
    }),
    steps: [...encoding.steps, step],
    built: [...encoding.built, nameOfConstraint(constraint)],
  };
}

type ComputedStep = FormulaStep | GapStep;

/** Whether every column can be had again: none needs, by whatever way round, itself. */
function canBeUndone(steps: readonly EncodingStep[]): boolean {
  return inOrder(steps).length === steps.filter(({ kind }) => kind !== "composite").length;
}

/** Columns that are computed from others, after those; the ones that need themselves are left out. */
function inOrder(steps: readonly EncodingStep[]): readonly ComputedStep[] {
  const out: ComputedStep[] = [];
  let open = steps.filter((step): step is ComputedStep => step.kind !== "composite");
  for (;;) {
    const unknown = new Set(open.map((step) => step.column.name));
    const isReady = (step: ComputedStep): boolean =>
      (step.kind === "gap" ? step.before : neededBy(step)).every((name) => !unknown.has(name));
    const ready = open.filter(isReady);
    if (ready.length === 0) return out;
    out.push(...ready);
    open = open.filter((step) => !ready.includes(step));
  }
}

function has(table: Table, name: string): boolean {
  return table.columns.some((column) => column.name === name);
}

function without(table: Table, names: readonly string[]): Table {
  return tableOf(
    table.columns.filter(({ name }) => !names.includes(name)).map(({ name }) => columnOf(table, name)),
    table.rows,
  );
}

/** The schema with one more column, beside the one it stands for: what is not in the table is not looked at. */
function withColumn(schema: TableSchema, beside: string, added: ColumnSchema): TableSchema {
  return {
    ...schema,
    columns: schema.columns.flatMap((column) => (column.name === beside ? [column, added] : [column])),
  };
}

import { type Column, columnOf, type Table } from "../../data/table.ts";
import { fitCox } from "../../learners/cox.ts";
import { fitLogistic, fitOls, type NoRegression, type Regression } from "../../learners/regression.ts";
import type { Analysis } from "../../schema/purpose.ts";
import { isQuantity, schemaOf, type TableSchema } from "../../schema/schema.ts";
import { survivalTimes } from "./survival-times.ts";

/** How the columns of a declared regression become numbers: fixed by real rows, then used for every table. */
export interface RegressionPlan {
  readonly analysis: Analysis;
  readonly terms: readonly Term[];
  /** What was done to the formula, in words. */
  readonly notes: readonly string[];
  /** The outcome per row: a number in units of its spread, 0 or 1, or a signed time; NaN where it is missing. */
  readonly outcomeOf: (table: Table) => Float64Array;
}

/** One column of the design matrix. */
export interface Term {
  readonly name: string;
  /** NaN where the cell is missing. */
  readonly valuesOf: (table: Table) => Float64Array;
}

/** A fit and the complete rows it rests on. */
export type Fitted = { readonly rows: number; readonly fit: Regression | NoRegression };

/** Fewest real rows of a category that gets a coefficient of its own. */
const MIN_LEVEL_ROWS = 10;
const MAX_CATEGORIES = 12;

/** Plans a regression on real rows.
 * @returns the reason where the outcome cannot be modelled in the family declared */
export function planRegression(
  analysis: Analysis,
  real: Table,
  schema: TableSchema,
): RegressionPlan | { readonly impossible: string } {
  const absent = [analysis.outcome, analysis.event, ...analysis.predictors].find(
    (name) => name !== undefined && !real.columns.some((column) => column.name === name),
  );
  if (absent !== undefined) return { impossible: `"${absent}" is not among the columns that are judged.` };
  const outcomeOf = planOutcome(analysis, real, schema);
  if (typeof outcomeOf !== "function") return outcomeOf;
  const notes: string[] = [];
  const terms = [...new Set(analysis.predictors)].flatMap((name) => termsOf(name, real, { schema, notes }));
  const plan = { analysis, notes, outcomeOf };
  return withoutCollinear({ ...plan, terms }, real);
}

/** Fits a planned regression to the complete rows of a table. The first coefficient of OLS and logistic is the intercept. */
export function fitPlan(plan: RegressionPlan, table: Table): Fitted {
  const { family } = plan.analysis;
  const outcome = plan.outcomeOf(table);
  const columns = plan.terms.map((term) => term.valuesOf(table));
  const rows = Uint32Array.from({ length: table.rows }, (_, i) => i).filter(
    (row) => !Number.isNaN(outcome[row]) && columns.every((values) => !Number.isNaN(values[row])),
  );
  const offset = family === "cox" ? 0 : 1;
  const width = columns.length + offset;
  const values = new Float64Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    if (offset) values[i * width] = 1;
    for (let j = 0; j < columns.length; j++)
      values[i * width + offset + j] = (columns[j] as Float64Array)[rows[i] as number] as number;
  }
  const y = Float64Array.from(rows, (row) => outcome[row] as number);
  const fit = family === "ols" ? fitOls : family === "logistic" ? fitLogistic : fitCox;
  return { rows: rows.length, fit: fit({ values, rows: rows.length, width }, y) };
}

function planOutcome(
  analysis: Analysis,
  real: Table,
  schema: TableSchema,
): RegressionPlan["outcomeOf"] | { readonly impossible: string } {
  const { outcome, family, event } = analysis;
  if (family === "cox") {
    if (event === undefined) return { impossible: `The Cox regression of "${outcome}" names no event column.` };
    const declared = { time: outcome, event };
    const times = survivalTimes(real, declared);
    if ("impossible" in times) return times;
    if (!times.some((t) => t > 0)) return { impossible: `No real row has an event in "${event}" at a time above 0.` };
    return (table) => {
      const own = survivalTimes(table, declared);
      return own instanceof Float64Array ? own : missingColumn(table);
    };
  }
  const column = columnOf(real, outcome);
  if (family === "ols") {
    if (column.type === "text") return { impossible: `The outcome "${outcome}" is text; OLS needs a number.` };
    return standardised(outcome, real, schema) ?? { impossible: `The outcome "${outcome}" has one value.` };
  }
  const labels = labelsOf(column, missingCodesOf(schema, outcome));
  const held = [...new Set(labels)].filter((label) => label !== undefined).sort(byLabel);
  if (held.length !== 2)
    return {
      impossible: `The outcome "${outcome}" has ${held.length} values among the real rows; a logistic regression needs two.`,
    };
  const positive = held[1];
  return (table) =>
    Float64Array.from(labelsOf(columnOf(table, outcome), missingCodesOf(schema, outcome)), (label) =>
      label === undefined || !held.includes(label) ? Number.NaN : label === positive ? 1 : 0,
    );
}

/** A number in units of its spread, or an indicator per category but the commonest. */
function termsOf(
  name: string,
  real: Table,
  context: { readonly schema: TableSchema; readonly notes: string[] },
): readonly Term[] {
  const { schema, notes } = context;
  const column = columnOf(real, name);
  if (column.type !== "text" && isQuantity(schemaOf(schema, name).kind)) {
    const valuesOf = standardised(name, real, schema);
    if (!valuesOf) notes.push(`"${name}" has one value and was left out.`);
    return valuesOf ? [{ name, valuesOf }] : [];
  }
  const codes = missingCodesOf(schema, name);
  const counts = new Map<string, number>();
  for (const label of labelsOf(column, codes)) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  const common = [...counts]
    .filter(([, count]) => count >= MIN_LEVEL_ROWS)
    .sort(([a, x], [b, y]) => y - x || byLabel(a, b))
    .slice(0, MAX_CATEGORIES)
    .map(([label]) => label);
  const [reference, ...others] = common;
  if (reference === undefined || others.length === 0) {
    notes.push(`"${name}" has fewer than two categories of ${MIN_LEVEL_ROWS} rows and was left out.`);
    return [];
  }
  if (common.length < counts.size)
    notes.push(
      `Categories of "${name}" with fewer than ${MIN_LEVEL_ROWS} rows, or beyond ${MAX_CATEGORIES}, were left out with their rows.`,
    );
  return others.map((own) => ({
    name: `${name} = ${own} (against ${reference})`,
    valuesOf: (table) =>
      Float64Array.from(labelsOf(columnOf(table, name), codes), (label) =>
        label === undefined || !common.includes(label) ? Number.NaN : label === own ? 1 : 0,
      ),
  }));
}

/** Terms that those before them add up to are taken out, by the real rows. */
function withoutCollinear(
  plan: Omit<RegressionPlan, "terms"> & { readonly terms: readonly Term[] },
  real: Table,
): RegressionPlan | { readonly impossible: string } {
  const offset = plan.analysis.family === "cox" ? 0 : 1;
  let { terms } = plan;
  const notes = [...plan.notes];
  for (;;) {
    if (terms.length === 0) return { impossible: "No predictor is left." };
    const { fit } = fitPlan({ ...plan, terms }, real);
    if (!("failed" in fit)) return { ...plan, terms, notes };
    if (fit.failed !== "collinear")
      return {
        impossible:
          fit.failed === "separation"
            ? "The real rows are separated: a predictor, or several together, tells the outcome without an error, and its coefficient has no finite value."
            : "Too few real rows are complete.",
      };
    const dropped = terms[fit.column - offset];
    if (!dropped) return { impossible: "Too few real rows are complete." };
    notes.push(`"${dropped.name}" is a sum of predictors before it and was left out.`);
    terms = terms.filter((term) => term !== dropped);
  }
}

/** (x − mean) / spread over the real rows: no coefficient's overlap, sign or significance depends on it, and sums stay exact. */
function standardised(name: string, real: Table, schema: TableSchema): ((table: Table) => Float64Array) | undefined {
  const codes = new Set(missingCodesOf(schema, name).map(Number));
  const valuesOf = (table: Table): Float64Array => {
    const column = columnOf(table, name);
    if (column.type === "text") return missingColumn(table);
    return column.values.map((x) => (Number.isFinite(x) && !codes.has(x) ? x : Number.NaN));
  };
  const known = valuesOf(real).filter((x) => !Number.isNaN(x));
  const mean = known.reduce((sum, x) => sum + x / known.length, 0);
  const spread = Math.sqrt(known.reduce((sum, x) => sum + (x - mean) ** 2 / known.length, 0));
  if (!(spread > 1e-12 * Math.abs(mean)) || known.length === 0) return undefined;
  return (table) => valuesOf(table).map((x) => (x - mean) / spread);
}

function labelsOf(column: Column, missingCodes: readonly string[]): (string | undefined)[] {
  if (column.type === "text") {
    const names = column.dictionary.map((label) => (missingCodes.includes(label) ? undefined : label));
    return Array.from(column.codes, (code) => (code < 0 ? undefined : names[code]));
  }
  return Array.from(column.values, (value) =>
    Number.isNaN(value) || missingCodes.includes(String(value)) ? undefined : String(value),
  );
}

function missingCodesOf(schema: TableSchema, name: string): readonly string[] {
  return schemaOf(schema, name).missingCodes ?? [];
}

function missingColumn(table: Table): Float64Array {
  return new Float64Array(table.rows).fill(Number.NaN);
}

function byLabel(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

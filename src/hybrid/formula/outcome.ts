import { type Column, isMissing, type Table } from "../../data/table.ts";
import { InvalidArgument, InvalidData } from "../../errors.ts";
import type { Family } from "../estimation/sample.ts";
import { findColumn, levelsOf } from "./bind.ts";
import { columnsOf, evaluate } from "./expression.ts";
import type { Formula } from "./formula.ts";
import { formulaError } from "./formula-error.ts";

/** What is to be explained, and how its cells become numbers. */
export interface Outcome {
  readonly label: string;
  readonly column: string;
  /** Of two labels: the one that counts 0 and the one that counts 1. Null: the cells are numbers. */
  readonly labels: readonly [zero: string, one: string] | null;
  readonly family: Family;
  /** Whether the family was guessed, in words for a notice; null: it was asked for. */
  readonly guess: string | null;
}

export type FamilyName = Family["kind"];

/** @param options.family absent: guessed from the outcome's labelled cells
 * @throws {InvalidArgument} the formula's outcome is no column; it cannot be of the family asked for
 * @throws {InvalidData} no row is labelled; the outcome is text of more than two labels */
export function planOutcome(
  formula: Formula,
  table: Table,
  options: { readonly family?: FamilyName | undefined; readonly probability?: number | undefined },
): Outcome {
  const { outcome, text } = formula;
  const references = columnsOf(outcome.expression);
  if (references.length !== 1)
    throw formulaError(text, outcome, { found: "the outcome is one column, or a function of one" });
  const column = findColumn(text, references[0] as (typeof references)[number], table);
  const plain = outcome.expression.kind === "column";
  const covariates = formula.terms.some(({ term }) => term.kind === "product" || term.kind === "all");
  const levels = fewLevels(column);
  if (levels?.length === 0)
    throw new InvalidData("no-labels", `No row has a value of the outcome "${column.name}".`, {
      advice: "At least some units need a real outcome; without any, nothing can be said of the real world.",
    });
  if (column.type === "date") throw formulaError(text, outcome, { found: `the outcome "${column.name}" holds dates` });
  if (column.type === "text" && (!plain || levels?.length !== 2))
    throw new InvalidData(
      "not-numbers",
      `The outcome "${column.name}" holds text${plain ? ` with ${levelsOf(column).length} labels (${shown(column)})` : ""}, where numbers or two labels are wanted.`,
      { advice: "Make a column of numbers of it, or of two labels: one that happened and one that did not." },
    );
  const two = plain && levels?.length === 2 ? (levels as readonly [string, string]) : undefined;
  // Two whole numbers are a code, as 1 and 2; two fractions are amounts that happen to repeat.
  const isChance =
    two !== undefined && (column.type === "text" || two.every((label) => Number.isInteger(Number(label))));
  const kind = options.family ?? (covariates ? (isChance ? "logistic" : "ols") : "mean");
  checkFamily({ kind, column, levels, covariates, intercept: hasIntercept(formula) });
  const coded = two !== undefined && (column.type === "text" || kind === "logistic");
  const family: Family = kind === "quantile" ? { kind, probability: options.probability ?? 0.5 } : { kind };
  return {
    label: outcome.label,
    column: column.name,
    labels: coded ? two : null,
    family,
    guess: options.family === undefined ? guessWords(kind, column, plain) : null,
  };
}

/** The outcome's number in every row of a table, or that of a column which stands for it; NaN where the cell is missing.
 * @param column the outcome's own, a proxy, or a synthetic table's
 * @throws {InvalidData} "not-numbers", "unknown-label": a cell cannot be an outcome
 * @throws {InvalidData} "no-value": a function of it is no number, as log(0) */
export function outcomeValues(
  { formula, outcome }: { readonly formula: Formula; readonly outcome: Outcome },
  column: Column,
  options: { readonly rows: number; readonly where: string },
): Float64Array {
  const values = outcome.labels ? codesOf(column, outcome.labels, options.where) : plainNumbers(column, options.where);
  const made = evaluate(formula.outcome.expression, options.rows, () => values);
  for (let row = 0; row < options.rows; row++)
    if (Number.isNaN(made[row]) && !isMissing(column, row))
      throw new InvalidData(
        "no-value",
        `${outcome.label} is no number in row ${row + 1} of ${options.where}, where "${column.name}" is ${values[row]}.`,
        { advice: "Leave such rows out, or shift the outcome before it is transformed." },
      );
  return made;
}

function plainNumbers(column: Column, where: string): Float64Array {
  if (column.type === "number") return column.values;
  if (column.type === "text" && column.codes.every((code) => code < 0))
    return new Float64Array(column.codes.length).fill(Number.NaN);
  throw new InvalidData(
    "not-numbers",
    `Column "${column.name}" of ${where} holds no numbers${column.type === "text" ? ` (${shown(column)})` : ""}.`,
    {
      advice: "The outcome is a number, and so is what stands for it.",
    },
  );
}

/** Labels as 0 and 1; numbers from 0 to 1 pass as chances. */
function codesOf(column: Column, labels: readonly [string, string], where: string): Float64Array {
  if (column.type === "date") throw new InvalidData("not-numbers", `Column "${column.name}" of ${where} holds dates.`);
  const code = (label: string): number => labels.indexOf(label);
  const strange = (label: string): InvalidData =>
    new InvalidData(
      "unknown-label",
      `Column "${column.name}" of ${where} has "${label}", and the outcome is "${labels[0]}" or "${labels[1]}".`,
      {
        advice: `Give one of the two labels, or the chance of "${labels[1]}" as a number from 0 to 1.`,
      },
    );
  if (column.type === "text") {
    const codes = column.dictionary.map(code);
    return Float64Array.from(column.codes, (at) => {
      if (at < 0) return Number.NaN;
      if ((codes[at] as number) < 0) throw strange(column.dictionary[at] as string);
      return codes[at] as number;
    });
  }
  // Numbers that are the two labels themselves (1 and 2), or chances.
  const numeric = labels.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  const isLabel = numeric && column.values.every((value) => Number.isNaN(value) || code(String(value)) >= 0);
  return column.values.map((value) => {
    if (Number.isNaN(value)) return value;
    if (isLabel) return code(String(value));
    if (!(value >= 0 && value <= 1)) throw strange(String(value));
    return value;
  });
}

function checkFamily(of: {
  readonly kind: FamilyName;
  readonly column: Column;
  readonly levels: readonly string[] | undefined;
  readonly covariates: boolean;
  readonly intercept: boolean;
}): void {
  const { kind, column, levels, covariates, intercept } = of;
  if ((kind === "mean" || kind === "quantile") && (covariates || !intercept))
    throw new InvalidArgument("bad-family", `A ${kind} is of the outcome alone, and the formula has more.`, {
      advice: `Write "${column.name} ~ 1".`,
    });
  if (kind === "logistic" && levels?.length !== 2)
    throw new InvalidArgument(
      "bad-family",
      `Logistic regression wants an outcome of two values; "${column.name}" has ${levels?.length === 1 ? `one, "${levels[0]}"` : "more"}.`,
      {
        advice:
          levels?.length === 1
            ? "Label units with the other outcome, too."
            : "Leave --family out, or make an outcome of two values.",
      },
    );
  if (kind === "poisson" && column.type === "number") {
    const row = column.values.findIndex((value) => !Number.isNaN(value) && !(value >= 0 && Number.isInteger(value)));
    if (row >= 0)
      throw new InvalidArgument(
        "bad-family",
        `Poisson regression wants whole counts from 0; "${column.name}" is ${column.values[row]} in row ${row + 1}.`,
        {
          advice: "Use --family ols.",
        },
      );
  }
}

/** Whole numbers beyond are amounts rather than counts of events. */
const MOST_COUNTED = 200;

function guessWords(kind: FamilyName, column: Column, plain: boolean): string {
  if (kind === "mean")
    return "the formula names no column, so the mean is estimated (--family quantile for a quantile)";
  if (kind === "logistic")
    return `"${column.name}" has two values, so the regression is logistic (--family ols for a linear one)`;
  const counts =
    plain &&
    column.type === "number" &&
    column.values.every(
      (value) => Number.isNaN(value) || (value >= 0 && value <= MOST_COUNTED && Number.isInteger(value)),
    );
  return `"${column.name}" is a number, so the regression is linear${counts ? " (--family poisson if it counts events)" : ""}`;
}

function hasIntercept(formula: Formula): boolean {
  return formula.terms.reduce(
    (has, { removed, term: { kind } }) => (kind === "intercept" ? !removed : kind === "no-intercept" ? removed : has),
    true,
  );
}

/** The labels that occur where they are two at most; undefined: more. */
function fewLevels(column: Column): readonly string[] | undefined {
  if (column.type === "text") {
    const levels = levelsOf(column);
    return levels.length <= 2 ? levels : undefined;
  }
  const seen = new Set<number>();
  for (const value of column.values) {
    if (!Number.isNaN(value)) seen.add(value);
    if (seen.size > 2) return undefined;
  }
  return [...seen].sort((a, b) => a - b).map(String);
}

function shown(column: Column): string {
  const levels = levelsOf(column);
  return `${levels
    .slice(0, 3)
    .map((label) => `"${label}"`)
    .join(", ")}${levels.length > 3 ? ", …" : ""}`;
}

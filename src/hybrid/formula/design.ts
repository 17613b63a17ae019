import { type Column, columnOf, isMissing, type Table } from "../../data/table.ts";
import { InvalidData } from "../../errors.ts";
import { type BoundFactor, bindTerms } from "./bind.ts";
import { evaluate } from "./expression.ts";
import type { Formula } from "./formula.ts";
import { formulaError } from "./formula-error.ts";

/** What a formula comes to on a given table: which columns of a design there are, learnt from the labelled rows and the same for every source. */
export interface Design {
  /** Names of the p coefficients, "(intercept)" first where there is one. */
  readonly terms: readonly string[];
  /** Each a product of numbers and of indicators of a level; of the intercept: none. */
  readonly columns: readonly (readonly DesignPart[])[];
  /** Columns of the table that the design is made of. */
  readonly reads: readonly string[];
}

export interface DesignPart {
  readonly factor: BoundFactor;
  /** Number of the level whose indicator it is; null: the factor's own number. */
  readonly level: number | null;
}

/** A table in numbers. */
export interface BuiltDesign {
  /** rows × p, row-major; NaN where a cell that it needs is missing. */
  readonly matrix: Float64Array;
  /** 1 for rows with a NaN. */
  readonly incomplete: Uint8Array;
  /** Levels that no labelled row has, with the rows that have them. */
  readonly unknown: readonly { readonly column: string; readonly labels: readonly string[]; readonly rows: number }[];
}

/** @param options.apart columns that "." leaves out: outcome, key, proxies, weights
 * @param options.notice something the reader should know: what "." left out
 * @throws {InvalidArgument} "bad-formula": an unknown column, text where a number is wanted, a category of too many levels or of one */
export function planDesign(
  formula: Formula,
  labelled: Table,
  options: { readonly apart: readonly string[]; readonly notice?: ((message: string) => void) | undefined },
): Design {
  const { intercept, terms } = bindTerms(formula, labelled, options);
  const labels = new Set(terms.map(({ factors }) => keyOf(factors)));
  const names: string[] = intercept ? ["(intercept)"] : [];
  const columns: (readonly DesignPart[])[] = intercept ? [[]] : [];
  let fullyCoded = intercept;
  for (const { factors } of terms) {
    // A category has an indicator for every level but the first, unless the term without it is not in the model either.
    const codings = factors.map((factor) => {
      if (!factor.levels) return [null];
      const rest = factors.filter((other) => other !== factor);
      const spanned = rest.length === 0 ? fullyCoded : labels.has(keyOf(rest));
      if (rest.length === 0) fullyCoded = true;
      const all = factor.levels.map((_, i) => i);
      return spanned ? all.slice(1) : all;
    });
    for (const levels of combinations(codings)) {
      const parts = factors.map((factor, k) => ({ factor, level: levels[k] as number | null }));
      names.push(parts.map(partName).join(":"));
      columns.push(parts);
    }
  }
  if (names.length === 0)
    throw formulaError(
      formula.text,
      { at: 0, length: formula.text.length },
      { found: "nothing is left to estimate", advice: 'Keep the intercept ("y ~ 1"), or name a column.' },
    );
  const reads = [...new Set(terms.flatMap(({ factors }) => factors.flatMap(({ reads: columns }) => columns)))];
  return { terms: names, columns, reads };
}

/** @param options.unknown what a level is that no labelled row has: a missing cell, or the level that the others are compared with
 * @throws {InvalidArgument} a column is missing
 * @throws {InvalidData} a column is of another type */
export function buildDesign(
  design: Design,
  table: Table,
  options: { readonly unknown: "incomplete" | "reference" },
): BuiltDesign {
  const p = design.columns.length;
  const { rows } = table;
  const matrix = new Float64Array(rows * p);
  const incomplete = new Uint8Array(rows);
  const unknown: { column: string; labels: readonly string[]; rows: number }[] = [];
  const made = new Map<BoundFactor, Float64Array>();
  for (const { factor } of design.columns.flat()) {
    if (made.has(factor)) continue;
    const values = factor.levels
      ? levelsIn(columnOf(table, factor.reads[0] as string), factor.levels, {
          ...options,
          unknown,
          as: options.unknown,
        })
      : evaluate(factor.expression, rows, ({ name }) => numbersOf(columnOf(table, name)));
    for (let i = 0; i < rows; i++) if (Number.isNaN(values[i])) incomplete[i] = 1;
    made.set(factor, values);
  }
  design.columns.forEach((parts, j) => {
    const factors = parts.map(({ factor, level }) => ({ values: made.get(factor) as Float64Array, level }));
    for (let i = 0; i < rows; i++) {
      let product = 1;
      for (const { values, level } of factors) {
        const value = values[i] as number;
        product *= level === null ? value : value === level ? 1 : Number.isNaN(value) ? value : 0;
      }
      matrix[i * p + j] = product;
    }
  });
  return { matrix, incomplete, unknown };
}

/** Some rows of a row-major matrix. */
export function takeMatrixRows(matrix: Float64Array, width: number, rows: Uint32Array): Float64Array {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(matrix.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

/** The cells of a column as numbers; NaN where one is missing.
 * @throws {InvalidData} the column holds no numbers */
export function numbersOf(column: Column): Float64Array {
  if (column.type === "number") return column.values;
  if (column.type === "text" && column.codes.every((code) => code < 0))
    return new Float64Array(column.codes.length).fill(Number.NaN);
  throw new InvalidData("not-numbers", `Column "${column.name}" holds no numbers.`);
}

/** Numbers of the levels, NaN where a cell is missing; −1, which is no level's, where it is the first level by default. */
function levelsIn(
  column: Column,
  levels: readonly string[],
  options: {
    readonly as: "incomplete" | "reference";
    readonly unknown: { column: string; labels: readonly string[]; rows: number }[];
  },
): Float64Array {
  const n = column.type === "text" ? column.codes.length : column.values.length;
  const index = new Map(levels.map((label, i) => [label, i]));
  const other = options.as === "incomplete" ? Number.NaN : -1;
  const strange = new Set<string>();
  let strangers = 0;
  const out = new Float64Array(n).fill(Number.NaN);
  const codes = column.type === "text" ? column.dictionary.map((label) => index.get(label)) : undefined;
  const known = new Map<number, number | undefined>();
  for (let i = 0; i < n; i++) {
    if (isMissing(column, i)) continue;
    let level: number | undefined;
    if (column.type === "text") level = codes?.[column.codes[i] as number];
    else {
      const value = column.values[i] as number;
      if (!known.has(value)) known.set(value, index.get(String(value)));
      level = known.get(value);
    }
    if (level === undefined) {
      strangers++;
      if (strange.size < 5)
        strange.add(
          column.type === "text" ? (column.dictionary[column.codes[i] as number] as string) : String(column.values[i]),
        );
    }
    out[i] = level ?? other;
  }
  if (strangers > 0) options.unknown.push({ column: column.name, labels: [...strange], rows: strangers });
  return out;
}

function partName({ factor, level }: DesignPart): string {
  return level === null ? factor.label : `${factor.label}=${factor.levels?.[level]}`;
}

function keyOf(factors: readonly BoundFactor[]): string {
  return factors
    .map(({ label }) => label)
    .sort()
    .join("\u0000");
}

/** Every way of taking one of each, the last varying slowest, as the names of products read. */
function combinations<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return lists.reduce<readonly (readonly T[])[]>(
    (sofar, list) => list.flatMap((item) => sofar.map((items) => [...items, item])),
    [[]],
  );
}

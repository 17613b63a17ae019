import { type Column, cellOf, type Table } from "../../data/table.ts";
import { nearest } from "../../math/nearest-name.ts";
import { columnsOf, type Expression } from "./expression.ts";
import type { Factor, Formula, FormulaTerm, ProductTerm } from "./formula.ts";
import { formulaError, type Place } from "./formula-error.ts";

/** A factor whose columns were found. */
export interface BoundFactor {
  readonly label: string;
  readonly expression: Expression;
  /** Of a category: its levels, the one that others are compared with first. Undefined: a number. */
  readonly levels?: readonly string[] | undefined;
  /** Names of its columns. */
  readonly reads: readonly string[];
}

export interface BoundTerm {
  readonly factors: readonly BoundFactor[];
}

/** More are a text or a key rather than a category. */
const MOST_LEVELS = 50;

/** The terms of a formula on a table, "." spelt out, each once.
 * @param options.apart columns that "." leaves out; the first is the outcome, which no term may read
 * @throws {InvalidArgument} "bad-formula" */
export function bindTerms(
  formula: Formula,
  table: Table,
  options: { readonly apart: readonly string[]; readonly notice?: ((message: string) => void) | undefined },
): { readonly intercept: boolean; readonly terms: readonly BoundTerm[] } {
  let intercept = true;
  const terms = new Map<string, BoundTerm>();
  const removed = new Set<string>();
  const keyOf = (term: { readonly factors: readonly { readonly label: string }[] }): string =>
    [...new Set(term.factors.map(({ label }) => label))].sort().join("\u0000");
  for (const { removed: isRemoved, term } of formula.terms)
    if (isRemoved && term.kind === "product") removed.add(keyOf(term));
  const everyOther = (): readonly BoundTerm[] =>
    allOthers(table, { ...options, known: new Set([...removed, ...formula.terms.flatMap(plainKey)]) });
  for (const { removed: isRemoved, term } of formula.terms) {
    if (term.kind === "all") {
      if (isRemoved) throw formulaError(formula.text, term, { found: '"." cannot be removed' });
      for (const bound of everyOther()) terms.set(keyOf(bound), bound);
    } else if (term.kind !== "product") intercept = (term.kind === "intercept") !== isRemoved;
    else if (!isRemoved) {
      const bound = bindProduct(formula, term, { table, outcome: options.apart[0] });
      terms.set(keyOf(bound), bound);
    } else {
      for (const { expression } of term.factors)
        for (const reference of columnsOf(expression)) findColumn(formula.text, reference, table);
      if (!terms.delete(keyOf(term)) && !formula.terms.some((other) => other.term.kind === "all"))
        throw formulaError(formula.text, term, {
          found: "this term is removed without having been there",
          advice: backtickAdvice(formula.text, table) ?? "Only terms that stand before it can be removed.",
        });
    }
  }
  return { intercept, terms: [...terms.values()].sort((a, b) => a.factors.length - b.factors.length) };
}

/** A term of one bare column, which "." need not name again. */
function plainKey({ term }: { readonly term: FormulaTerm }): readonly string[] {
  return term.kind === "product" && term.factors.length === 1 ? [term.factors[0]?.label as string] : [];
}

function bindProduct(
  formula: Formula,
  term: ProductTerm,
  of: { readonly table: Table; readonly outcome: string | undefined },
): BoundTerm {
  const bound: BoundFactor[] = [];
  for (const factor of term.factors) {
    // a:a is a.
    if (bound.some(({ label }) => label === factor.label)) continue;
    const columns = columnsOf(factor.expression).map((reference) => findColumn(formula.text, reference, of.table));
    if (columns.length === 0) throw formulaError(formula.text, factor, { found: "this term reads no column" });
    if (columns.some(({ name }) => name === of.outcome))
      throw formulaError(formula.text, factor, { found: `the outcome "${of.outcome}" cannot explain itself` });
    bound.push(bindFactor(formula, factor, columns));
  }
  const [only] = bound;
  if (bound.length === 1 && only?.levels?.length === 1)
    throw formulaError(formula.text, term, {
      found: `"${only.label}" is "${only.levels[0]}" in every labelled row`,
      advice: "Leave it out: what does not vary explains nothing.",
    });
  return { factors: bound };
}

function bindFactor(formula: Formula, factor: Factor, columns: readonly Column[]): BoundFactor {
  const reads = columns.map(({ name }) => name);
  const [column] = columns as readonly [Column];
  const bare = factor.expression.kind === "column";
  if (bare && (factor.category || column.type === "text")) {
    const levels = levelsOf(column);
    if (levels.length > MOST_LEVELS)
      throw formulaError(formula.text, factor, {
        found: `"${column.name}" has ${levels.length} levels in the labelled rows, and ${MOST_LEVELS} are the most`,
        advice: "A coefficient for each would rest on few rows. Leave it out, or group its levels first.",
      });
    return { label: factor.label, expression: factor.expression, levels, reads };
  }
  const wrong = columns.find(({ type }) => type !== "number");
  if (wrong)
    throw formulaError(formula.text, factor, {
      found:
        wrong.type === "date" ? `"${wrong.name}" holds dates` : `"${wrong.name}" holds text, where a number is wanted`,
      advice:
        wrong.type === "date"
          ? "Give the days or years since a date that matters as a column of numbers."
          : "By itself a column of text is a category; a function takes numbers only.",
    });
  return { label: factor.label, expression: factor.expression, reads };
}

/** Every column that nothing else speaks of, in the order of the table. */
function allOthers(
  table: Table,
  options: {
    readonly apart: readonly string[];
    readonly known: ReadonlySet<string>;
    readonly notice?: ((message: string) => void) | undefined;
  },
): readonly BoundTerm[] {
  const left: string[] = [];
  const terms = table.columns.flatMap((column): BoundTerm[] => {
    const { name, type } = column;
    if (options.apart.includes(name) || options.known.has(name)) return [];
    const expression: Expression = { kind: "column", name, at: 0, length: 0 };
    const isText = type === "text";
    const levels = isText ? levelsOf(column) : undefined;
    const why =
      type === "date"
        ? "it holds dates"
        : levels && levels.length > MOST_LEVELS
          ? `it has ${levels.length} levels`
          : (levels ? levels.length : distinctUpToTwo(column)) < 2
            ? "it is the same in every labelled row"
            : undefined;
    if (why === undefined) return [{ factors: [{ label: name, expression, levels, reads: [name] }] }];
    left.push(`"${name}" (${why})`);
    return [];
  });
  if (left.length > 0) options.notice?.(`"." leaves out ${left.join(", ")}.`);
  return terms;
}

/** Labels of a category that occur: in the order of the alphabet, or of the numbers. */
export function levelsOf(column: Column): readonly string[] {
  if (column.type === "text") {
    const seen = new Uint8Array(column.dictionary.length);
    for (const code of column.codes) if (code >= 0) seen[code] = 1;
    return column.dictionary.filter((_, code) => seen[code] === 1).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }
  return [...new Set(column.values.filter((value) => !Number.isNaN(value)))].sort((a, b) => a - b).map(String);
}

function distinctUpToTwo(column: Column): number {
  let first: string | number | null = null;
  const rows = column.type === "text" ? column.codes.length : column.values.length;
  for (let row = 0; row < rows; row++) {
    const cell = cellOf(column, row);
    if (cell === null) continue;
    if (first === null) first = cell;
    else if (cell !== first) return 2;
  }
  return first === null ? 0 : 1;
}

/** The column that a formula names.
 * @throws {InvalidArgument} "bad-formula": there is none; the message points there and names the nearest */
export function findColumn(text: string, reference: Place & { readonly name: string }, table: Table): Column {
  const found = table.columns.find(({ name }) => name === reference.name);
  if (found) return found;
  const names = table.columns.map(({ name }) => name);
  const near = nearest(reference.name, names);
  throw formulaError(text, reference, {
    found: `there is no column "${reference.name}"${near === undefined ? "" : `; did you mean ${/^[\p{L}_][\p{L}\p{N}_.]*$/u.test(near) ? `"${near}"` : `\`${near}\``}?`}`,
    advice:
      backtickAdvice(text, table) ??
      `The columns are: ${names.slice(0, 60).join(", ")}${names.length > 60 ? ", …" : ""}.`,
  });
}

/** A name with a sign in it was read as several. */
function backtickAdvice(text: string, table: Table): string | undefined {
  const found = table.columns.find(
    ({ name }) => /[^\p{L}\p{N}_.]/u.test(name) && text.includes(name) && !text.includes(`\`${name}\``),
  );
  return found && `Write \`${found.name}\` in backticks: it is the name of a column.`;
}

import { alignTo } from "../data/align.ts";
import { entitiesOf } from "../data/split.ts";
import {
  type Column,
  cellOf,
  columnOf,
  concatRows,
  isMissing,
  selectColumns,
  type Table,
  tableOf,
  takeRows,
} from "../data/table.ts";
import { InvalidArgument, InvalidData } from "../errors.ts";
import { buildDesign, type Design, planDesign } from "../hybrid/formula/design.ts";
import type { Formula } from "../hybrid/formula/formula.ts";
import { type Outcome, outcomeValues, planOutcome } from "../hybrid/formula/outcome.ts";
import type { InferOptions } from "./infer-options.ts";

/** A file that was read. */
export interface NamedTable {
  readonly name: string;
  readonly table: Table;
}

/** Units in numbers: all rows of the labelled file and, after them, of the unlabelled one. */
export interface Units {
  readonly table: Table;
  readonly outcome: Outcome;
  readonly design: Design;
  /** rows × p; NaN where a covariate is missing. */
  readonly matrix: Float64Array;
  /** Outcome of each row; NaN: unlabelled. */
  readonly values: Float64Array;
  /** Rows to go on with, ascending. */
  readonly kept: Uint32Array;
  /** "row 7 of people.csv" */
  readonly nameRow: (row: number) => string;
}

interface Reading {
  readonly formula: Formula;
  readonly options: InferOptions;
  /** Whether unlabelled units need covariates of their own. */
  readonly needsCovariates: boolean;
  readonly notice: (message: string) => void;
}

/** Lays labelled and unlabelled files one after the other, plans the design on the labelled rows, and leaves out rows with empty cells, told.
 * @throws {InvalidArgument} a formula or a column that does not fit the table
 * @throws {InvalidData} no labelled row, or none without empty cells */
export function layUnits(
  files: { readonly labelled: NamedTable; readonly unlabelled: NamedTable | undefined },
  reading: Reading,
): Units {
  const { formula, options, notice } = reading;
  const { name, table } = files.labelled;
  const outcome = planOutcome(formula, table, options);
  if (outcome.guess !== null) notice(`Family "${outcome.family.kind}": ${outcome.guess}.`);
  if (outcome.labels && !(outcome.labels[0] === "0" && outcome.labels[1] === "1"))
    notice(
      `"${outcome.column}" counts as 1 where it is "${outcome.labels[1]}", as 0 where it is "${outcome.labels[0]}".`,
    );
  const values = outcomeValues({ formula, outcome }, columnOf(table, outcome.column), {
    rows: table.rows,
    where: name,
  });
  const design = planOnComplete({ formula, table, outcome, values, apart: apartFrom(outcome, options) }, notice);
  const all = files.unlabelled ? append(files.labelled, files.unlabelled, { outcome, design, reading }) : table;
  const everyValue = new Float64Array(all.rows).fill(Number.NaN);
  everyValue.set(values);
  const built = buildDesign(design, all, { unknown: "incomplete" });
  for (const { column, labels, rows } of built.unknown)
    notice(
      `${rows} unlabelled row${rows === 1 ? " has" : "s have"} a value of "${column}" that no labelled row has (${labels.map((label) => `"${label}"`).join(", ")}); ${reading.needsCovariates ? "such rows are left out, and the answer is about the others" : "it is not needed of them"}.`,
    );
  const kept = keepComplete(everyValue, built.incomplete, { design, reading });
  const nameRow = (row: number): string =>
    row < table.rows ? `row ${row + 1} of ${name}` : `row ${row - table.rows + 1} of ${files.unlabelled?.name}`;
  return { table: all, outcome, design, matrix: built.matrix, values: everyValue, kept, nameRow };
}

/** Columns that are no covariates unless a formula names them; the outcome first. */
export function apartFrom(outcome: Outcome, options: InferOptions): readonly string[] {
  return [
    outcome.column,
    ...(options.proxies ?? []),
    ...[options.key, options.weights, options.strata, options.labellingChance].filter((name) => name !== undefined),
  ];
}

/** Levels and constants are those of labelled rows without empty cells: the only ones that say anything of a coefficient. */
function planOnComplete(
  of: {
    readonly formula: Formula;
    readonly table: Table;
    readonly outcome: Outcome;
    readonly values: Float64Array;
    readonly apart: readonly string[];
  },
  notice: (message: string) => void,
): Design {
  const { formula, table, values, apart } = of;
  const labelled = rowsWhere(table.rows, (row) => !Number.isNaN(values[row]));
  const rows = takeRows(table, labelled);
  const first = planDesign(formula, rows, { apart });
  const { incomplete } = buildDesign(first, rows, { unknown: "incomplete" });
  const complete = rowsWhere(rows.rows, (row) => incomplete[row] === 0);
  if (complete.length === 0)
    throw new InvalidData(
      "no-complete-row",
      `Each of the ${labelled.length} labelled rows has an empty cell in ${quoted(first.reads)}, or a number that its function cannot take.`,
      { advice: "Fill the cells, or leave columns out of the formula." },
    );
  return planDesign(formula, complete.length === rows.rows ? rows : takeRows(rows, complete), { apart, notice });
}

function append(
  labelled: NamedTable,
  unlabelled: NamedTable,
  of: { readonly outcome: Outcome; readonly design: Design; readonly reading: Reading },
): Table {
  const { options, needsCovariates, notice } = of.reading;
  const there = new Set(unlabelled.table.columns.map(({ name }) => name));
  if (there.has(of.outcome.column)) {
    const column = columnOf(unlabelled.table, of.outcome.column);
    const filled = rowsWhere(unlabelled.table.rows, (row) => !isMissing(column, row)).length;
    if (filled > 0)
      notice(
        `${filled} rows of ${unlabelled.name} have a value of "${of.outcome.column}"; it is not used, for the file is given as unlabelled.`,
      );
  }
  const needed = [
    ...(needsCovariates ? of.design.reads : []),
    ...(options.proxies ?? []),
    ...[options.key, options.weights, options.strata].filter((name) => name !== undefined),
  ];
  const lacking = [...new Set(needed)].filter((name) => !there.has(name));
  if (lacking.length > 0)
    throw new InvalidArgument("unknown-column", `${unlabelled.name} has no column ${quoted(lacking)}.`, {
      advice: `Unlabelled units need it as labelled ones do. The columns of ${unlabelled.name} are: ${[...there].slice(0, 60).join(", ")}.`,
    });
  const common = labelled.table.columns
    .map(({ name }) => name)
    .filter((name) => there.has(name) && name !== of.outcome.column);
  const { table, invalid } = alignTo(selectColumns(unlabelled.table, common), selectColumns(labelled.table, common), {
    table: "unlabelled",
    reference: "labelled",
  });
  for (const { column, cells } of invalid)
    notice(
      `${cells} cells of "${column}" in ${unlabelled.name} are not of the type that ${labelled.name} has there, and count as empty.`,
    );
  const columns = labelled.table.columns.map((column) =>
    common.includes(column.name) ? columnOf(table, column.name) : emptyColumn(column, unlabelled.table.rows),
  );
  return concatRows([labelled.table, tableOf(columns, unlabelled.table.rows)]);
}

function emptyColumn(like: Column, rows: number): Column {
  const { missing: _, ...plain } = like;
  return plain.type === "text"
    ? { ...plain, codes: new Int32Array(rows).fill(-1) }
    : { ...plain, values: new Float64Array(rows).fill(Number.NaN) };
}

/** Complete rows; unlabelled ones without covariates stay where nothing needs them and no unlabelled row has any. */
function keepComplete(
  values: Float64Array,
  incomplete: Uint8Array,
  of: { readonly design: Design; readonly reading: Reading },
): Uint32Array {
  const { needsCovariates, notice } = of.reading;
  const isLabelled = (row: number): boolean => !Number.isNaN(values[row]);
  let someComplete = needsCovariates;
  for (let row = 0; row < values.length && !someComplete; row++)
    someComplete = !isLabelled(row) && incomplete[row] === 0;
  const kept = rowsWhere(values.length, (row) => incomplete[row] === 0 || (!isLabelled(row) && !someComplete));
  let dropped = 0;
  let droppedLabelled = 0;
  let at = 0;
  for (let row = 0; row < values.length; row++) {
    if (kept[at] === row) at++;
    else if (isLabelled(row)) droppedLabelled++;
    else dropped++;
  }
  if (droppedLabelled + dropped > 0)
    notice(
      `${[droppedLabelled > 0 ? `${droppedLabelled} labelled` : "", dropped > 0 ? `${dropped} unlabelled` : ""].filter(Boolean).join(" and ")} row${droppedLabelled + dropped === 1 ? " is" : "s are"} left out: a cell of ${quoted(of.design.reads)} is empty there, or cannot be used. The answer is about units without such cells.`,
    );
  return kept;
}

/** Positive weights of these rows.
 * @throws {InvalidData} the column holds no numbers, or a weight is missing, 0 or negative */
export function positiveNumbers(
  column: Column,
  of: {
    readonly rows: Uint32Array;
    readonly what: string;
    readonly most?: number;
    readonly nameRow: (row: number) => string;
  },
): Float64Array {
  if (column.type !== "number")
    throw new InvalidData("not-numbers", `The ${of.what} "${column.name}" holds no numbers.`, {
      advice: `A ${of.what} is a number above 0${of.most === undefined ? "" : ` and up to ${of.most}`}.`,
    });
  const most = of.most ?? Number.POSITIVE_INFINITY;
  const good = (value: number): boolean => value > 0 && value <= most && Number.isFinite(value);
  const bad = of.rows.filter((row) => !good(column.values[row] as number));
  if (bad.length > 0) {
    const [first] = bad as unknown as readonly [number];
    const value = column.values[first] as number;
    throw new InvalidData(
      "bad-weight",
      `The ${of.what} "${column.name}" is ${Number.isNaN(value) ? "missing" : value} in ${of.nameRow(first)}${bad.length > 1 ? `, and unusable in ${bad.length - 1} more row${bad.length === 2 ? "" : "s"}` : ""}.`,
      {
        advice: `Every unit needs a ${of.what} above 0${of.most === undefined ? "" : ` and up to ${of.most}`}; leave units out that have none.`,
      },
    );
  }
  return Float64Array.from(of.rows, (row) => column.values[row] as number);
}

/** Number of the stratum of each of these rows.
 * @throws {InvalidData} a stratum is missing, or one has fewer than two labelled units */
export function strataOf(
  column: Column,
  of: { readonly rows: Uint32Array; readonly values: Float64Array; readonly nameRow: (row: number) => string },
): Int32Array {
  const missing = of.rows.find((row) => isMissing(column, row));
  if (missing !== undefined)
    throw new InvalidData("missing-stratum", `The stratum "${column.name}" is missing in ${of.nameRow(missing)}.`, {
      advice: "Give every unit a stratum; units of none can be a stratum of their own.",
    });
  const all = entitiesOf(column);
  const number = new Map<number, number>();
  const strata = Int32Array.from(of.rows, (row) => {
    const entity = all[row] as number;
    const found = number.get(entity) ?? number.size;
    number.set(entity, found);
    return found;
  });
  const labelled = new Uint32Array(number.size);
  of.rows.forEach((row, i) => {
    if (!Number.isNaN(of.values[row])) labelled[strata[i] as number]++;
  });
  const thin = strata.findIndex((stratum) => (labelled[stratum] as number) < 2);
  if (thin >= 0) {
    const count = labelled[strata[thin] as number] as number;
    throw new InvalidData(
      "thin-stratum",
      `The stratum "${cellOf(column, of.rows[thin] as number)}" of "${column.name}" has ${count === 0 ? "no labelled unit" : "one labelled unit"}, and needs two at least.`,
      { advice: "Label more of it, join it with a stratum like it, or leave its units out." },
    );
  }
  return strata;
}

/** Rows for which something holds, ascending. */
export function rowsWhere(rows: number, holds: (row: number) => boolean): Uint32Array {
  const out: number[] = [];
  for (let row = 0; row < rows; row++) if (holds(row)) out.push(row);
  return Uint32Array.from(out);
}

/** "a", "b" and 3 more */
export function quoted(names: readonly string[], joint: "and" | "or" = "or"): string {
  const some = names.slice(0, 6).map((name) => `"${name}"`);
  const more = names.length - some.length;
  return more > 0
    ? `${some.join(", ")} and ${more} more`
    : some.length > 1
      ? `${some.slice(0, -1).join(", ")} ${joint} ${some.at(-1)}`
      : (some[0] ?? "");
}

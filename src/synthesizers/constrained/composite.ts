import {
  type Column,
  cellOf,
  columnOf,
  isMissing,
  type Table,
  type TextColumn,
  tableOf,
  takeColumn,
  takeRows,
} from "../../data/table.ts";
import type { Random } from "../../random.ts";
import { type ColumnCondition, isInside } from "../../schema/column-condition.ts";
import { MIN_HOLDERS } from "../cells/columns.ts";

/** Several columns that only occur in certain combinations, as one column of labels: what is drawn is always one of them. Plain data. */
export interface CompositeStep {
  readonly kind: "composite";
  /** Name of the one column. */
  readonly name: string;
  readonly columns: readonly string[];
  /** The combinations of at least {@link MIN_HOLDERS} training rows, a label and a row of `cells` each, and the rows that hold them; the last row of
   * `cells` has no label: everything missing. */
  readonly labels: readonly string[];
  readonly cells: Table;
  readonly counts: Float64Array;
}

/** Of the rows, so many must have a combination that others have too; otherwise the columns are modelled apart. */
const LEAST_COVERED = 0.8;

/** The step for some columns of a table.
 * @returns undefined where most rows have a combination of their own */
export function compositeOf(table: Table, columns: readonly string[]): CompositeStep | undefined {
  const { keys, first, counts } = combinationsIn(table, columns);
  const kept = [...first.keys()].filter((k) => (counts[k] as number) >= MIN_HOLDERS);
  const covered = kept.reduce((sum, k) => sum + (counts[k] as number), 0);
  if (kept.length === 0 || covered < LEAST_COVERED * keys.length) return undefined;
  const chosen = tableOf(columns.map((name) => columnOf(table, name)));
  const rows = takeRows(
    chosen,
    Uint32Array.from([...kept.map((k) => first[k] as number), first[kept[0] as number] as number]),
  );
  return {
    kind: "composite",
    name: columns.join(" · "),
    columns,
    labels: kept.map((k) => labelOf(chosen, first[k] as number)),
    cells: tableOf(rows.columns.map(lastMissing)),
    counts: Float64Array.from(kept, (k) => counts[k] as number),
  };
}

/** The table with the columns as one. */
export function encodeComposite(table: Table, step: CompositeStep): Table {
  const chosen = tableOf(step.columns.map((name) => columnOf(table, name)));
  const { keys, first } = combinationsIn(table, step.columns);
  const composite: TextColumn = {
    name: step.name,
    type: "text",
    storage: "text",
    dictionary: [...first].map((row) => labelOf(chosen, row)),
    codes: keys,
  };
  return { rows: table.rows, columns: replaced(table, step.columns, composite) };
}

/** The columns again. */
export function decodeComposite(chunk: Table, step: CompositeStep): Table {
  const column = columnOf(chunk, step.name) as TextColumn;
  const places = new Map(step.labels.map((label, i) => [label, i]));
  const nothing = step.labels.length;
  const byCode = Uint32Array.from(column.dictionary, (label) => places.get(label) ?? nothing);
  const rows = Uint32Array.from(column.codes, (code) => (code < 0 ? nothing : (byCode[code] as number)));
  return tableOf(
    chunk.columns.flatMap((other) =>
      other.name === step.name ? step.cells.columns.map((cells) => takeColumn(cells, rows)) : [other],
    ),
    chunk.rows,
  );
}

/** What is asked of one of the columns, as labels. */
export function conditionOnComposite(step: CompositeStep, condition: ColumnCondition): ColumnCondition {
  const column = columnOf(step.cells, condition.column);
  const asked = new Set(condition.labels);
  const labels = step.labels.filter((_, row) => {
    if (isMissing(column, row)) return condition.missing;
    return column.type === "text"
      ? asked.has(column.dictionary[column.codes[row] as number] as string)
      : isInside(condition.intervals, column.values[row] as number);
  });
  return { column: step.name, missing: false, labels };
}

/** The one column of a partly filled table. A row with some of the cells gets a combination that has them, drawn by frequency; a row with
 * none of them, or with cells that no combination has, is left open. */
export function completeComposite(table: Table, step: CompositeStep, random: Random): Table {
  const given = step.columns.map((name) => table.columns.find((column) => column.name === name));
  const known = step.columns.map((_, k) => step.cells.columns[k] as Column);
  const codes = new Int32Array(table.rows).fill(-1);
  const fitting = new Map<string, readonly number[]>();
  for (let row = 0; row < table.rows; row++) {
    const cells = given.map((column) => (column && !isMissing(column, row) ? cellOf(column, row) : null));
    if (cells.every((cell) => cell === null)) continue;
    const key = JSON.stringify(cells);
    let places = fitting.get(key);
    if (!places) {
      places = step.labels
        .map((_, i) => i)
        .filter((i) => cells.every((cell, k) => cell === null || cellOf(known[k] as Column, i) === cell));
      fitting.set(key, places);
    }
    if (places.length > 0) codes[row] = drawnOf(places, step.counts, random);
  }
  const composite: TextColumn = { name: step.name, type: "text", storage: "text", dictionary: step.labels, codes };
  return { rows: table.rows, columns: replaced(table, step.columns, composite) };
}

function drawnOf(places: readonly number[], counts: Float64Array, random: Random): number {
  let left = random.uniform() * places.reduce((sum, i) => sum + (counts[i] as number), 0);
  for (const i of places) {
    left -= counts[i] as number;
    if (left < 0) return i;
  }
  return places.at(-1) as number;
}

/** @returns for each row the number of its combination; the first row and the count of each */
function combinationsIn(
  table: Table,
  names: readonly string[],
): { readonly keys: Int32Array; readonly first: Uint32Array; readonly counts: readonly number[] } {
  const columns = names.map((name) => columnOf(table, name));
  const known = new Map<string, number>();
  const first: number[] = [];
  const counts: number[] = [];
  const keys = new Int32Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    const key = columns
      .map((column) =>
        isMissing(column, row)
          ? `\u0001${column.missing?.codes[row] ?? 0}`
          : column.type === "text"
            ? column.codes[row]
            : column.values[row],
      )
      .join("\u0000");
    let place = known.get(key);
    if (place === undefined) {
      place = first.length;
      known.set(key, place);
      first.push(row);
      counts.push(0);
    }
    keys[row] = place;
    counts[place] = (counts[place] as number) + 1;
  }
  return { keys, first: Uint32Array.from(first), counts };
}

/** Unique for a combination: cells, and the way in which a cell is missing. */
function labelOf(table: Table, row: number): string {
  return JSON.stringify(
    table.columns.map((column) =>
      isMissing(column, row)
        ? { missing: column.missing?.tokens[column.missing.codes[row] as number] ?? "" }
        : cellOf(column, row),
    ),
  );
}

function lastMissing(column: Column): Column {
  const base = column.missing
    ? { missing: { tokens: column.missing.tokens, codes: column.missing.codes.slice() } }
    : {};
  if (base.missing) base.missing.codes[base.missing.codes.length - 1] = 0;
  if (column.type === "text") {
    const codes = column.codes.slice();
    codes[codes.length - 1] = -1;
    return { ...column, ...base, codes };
  }
  const values = column.values.slice();
  values[values.length - 1] = Number.NaN;
  return { ...column, ...base, values };
}

/** The columns without some, and a new one in the place of the first of them. */
function replaced(table: Table, names: readonly string[], by: Column): readonly Column[] {
  const rest = table.columns.filter(({ name }) => !names.includes(name));
  const at = table.columns.findIndex(({ name }) => names.includes(name));
  return at < 0 ? [...rest, by] : [...rest.slice(0, at), by, ...rest.slice(at)];
}

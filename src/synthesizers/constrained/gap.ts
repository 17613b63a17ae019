import { type Column, columnOf, type DateColumn, type NumberColumn, type Table, tableOf } from "../../data/table.ts";
import { type ColumnSchema, schemaOf, type TableSchema } from "../../schema/schema.ts";
import { unitOfDates } from "../cells/columns.ts";

/** A number or date that is never below another, as the distance between them: what is drawn is never below. Plain data. */
export interface GapStep {
  readonly kind: "gap";
  /** Name of the column of distances. */
  readonly name: string;
  /** The column, without rows. */
  readonly column: NumberColumn | DateColumn;
  /** The columns before it in the order: the distance is taken from the last one that is there. */
  readonly before: readonly string[];
  /** Values are multiples of this; 0: no rounding. */
  readonly grid: number;
  readonly range: readonly [number, number];
}

/** The step for column `name`, which is never below those in `before`.
 * @returns undefined where distances would not do: one cannot be taken, or they vary no less than the values themselves */
export function gapOf(
  table: Table,
  schema: TableSchema,
  { name, before }: { readonly name: string; readonly before: readonly string[] },
): GapStep | undefined {
  const column = columnOf(table, name);
  if (column.type === "text" || before.some((other) => columnOf(table, other).type !== column.type)) return undefined;
  const base = lastOf(table, before);
  const gaps = column.values.map((value, row) => value - (base[row] as number));
  for (let row = 0; row < table.rows; row++)
    if (!Number.isNaN(column.values[row]) && !Number.isFinite(gaps[row])) return undefined;
  if (!(spreadOf(gaps) < NARROWER * spreadOf(column.values))) return undefined;
  const meaning = schemaOf(schema, name);
  return {
    kind: "gap",
    name: `${name} − ${before.join(" or ")}`,
    column: withoutRows(column),
    before,
    grid: gridOf(column, meaning),
    range: meaning.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  };
}

/** Distances must be spread over less than this share of what values are spread over: else the column's own spikes are worth more. */
const NARROWER = 0.7;

/** The table with distances in the place of the column.
 * @param values the table that has the columns themselves */
export function encodeGap(table: Table, step: GapStep, values: Table): Table {
  const column = columnOf(values, step.column.name) as NumberColumn | DateColumn;
  const base = lastOf(values, step.before);
  const gaps: NumberColumn = {
    name: step.name,
    type: "number",
    storage: column.type === "number" && column.storage === "integer" ? "integer" : "double",
    values: column.values.map((value, row) => rounded(value - (base[row] as number), step.grid)),
    ...(column.missing ? { missing: column.missing } : {}),
  };
  return tableOf(
    table.columns.map((other) => (other.name === column.name ? gaps : other)),
    table.rows,
  );
}

/** What the column of distances means. */
export function gapSchema(step: GapStep, meaning: ColumnSchema): ColumnSchema {
  return {
    name: step.name,
    type: "number",
    kind: step.column.type === "number" && step.column.storage === "integer" ? "integer" : "continuous",
    evidence: [],
    ...(meaning.decimals === undefined ? {} : { decimals: meaning.decimals }),
    ...(step.column.type === "date" && step.grid > 0 ? { roundingUnit: step.grid, decimals: 0 } : {}),
  };
}

/** The column again. Rounding never takes a value below the one before it. */
export function decodeGap(chunk: Table, step: GapStep): Table {
  const gaps = columnOf(chunk, step.name) as NumberColumn;
  const base = lastOf(chunk, step.before);
  const [low, high] = step.range;
  const values = gaps.values.map((gap, row) => {
    if (Number.isNaN(gap)) return gap;
    const floor = base[row] as number;
    let value = rounded(floor + gap, step.grid);
    if (value < floor && step.grid > 0) value = rounded(value + step.grid, step.grid);
    // The order was declared; the range may be inferred.
    return Math.max(floor, low, Math.min(high, value));
  });
  const column: Column = { ...step.column, values, ...(gaps.missing ? { missing: gaps.missing } : {}) };
  return tableOf(
    chunk.columns.map((other) => (other.name === step.name ? column : other)),
    chunk.rows,
  );
}

function rounded(value: number, grid: number): number {
  if (!(grid > 0)) return value;
  // Decimal grids are no binary fractions: dividing by the whole number rounds to the nearest decimal.
  return grid < 1 ? Math.round(value * Math.round(1 / grid)) / Math.round(1 / grid) : Math.round(value / grid) * grid;
}

function gridOf(column: NumberColumn | DateColumn, meaning: ColumnSchema): number {
  if (meaning.roundingUnit !== undefined) return meaning.roundingUnit;
  if (column.type === "date") return unitOfDates(column.values);
  if (column.storage === "integer") return 1;
  return meaning.decimals === undefined || meaning.decimals > 12 ? 0 : 10 ** -meaning.decimals;
}

/** For each row the last of the columns that is there; NaN where none is. */
function lastOf(table: Table, names: readonly string[]): Float64Array {
  const out = new Float64Array(table.rows).fill(Number.NaN);
  for (const name of names) {
    const column = columnOf(table, name);
    if (column.type === "text") continue;
    for (let row = 0; row < out.length; row++)
      if (!Number.isNaN(column.values[row])) out[row] = column.values[row] as number;
  }
  return out;
}

/** Distance between the quartiles; that of the ends where those coincide. */
function spreadOf(values: Float64Array): number {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  const n = sorted.length;
  if (n === 0) return 0;
  const quartiles = (sorted[Math.floor(0.75 * (n - 1))] as number) - (sorted[Math.floor(0.25 * (n - 1))] as number);
  return quartiles > 0 ? quartiles : (sorted[n - 1] as number) - (sorted[0] as number);
}

function withoutRows(column: NumberColumn | DateColumn): NumberColumn | DateColumn {
  const { missing: _, ...rest } = column;
  return { ...rest, values: new Float64Array(0) };
}

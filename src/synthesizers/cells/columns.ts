import type { Column, Table } from "../../data/table.ts";
import { sharedCopy } from "../../executors/executor.ts";
import { type ColumnCodec, encodeColumn, fitCodec } from "../../schema/encode.ts";
import { isQuantity, schemaOf, type TableSchema } from "../../schema/schema.ts";
import type { Progress } from "../synthesizer.ts";
import { pause } from "./pause.ts";

/** Fewest training rows that must hold a value or a label for it to be released as it is. */
export const MIN_HOLDERS = 5;

/** How one column is turned into codes and back into cells. Plain data, without cells of fewer than {@link MIN_HOLDERS} rows (unless
 * donors are plain), apart from `light`, which is only ever read between its entries: a plan is as private as the table. */
export type ColumnPlan = QuantityPlan | LabelPlan;

interface PlanBase {
  readonly name: string;
  readonly codec: ColumnCodec;
  /** Whether the training rows have missing cells. */
  readonly hasMissing: boolean;
  /** Whether to write `missing.codes` beside the cells. */
  readonly hasTokens: boolean;
  readonly type: Column["type"];
  readonly storage: Column["storage"];
  readonly format?: string;
}

/** An amount. Values held by many rows are kept as they are; the others ("light") are drawn between the values of a leaf. */
export interface QuantityPlan extends PlanBase {
  readonly kind: "quantity";
  readonly range: readonly [number, number];
  /** Values are multiples of this; 0: no rounding. */
  readonly unit: number;
  readonly decimals: number;
  /** All light values of the training rows, ascending. */
  readonly light: Float64Array;
  /** Values released as they are, ascending, and the running total of the rows that hold them. */
  readonly common: Float64Array;
  readonly commonTotals: Float64Array;
}

/** A category. Code c stands for cell `cells[c]`: an index into `dictionary`, or the number itself. */
export interface LabelPlan extends PlanBase {
  readonly kind: "labels";
  readonly dictionary: readonly string[];
  readonly cells: Float64Array;
  /** The last code stands for labels that the codec has no room for: their cells, and the running total of their rows. */
  readonly overflowCells: Float64Array;
  readonly overflowTotals: Float64Array;
}

/** A column of the training table, ready to be modelled. Everything is in shared memory. */
export interface PreparedColumn {
  readonly plan: ColumnPlan;
  readonly codes: Uint8Array;
  /** Quantities: the values; NaN where missing. */
  readonly values?: Float64Array;
  /** Quantities: 1 where the value is held by few rows, and is drawn between others. */
  readonly isLight?: Uint8Array;
  /** 1 where the cell may serve as a donor. */
  readonly usable: Uint8Array;
  readonly notes: readonly string[];
}

/** Prepares every column of a table.
 * @throws {Cancelled} the signal fired */
export async function prepareColumns(
  table: Table,
  schema: TableSchema,
  options: {
    /** Keep every value and label, however rare. */
    readonly plain: boolean;
    readonly signal: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
  },
): Promise<PreparedColumn[]> {
  const { plain, signal, progress } = options;
  const out: PreparedColumn[] = [];
  for (const column of table.columns) {
    await pause(signal);
    const codec = fitCodec(table, schema, { names: [column.name], minLabelRows: plain ? 1 : MIN_HOLDERS }).columns[0]!;
    const codes = encodeColumn(column, codec);
    const isPoint = codec.lower.every((low, i) => low === codec.upper[i]);
    const amount = column.type !== "text" && (isQuantity(schemaOf(schema, column.name).kind) || !isPoint);
    out.push(
      amount
        ? prepareQuantity(column as Exclude<Column, { type: "text" }>, codec, codes, schema, plain)
        : prepareLabels(column, codec, codes, plain),
    );
    progress?.(out.length, table.columns.length, "columns prepared");
  }
  return out;
}

function baseOf(column: Column, codec: ColumnCodec, codes: Uint8Array): PlanBase {
  return {
    name: column.name,
    codec,
    hasMissing: codes.some((code) => code < codec.missing.length),
    hasTokens: column.missing !== undefined,
    type: column.type,
    storage: column.storage,
    ...(column.type === "date" && column.format !== undefined ? { format: column.format } : {}),
  };
}

function prepareQuantity(
  column: Exclude<Column, { type: "text" }>,
  codec: ColumnCodec,
  codes: Uint8Array,
  schema: TableSchema,
  plain: boolean,
): PreparedColumn {
  const meaning = schemaOf(schema, column.name);
  const values = sharedCopy(column.values);
  const sorted = sortedPresent(values);
  const n = sorted.length;
  const isLight = new Uint8Array(new SharedArrayBuffer(values.length));
  const usable = new Uint8Array(new SharedArrayBuffer(values.length)).fill(1);
  const notes: string[] = [];
  const lightValues = new Float64Array(n);
  let lightCount = 0;
  const common = new Map<number, number>();
  let rareCells = 0;
  // Among many distinct values, those that recur by chance are no spikes: an exact value would tell who it came from.
  const crowded = codec.lower.some((low, i) => low !== codec.upper[i]);
  const least = crowded ? Math.max(MIN_HOLDERS, Math.min(50, Math.ceil(n / 1000))) : MIN_HOLDERS;
  if (!plain) {
    for (let i = 0; i < n; ) {
      let j = i + 1;
      while (j < n && sorted[j] === sorted[i]) j++;
      if (j - i >= least) common.set(sorted[i] as number, j - i);
      else rareCells += j - i;
      // Infinite values held by few cannot be drawn between: they are left out.
      if (j - i < least)
        for (let k = i; k < j; k++) if (Number.isFinite(sorted[k])) lightValues[lightCount++] = sorted[k] as number;
      i = j;
    }
    const tooFew = lightCount < MIN_HOLDERS;
    for (let i = 0; i < values.length && rareCells > 0; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value) || common.has(value)) continue;
      if (tooFew || !Number.isFinite(value)) usable[i] = 0;
      else isLight[i] = 1;
    }
    if (tooFew && rareCells > 0)
      notes.push(
        `Column "${column.name}": ${rareCells} cells with a value held by fewer than ${MIN_HOLDERS} rows were left out.`,
      );
    if (tooFew) lightCount = 0;
  }
  const wholeNumbers = sorted.every((value) => Number.isInteger(value) || !Number.isFinite(value));
  const decimals = meaning.decimals ?? (wholeNumbers ? 0 : 15);
  const unit = meaning.roundingUnit ?? (wholeNumbers && column.type === "date" ? unitOfDates(sorted) : 0);
  let first = 0;
  while (first < n && sorted[first] === Number.NEGATIVE_INFINITY) first++;
  let end = n;
  while (end > first && sorted[end - 1] === Number.POSITIVE_INFINITY) end--;
  const finite = sorted.subarray(first, end);
  const bounds = plain
    ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    : (meaning.range ?? [
        finite[Math.min(MIN_HOLDERS - 1, finite.length - 1)] ?? 0,
        finite[Math.max(0, finite.length - MIN_HOLDERS)] ?? 0,
      ]);
  const plan: QuantityPlan = {
    ...baseOf(column, codec, codes),
    kind: "quantity",
    range: [Math.min(bounds[0] as number, bounds[1] as number), Math.max(bounds[0] as number, bounds[1] as number)],
    unit,
    decimals: column.type === "number" && column.storage === "integer" ? 0 : decimals,
    light: sharedCopy(lightValues.slice(0, lightCount)),
    common: Float64Array.from(common.keys()),
    commonTotals: runningTotals([...common.values()]),
  };
  return { plan, codes, values, isLight, usable, notes };
}

function runningTotals(counts: readonly number[]): Float64Array {
  let total = 0;
  return Float64Array.from(counts, (count) => {
    total += count;
    return total;
  });
}

function sortedPresent(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) out[n++] = values[i] as number;
  return out.subarray(0, n).sort();
}

/** Whole days, minutes or seconds, when all dates are; milliseconds. */
export function unitOfDates(values: Float64Array): number {
  const isGrid = (unit: number): boolean => values.every((value) => Number.isNaN(value) || value % unit === 0);
  return [86_400_000, 3_600_000, 60_000, 1000].find(isGrid) ?? 1;
}

function prepareLabels(column: Column, codec: ColumnCodec, codes: Uint8Array, plain: boolean): PreparedColumn {
  const missing = codec.missing.length;
  const overflow = codec.levels - 1;
  const usable = new Uint8Array(new SharedArrayBuffer(codes.length)).fill(1);
  // What the codec calls unknown: labels beyond its room, kept when enough rows hold them, and rare ones, left out.
  const counts = new Map<number, number>();
  const cellAt = (row: number): number => (column.type === "text" ? column.codes[row] : column.values[row]) as number;
  // A codec of point bins keeps rare numbers: count those too.
  const rows = new Float64Array(codec.levels);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    rows[code] = (rows[code] as number) + 1;
    if (code === overflow) counts.set(cellAt(i), (counts.get(cellAt(i)) ?? 0) + 1);
  }
  const least = plain ? 1 : MIN_HOLDERS;
  let left = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code < missing) continue;
    const holders = code === overflow ? (counts.get(cellAt(i)) as number) : (rows[code] as number);
    if (holders >= least) continue;
    usable[i] = 0;
    left++;
  }
  const kept = [...counts].filter(([, count]) => count >= least).sort((a, b) => a[0] - b[0]);
  // Labels that are not released are not in the released dictionary either.
  const dictionary =
    column.type !== "text"
      ? []
      : column.storage === "boolean"
        ? column.dictionary
        : [...codec.labels, ...kept.map(([cell]) => column.dictionary[cell] as string)];
  const index = new Map(dictionary.map((label, i) => [label, i]));
  const cells = new Float64Array(codec.levels).fill(Number.NaN);
  for (let c = missing; c < overflow; c++)
    cells[c] =
      column.type === "text"
        ? (index.get(codec.labels[c - missing] as string) as number)
        : (codec.lower[c - missing] as number);
  const plan: LabelPlan = {
    ...baseOf(column, codec, codes),
    kind: "labels",
    dictionary,
    cells,
    overflowCells: Float64Array.from(kept, ([cell]) =>
      column.type === "text" ? (index.get(column.dictionary[cell] as string) as number) : cell,
    ),
    overflowTotals: runningTotals(kept.map(([, count]) => count)),
  };
  const notes =
    left > 0
      ? [`Column "${column.name}": ${left} cells with a label held by fewer than ${MIN_HOLDERS} rows were left out.`]
      : [];
  return { plan, codes, usable, notes };
}

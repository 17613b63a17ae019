import { type Column, columnOf, isMissing, lengthOf, type Table } from "../../data/table.ts";
import { compare } from "../../schema/encode.ts";
import { profileText } from "../../schema/profile.ts";
import { withoutCodes } from "../../schema/reduce/missing-codes.ts";
import { type ColumnSchema, isQuantity, type TableSchema } from "../../schema/schema.ts";
import { MIN_HOLDERS } from "../cells/columns.ts";
import type { CellValue } from "./row-edits.ts";

/** What may be put into a column of a test row. */
export type TestColumn = QuantityColumn | LabelColumn;

interface ColumnBase {
  readonly meaning: ColumnSchema;
  /** How an empty cell is written here: null, or a code for "missing"; undefined: fewer than {@link MIN_HOLDERS} training rows have one. */
  readonly empty: CellValue | undefined;
}

/** An amount: what may be released of it lies in `range`. */
export interface QuantityColumn extends ColumnBase {
  readonly kind: "quantity";
  readonly type: "number" | "date";
  /** Ends with a training row are released ends: see `schema/public.ts`. */
  readonly range: readonly [number, number];
  /** Values are multiples of this; numbers, or milliseconds. */
  readonly step: number;
}

/** A category: labels (or numbers) of at least {@link MIN_HOLDERS} training rows, in their order; for want of one, by code point. */
export interface LabelColumn extends ColumnBase {
  readonly kind: "labels";
  readonly labels: readonly (string | number)[];
}

/** The columns that test rows vary: neither identifiers, nor constants, nor what follows from another column.
 * @param schema with ranges that may be released */
export function testColumns(train: Table, schema: TableSchema): readonly TestColumn[] {
  return schema.columns.flatMap((meaning): readonly TestColumn[] => {
    const { name, kind, drop, functionOf } = meaning;
    if (drop || functionOf || kind === "identifier" || kind === "text" || kind === "constant") return [];
    if (!train.columns.some((column) => column.name === name)) return [];
    const source = columnOf(train, name);
    const column = withoutCodes(source, meaning);
    const empty = emptyCell(source, column);
    if (column.type !== "text" && isQuantity(kind)) {
      const { range } = meaning;
      if (!range?.every(Number.isFinite)) return [];
      return [{ kind: "quantity", type: column.type, meaning, empty, range, step: stepOf(column, meaning) }];
    }
    return [{ kind: "labels", meaning, empty, labels: labelsOf(column, meaning) }];
  });
}

/** A cell in words: dates in ISO 8601. */
export function cellText(cell: string | number, column: TestColumn): string {
  if (column.kind !== "quantity" || column.type === "number") return String(cell);
  const text = new Date(Number(cell)).toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
}

/** Rows that hold each value. */
export function holdersOf(column: Column): ReadonlyMap<string | number, number> {
  if (column.type === "text") {
    const { used, counts } = profileText(column);
    return new Map(Array.from(used, (code) => [column.dictionary[code] as string, counts[code] as number]));
  }
  const out = new Map<string | number, number>();
  for (const value of column.values) if (!Number.isNaN(value)) out.set(value, (out.get(value) ?? 0) + 1);
  return out;
}

function labelsOf(column: Column, { categories, order }: ColumnSchema): readonly (string | number)[] {
  const allowed = categories && new Set(categories);
  const places = new Map(order?.map((label, i) => [label, i]));
  const place = (label: string | number): number => places.get(String(label)) ?? places.size;
  return [...holdersOf(column)]
    .filter(([label, holders]) => holders >= MIN_HOLDERS && (allowed?.has(String(label)) ?? true))
    .map(([label]) => label)
    .sort(
      (a, b) =>
        place(a) - place(b) || (typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b))),
    );
}

/** The commonest way in which the source leaves a cell empty. */
function emptyCell(source: Column, column: Column): CellValue | undefined {
  const ways = new Map<CellValue, number>();
  for (let row = 0; row < lengthOf(column); row++) {
    if (!isMissing(column, row)) continue;
    const way = isMissing(source, row)
      ? null
      : source.type === "text"
        ? (source.dictionary[source.codes[row] as number] as string)
        : (source.values[row] as number);
    ways.set(way, (ways.get(way) ?? 0) + 1);
  }
  const [most] = [...ways].sort((a, b) => b[1] - a[1]);
  return most && most[1] >= MIN_HOLDERS ? most[0] : undefined;
}

const DAY = 86_400_000;

function stepOf(column: Column, { roundingUnit, decimals }: ColumnSchema): number {
  if (roundingUnit !== undefined) return roundingUnit;
  if (column.type === "date") return column.storage === "date" ? DAY : 1000;
  if (column.type === "number" && column.storage === "integer") return 1;
  return 10 ** -(decimals ?? 3);
}

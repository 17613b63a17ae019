import { type Column, isMissing, lengthOf, takeColumn } from "../../data/table.ts";
import { isCopy } from "../dependencies.ts";
import { type ColumnShape, plainMissing, shapeOf } from "./column-shape.ts";

/** A column that follows from another one. Plain data. */
export type FunctionRecord = CopyRecord | LookupRecord;

/** The same numbers or dates as the parent's. */
export interface CopyRecord {
  readonly make: "copy";
  readonly parent: string;
  readonly shape: ColumnShape;
  /** The source knew of ways to write a missing cell. */
  readonly hasTokens: boolean;
}

/** One cell of the child for each cell of the parent. */
export interface LookupRecord {
  readonly make: "lookup";
  readonly parent: string;
  /** The parent's labels and ways of being missing (see `levelKey`), then its numbers. */
  readonly labels: readonly string[];
  readonly numbers: Float64Array;
  /** The child's cells that go with them, one row for each. */
  readonly cells: Column;
  /** Rows that have each. */
  readonly counts: Float64Array;
}

/** Learns which cell of the child goes with each cell of the parent.
 * @param clean the parent as it is modelled
 * @returns undefined when some level of the parent goes with two different cells */
export function learnFunction(parent: Column, child: Column, clean: Column): FunctionRecord | undefined {
  if (clean === parent && child.type !== "text" && isCopy(parent, child))
    return { make: "copy", parent: parent.name, shape: shapeOf(child), hasTokens: child.missing !== undefined };
  const rows = lengthOf(parent);
  const rowOf = new Map<string | number, number>();
  const countOf = new Map<string | number, number>();
  for (let row = 0; row < rows; row++) {
    const key = levelKey(clean, row);
    const known = rowOf.get(key);
    countOf.set(key, (countOf.get(key) ?? 0) + 1);
    if (known === undefined) rowOf.set(key, row);
    else if (!sameCell(child, known, row)) return undefined;
  }
  const labels = [...rowOf].filter(([key]) => typeof key === "string") as [string, number][];
  const numbers = [...rowOf].filter(([key]) => typeof key === "number") as [number, number][];
  numbers.sort((a, b) => a[0] - b[0]);
  return {
    make: "lookup",
    parent: parent.name,
    labels: labels.map(([label]) => label),
    numbers: Float64Array.from(numbers, ([number]) => number),
    counts: Float64Array.from([...labels, ...numbers], ([key]) => countOf.get(key) as number),
    cells: ofUsedLabels(
      takeColumn(
        child,
        Uint32Array.from([...labels, ...numbers], ([, row]) => row),
      ),
    ),
  };
}

/** Builds the column from the one it follows from. */
export type BuildColumn = (parent: Column) => Column;

/** A parent's number that the source does not hold takes the cell of the nearest one; a label that it does not hold, a missing one. */
export function buildFrom(record: FunctionRecord): BuildColumn {
  if (record.make === "copy") {
    const { shape, hasTokens } = record;
    return (parent) =>
      ({
        ...shape,
        ...(hasTokens ? { missing: plainMissing(lengthOf(parent)) } : {}),
        values: parent.type === "text" ? new Float64Array(lengthOf(parent)).fill(Number.NaN) : parent.values,
      }) as Column;
  }
  const { labels, numbers, cells } = record;
  const placeOf = new Map<string | number, number>(labels.map((label, i) => [label, i]));
  numbers.forEach((number, i) => {
    placeOf.set(number, labels.length + i);
  });
  return (parent) => {
    const n = lengthOf(parent);
    const from = new Int32Array(n);
    const cache = new Map<string | number, number>();
    for (let row = 0; row < n; row++) {
      const cell = parent.type === "text" ? (parent.codes[row] as number) : (parent.values[row] as number);
      const key = isMissing(parent, row) ? `missing ${parent.missing?.codes[row] ?? 0}` : cell;
      let at = cache.get(key);
      if (at === undefined) {
        at =
          placeOf.get(levelKey(parent, row)) ??
          (typeof key === "number" && parent.type !== "text" && numbers.length > 0
            ? labels.length + nearestPlace(numbers, key)
            : -1);
        cache.set(key, at);
      }
      from[row] = at;
    }
    return gathered(cells, from);
  };
}

/** The place of the number nearest to another one.
 * @param sorted ascending, at least one */
function nearestPlace(sorted: Float64Array, value: number): number {
  let best = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (let i = 0; i < sorted.length; i++) {
    const here = Math.abs((sorted[i] as number) - value);
    if (here >= distance) continue;
    distance = here;
    best = i;
  }
  return best;
}

/** Without labels that no cell holds: they may be of rows that are not learned from. */
function ofUsedLabels(column: Column): Column {
  if (column.type !== "text") return column;
  const used = [...new Set(column.codes)].filter((code) => code >= 0).sort((a, b) => a - b);
  const place = new Map(used.map((code, i) => [code, i]));
  return {
    ...column,
    codes: column.codes.map((code) => (code < 0 ? -1 : (place.get(code) as number))),
    dictionary: used.map((code) => column.dictionary[code] as string),
  };
}

/** A name of the cell that holds for any table: the label, the number, or the way it is missing. */
function levelKey(column: Column, row: number): string | number {
  if (isMissing(column, row)) return `\u0000${column.missing?.tokens[column.missing.codes[row] as number] ?? ""}`;
  return column.type === "text"
    ? (column.dictionary[column.codes[row] as number] as string)
    : (column.values[row] as number);
}

function sameCell(column: Column, a: number, b: number): boolean {
  if (isMissing(column, a) || isMissing(column, b))
    return (
      isMissing(column, a) &&
      isMissing(column, b) &&
      (column.missing?.codes[a] ?? 0) === (column.missing?.codes[b] ?? 0)
    );
  return column.type === "text" ? column.codes[a] === column.codes[b] : column.values[a] === column.values[b];
}

/** Cells of the column at these rows; missing at −1. */
function gathered(column: Column, from: Int32Array): Column {
  const n = from.length;
  const missing = column.missing && {
    tokens: column.missing.tokens,
    codes: Uint8Array.from(from, (row) =>
      row < 0 ? 0 : ((column.missing as { readonly codes: Uint8Array }).codes[row] as number),
    ),
  };
  const base = missing ? { missing } : {};
  if (column.type === "text") {
    const codes = new Int32Array(n);
    for (let i = 0; i < n; i++) codes[i] = (from[i] as number) < 0 ? -1 : (column.codes[from[i] as number] as number);
    return { ...column, ...base, codes };
  }
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++)
    values[i] = (from[i] as number) < 0 ? Number.NaN : (column.values[from[i] as number] as number);
  return { ...column, ...base, values };
}

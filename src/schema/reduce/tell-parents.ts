import { type Column, cellOf, isMissing, lengthOf, type Table, tableOf } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import type { FunctionRecord, LookupRecord } from "./function-of.ts";
import type { RestoreRecord } from "./restore.ts";

/** A partly filled table with what its columns that follow from others tell of those: a missing cell of a parent gets one that goes with the
 * child's cell, drawn by how often each does. Where none goes with it, the parent's cell stays open.
 * @param options `like`: the source's columns */
export function tellParents(
  table: Table,
  { columns }: RestoreRecord,
  options: { readonly like: Table; readonly random: Random },
): Table {
  let out = table;
  for (const record of columns) {
    if (record.make !== "copy" && record.make !== "lookup") continue;
    const name = record.make === "copy" ? record.shape.name : record.cells.name;
    const child = table.columns.find((column) => column.name === name);
    const like = options.like.columns.find((column) => column.name === record.parent);
    if (!child || !like) continue;
    const told = toldBy(record, child, {
      parent: out.columns.find((column) => column.name === like.name),
      like,
      random: options.random.split(name),
    });
    out = tableOf([...out.columns.filter((column) => column.name !== told.name), told], table.rows);
  }
  return out;
}

/** The parent's column, with the cells that the child's tell. */
function toldBy(
  record: FunctionRecord,
  child: Column,
  { parent, like, random }: { readonly parent: Column | undefined; readonly like: Column; readonly random: Random },
): Column {
  const rows = lengthOf(child);
  const drawn = record.make === "lookup" ? drawParents(record, child, random) : undefined;
  const cellAt = (row: number): string | number | undefined => {
    if (isMissing(child, row)) return undefined;
    return drawn ? drawn(row) : (cellOf(child, row) as number);
  };
  const isOpen = (row: number): boolean => parent === undefined || isMissing(parent, row);
  if (like.type !== "text") {
    const values = parent && parent.type !== "text" ? parent.values.slice() : new Float64Array(rows).fill(Number.NaN);
    for (let row = 0; row < rows; row++) if (isOpen(row)) values[row] = Number(cellAt(row) ?? Number.NaN);
    return { ...like, ...(parent?.missing ? { missing: parent.missing } : {}), values };
  }
  const known = parent?.type === "text" ? parent : undefined;
  const index = new Map((known?.dictionary ?? []).map((label, code) => [label, code]));
  const codes = known ? known.codes.slice() : new Int32Array(rows).fill(-1);
  for (let row = 0; row < rows; row++) {
    const label = isOpen(row) ? cellAt(row) : undefined;
    if (label === undefined) continue;
    const text = String(label);
    if (!index.has(text)) index.set(text, index.size);
    codes[row] = index.get(text) as number;
  }
  return { ...like, ...(known?.missing ? { missing: known.missing } : {}), codes, dictionary: [...index.keys()] };
}

/** Draws a parent's cell for the child's cell of a row, by the rows that have each. */
function drawParents(
  { labels, numbers, cells, counts }: LookupRecord,
  child: Column,
  random: Random,
): (row: number) => string | number | undefined {
  const fitting = new Map<string | number, number[]>();
  for (let place = 0; place < counts.length; place++) {
    const level = place < labels.length ? (labels[place] as string) : undefined;
    const cell = cellOf(cells, place);
    // A parent's missing cell is none to be filled with.
    if (cell === null || level?.startsWith("\u0000")) continue;
    fitting.set(cell, [...(fitting.get(cell) ?? []), place]);
  }
  return (row) => {
    const places = fitting.get(cellOf(child, row) as string | number);
    if (!places) return undefined;
    let left = random.uniform() * places.reduce((sum, place) => sum + (counts[place] as number), 0);
    const place = places.find((at) => {
      left -= counts[at] as number;
      return left < 0;
    });
    const at = place ?? (places.at(-1) as number);
    return at < labels.length ? (labels[at] as string) : (numbers[at - labels.length] as number);
  };
}

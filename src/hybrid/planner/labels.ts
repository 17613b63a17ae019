import { type Column, cellOf } from "../../data/table.ts";

/** The labels that occur in a column, by code point; a number is its own label. */
export function labelsIn(column: Column): readonly string[] {
  if (column.type === "text") {
    const used = new Set(column.codes);
    return column.dictionary.filter((_, code) => used.has(code)).sort();
  }
  return [...new Set([...column.values].filter((value) => !Number.isNaN(value)))].sort((a, b) => a - b).map(String);
}

/** The number of each row's label in a list; −1: the cell is missing, or its label is not in the list. */
export function labelCodes(column: Column, labels: readonly string[]): Int32Array {
  const places = new Map(labels.map((label, code) => [label, code]));
  if (column.type === "text") {
    const map = column.dictionary.map((label) => places.get(label) ?? -1);
    return column.codes.map((code) => (code < 0 ? -1 : (map[code] as number)));
  }
  return Int32Array.from(column.values, (_, row) => {
    const cell = cellOf(column, row);
    return cell === null ? -1 : (places.get(String(cell)) ?? -1);
  });
}

import { type Column, columnOf, type Table } from "../../data/table.ts";

/** A column of several tables as plain numbers that can be compared: a number or date as it is, a label as its place in a shared list; missing is NaN. */
export interface RawColumn {
  readonly name: string;
  /** Has an order: numbers and dates. */
  readonly ordered: boolean;
  /** One array per table. */
  readonly values: readonly Float64Array[];
}

/** The columns of tables that have the same ones. */
export function rawColumns(tables: readonly Table[]): readonly RawColumn[] {
  const [first] = tables as [Table];
  return first.columns.map(({ name }) => {
    const columns = tables.map((table) => columnOf(table, name));
    const ordered = columns.every((column) => column.type !== "text");
    const labels = new Map<string, number>();
    return { name, ordered, values: columns.map((column) => valuesOf(column, labels)) };
  });
}

function valuesOf(column: Column, labels: Map<string, number>): Float64Array {
  if (column.type !== "text") return column.values;
  const codes = column.dictionary.map((label) => {
    let code = labels.get(label);
    if (code === undefined) {
      code = labels.size;
      labels.set(label, code);
    }
    return code;
  });
  return Float64Array.from(column.codes, (code) => codes[code] ?? Number.NaN);
}

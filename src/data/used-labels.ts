import { type Table, tableOf } from "./table.ts";

/** The same table with dictionaries of the labels that occur in it: rows taken out of a table bring the labels of all its rows along. */
export function withUsedLabels(table: Table): Table {
  return tableOf(
    table.columns.map((column) => {
      if (column.type !== "text") return column;
      const isUsed = new Uint8Array(column.dictionary.length);
      for (const code of column.codes) if (code >= 0) isUsed[code] = 1;
      const dictionary: string[] = [];
      const map = column.dictionary.map((label, code) => (isUsed[code] ? dictionary.push(label) - 1 : -1));
      return { ...column, dictionary, codes: column.codes.map((code) => (code < 0 ? -1 : (map[code] as number))) };
    }),
    table.rows,
  );
}

import { type Column, isMissing, type Table, tableOf } from "../../data/table.ts";

/** A filled table with the cells that were given, where they were given. */
export function withGiven(filled: Table, given: Table): Table {
  return tableOf(
    filled.columns.map((column): Column => {
      const own = given.columns.find(({ name }) => name === column.name);
      if (!own) return column;
      if (own.type === "text" && column.type === "text") {
        const dictionary = [...new Set([...own.dictionary, ...column.dictionary])];
        const places = new Map(dictionary.map((label, code) => [label, code]));
        const codes = Int32Array.from({ length: filled.rows }, (_, row) => {
          const label = isMissing(own, row)
            ? column.dictionary[column.codes[row] as number]
            : own.dictionary[own.codes[row] as number];
          return label === undefined ? -1 : (places.get(label) as number);
        });
        const { missing: _, ...rest } = own;
        return { ...rest, codes, dictionary };
      }
      if (own.type === "text" || column.type === "text") return column;
      const { missing: _, ...rest } = own;
      return {
        ...rest,
        values: own.values.map((value, row) => (Number.isNaN(value) ? (column.values[row] as number) : value)),
      };
    }),
    filled.rows,
  );
}

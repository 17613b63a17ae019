import { sharedCopy } from "../executors/executor.ts";
import { type Table, tableOf } from "./table.ts";

/** The same table with its cells in shared memory: any number of threads reads them without a copy. */
export function sharedTable(table: Table): Table {
  return tableOf(
    table.columns.map((column) =>
      column.type === "text"
        ? { ...column, codes: sharedCopy(column.codes) }
        : { ...column, values: sharedCopy(column.values) },
    ),
    table.rows,
  );
}

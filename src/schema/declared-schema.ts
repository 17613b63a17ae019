import { type Column, type Table, tableOf } from "../data/table.ts";
import { applySchema, type SchemaOverride } from "./file.ts";
import type { ColumnSchema, Kind, TableSchema } from "./schema.ts";

/** The schema of a table as far as a person declared it: of the table itself only names, order and physical types of the columns count, and no
 * cell is looked at. What is not declared (categories, a range) is absent. Functions of other columns are left undeclared: whether they
 * hold, only the rows could say.
 * @param keys columns made anew
 * @throws {InvalidArgument} the file names a column, kind or constraint that the table cannot have */
export function declaredSchema(
  table: Table,
  { override, keys }: { readonly override: SchemaOverride | undefined; readonly keys: readonly string[] },
): TableSchema {
  const base: TableSchema = {
    format: "counterfoil-schema/1",
    columns: table.columns.map((column) => byType(column, keys.includes(column.name))),
    notes: [],
  };
  const applied = override ? applySchema(base, withKinds(base, override), withoutRows(table)) : base;
  return {
    ...applied,
    columns: applied.columns.map(({ functionOf: _, spikes: __, ...column }) => ({
      ...column,
      evidence: [
        override?.columns.some(({ name }) => name === column.name)
          ? "As declared in the schema file; no cell was looked at."
          : "By the column's physical type alone; no cell was looked at.",
      ],
    })),
  };
}

/** The table's columns without a row, and without a label of any. */
export function withoutRows(table: Table): Table {
  return tableOf(
    table.columns.map(({ missing: _, ...column }): Column => {
      if (column.type === "text")
        return {
          ...column,
          codes: new Int32Array(0),
          dictionary: column.storage === "boolean" ? column.dictionary : [],
        };
      if (column.type === "number") {
        const { format: __, ...plain } = column;
        return { ...plain, values: new Float64Array(0) };
      }
      return { ...column, values: new Float64Array(0) };
    }),
    0,
  );
}

function byType(column: Column, isKey: boolean): ColumnSchema {
  const base = { name: column.name, type: column.type, evidence: [] };
  if (isKey) return { ...base, kind: "identifier", identifier: { type: "key", unique: true } };
  return { ...base, kind: kindOf(column) };
}

function kindOf(column: Column): Kind {
  switch (column.type) {
    case "number":
      return column.storage === "integer" ? "integer" : "continuous";
    case "date":
      return column.storage === "date" ? "date" : "datetime";
    case "text":
      return column.storage === "boolean" ? "boolean" : "categorical";
  }
}

/** A column whose categories are declared is one of categories, unless it is said to be another. */
function withKinds(base: TableSchema, override: SchemaOverride): SchemaOverride {
  return {
    ...override,
    columns: override.columns.map((change) => {
      const { type } = base.columns.find(({ name }) => name === change.name) ?? {};
      const isOrdered = change.order !== undefined && change.order !== null;
      return change.kind === undefined && (change.categories || isOrdered) && type !== "date"
        ? { ...change, kind: isOrdered ? "ordinal" : "categorical" }
        : change;
    }),
  };
}

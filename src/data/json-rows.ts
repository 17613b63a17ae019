import { type Column, type Table, tableOf } from "./table.ts";

/** A JSON value. */
type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** What the cells of a column were so far. */
export interface CellKinds {
  /** Sees one more cell. */
  add(value: Value | undefined): void;
  /** The narrowest type that holds every cell; "json" where objects, lists or several kinds were among them. */
  type(): "text" | "integer" | "double" | "boolean" | "json";
}

export function cellKinds(): CellKinds {
  const seen = { text: false, integer: false, double: false, boolean: false, other: false };
  return {
    add(value) {
      if (value === null || value === undefined) return;
      if (typeof value === "string") seen.text = true;
      else if (typeof value === "boolean") seen.boolean = true;
      else if (typeof value === "number") seen[Number.isSafeInteger(value) ? "integer" : "double"] = true;
      else seen.other = true;
    },
    type() {
      const numbers = seen.integer || seen.double;
      const kinds = [seen.text, numbers, seen.boolean, seen.other].filter((kind) => kind).length;
      if (kinds > 1 || seen.other) return "json";
      if (numbers) return seen.double ? "double" : "integer";
      return seen.boolean ? "boolean" : "text";
    },
  };
}

/** A table of JSON objects; a value that is neither of its column's type nor missing stands there as its JSON text. */
export function tableOfJson(columns: readonly string[], rows: readonly Readonly<Record<string, Value>>[]): Table {
  return tableOf(
    columns.map((name): Column => {
      const kinds = cellKinds();
      for (const row of rows) kinds.add(row[name]);
      const type = kinds.type();
      if (type === "integer" || type === "double")
        return {
          name,
          type: "number",
          storage: type,
          values: Float64Array.from(rows, (row) => (typeof row[name] === "number" ? row[name] : Number.NaN)),
        };
      const codeOf = new Map<string, number>(
        type === "boolean"
          ? [
              ["false", 0],
              ["true", 1],
            ]
          : [],
      );
      const codes = Int32Array.from(rows, (row) => {
        const value = row[name];
        if (value === null || value === undefined) return -1;
        const text = typeof value === "string" ? value : JSON.stringify(value);
        const known = codeOf.get(text);
        if (known === undefined) codeOf.set(text, codeOf.size);
        return known ?? codeOf.size - 1;
      });
      return {
        name,
        type: "text",
        storage: type === "boolean" ? "boolean" : "text",
        codes,
        dictionary: [...codeOf.keys()],
      };
    }),
    rows.length,
  );
}

import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import { type Column, cellOf, lengthOf, type Table, type TextColumn, tableOf } from "./table.ts";

/** Gives a table the columns of another: the same order and the same physical types, so that the two can be compared cell by cell.
 * @param names how to call the two in messages, e.g. { table: "synthetic", reference: "real" }
 * @returns the table, and how many cells of which column could not be taken over (they become missing, with the token "(invalid)")
 * @throws {InvalidArgument} a column is missing or there are others; the message names them */
export function alignTo(
  table: Table,
  reference: Table,
  names: { readonly table: string; readonly reference: string },
): { readonly table: Table; readonly invalid: readonly { readonly column: string; readonly cells: number }[] } {
  const have = table.columns.map((column) => column.name);
  const want = reference.columns.map((column) => column.name);
  const lacking = want.filter((name) => !have.includes(name));
  const extra = have.filter((name) => !want.includes(name));
  if (lacking.length > 0 || extra.length > 0) {
    const list = (items: readonly string[]): string =>
      items
        .slice(0, 10)
        .map((name) => `"${name}"`)
        .join(", ") + (items.length > 10 ? ", …" : "");
    const close = lacking.length > 0 && extra.length > 0 ? nearest(lacking[0] as string, extra) : undefined;
    throw new InvalidArgument(
      "different-columns",
      `The ${names.table} table and the ${names.reference} table have different columns:${lacking.length > 0 ? ` ${names.table} lacks ${list(lacking)}` : ""}${
        lacking.length > 0 && extra.length > 0 ? ";" : ""
      }${extra.length > 0 ? ` ${names.table} also has ${list(extra)}` : ""}.`,
      {
        advice: close
          ? `Is "${close}" meant to be "${lacking[0]}"? Rename it.`
          : 'Give both the same columns, or leave some out with "drop: true" in a schema file (--schema).',
      },
    );
  }
  const invalid: { column: string; cells: number }[] = [];
  const columns = reference.columns.map((like) => {
    const column = table.columns.find((item) => item.name === like.name) as Column;
    if (column.type === like.type) return column;
    const { column: converted, cells } = convert(column, like);
    if (cells > 0) invalid.push({ column: like.name, cells });
    return converted;
  });
  return { table: tableOf(columns, table.rows), invalid };
}

/** The token of a cell that the other side's type cannot hold. */
export const INVALID_TOKEN = "(invalid)";

function convert(column: Column, like: Column): { column: Column; cells: number } {
  const n = lengthOf(column);
  if (like.type === "text") {
    const index = new Map<string, number>();
    const codes = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      const cell = cellOf(column, i);
      if (cell === null) {
        // A number column reads "?" as a missing token; where the other side holds it as a label it is one here too.
        const token = column.missing?.tokens[column.missing.codes[i] as number] ?? "";
        codes[i] = token === "" ? -1 : codeOf(index, token);
        continue;
      }
      codes[i] = codeOf(index, column.type === "date" ? isoOf(cell as number, column.storage) : String(cell));
    }
    const text: TextColumn = { type: "text", name: column.name, codes, dictionary: [...index.keys()], storage: "text" };
    return { column: text, cells: 0 };
  }
  const values = new Float64Array(n);
  const missing = new Uint8Array(n);
  const tokens = [...new Set(["", ...(like.missing?.tokens ?? []), INVALID_TOKEN])];
  const bad = tokens.indexOf(INVALID_TOKEN);
  let cells = 0;
  for (let i = 0; i < n; i++) {
    const cell = cellOf(column, i);
    if (cell === null) {
      values[i] = Number.NaN;
      continue;
    }
    if (typeof cell === "string") {
      const known = tokens.indexOf(cell);
      const value =
        known >= 0 ? Number.NaN : like.type === "date" ? parseIso(cell) : Number(cell.trim() === "" ? "x" : cell);
      values[i] = value;
      if (Number.isNaN(value)) {
        missing[i] = known >= 0 ? known : bad;
        if (known < 0) cells++;
      }
    } else {
      // A date where a number is wanted, or the reverse: neither is the other.
      values[i] = Number.NaN;
      missing[i] = bad;
      cells++;
    }
  }
  const base = { name: column.name, values, missing: { tokens, codes: missing } };
  return {
    column:
      like.type === "date"
        ? { ...base, type: "date", storage: like.storage }
        : { ...base, type: "number", storage: like.storage },
    cells,
  };
}

function codeOf(index: Map<string, number>, label: string): number {
  let code = index.get(label);
  if (code === undefined) {
    code = index.size;
    index.set(label, code);
  }
  return code;
}

/** Milliseconds of a day or moment in ISO 8601, UTC where it names no zone; NaN for anything else, which `Date.parse` alone would guess at. */
function parseIso(text: string): number {
  const found = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text.trim());
  if (!found) return Number.NaN;
  return Date.parse(found[2] ? `${found[1]}T${found[2]}${found[3] ?? "Z"}` : (found[1] as string));
}

function isoOf(epochMs: number, storage: "date" | "timestamp"): string {
  const text = new Date(epochMs).toISOString();
  return storage === "date" ? text.slice(0, 10) : text;
}

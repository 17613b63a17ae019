import { type Column, cellOf, isMissing, lengthOf } from "../data/table.ts";
import { InvalidData } from "../errors.ts";

/** Which row of a source belongs to each unit. */
export interface Pairing {
  /** Row of the source for each unit; −1: it has none. */
  readonly rows: Int32Array;
  /** Rows of the source that belong to no unit, ascending. */
  readonly others: Uint32Array;
}

/** A column of keys, indexed. Numbers and texts that read alike are one key, for files differ in how they store them. */
export interface KeyIndex {
  readonly column: Column;
  readonly rowOf: ReadonlyMap<string | number, number>;
}

/** @param where how messages call the table
 * @throws {InvalidData} "missing-key", "duplicate-key": the message names the first */
export function indexKeys(column: Column, where: string): KeyIndex {
  const rowOf = new Map<string | number, number>();
  const n = lengthOf(column);
  const keyAt = keysOf(column);
  const empty: number[] = [];
  const twice = new Set<string | number>();
  for (let row = 0; row < n; row++) {
    if (isMissing(column, row)) empty.push(row);
    else {
      const key = keyAt(row);
      if (rowOf.has(key)) twice.add(key);
      else rowOf.set(key, row);
    }
  }
  if (empty.length > 0)
    throw new InvalidData(
      "missing-key",
      `${empty.length} row${empty.length === 1 ? "" : "s"} of ${where} ${empty.length === 1 ? "has" : "have"} no key in "${column.name}" (row ${list(empty.map((row) => row + 1))}).`,
      { advice: "Give every row a key, or leave such rows out." },
    );
  if (twice.size > 0)
    throw new InvalidData(
      "duplicate-key",
      `${twice.size} key${twice.size === 1 ? " occurs" : "s occur"} more than once in "${column.name}" of ${where}: ${list([...twice])}.`,
      {
        advice:
          "Each key stands once in a file: two rows of a unit are not two units. Give further synthetic rows of a unit as further files.",
      },
    );
  return { column, rowOf };
}

/** Pairs units with a source by their keys. */
export function pairRows(units: Column, source: KeyIndex): Pairing {
  const n = lengthOf(units);
  const keyAt = keysOf(units);
  const rows = new Int32Array(n);
  const used = new Uint8Array(lengthOf(source.column));
  for (let unit = 0; unit < n; unit++) {
    const row = source.rowOf.get(keyAt(unit)) ?? -1;
    rows[unit] = row;
    if (row >= 0) used[row] = 1;
  }
  const others: number[] = [];
  used.forEach((isUsed, row) => {
    if (!isUsed) others.push(row);
  });
  return { rows, others: Uint32Array.from(others) };
}

/** A key as a reader would write it. */
export function keyText(column: Column, row: number): string {
  return column.type === "date" ? new Date(column.values[row] as number).toISOString() : String(cellOf(column, row));
}

/** Texts that are plain numbers count as these numbers. */
function keysOf(column: Column): (row: number) => string | number {
  if (column.type !== "text") return (row) => column.values[row] as number;
  const keys = column.dictionary.map((label) => (/^(0|-?[1-9]\d{0,14})$/.test(label) ? Number(label) : label));
  return (row) => keys[column.codes[row] as number] as string | number;
}

function list(items: readonly (string | number)[]): string {
  return `${items.slice(0, 5).map(String).join(", ")}${items.length > 5 ? ", …" : ""}`;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Column, type Table, tableOf } from "../../src/data/table.ts";

/** A small CSV file of test/data as a table: no quotes inside, numbers where every cell is one. Tests of schema/ stay apart from the file readers. */
export function tableFromCsv(name: string): Table {
  const lines = gunzipSync(readFileSync(join("test", "data", name)))
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimEnd()
    .split(/\r?\n/);
  const header = (lines[0] as string).split(",").map((text, j) => text || `column_${j + 1}`);
  const rows = lines.slice(1).map((line) => line.split(","));
  return tableFromCells(Object.fromEntries(header.map((text, j) => [text, rows.map((row) => row[j] as string)])));
}

/** A table of cells as a file has them: "" is missing; numbers where every cell is one, days where every cell is an ISO day. */
export function tableFromCells(cells: Readonly<Record<string, readonly (string | number)[]>>): Table {
  return tableOf(Object.entries(cells).map(([name, values]) => columnFromCells(name, values.map(String))));
}

function columnFromCells(name: string, cells: readonly string[]): Column {
  const present = cells.filter((cell) => cell !== "");
  if (present.length > 0 && present.every((cell) => /^\d{4}-\d\d-\d\d$/.test(cell)))
    return {
      name,
      type: "date",
      storage: "date",
      values: Float64Array.from(cells, (cell) => (cell === "" ? Number.NaN : Date.parse(cell))),
    };
  // A leading zero or a plus is part of a code, not of a number.
  if (present.every((cell) => /^-?(0|[1-9]\d*)(\.\d+)?(e[-+]?\d+)?$|^-?\.\d+$/i.test(cell))) {
    const values = Float64Array.from(cells, (cell) => (cell === "" ? Number.NaN : Number(cell)));
    const whole = values.every((value) => Number.isNaN(value) || Number.isInteger(value));
    return { name, type: "number", storage: whole ? "integer" : "double", values };
  }
  const index = new Map<string, number>();
  const codes = Int32Array.from(cells, (cell) => {
    if (cell === "") return -1;
    if (!index.has(cell)) index.set(cell, index.size);
    return index.get(cell) as number;
  });
  return { name, type: "text", storage: "text", codes, dictionary: [...index.keys()] };
}

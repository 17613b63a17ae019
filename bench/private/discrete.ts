import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** A table of codes: each column holds whole numbers from 0 up to its size. */
export interface Discrete {
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  readonly columns: readonly Uint16Array[];
  readonly rows: number;
}

/** Sizes of the columns, in their order, of a file that maps names to them. */
export function readDomain(path: string): ReadonlyMap<string, number> {
  return new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, number>));
}

/** Reads a comma-separated file of codes, packed by gzip or not.
 * @throws {Error} a column is missing, or a cell is no code of its domain */
export function readDiscrete(path: string, domain: ReadonlyMap<string, number>): Discrete {
  const bytes = readFileSync(path);
  const [head, ...lines] = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").trimEnd().split(/\r?\n/);
  const found = (head as string).split(",").map((name) => name.replace(/^"(.*)"$/, "$1"));
  const names = [...domain.keys()];
  const sizes = [...domain.values()];
  const columns = names.map(() => new Uint16Array(lines.length));
  const places = names.map((name) => {
    const place = found.indexOf(name);
    if (place < 0) throw new Error(`${path} lacks the column "${name}"`);
    return place;
  });
  lines.forEach((line, row) => {
    const cells = line.split(",");
    places.forEach((place, j) => {
      const code = Number(cells[place]);
      if (!Number.isInteger(code) || code < 0 || code >= (sizes[j] as number))
        throw new Error(`${path}, row ${row + 1}: "${cells[place]}" is no code of "${names[j]}" (0 to ${sizes[j]})`);
      (columns[j] as Uint16Array)[row] = code;
    });
  });
  return { names, sizes, columns, rows: lines.length };
}

/** Writes the codes, and the domain beside them. */
export function writeDiscrete(
  table: Discrete,
  { csv, domain }: { readonly csv: string; readonly domain: string },
): void {
  const lines = [table.names.join(",")];
  for (let row = 0; row < table.rows; row++) lines.push(table.columns.map((column) => column[row]).join(","));
  writeFileSync(csv, `${lines.join("\n")}\n`);
  writeFileSync(domain, JSON.stringify(Object.fromEntries(table.names.map((name, j) => [name, table.sizes[j]]))));
}

export function takeDiscrete(table: Discrete, rows: ArrayLike<number>): Discrete {
  return {
    ...table,
    columns: table.columns.map((column) =>
      Uint16Array.from({ length: rows.length }, (_, i) => column[rows[i] as number] as number),
    ),
    rows: rows.length,
  };
}

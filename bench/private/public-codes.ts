import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { cellOf, columnOf, type Table } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import { parseSchema } from "../../src/schema/file.ts";
import type { Discrete } from "./discrete.ts";

/** A column's public domain: labels, or bins of equal width over a range; one code more where cells may be missing. */
export interface PublicDomain {
  readonly name: string;
  readonly size: number;
  codeOf(cell: string | number | null): number;
  /** A cell of the code as text; a number is drawn evenly within its bin, from `at` in [0, 1). */
  cellFor(code: number, at: number): string;
  /** The largest value of each bin, of a range. */
  readonly binEnds?: readonly number[];
}

/** The domains of a schema file whose every column declares `categories` or a `range`. Cells outside go to the nearest bin, or to the first label.
 * @param bins of a range; a range of fewer whole numbers has one for each
 * @throws {Error} a column declares neither */
export function publicDomains(
  schemaFile: string,
  { bins, mayBeMissing }: { readonly bins: number; readonly mayBeMissing: boolean },
): readonly PublicDomain[] {
  return parseSchema(readFileSync(schemaFile, "utf8"), schemaFile).columns.map(({ name, kind, categories, range }) => {
    if (categories) {
      const codes = new Map(categories.map((label, code) => [label, code]));
      return {
        name,
        size: categories.length + (mayBeMissing ? 1 : 0),
        codeOf: (cell) => (cell === null ? (mayBeMissing ? categories.length : 0) : (codes.get(String(cell)) ?? 0)),
        cellFor: (code) => categories[code] ?? "",
      };
    }
    if (!range) throw new Error(`${schemaFile} declares neither categories nor a range of "${name}"`);
    const whole = kind === "integer";
    const [low, high] = [range[0], range[1] + (whole ? 1 : 0)];
    const count = whole ? Math.min(bins, high - low) : bins;
    const width = (high - low) / count;
    const ends = Array.from({ length: count }, (_, k) => low + width * (k + 1));
    return {
      name,
      size: count + (mayBeMissing ? 1 : 0),
      binEnds: whole ? ends.map((end) => Math.ceil(end - 1e-9) - 1) : ends,
      codeOf: (cell) =>
        cell === null
          ? mayBeMissing
            ? count
            : 0
          : Math.max(0, Math.min(count - 1, Math.floor((Number(cell) - low) / width))),
      cellFor: (code, at) => {
        if (code === count) return "";
        const value = low + width * (code + at);
        return whole ? String(Math.floor(value)) : String(Number(value.toPrecision(6)));
      },
    };
  });
}

/** The schema file with the bins declared as well: then ours pays for no bins either. */
export function withBinEnds(schemaFile: string, domains: readonly PublicDomain[]): string {
  const schema = parse(readFileSync(schemaFile, "utf8")) as { columns: Record<string, unknown>[] };
  const ends = new Map(domains.map(({ name, binEnds }) => [name, binEnds]));
  return stringify({
    ...schema,
    columns: schema.columns.map((column) => {
      const binEnds = ends.get(column.name as string);
      return binEnds ? { ...column, binEnds } : column;
    }),
  });
}

export function encodePublicly(table: Table, domains: readonly PublicDomain[]): Discrete {
  return {
    names: domains.map(({ name }) => name),
    sizes: domains.map(({ size }) => size),
    columns: domains.map(({ name, codeOf }) => {
      const column = columnOf(table, name);
      return Uint16Array.from({ length: table.rows }, (_, row) => codeOf(cellOf(column, row)));
    }),
    rows: table.rows,
  };
}

/** The codes as a CSV file of cells. No label of the domains needs quotes but those with a comma. */
export function decodePublicly(
  { columns, rows }: Discrete,
  { domains, seed }: { readonly domains: readonly PublicDomain[]; readonly seed: number },
): string {
  const random = randomFromSeed(seed).split("within bins");
  const quoted = (cell: string): string => (cell.includes(",") ? `"${cell}"` : cell);
  const lines = [domains.map(({ name }) => quoted(name)).join(",")];
  for (let row = 0; row < rows; row++)
    lines.push(
      domains.map(({ cellFor }, j) => quoted(cellFor(columns[j]?.[row] as number, random.uniform()))).join(","),
    );
  return `${lines.join("\n")}\n`;
}

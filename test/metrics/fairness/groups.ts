import { type Table, tableOf, takeRows } from "../../../src/data/table.ts";
import type { Random } from "../../../src/random.ts";
import { numberColumn, textColumn } from "../world.ts";

export const KINDS = {
  sex: "boolean",
  region: "categorical",
  age: "integer",
  skill: "continuous",
  hired: "boolean",
} as const;

/** People who are hired by skill alone; women are 40 %, and one in eight people lives in the west. */
export function applicants(random: Random, rows: number): Table {
  const sex: string[] = [];
  const region: string[] = [];
  const age: number[] = [];
  const skill: number[] = [];
  const hired: string[] = [];
  for (let i = 0; i < rows; i++) {
    const z = random.normal();
    sex.push(random.uniform() < 0.4 ? "f" : "m");
    region.push(["north", "east", "south", "west"][Math.min(3, Math.floor(random.uniform() * 3.45))] as string);
    age.push(18 + random.integer(50));
    skill.push(Math.round(100 * z) / 100);
    hired.push(random.uniform() < 1 / (1 + Math.exp(1.5 - 3 * z)) ? "yes" : "no");
  }
  return tableOf([
    textColumn("sex", sex),
    textColumn("region", region),
    numberColumn("age", age),
    numberColumn("skill", skill),
    textColumn("hired", hired),
  ]);
}

/** A row as a test wants to see it. */
export type Row = Readonly<Record<"sex" | "region" | "hired", string>> & { readonly age: number };

/** The rows that the function keeps. */
export function keepRows(table: Table, keep: (row: Row) => boolean): Table {
  return takeRows(
    table,
    Uint32Array.from({ length: table.rows }, (_, i) => i).filter((i) => keep(rowOf(table, i))),
  );
}

/** The same table with other outcomes. */
export function withHired(table: Table, of: (row: Row) => string): Table {
  const hired = textColumn(
    "hired",
    Array.from({ length: table.rows }, (_, i) => of(rowOf(table, i))),
  );
  return tableOf(
    table.columns.map((column) => (column.name === "hired" ? hired : column)),
    table.rows,
  );
}

function rowOf(table: Table, row: number): Row {
  return Object.fromEntries(
    table.columns.map((column) => [
      column.name,
      column.type === "text" ? column.dictionary[column.codes[row] as number] : column.values[row],
    ]),
  ) as unknown as Row;
}

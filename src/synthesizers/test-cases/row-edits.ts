import { type Column, columnOf, type Table, tableOf } from "../../data/table.ts";

/** A cell as it is put into a table; null: missing. */
export type CellValue = string | number | null;

/** One cell to be put in. */
export interface CellEdit {
  readonly row: number;
  readonly column: string;
  readonly cell: CellValue;
}

/** The table with some cells replaced.
 * @param edits of cells in the column's type; labels that a column does not know are added to it */
export function withCells(table: Table, edits: readonly CellEdit[]): Table {
  const byColumn = new Map<string, CellEdit[]>();
  for (const edit of edits) {
    const own = byColumn.get(edit.column);
    if (own) own.push(edit);
    else byColumn.set(edit.column, [edit]);
  }
  return tableOf(
    table.columns.map((column) => {
      const own = byColumn.get(column.name);
      return own ? withOwnCells(column, own) : column;
    }),
    table.rows,
  );
}

/** Rows that know only some of their cells, as columns like those of another table; columns that no row knows are left out. */
export function partlyKnown(rows: readonly ReadonlyMap<string, CellValue>[], like: Table): Table {
  const named = new Set(rows.flatMap((row) => [...row.keys()]));
  const empty = emptyRows(like, rows.length);
  return withCells(
    tableOf(
      [...named].map((name) => columnOf(empty, name)),
      rows.length,
    ),
    rows.flatMap((known, row) => [...known].map(([column, cell]) => ({ row, column, cell }))),
  );
}

/** So many rows of missing cells, with the columns of another table. */
export function emptyRows(like: Table, rows: number): Table {
  return tableOf(
    like.columns.map((column): Column => {
      const { missing: _, ...rest } = column;
      return rest.type === "text"
        ? { ...rest, codes: new Int32Array(rows).fill(-1) }
        : { ...rest, values: new Float64Array(rows).fill(Number.NaN) };
    }),
    rows,
  );
}

function withOwnCells(column: Column, edits: readonly CellEdit[]): Column {
  if (column.type !== "text") {
    const values = column.values.slice();
    for (const { row, cell } of edits) values[row] = typeof cell === "number" ? cell : Number.NaN;
    return { ...column, values };
  }
  const dictionary = [...column.dictionary];
  const places = new Map(dictionary.map((label, code) => [label, code]));
  const codes = column.codes.slice();
  for (const { row, cell } of edits) {
    if (cell === null) {
      codes[row] = -1;
      continue;
    }
    const label = String(cell);
    if (!places.has(label)) places.set(label, dictionary.push(label) - 1);
    codes[row] = places.get(label) as number;
  }
  return { ...column, codes, dictionary };
}

import { type Column, cellOf, isMissing, lengthOf } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import { type ColumnShape, plainMissing, shapeOf } from "./column-shape.ts";

/** A column of one value. Plain data. */
export interface ConstantRecord {
  readonly make: "constant";
  readonly shape: ColumnShape;
  /** Null: every cell is missing. */
  readonly cell: string | number | null;
  readonly missingShare: number;
}

/** The one value of a column, and how many of its cells are missing. */
export function constantOf(column: Column): ConstantRecord {
  const rows = lengthOf(column);
  let held = -1;
  let missing = 0;
  for (let row = 0; row < rows; row++) {
    if (isMissing(column, row)) missing++;
    else if (held < 0) held = row;
  }
  return {
    make: "constant",
    shape: shapeOf(column),
    cell: held < 0 ? null : cellOf(column, held),
    missingShare: held < 0 ? 1 : missing / rows,
  };
}

/** That value in every row, missing by its share. */
export function constantColumn({ shape, cell, missingShare }: ConstantRecord, rows: number, random: Random): Column {
  const empty = (): boolean => missingShare > 0 && random.uniform() < missingShare;
  const missing = plainMissing(rows);
  if (shape.type === "text")
    return {
      ...shape,
      missing,
      dictionary: cell === null ? [] : [String(cell)],
      codes: Int32Array.from({ length: rows }, () => (empty() || cell === null ? -1 : 0)),
    };
  const value = cell === null ? Number.NaN : Number(cell);
  return { ...shape, missing, values: Float64Array.from({ length: rows }, () => (empty() ? Number.NaN : value)) };
}

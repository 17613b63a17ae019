import type { Column, DateColumn, NumberColumn, TextColumn } from "../../data/table.ts";

/** A column without its cells: name, type and how files write it. Plain data. */
export type ColumnShape =
  | Pick<NumberColumn, "name" | "type" | "storage" | "format">
  | Pick<DateColumn, "name" | "type" | "storage" | "format">
  | Pick<TextColumn, "name" | "type" | "storage">;

export function shapeOf(column: Column): ColumnShape {
  switch (column.type) {
    case "number": {
      const { name, type, storage, format } = column;
      return { name, type, storage, ...(format ? { format } : {}) };
    }
    case "date": {
      const { name, type, storage, format } = column;
      return { name, type, storage, ...(format === undefined ? {} : { format }) };
    }
    case "text": {
      const { name, type, storage } = column;
      return { name, type, storage };
    }
  }
}

/** Every missing cell is the plain null. */
export function plainMissing(rows: number): NonNullable<Column["missing"]> {
  return { tokens: [""], codes: new Uint8Array(rows) };
}

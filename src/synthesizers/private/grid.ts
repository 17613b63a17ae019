import type { Column } from "../../data/table.ts";
import type { ColumnSchema } from "../../schema/schema.ts";

/** Digits that are kept of an amount whose decimals nobody declared. */
const DIGITS = 6;

/** The step between the values that a quantity is made of, in the column's own unit (dates: milliseconds): declared, or by its type and range. It
 * depends on no cell. */
export function gridUnit(
  column: Pick<Column, "type" | "storage">,
  { roundingUnit, decimals, range }: Pick<ColumnSchema, "roundingUnit" | "decimals" | "range">,
): number {
  if (roundingUnit !== undefined) return roundingUnit;
  if (column.type === "date") return column.storage === "date" ? 86_400_000 : 1000;
  if (column.storage === "integer") return 1;
  if (decimals !== undefined) return 10 ** -decimals;
  const width = range ? range[1] - range[0] : 1;
  return width > 0 ? 10 ** (Math.ceil(Math.log10(width)) - DIGITS) : 1;
}

/** Values of the grid between two of them, both counted. */
export function gridValues([low, high]: readonly [number, number], unit: number): number {
  return Math.floor((high - low) / unit + 1e-9) + 1;
}

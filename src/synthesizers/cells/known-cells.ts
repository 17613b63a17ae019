import { type Column, isMissing, lengthOf, type Table } from "../../data/table.ts";
import { InvalidData } from "../../errors.ts";
import { encodeColumn } from "../../schema/encode.ts";
import type { ColumnPlan } from "./columns.ts";

/** The cells of a partly filled table, in the order of the plans. */
export interface KnownCells {
  readonly codes: readonly Uint8Array[];
  /** 1 where the cell is filled and the model knows such cells. */
  readonly known: readonly Uint8Array[];
}

/** Reads what a table tells of its rows. Columns may be lacking; a label that the model never met tells nothing.
 * @throws {InvalidData} a column is of another type than the one that was learned */
export function knownCellsOf(table: Table, plans: readonly ColumnPlan[]): KnownCells {
  const codes: Uint8Array[] = [];
  const known: Uint8Array[] = [];
  for (const plan of plans) {
    const column = table.columns.find(({ name }) => name === plan.name);
    if (column) assertSameType(column, plan);
    codes.push(column ? encodeColumn(column, plan.codec) : new Uint8Array(new SharedArrayBuffer(table.rows)));
    known.push(column ? knownIn(column, plan) : new Uint8Array(table.rows));
  }
  return { codes, known };
}

/** Same columns, same types: what a table must be to be read with a model's plans.
 * @throws {InvalidData} it is not */
export function assertSameType(column: Column, plan: ColumnPlan): void {
  if (column.type === plan.type || everyMissing(column)) return;
  throw new InvalidData(
    "different-type",
    `Column "${plan.name}" holds ${kindOf(column.type)} here, and the model learned ${kindOf(plan.type)}.`,
    { advice: "Give a table with the types of the training table." },
  );
}

function knownIn(column: Column, plan: ColumnPlan): Uint8Array {
  const out = new Uint8Array(lengthOf(column));
  const labels = plan.kind === "labels" && column.type === "text" ? new Set(plan.dictionary) : undefined;
  const isLabel = labels && column.type === "text" ? column.dictionary.map((label) => labels.has(label)) : undefined;
  for (let row = 0; row < out.length; row++)
    out[row] =
      isMissing(column, row) || (isLabel && column.type === "text" && !isLabel[column.codes[row] as number]) ? 0 : 1;
  return out;
}

function everyMissing(column: Column): boolean {
  for (let row = 0; row < lengthOf(column); row++) if (!isMissing(column, row)) return false;
  return true;
}

function kindOf(type: Column["type"]): string {
  return { text: "text", number: "numbers", date: "dates" }[type];
}

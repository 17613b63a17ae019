import { type Column, columnOf, type Table, takeRows } from "../../data/table.ts";
import type { Executor } from "../../executors/executor.ts";
import type { Random } from "../../random.ts";
import type { IncrementsConstraint } from "../../schema/constraints.ts";
import type { TableSchema } from "../../schema/schema.ts";
import type { FittedTable } from "../fit-table.ts";
import { type CellEdit, type CellValue, partlyKnown, withCells } from "./row-edits.ts";
import { brokenBy, type TestRule } from "./rules.ts";

/** Rows of test cases, made by the model. */
export interface CaseMaker {
  /** Fills rows of which some cells are given.
   * @returns the rows that keep every rule, and for each the number of the given row */
  complete(
    given: readonly ReadonlyMap<string, CellValue>[],
  ): Promise<{ readonly table: Table; readonly of: Uint32Array }>;
}

/** Completes rows from a model, each call with a stream of its own and identifiers that no other row has.
 * @param startRow the first row number that the ordinary rows did not use */
export function caseMaker(
  fitted: FittedTable,
  how: {
    readonly ordinary: Table;
    readonly rules: readonly TestRule[];
    readonly schema: TableSchema;
    readonly startRow: number;
    /** Of the ordinary rows. */
    readonly random: Random;
    readonly executor: Executor;
    readonly signal?: AbortSignal | undefined;
  },
): CaseMaker {
  const { ordinary, rules, random, executor, signal } = how;
  let startRow = how.startRow;
  const increments = (how.schema.constraints ?? []).filter(
    (constraint): constraint is IncrementsConstraint => constraint.kind === "increments",
  );
  return {
    async complete(given) {
      const lost = new Set<number>();
      const table = partlyKnown(given, ordinary);
      let filled = await fitted.complete(table, {
        random: random.split("test-cases").split(startRow),
        executor,
        signal,
        beside: { random, startRow },
        onUnfilled: (rows) => {
          for (const row of rows) lost.add(row);
        },
      });
      startRow += given.length;
      for (const constraint of increments) filled = inLine(filled, ordinary, { constraint, given });
      for (const broken of brokenBy(rules, filled))
        broken.forEach((is, row) => {
          if (is) lost.add(row);
        });
      const of = Uint32Array.from({ length: given.length }, (_, row) => row).filter((row) => !lost.has(row));
      return { table: takeRows(filled, of), of };
    },
  };
}

/** Ordinary rows that are looked through for the row's group. */
const MOST_LOOKED_AT = 20_000;

/** Puts a counter where the ordinary rows of its group have it at that moment, unless it was given. */
function inLine(
  table: Table,
  ordinary: Table,
  how: { readonly constraint: IncrementsConstraint; readonly given: readonly ReadonlyMap<string, CellValue>[] },
): Table {
  const { column, of, within } = how.constraint;
  const group = (from: Table): ((row: number) => string) => {
    if (within === undefined) return () => "";
    const own = columnOf(from, within);
    return (row) => textOf(own, row);
  };
  const groups = new Map<string, number[]>();
  const known = group(ordinary);
  for (let row = 0; row < Math.min(ordinary.rows, MOST_LOOKED_AT); row++) {
    const key = known(row);
    const rows = groups.get(key);
    if (rows) rows.push(row);
    else groups.set(key, [row]);
  }
  const mine = group(table);
  const times = numbersOf(columnOf(ordinary, of));
  const values = numbersOf(columnOf(ordinary, column));
  const ownTimes = numbersOf(columnOf(table, of));
  const edits: CellEdit[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (how.given[row]?.has(column)) continue;
    let before = Number.NEGATIVE_INFINITY;
    let after = Number.POSITIVE_INFINITY;
    for (const other of groups.get(mine(row)) ?? []) {
      const value = values[other] as number;
      if (Number.isNaN(value)) continue;
      if ((times[other] as number) <= (ownTimes[row] as number)) before = Math.max(before, value);
      else if ((times[other] as number) > (ownTimes[row] as number)) after = Math.min(after, value);
    }
    const cell = Number.isFinite(before) ? before : after;
    if (Number.isFinite(cell)) edits.push({ row, column, cell });
  }
  return withCells(table, edits);
}

function numbersOf(column: Column): Float64Array {
  return column.type === "text" ? new Float64Array(column.codes.length).fill(Number.NaN) : column.values;
}

function textOf(column: Column, row: number): string {
  return column.type === "text" ? (column.dictionary[column.codes[row] as number] ?? "") : String(column.values[row]);
}

import { type Column, columnOf, concatRows, sliceRows, type Table, takeRows } from "../../data/table.ts";
import type { Executor } from "../../executors/executor.ts";
import type { Random } from "../../random.ts";
import type { IncrementsConstraint } from "../../schema/constraints.ts";
import type { TableSchema } from "../../schema/schema.ts";
import type { FittedTable } from "../fitted-table.ts";
import { type CellEdit, type CellValue, partlyKnown, withCells } from "./row-edits.ts";
import { brokenBy, type TestRule } from "./rules.ts";

/** Rows of test cases, made by the model. */
export interface CaseMaker {
  /** Fills rows of which some cells are given. They keep every rule, also beside each other and those that were made before.
   * @returns the rows that could be made, and for each the number of the given row */
  complete(
    given: readonly ReadonlyMap<string, CellValue>[],
  ): Promise<{ readonly table: Table; readonly of: Uint32Array }>;
  /** Rows of the model that keep every rule by themselves and beside the ordinary rows, to be changed: so many, or fewer. */
  draw(rows: number): Promise<Table>;
  /** Rows that may stand beside all that were made before, which they are then among. */
  keep(table: Table): Uint32Array;
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
  let earlier: Table | undefined;
  const increments = (how.schema.constraints ?? []).filter(
    (constraint): constraint is IncrementsConstraint => constraint.kind === "increments",
  );
  const filledRows = async (
    given: readonly ReadonlyMap<string, CellValue>[],
  ): Promise<{ readonly table: Table; readonly of: Uint32Array }> => {
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
  };
  const between = rules.flatMap(({ brokenBeside }) => (brokenBeside ? [brokenBeside] : []));
  const keep = (table: Table): Uint32Array => {
    const all = Uint32Array.from({ length: table.rows }, (_, row) => row);
    if (between.length === 0) return all;
    return all.filter((at) => {
      const row = sliceRows(table, at, at + 1);
      if (earlier && between.some((brokenBeside) => brokenBeside(earlier as Table, row)[0] === 1)) return false;
      earlier = earlier ? concatRows([earlier, row]) : row;
      return true;
    });
  };
  return {
    keep,
    draw: async (rows) => (await filledRows(Array.from({ length: rows }, () => new Map()))).table,
    async complete(given) {
      const { table, of } = await filledRows(given);
      const rows = keep(table);
      return { table: takeRows(table, rows), of: Uint32Array.from(rows, (row) => of[row] as number) };
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

import { type Table, takeRows } from "../data/table.ts";
import type { Budget } from "../dp/budget.ts";
import type { Executor } from "../executors/executor.ts";
import type { Random } from "../random.ts";
import { reduceTable, restoreFrom } from "../schema/reduce.ts";
import type { TableSchema } from "../schema/schema.ts";
import { constraintNotes } from "./constrained/constraint-notes.ts";
import { encodeConstraints } from "./constrained/encoding.ts";
import { allowedCombinations, keepingRows } from "./constrained/rows.ts";
import { fitPrivateTable } from "./fit-private-table.ts";
import { type FittedTable, fittedTable } from "./fitted-table.ts";
import { synthesizerNamed } from "./index.ts";
import type { FittedRecord, Progress, Synthesizer } from "./synthesizer.ts";
import { tableRecordParts, withoutCells } from "./table-record.ts";

export interface FitTableOptions<O> {
  readonly schema: TableSchema;
  /** Every real row, of the holdout too: only identifiers look at it, so that they equal no real value. */
  readonly all?: Table | undefined;
  readonly synthesizer: Synthesizer<O>;
  readonly options: O;
  /** What a synthesizer with a guarantee may spend; its schema must be complete (`private/complete-schema.ts`). */
  readonly budget?: Budget | undefined;
  readonly random: Random;
  readonly executor: Executor;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Fits a synthesizer to a table as its schema describes it: what follows from other columns is taken out, declared constraints are built into
 * the columns where that can be, rows that break one are not learned from, and everything is put back in what is drawn.
 * @throws {InvalidData} nothing to model, free text, or constraints that most real rows break
 * @throws {Cancelled} the signal fired */
export async function fitTable<O>(train: Table, how: FitTableOptions<O>): Promise<FittedTable> {
  if (how.synthesizer.guarantee === "dp") return fitPrivateTable(train, how);
  const { schema, synthesizer, options, random, executor, progress, signal } = how;
  const { rows, broken } = keepingRows(train, schema);
  const learned = rows.length === train.rows ? train : takeRows(train, rows);
  const { modelled, restore, record, notes } = reduceTable(learned, schema, { all: how.all ?? train });
  const encoding = encodeConstraints(modelled, schema);
  const fitted = await synthesizer.fit(encoding.table, {
    schema: encoding.schema,
    options,
    random: random.split("fit").split(synthesizer.name),
    executor,
    ...(progress ? { progress } : {}),
    signal,
  });
  const names = modelled.columns.map(({ name }) => name);
  return fittedTable({
    fitted,
    restore,
    content: {
      restore: record,
      steps: encoding.steps,
      schema,
      like: withoutCells(learned, names),
      modelled: names,
      known: (schema.constraints ?? []).map((constraint) => ({
        constraint,
        real:
          constraint.kind === "combinations" ? allowedCombinations(learned, constraint) : withoutCells(learned, names),
      })),
      notes: [...notes, ...constraintNotes(schema.constraints ?? [], { broken, built: encoding.built })],
    },
  });
}

/** A fitted table that was saved: the same rows for the same stream, but that identifiers made anew may happen to equal real ones, which a record
 * does not hold.
 * @throws {InvalidArgument} no such synthesizer
 * @throws {InvalidData} it is in another format, or lacks something */
export function loadTable(record: FittedRecord): FittedTable {
  const { fitted, content } = tableRecordParts(record);
  return fittedTable({
    fitted: synthesizerNamed(record.synthesizer).load(fitted),
    restore: restoreFrom(content.restore),
    content,
  });
}

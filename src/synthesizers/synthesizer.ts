import type { z } from "zod";
import type { Table } from "../data/table.ts";
import type { Budget } from "../dp/budget.ts";
import type { Executor } from "../executors/executor.ts";
import type { Random } from "../random.ts";
import type { ColumnCondition } from "../schema/column-condition.ts";
import type { TableSchema } from "../schema/schema.ts";
import type { NumberArray } from "./pack.ts";

/** Where an algorithm comes from. */
export interface Source {
  readonly authors: string;
  readonly title: string;
  readonly year: number;
  readonly url?: string;
}

/** Told as work goes on: `done` of `total` steps of the current phase. */
export type Progress = (done: number, total: number, unit?: string) => void;

export interface FitOptions<O> {
  readonly schema: TableSchema;
  readonly options: O;
  /** What a synthesizer with a guarantee may spend on its answers about the rows. */
  readonly budget?: Budget | undefined;
  readonly random: Random;
  readonly executor: Executor;
  readonly progress?: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Learns from a table and returns a new, immutable value that can be sampled. It sees training rows only; identifiers, constants and
 * functions of other columns have been taken out (`schema/reduce.ts`) and are put back after sampling. */
export interface Synthesizer<O> {
  /** Equal to the file's name. */
  readonly name: string;
  readonly title: string;
  readonly modality: "table" | "series" | "image";
  readonly guarantee: "none" | "dp";
  readonly assurance: "proved" | "tested" | "experimental";
  readonly source: Source;
  /** Every option has a default: `options.parse({})` works. */
  readonly options: z.ZodType<O>;
  fit(table: Table, options: FitOptions<O>): Promise<Fitted>;
  /** What `save` gave, ready to be sampled again: the same bytes for the same random stream.
   * @throws {InvalidData} the record is of another synthesizer or version, or lacks something */
  load(record: FittedRecord): Fitted;
}

export interface DrawOptions {
  readonly random: Random;
  readonly executor: Executor;
  readonly signal?: AbortSignal | undefined;
}

export interface SampleOptions extends DrawOptions {
  /** Every row meets all of these; at most one for a column. */
  readonly where?: readonly ColumnCondition[] | undefined;
  /** Told after each chunk, where rows are drawn and those that fail the conditions thrown away: how many were drawn, how many kept. */
  readonly onAcceptance?: ((kept: number, drawn: number) => void) | undefined;
}

export interface Fitted {
  /** How conditions are met: rows are drawn from the model given the condition, or drawn until enough meet it. */
  readonly conditions: "exact" | "rejection";
  /** Rows in chunks of a fixed size, so that the bytes do not depend on threads. All chunks of a text column share one dictionary array.
   * @throws {InvalidArgument} `where` names a column that was not modelled, or cannot be met
   * @throws {InvalidData} too few rows met the conditions: the rate is named, no row is given for another */
  sample(rows: number, options: SampleOptions): AsyncIterable<Table>;
  /** The rows with each missing cell filled, given those that are there. Columns that the table lacks are added; those that are not modelled
   * are left out.
   * @throws {InvalidData} a column is of another type than the one that was learned */
  complete(table: Table, options: DrawOptions): Promise<Table>;
  /** Log-likelihood of each row: of its cells' codes (`schema/encode.ts`); −∞ for a row that the model holds impossible. */
  logLikelihood?(table: Table, options: Omit<DrawOptions, "random">): Promise<Float64Array>;
  /** Chance that a row meets the conditions. */
  probability?(where: readonly ColumnCondition[]): Promise<number>;
  /** What the model is: JSON, with typed arrays beside it. As private as the training rows. */
  save(): FittedRecord;
  /** What was chosen while fitting, for the report: no cell of the data in it. */
  readonly notes: readonly string[];
  /** Rows that were learned from, as far as a privacy guarantee lets one know; absent without one. */
  readonly learnedRows?: number;
}

export interface FittedRecord {
  readonly synthesizer: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, NumberArray>>;
}

/** Rows in one chunk of a sample. Fixed: the chunk's index names its random stream. */
export const CHUNK_ROWS = 32_768;

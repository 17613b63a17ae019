import type { z } from "zod";
import type { Table } from "../data/table.ts";
import type { Executor } from "../executors/executor.ts";
import type { Random } from "../random.ts";
import type { TableSchema } from "../schema/schema.ts";

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
}

export interface SampleOptions {
  readonly random: Random;
  readonly executor: Executor;
  readonly signal?: AbortSignal | undefined;
}

export interface Fitted {
  /** Rows in chunks of a fixed size, so that the bytes do not depend on threads. All chunks of a text column share one dictionary array. */
  sample(rows: number, options: SampleOptions): AsyncIterable<Table>;
  /** What the model is: JSON, with typed arrays beside it. */
  save(): FittedRecord;
  /** What was chosen while fitting, for the report: no cell of the data in it. */
  readonly notes: readonly string[];
}

export interface FittedRecord {
  readonly synthesizer: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, Uint8Array | Uint32Array | Int32Array | Float64Array>>;
}

/** Rows in one chunk of a sample. Fixed: the chunk's index names its random stream. */
export const CHUNK_ROWS = 32_768;

import type { Table } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import type { TableSchema } from "../../schema/schema.ts";

/** One number that falls when generations collapse. */
export interface Monitor {
  readonly name: string;
  readonly title: string;
  /** One sentence: what it is, and what its fall means. */
  readonly explains: string;
  readonly source: string;
  /** The number of a table beside the frozen real one.
   * @returns null: there is nothing to watch, as no rare category; or too few rows */
  read(table: Table, context: MonitorContext): Reading | null;
}

export interface MonitorContext {
  /** Real rows that were frozen before any generation was made: never learnt from, never replaced. */
  readonly frozen: Table;
  readonly schema: TableSchema;
  /** Deals rows into the groups of the jackknife. */
  readonly random: Random;
}

/** A number, and how far it would move if the same generation were drawn again. */
export interface Reading {
  readonly value: number;
  /** Of the table's own rows; the frozen rows are the same for every generation, and their noise is none between two of them. */
  readonly standardError: number;
}

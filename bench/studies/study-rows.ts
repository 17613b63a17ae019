import { join } from "node:path";
import { readTable } from "../../src/data/read.ts";
import { columnOf, type Table, takeRows } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";

/** Where the studies' data stands. */
export const STUDY_DATA = join("bench", "studies", "data");

/** Real rows of a task on texts: to train on, and the official test part that nobody trains on. */
export interface TextRows {
  readonly name: "banking77" | "fairytaleqa";
  readonly text: string;
  readonly target: string;
  readonly train: Table;
  readonly test: Table;
}

/** Customers' questions to a bank with their intents, 77 of them. */
export function bankingRows(): Promise<TextRows> {
  return textRows("banking77", { text: "text", target: "category" });
}

/** Questions on fairy tales with their kinds, seven of them; a tale of the test part occurs in no other. */
export function fairytaleRows(): Promise<TextRows> {
  return textRows("fairytaleqa", { text: "question", target: "kind" });
}

/** Where a part of a task's rows stands. */
export function studyFile(name: TextRows["name"], part: "train" | "test"): string {
  return join(STUDY_DATA, `${name}-${part}.csv.gz`);
}

async function textRows(
  name: TextRows["name"],
  columns: { readonly text: string; readonly target: string },
): Promise<TextRows> {
  const { table: train } = await readTable(studyFile(name, "train"));
  const { table: test } = await readTable(studyFile(name, "test"));
  return { name, ...columns, train, test };
}

/** The training rows in the order of a draw: the first n of them are the n real rows of a cell, so that a larger cell holds every smaller one. */
export function drawnRows(train: Table, draw: number): Table {
  const order = Uint32Array.from({ length: train.rows }, (_, row) => row);
  return takeRows(train, randomFromSeed(draw).split("real rows").shuffle(order));
}

/** The cells of a text column. */
export function textsOf(table: Table, name: string): readonly string[] {
  const column = columnOf(table, name);
  if (column.type !== "text") throw new Error(`column "${name}" is no text`);
  return Array.from(column.codes, (code) => column.dictionary[code] ?? "");
}

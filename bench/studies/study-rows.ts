import { join } from "node:path";
import { readTable } from "../../src/data/read.ts";
import { columnOf, selectColumns, type Table, takeRows } from "../../src/data/table.ts";
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
export async function bankingRows(): Promise<TextRows> {
  const part = async (name: string): Promise<Table> =>
    (await readTable(join(STUDY_DATA, `banking77-${name}.csv.gz`))).table;
  return { name: "banking77", text: "text", target: "category", train: await part("train"), test: await part("test") };
}

/** Questions on fairy tales with their kinds, seven of them; tales of the test part occur in no other. */
export async function fairytaleRows(): Promise<TextRows> {
  const { table } = await readTable(join(STUDY_DATA, "fairytaleqa-questions.csv.gz"));
  const splits = textsOf(table, "split");
  const part = (name: string): Table =>
    selectColumns(takeRows(table, Uint32Array.from([...splits.keys()].filter((row) => splits[row] === name))), [
      "question",
      "kind",
    ]);
  return { name: "fairytaleqa", text: "question", target: "kind", train: part("train"), test: part("test") };
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

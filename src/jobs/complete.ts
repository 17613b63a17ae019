import { basename } from "node:path";
import { readTable } from "../data/read.ts";
import { type Column, cellOf, isMissing, lengthOf, type Table, tableOf } from "../data/table.ts";
import { InvalidData } from "../errors.ts";
import { threadExecutor } from "../executors/threads.ts";
import { randomFromSeed } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { withoutCodes } from "../schema/reduce/missing-codes.ts";
import { schemaOf } from "../schema/schema.ts";
import { collecting, readEvents } from "./events.ts";
import type { JobEvents } from "./job.ts";
import { openModel } from "./kept-model.ts";
import { defaultTable, outputTable, writeOutput } from "./output-table.ts";
import { foundLineage } from "./source-lineage.ts";

export interface CompleteOptions {
  /** Path of a model that `synthesize` kept. */
  readonly model: string;
  /** Path of a table with missing cells or without some columns. */
  readonly table: string;
  /** SQL over the table. */
  readonly query?: string | undefined;
  /** File of the filled table, .parquet or .csv; must not exist. Default: `<table>-completed.parquet` in the current folder. */
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `complete` answers, and what `--json` prints. */
export interface CompleteResult {
  readonly format: "counterfoil-completion/1";
  readonly job: "complete";
  /** Absolute path of the filled table. */
  readonly table: string;
  readonly rows: number;
  readonly cells: {
    /** Taken over as they were. */
    readonly given: number;
    /** Drawn from the model. */
    readonly filled: number;
  };
  /** Nothing was measured and no policy was asked. */
  readonly judged: false;
  /** How far the filled cells are from real ones: 1 where the model was fitted to real rows and the table is taken for real. */
  readonly generation: number;
  readonly synthesizer: string;
  /** Version of counterfoil that fitted the model. */
  readonly fittedBy: string;
  readonly seed: number;
  readonly seconds: number;
  readonly notices: readonly string[];
}

/** Fills the missing cells of a table from a kept model, each row given its other cells. Cells that are there stay: real ones stay real.
 * @throws {InvalidArgument} no such file; an output that exists
 * @throws {InvalidData} the model is torn or changed; the table shares no column with it, or holds one of another type; rows that cannot be
 *   filled within the declared constraints
 * @throws {ResourceError} disk full, read-only
 * @throws {Cancelled} the signal fired; nothing was written */
export async function complete(options: CompleteOptions): Promise<CompleteResult> {
  const started = systemClock.seconds();
  const { signal } = options;
  const notices: string[] = [];
  const events = collecting(options.events, notices);
  const seed = options.seed ?? 0;
  const output = await outputTable(options.out ?? defaultTable(options.table, "completed"));

  events.phase?.("read", `${basename(options.model)}, ${basename(options.table)}`);
  const { fitted, synthesizer, version, lineage, like, schema } = await openModel(options.model);
  const read = await readTable(options.table, {
    ...(options.query ? { query: options.query } : {}),
    ...readEvents(events),
    signal,
  });
  // A table of which one cell is drawn is no longer real, and one that was synthetic stays what it was.
  const given = await foundLineage({ path: options.table, sha256: read.source.sha256 }, { signal });
  const furthest = given && given.generation > lineage.generation ? given : lineage;
  const learned = asLearned(read.table, { like, name: basename(options.table), notice: events.notice });
  // A code for "missing" is no cell that was given.
  const known = tableOf(
    learned.columns.map((column) => withoutCodes(column, schemaOf(schema, column.name))),
    learned.rows,
  );
  const executor = threadExecutor(options.threads);
  try {
    events.phase?.("complete", `${known.rows} rows, ${synthesizer}`);
    const filled = await fitted.complete(known, { random: randomFromSeed(seed).split("complete"), executor, signal });
    await writeOutput(once(filled), output, {
      job: "complete",
      seed,
      lineage: { generation: furthest.generation, anchored: furthest.anchored },
      notice: events.notice,
      metadata: { "counterfoil:cells": "real where they were given, synthetic where they were missing" },
      signal,
    });
    const kept = known.columns
      .filter(({ name }) => filled.columns.some((column) => column.name === name))
      .reduce((sum, column) => sum + presentIn(column), 0);
    const present = filled.columns.reduce((sum, column) => sum + presentIn(column), 0);
    events.notice(
      "Cells that were given are in the table as they were: what is real in it stays real. Only the others are synthetic, and nothing was judged.",
    );
    return {
      format: "counterfoil-completion/1",
      job: "complete",
      table: output.path,
      rows: filled.rows,
      cells: { given: kept, filled: present - kept },
      judged: false,
      generation: furthest.generation,
      synthesizer,
      fittedBy: version,
      seed,
      seconds: systemClock.seconds() - started,
      notices,
    };
  } finally {
    await executor.close();
  }
}

/** The columns that the model knows, in its types: a column of a few rows may look like numbers where all of them showed labels.
 * @throws {InvalidData} no such column, or one that cannot be of that type */
function asLearned(
  table: Table,
  how: { readonly like: Table; readonly name: string; readonly notice: (message: string) => void },
): Table {
  const { like, name, notice } = how;
  const known = table.columns.filter((column) => like.columns.some((other) => other.name === column.name));
  if (known.length === 0)
    throw new InvalidData("no-common-column", `No column of ${name} is one of the model's.`, {
      advice: `The model has: ${like.columns
        .slice(0, 60)
        .map((column) => column.name)
        .join(", ")}${like.columns.length > 60 ? ", …" : ""}.`,
    });
  for (const column of table.columns)
    if (!known.includes(column)) notice(`Column "${column.name}" of ${name} is not in the model: left out.`);
  return tableOf(
    known.flatMap((column): readonly Column[] => {
      const learned = like.columns.find((other) => other.name === column.name) as Column;
      if (presentIn(column) === 0 || column.type === learned.type) return column.type === learned.type ? [column] : [];
      if (learned.type === "text" && column.type === "number") return [labelled(column)];
      const row = firstPresent(column);
      throw new InvalidData(
        "other-type",
        `Column "${column.name}" of ${name} holds ${WORDS[column.type]}; the model learned ${WORDS[learned.type]}.`,
        {
          advice: `Row ${row + 1} is the first with a cell${column.type === "text" ? "; one cell that is no such value makes the whole column text" : ""}. Write it as the training table did, or leave the column out.`,
        },
      );
    }),
    table.rows,
  );
}

const WORDS = { number: "numbers", date: "dates", text: "text" } as const;

function labelled(column: Column): Column {
  const index = new Map<string, number>();
  const codes = Int32Array.from({ length: lengthOf(column) }, (_, row) => {
    if (isMissing(column, row)) return -1;
    const label = String(cellOf(column, row));
    if (!index.has(label)) index.set(label, index.size);
    return index.get(label) as number;
  });
  return { name: column.name, type: "text", storage: "text", codes, dictionary: [...index.keys()] };
}

function firstPresent(column: Column): number {
  let row = 0;
  while (isMissing(column, row)) row++;
  return row;
}

function presentIn(column: Column): number {
  let count = 0;
  for (let row = 0; row < lengthOf(column); row++) if (!isMissing(column, row)) count++;
  return count;
}

async function* once(table: Table): AsyncGenerator<Table> {
  yield table;
}

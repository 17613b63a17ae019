import { concatRows, type Table } from "../data/table.ts";
import type { Executor } from "../executors/executor.ts";
import type { Random } from "../random.ts";
import { type Restore, reduceTable } from "../schema/reduce.ts";
import type { TableSchema } from "../schema/schema.ts";
import { independent } from "../synthesizers/independent.ts";
import type { Fitted, Synthesizer } from "../synthesizers/synthesizer.ts";
import type { JobEvents } from "./job.ts";

/** What every fit of one run shares. */
export interface Fitting {
  readonly modelled: Table;
  readonly schema: TableSchema;
  readonly random: Random;
  readonly executor: Executor;
  readonly events: JobEvents;
  readonly signal: AbortSignal | undefined;
}

/** Fits a synthesizer to columns that were reduced to what must be modelled. */
export function fitOne<O>(synthesizer: Synthesizer<O>, options: O, context: Fitting): Promise<Fitted> {
  const { modelled, schema, random, executor, events, signal } = context;
  return synthesizer.fit(modelled, {
    schema,
    options,
    random: random.split("fit").split(synthesizer.name),
    executor,
    ...(events.progress ? { progress: events.progress } : {}),
    signal,
  });
}

/** Rows of independently drawn columns: what every score is measured against from below. */
export async function floorOf(
  context: Fitting,
  { rows, restore }: { readonly rows: number; readonly restore: Restore },
): Promise<Table> {
  const { random, executor, signal } = context;
  const fitted = await fitOne(independent, independent.options.parse({}), { ...context, events: {} });
  return collected(
    restored(
      fitted.sample(rows, { random: random.split("floor"), executor, signal }),
      restore,
      random.split("floor-restore"),
    ),
  );
}

/** Fits a synthesizer to these rows from the very start, schema and all, and samples: the procedure once more on other rows. */
export async function fitAndSample<O>(
  train: Table,
  how: {
    readonly synthesizer: Synthesizer<O>;
    readonly options: O;
    readonly describe: (train: Table) => TableSchema;
    /** Rows from which the order of columns and unused names are known. */
    readonly all: Table;
    readonly rows: number;
    readonly random: Random;
    readonly executor: Executor;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Table> {
  const { random, executor, signal } = how;
  const schema = how.describe(train);
  const { modelled, restore } = reduceTable(train, schema, { all: how.all });
  const fitted = await fitOne(how.synthesizer, how.options, { modelled, schema, random, executor, events: {}, signal });
  return collected(
    restored(
      fitted.sample(how.rows, { random: random.split("sample"), executor, signal }),
      restore,
      random.split("restore"),
    ),
  );
}

async function collected(chunks: AsyncIterable<Table>): Promise<Table> {
  const out: Table[] = [];
  for await (const chunk of chunks) out.push(chunk);
  return concatRows(out);
}

/** Chunks of modelled columns made whole again. */
export async function* restored(chunks: AsyncIterable<Table>, restore: Restore, random: Random): AsyncGenerator<Table> {
  let start = 0;
  for await (const chunk of chunks) {
    yield await restore(chunk, start, random);
    start += chunk.rows;
  }
}

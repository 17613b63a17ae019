import { concatRows, type Table } from "../data/table.ts";
import type { Executor } from "../executors/executor.ts";
import type { Random } from "../random.ts";
import type { TableSchema } from "../schema/schema.ts";
import { fitTable } from "../synthesizers/fit-table.ts";
import type { SampleTableOptions } from "../synthesizers/fitted-table.ts";
import { independent } from "../synthesizers/independent.ts";
import type { Synthesizer } from "../synthesizers/synthesizer.ts";

/** Rows of independently drawn columns, whatever was declared between them: what every score is measured against from below. */
export function floorOf(
  train: Table,
  how: {
    readonly schema: TableSchema;
    /** Every real row. */
    readonly all: Table;
    readonly rows: number;
    readonly random: Random;
    readonly executor: Executor;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Table> {
  return fitAndSample(train, {
    ...how,
    synthesizer: independent,
    options: independent.options.parse({}),
    describe: () => ({ ...how.schema, constraints: [] }),
    random: how.random.split("floor"),
  });
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
    readonly asked?: Pick<SampleTableOptions, "where" | "shares"> | undefined;
    readonly random: Random;
    readonly executor: Executor;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Table> {
  const { random, executor, signal } = how;
  const fitted = await fitTable(train, { ...how, schema: how.describe(train) });
  const out: Table[] = [];
  for await (const chunk of fitted.sample(how.rows, { ...how.asked, random, executor, signal })) out.push(chunk);
  return concatRows(out);
}

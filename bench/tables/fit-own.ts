import { readTable } from "../../src/data/read.ts";
import { concatRows, type NumberColumn, type Table, tableOf, takeRows } from "../../src/data/table.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { type Random, randomFromSeed } from "../../src/random.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import { fitTable } from "../../src/synthesizers/fit-table.ts";
import { synthesizerNamed } from "../../src/synthesizers/index.ts";
import { cpuSeconds } from "../measure.ts";
import { writeCsv } from "../write-csv.ts";

/** What a process of its own is asked for. */
export interface FitOwn {
  readonly synthesizer: string;
  readonly train: string;
  readonly seed: number;
  /** The CSV that the rows go to; as many as the training rows. Nothing is written without it. */
  readonly out?: string;
  /** Training rows are drawn from the given ones with replacement, their numbers jittered by 1 %. */
  readonly grow?: number;
}

/** What it took: CPU seconds of all threads, peak resident memory up to the last row. */
export interface Cost {
  readonly fit: number;
  readonly sample: number;
  readonly megabytes: number;
  /** Seconds of the clock that fitting took. */
  readonly wall?: number;
}

const request = JSON.parse(process.argv[2] as string) as FitOwn;
console.log(JSON.stringify(await fitOwn(request)));

/** The library's own steps: the schema from the training rows, a fit of all of them by default options, and as many rows. */
async function fitOwn({ synthesizer: name, train, seed, out, grow }: FitOwn): Promise<Cost> {
  const random = randomFromSeed(seed);
  const { table: given } = await readTable(train);
  const table = grow === undefined ? given : grown(given, grow, random.split("grow"));
  const executor = threadExecutor();
  try {
    const synthesizer = synthesizerNamed(name);
    const started = performance.now();
    const before = cpuSeconds();
    const schema = inferSchema(table);
    const fitted = await fitTable(table, {
      schema,
      synthesizer,
      options: synthesizer.options.parse({}),
      random,
      executor,
    });
    const between = cpuSeconds();
    const wall = (performance.now() - started) / 1000;
    const chunks: Table[] = [];
    for await (const chunk of fitted.sample(table.rows, { random, executor })) chunks.push(chunk);
    const after = cpuSeconds();
    const megabytes = process.resourceUsage().maxRSS / 1024;
    if (out !== undefined) await writeCsv(concatRows(chunks), out);
    return { fit: between - before, sample: after - between, megabytes, wall };
  } finally {
    await executor.close();
  }
}

function grown(table: Table, rows: number, random: Random): Table {
  const drawn = random.split("rows");
  const many = takeRows(
    table,
    Uint32Array.from({ length: rows }, () => drawn.integer(table.rows)),
  );
  return tableOf(
    many.columns.map((column) =>
      column.type === "number" ? jittered(column, random.split("jitter").split(column.name)) : column,
    ),
    rows,
  );
}

function jittered(column: NumberColumn, random: Random): NumberColumn {
  const whole = column.values.every((value) => Number.isNaN(value) || Number.isInteger(value));
  return {
    ...column,
    values: column.values.map((value) => {
      const moved = value * (1 + 0.01 * random.normal());
      return whole ? Math.round(moved) : moved;
    }),
  };
}

import { concatRows, type Table } from "../../data/table.ts";
import { CounterfoilError } from "../../errors.ts";
import { localExecutor } from "../../executors/local.ts";
import { type RandomKey, randomFrom } from "../../random.ts";
import type { TableSchema } from "../../schema/schema.ts";
import { fitTable } from "../../synthesizers/fit-table.ts";
import { synthesizerNamed } from "../../synthesizers/index.ts";
import { type Arm, learntBy } from "./arms.ts";
import type { Reading } from "./monitor.ts";
import { monitorsFor, readMonitors } from "./monitors.ts";

/** One sequence of generations, as a thread is told of it. */
export interface ChainData {
  /** Learnt from by the first generation, and kept by the arms that keep real rows. */
  readonly real: Table;
  readonly frozen: Table;
  readonly schema: TableSchema;
  readonly synthesizer: string;
  readonly synthesizerOptions: unknown;
  readonly arm: Arm;
  readonly generations: number;
  readonly texts: readonly string[];
  readonly key: RandomKey;
}

/** What every monitor read of every generation, from 0 (the real rows); or why a fit failed. */
export type Chain =
  | { readonly readings: readonly (readonly (Reading | null)[])[] }
  | { readonly failed: { readonly generation: number; readonly message: string; readonly advice: string | undefined } };

/** Learns, draws as many rows as were real, reads the monitors, and learns again. */
export async function runChain(data: ChainData): Promise<Chain> {
  const { real, frozen, schema, arm } = data;
  const random = randomFrom(data.key);
  const monitors = monitorsFor(data.texts);
  const read = (table: Table, generation: number): readonly (Reading | null)[] =>
    readMonitors(monitors, table, { frozen, schema, random: random.split("read").split(generation) });
  const readings = [read(real, 0)];
  const made: Table[] = [];
  const synthesizer = synthesizerNamed(data.synthesizer);
  for (let generation = 1; generation <= data.generations; generation++) {
    const own = random.split("generation").split(generation);
    try {
      const fitted = await fitTable(learntBy(arm, { real, made }), {
        schema,
        all: real,
        synthesizer,
        options: data.synthesizerOptions,
        random: own,
        executor: localExecutor(),
      });
      const chunks: Table[] = [];
      for await (const chunk of fitted.sample(real.rows, { random: own.split("sample"), executor: localExecutor() }))
        chunks.push(chunk);
      made.push(concatRows(chunks));
    } catch (error) {
      if (!(error instanceof CounterfoilError)) throw error;
      return { failed: { generation, message: error.message, advice: error.advice } };
    }
    readings.push(read(made.at(-1) as Table, generation));
  }
  return { readings };
}

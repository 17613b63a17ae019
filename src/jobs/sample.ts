import { basename } from "node:path";
import type { Table } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { SYNTHETIC_MARK } from "../evidence/manifest.ts";
import { threadExecutor } from "../executors/threads.ts";
import { randomFromSeed } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { checkShares, type Shares } from "../synthesizers/shares.ts";
import { collecting } from "./events.ts";
import type { JobEvents } from "./job.ts";
import { openModel } from "./kept-model.ts";
import { defaultTable, outputTable, writeOutput } from "./output-table.ts";

export interface SampleModelOptions {
  /** Path of a model that `synthesize` kept. */
  readonly model: string;
  readonly rows: number;
  /** A condition in CEL that every row meets: "age >= 65.0 && sex == 'F'". */
  readonly where?: string | undefined;
  /** Shares that the labels of a column get. */
  readonly shares?: Shares | undefined;
  /** File of the table, .parquet or .csv; must not exist. Default: `<model>-sample.parquet` in the current folder. */
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `sample` answers, and what `--json` prints. */
export interface SampleResult {
  readonly format: "counterfoil-sample/1";
  readonly job: "sample";
  /** Absolute path of the table. */
  readonly table: string;
  readonly rows: number;
  /** Rows drawn from the model for those written; more where conditions or constraints threw some away. */
  readonly drawn: number;
  /** Nothing was measured and no policy was asked. */
  readonly judged: false;
  /** How far the rows are from real ones: 1 where the model was fitted to real rows. */
  readonly generation: number;
  readonly synthesizer: string;
  /** Version of counterfoil that fitted the model. */
  readonly fittedBy: string;
  readonly seed: number;
  readonly seconds: number;
  readonly notices: readonly string[];
}

/** Draws rows from a kept model: those of the run that kept it, for its seed, rows and conditions, but for identifiers. The same model, options and seed give the same bytes, for any number of threads. Nothing is judged.
 * @throws {InvalidArgument} no such model; an output that exists; a condition or shares that cannot be met, or are none
 * @throws {InvalidData} the model is torn, changed or of another format; too few rows meet the condition
 * @throws {ResourceError} disk full, read-only
 * @throws {Cancelled} the signal fired; nothing was written */
export async function sample(options: SampleModelOptions): Promise<SampleResult> {
  const started = systemClock.seconds();
  const { rows, where, shares, signal } = options;
  const notices: string[] = [];
  const events = collecting(options.events, notices);
  const seed = options.seed ?? 0;
  if (!Number.isSafeInteger(rows) || rows < 1)
    throw new InvalidArgument("bad-rows", `Asked for ${rows} rows; want a whole number from 1.`);
  if (shares) checkShares(shares);
  const output = await outputTable(options.out ?? defaultTable(options.model, "sample"));

  events.phase?.("read", basename(options.model));
  const { fitted, synthesizer, version, lineage, identifiers } = await openModel(options.model);
  const executor = threadExecutor(options.threads);
  let drawn = 0;
  try {
    events.phase?.("sample", `${rows} rows, ${synthesizer}`);
    const chunks = fitted.sample(rows, {
      random: randomFromSeed(seed),
      executor,
      signal,
      where,
      shares,
      onAcceptance: (_, tried) => {
        drawn += tried;
      },
    });
    await writeOutput(counted(chunks, rows, events), output, {
      job: "sample",
      seed,
      lineage,
      metadata: { "counterfoil:digitalSourceType": SYNTHETIC_MARK },
      notice: events.notice,
      signal,
    });
  } finally {
    await executor.close();
  }
  if (identifiers.length > 0)
    events.notice(
      `A model holds no real identifier, so that one made up here may happen to equal a real one: ${identifiers.map((name) => `"${name}"`).join(", ")}.`,
    );
  events.notice("These rows are synthetic, but not judged: run `counterfoil evaluate` before they leave the building.");
  return {
    format: "counterfoil-sample/1",
    job: "sample",
    table: output.path,
    rows,
    // A model that draws without throwing rows away need not count.
    drawn: Math.max(drawn, rows),
    judged: false,
    generation: lineage.generation,
    synthesizer,
    fittedBy: version,
    seed,
    seconds: systemClock.seconds() - started,
    notices,
  };
}

async function* counted(chunks: AsyncIterable<Table>, rows: number, events: JobEvents): AsyncGenerator<Table> {
  let done = 0;
  for await (const chunk of chunks) {
    yield chunk;
    done += chunk.rows;
    events.progress?.(done, rows, "rows");
  }
}

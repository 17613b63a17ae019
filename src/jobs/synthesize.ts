import { basename } from "node:path";
import { readTable } from "../data/read.ts";
import { entitiesOf, splitRows } from "../data/split.ts";
import { columnOf, concatRows, sliceRows, type Table, takeRows } from "../data/table.ts";
import { writeTable } from "../data/write.ts";
import { writeBundle } from "../evidence/bundle.ts";
import { sha256 } from "../evidence/canonical.ts";
import { SYNTHETIC_MARK } from "../evidence/manifest.ts";
import type { Executor } from "../executors/executor.ts";
import { threadExecutor } from "../executors/threads.ts";
import { metrics } from "../metrics/index.ts";
import { type Random, randomFromSeed } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { BUNDLE } from "../runs/layout.ts";
import { loadPolicy } from "../runs/policy-file.ts";
import { applySchema, type SchemaOverride } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import { noPurpose } from "../schema/purpose.ts";
import { type Restore, reduceTable } from "../schema/reduce.ts";
import type { TableSchema } from "../schema/schema.ts";
import { independent } from "../synthesizers/independent.ts";
import { synthesizerNamed } from "../synthesizers/index.ts";
import type { Fitted, Synthesizer } from "../synthesizers/synthesizer.ts";
import { collecting, readEvents } from "./events.ts";
import { defaultFolder, freshFolder, loadSchema, openSigner } from "./files.ts";
import type { JobEvents, JobResult, SynthesizeOptions } from "./job.ts";
import { headlineOf, judge } from "./judge.ts";
import { publishInto, reportOf } from "./publish.ts";
import { chooseTarget } from "./target.ts";

/** Synthetic rows that are judged: all of them unless there are more. Rows are drawn independently, so the first are as good as any. */
const JUDGED_ROWS = 1_000_000;

/** The main job: reads a table, keeps a holdout apart, fits on the rest, samples, judges, decides by the policy, and leaves a signed bundle.
 * The bundle is complete or absent, whatever the decision.
 * @throws {InvalidArgument} an option names something that does not exist, or the output folder exists
 * @throws {InvalidData} the source cannot be read, or holds free text that nothing was said about
 * @throws {ResourceError} disk full, read-only, a file that vanished
 * @throws {Cancelled} the signal fired; nothing was written */
export async function synthesize(options: SynthesizeOptions): Promise<JobResult> {
  const started = systemClock.seconds();
  const notices: string[] = [];
  // They name the place of the user's key, which is no business of who reads the report.
  const keyNotices: string[] = [];
  const events = collecting(options.events, notices);
  const { signal } = options;
  const seed = options.seed ?? 0;
  const random = randomFromSeed(seed);

  // Everything that can be wrong in the call is found before the work.
  const synthesizer = synthesizerNamed(options.synthesizer ?? "sequential-trees");
  const synthesizerOptions = synthesizer.options.parse({});
  const { policy, text: policyText } = await loadPolicy(options.policy ?? "default", metrics);
  const override = options.schema === undefined ? undefined : await loadSchema(options.schema);
  const out = await freshFolder(options.out ?? defaultFolder(options.source));
  const signer = await openSigner(options.signingKey, collecting(options.events, keyNotices).notice);

  events.phase?.("read", basename(options.source));
  const { table, source } = await readTable(options.source, {
    ...(options.query ? { query: options.query } : {}),
    ...readEvents(events),
    signal,
  });
  for (const name of [options.target, options.group, options.id, ...(options.targetLeaks ?? [])])
    if (name !== undefined) columnOf(table, name);

  const groups = options.group === undefined ? undefined : entitiesOf(columnOf(table, options.group));
  const split = splitRows(table.rows, {
    share: options.holdoutShare ?? 0.25,
    ...(groups ? { entities: groups } : {}),
    random: random.split("split"),
  });
  const splitSha256 = split.holdout.length > 0 ? sha256(new Uint8Array(split.holdout.buffer)) : null;
  const train = takeRows(table, split.train);
  const holdout = split.holdout.length > 0 ? takeRows(table, split.holdout) : undefined;
  const memberOf = (rows: Uint32Array): Int32Array =>
    Int32Array.from(rows, (row) => (groups as Int32Array)[row] as number);
  events.phase?.("split", `${train.rows} rows to learn from, ${split.holdout.length} kept apart`);

  const schema = describeColumns(train, { options, override });
  schema.notes.forEach(events.notice);
  const target = chooseTarget(train, schema, { ...options, notice: events.notice });
  const { modelled, restore, notes } = reduceTable(train, schema, { all: table });
  notes.forEach(events.notice);
  if (groups)
    events.notice(
      `Rows of one "${options.group}" stay together in the split, but they are still modelled one by one: relations between the rows of one person are lost.`,
    );

  const executor = threadExecutor(options.threads);
  const context: Fitting = { modelled, schema, random, executor, events, signal };
  try {
    events.phase?.("fit", `${synthesizer.name}, ${modelled.columns.length} columns`);
    const fitted = await fitOne(synthesizer, synthesizerOptions, context);
    const floor = await floorOf(context, {
      rows: Math.max(1, Math.min(train.rows, holdout?.rows ?? train.rows)),
      restore,
    });
    const rows = options.rows ?? table.rows;
    return await writeBundle(
      out,
      async (folder) => {
        events.phase?.("sample", `${rows} rows`);
        const synthetic = await sampleInto(fitted, {
          rows,
          restore,
          context,
          write: (chunks) =>
            writeTable(chunks, {
              parquet: folder.pathOf(BUNDLE.synthetic),
              ...(options.csv ? { csv: folder.pathOf(BUNDLE.syntheticCsv) } : {}),
              metadata: { "counterfoil:digitalSourceType": SYNTHETIC_MARK, "counterfoil:version": productVersion() },
              signal,
            }),
        });
        if (rows > JUDGED_ROWS)
          events.notice(
            `The first ${JUDGED_ROWS.toLocaleString("en-US")} of ${rows.toLocaleString("en-US")} synthetic rows were judged.`,
          );
        const { scores, decision } = await judge({
          train,
          holdout,
          synthetic,
          schema,
          policy,
          floor,
          entities: groups && holdout ? { train: memberOf(split.train), holdout: memberOf(split.holdout) } : undefined,
          purpose: { ...noPurpose, target, targetLeaks: options.targetLeaks ?? [] },
          seed,
          random: random.split("judge"),
          executor,
          events,
          signal,
        });
        await publishInto(folder, {
          job: "synthesize",
          title: `A synthetic version of ${basename(options.source)}`,
          out,
          train,
          holdout,
          synthetic,
          syntheticRows: rows,
          entities: groups && memberOf(joined(split.train, split.holdout)),
          schema,
          policyText,
          scores,
          decision,
          recipe: recipeOf(options, { synthesizer, synthesizerOptions, rows, seed, target }),
          seed,
          splitSha256,
          inputs: [{ role: "source", sha256: source.sha256 }],
          source: options.source,
          madeElsewhere: undefined,
          synthesizer: {
            name: synthesizer.name,
            options: synthesizerOptions as Record<string, unknown>,
            notes: fitted.notes,
          },
          signer,
          notices,
          events,
        });
        return {
          format: "counterfoil-result/1" as const,
          job: "synthesize" as const,
          decision,
          scores,
          headline: headlineOf(scores),
          bundle: out,
          report: reportOf(out),
          rows: { train: train.rows, holdout: split.holdout.length, synthetic: rows },
          seed,
          seconds: systemClock.seconds() - started,
          notices: [...keyNotices, ...notices],
        };
      },
      { signal },
    );
  } finally {
    await executor.close();
  }
}

function joined(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function describeColumns(
  train: Table,
  { options, override }: { readonly options: SynthesizeOptions; readonly override: SchemaOverride | undefined },
): TableSchema {
  const inferred = inferSchema(train, {
    ...(options.id ? { id: [options.id] } : {}),
    ...(options.group ? { group: options.group } : {}),
    ...(options.target ? { target: options.target } : {}),
  });
  const schema = override ? applySchema(inferred, override, train) : inferred;
  if (!options.dropText) return schema;
  return {
    ...schema,
    columns: schema.columns.map((column) => (column.kind === "text" ? { ...column, drop: true } : column)),
  };
}

interface Fitting {
  readonly modelled: Table;
  readonly schema: TableSchema;
  readonly random: Random;
  readonly executor: Executor;
  readonly events: JobEvents;
  readonly signal: AbortSignal | undefined;
}

function fitOne<O>(synthesizer: Synthesizer<O>, options: O, context: Fitting): Promise<Fitted> {
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
async function floorOf(
  context: Fitting,
  { rows, restore }: { readonly rows: number; readonly restore: Restore },
): Promise<Table> {
  const { random, executor, signal } = context;
  const fitted = await fitOne(independent, independent.options.parse({}), { ...context, events: {} });
  const chunks: Table[] = [];
  for await (const chunk of restored(
    fitted.sample(rows, { random: random.split("floor"), executor, signal }),
    restore,
    random.split("floor-restore"),
  ))
    chunks.push(chunk);
  return concatRows(chunks);
}

/** Samples into a writer, and keeps the rows that will be judged. */
async function sampleInto(
  fitted: Fitted,
  to: {
    readonly rows: number;
    readonly restore: Restore;
    readonly context: Fitting;
    readonly write: (chunks: AsyncIterable<Table>) => Promise<unknown>;
  },
): Promise<Table> {
  const { random, executor, signal, events } = to.context;
  const kept: Table[] = [];
  async function* watched(): AsyncGenerator<Table> {
    let done = 0;
    const chunks = restored(
      fitted.sample(to.rows, { random: random.split("sample"), executor, signal }),
      to.restore,
      random.split("restore"),
    );
    for await (const chunk of chunks) {
      if (done < JUDGED_ROWS)
        kept.push(done + chunk.rows > JUDGED_ROWS ? sliceRows(chunk, 0, JUDGED_ROWS - done) : chunk);
      done += chunk.rows;
      yield chunk;
      events.progress?.(done, to.rows, "rows");
    }
  }
  await to.write(watched());
  return concatRows(kept);
}

async function* restored(chunks: AsyncIterable<Table>, restore: Restore, random: Random): AsyncGenerator<Table> {
  let start = 0;
  for await (const chunk of chunks) {
    yield await restore(chunk, start, random);
    start += chunk.rows;
  }
}

/** What was run, as resolved: enough to run it again, without a path of private data. */
function recipeOf(
  options: SynthesizeOptions,
  resolved: {
    readonly synthesizer: { readonly name: string };
    readonly synthesizerOptions: unknown;
    readonly rows: number;
    readonly seed: number;
    readonly target: string | undefined;
  },
): Readonly<Record<string, unknown>> {
  return {
    format: "counterfoil-recipe/1",
    job: "synthesize",
    source: basename(options.source),
    query: options.query ?? null,
    rows: resolved.rows,
    synthesizer: { name: resolved.synthesizer.name, options: resolved.synthesizerOptions },
    holdoutShare: options.holdoutShare ?? 0.25,
    target: resolved.target ?? null,
    targetLeaks: options.targetLeaks ?? [],
    group: options.group ?? null,
    id: options.id ?? null,
    dropText: options.dropText ?? false,
    seed: resolved.seed,
  };
}

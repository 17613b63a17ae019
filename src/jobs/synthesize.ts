import { basename, resolve } from "node:path";
import { readTable } from "../data/read.ts";
import { entitiesOf, splitRows } from "../data/split.ts";
import { columnOf, concatRows, sliceRows, type Table, takeRows } from "../data/table.ts";
import { writeTable } from "../data/write.ts";
import { InvalidArgument } from "../errors.ts";
import { threadExecutor } from "../executors/threads.ts";
import { randomFromSeed } from "../random.ts";
import { inferSchema } from "../schema/infer.ts";
import { reduceTable } from "../schema/reduce.ts";
import { schemaOf, type TableSchema } from "../schema/schema.ts";
import { inferTarget } from "../schema/target.ts";
import { independent } from "../synthesizers/independent.ts";
import { synthesizerNamed } from "../synthesizers/index.ts";
import type { Fitted, Synthesizer } from "../synthesizers/synthesizer.ts";
import { folderFor, loadPolicy, loadSchema, openSigner, publish } from "./bundle.ts";
import type { JobResult, SynthesizeOptions } from "./job.ts";
import { judge } from "./judge.ts";
import { stopwatch } from "../runs/clock.ts";

/** Synthetic rows that are judged: all of them unless there are more. Rows are drawn independently, so the first are as good as any. */
const JUDGED_ROWS = 1_000_000;

/** The main job: reads a table, keeps a holdout apart, fits on the rest, samples, judges, decides by the policy, and leaves a signed bundle.
 * The bundle is complete or absent, whatever the decision.
 * @throws {InvalidArgument} an option names something that does not exist (exit code 2)
 * @throws {InvalidData} the source cannot be read, or holds free text that nothing was said about (exit code 1)
 * @throws {Cancelled} the signal fired */
export async function synthesize(options: SynthesizeOptions): Promise<JobResult> {
  const elapsed = stopwatch();
  const notices: string[] = [];
  const events = {
    ...options.events,
    notice: (message: string) => {
      notices.push(message);
      options.events?.notice?.(message);
    },
  };
  const { signal } = options;
  const seed = options.seed ?? 0;
  const random = randomFromSeed(seed);
  const synthesizer = synthesizerNamed(options.synthesizer ?? "sequential-trees") as Synthesizer<unknown>;
  const policy = await loadPolicy(options.policy ?? "default");
  const override = options.schema === undefined ? undefined : await loadSchema(options.schema);
  const out = folderFor(options.out ?? `${basename(options.source).replace(/(\.(csv|tsv|txt|json|jsonl|ndjson|parquet|duckdb|db|sqlite|sqlite3))?(\.gz)?$/i, "")}-synthetic`);
  const signer = await openSigner(options.signingKey, events.notice);

  events.phase?.("read", basename(options.source));
  const { table, source } = await readTable(options.source, { ...(options.query ? { query: options.query } : {}), ...events, signal });
  for (const name of [options.target, options.group, options.id, ...(options.targetLeaks ?? [])]) if (name !== undefined) columnOf(table, name);

  const entities = options.group === undefined ? undefined : entitiesOf(columnOf(table, options.group));
  const split = splitRows(table.rows, { share: options.holdoutShare ?? 0.25, ...(entities ? { entities } : {}), random: random.split("split") });
  const train = takeRows(table, split.train);
  const holdout = split.holdout.length > 0 ? takeRows(table, split.holdout) : undefined;
  events.phase?.("split", `${train.rows} training rows, ${split.holdout.length} kept apart`);

  const schema = describeColumns(train, options, override, events.notice);
  for (const note of schema.notes) events.notice(note);
  const target = targetOf(train, schema, options, events.notice);
  const { modelled, restore } = reduceTable(train, schema, { avoid: table });

  const executor = threadExecutor(options.threads);
  try {
    const fit = (which: Synthesizer<unknown>, label: string): Promise<Fitted> =>
      which.fit(modelled, {
        schema,
        options: which.options.parse({}),
        random: random.split("fit").split(label),
        executor,
        ...(events.progress ? { progress: events.progress } : {}),
        signal,
      });
    events.phase?.("fit", `${synthesizer.name}, ${modelled.columns.length} columns`);
    const fitted = await fit(synthesizer, synthesizer.name);
    for (const note of fitted.notes) events.notice(note);
    const floorRows = Math.max(1, Math.min(modelled.rows, split.holdout.length || modelled.rows));
    const floor = restore(await gather((await fit(independent, "floor")).sample(floorRows, { random: random.split("floor"), executor, signal }), floorRows), 0, random.split("floor-restore"));

    const rows = options.rows ?? table.rows;
    const made: { result?: JobResult } = {};
    await publish(out, async (folder) => {
      events.phase?.("sample", `${rows} rows`);
      const kept: Table[] = [];
      const chunks = restored(fitted.sample(rows, { random: random.split("sample"), executor, signal }), restore, random.split("restore"));
      const watched = watch(chunks, (chunk, start) => {
        if (start < JUDGED_ROWS) kept.push(chunk.rows + start > JUDGED_ROWS ? sliceRows(chunk, 0, JUDGED_ROWS - start) : chunk);
        events.progress?.(start + chunk.rows, rows, "rows");
      });
      await folder.writeData((paths) => writeTable(watched, { ...paths, csv: options.csv ? paths.csv : undefined, signal }));
      const synthetic = concatRows(kept);
      const { scores, decision } = await judge({
        train,
        holdout,
        synthetic,
        schema,
        policy,
        floor,
        entities: entities && holdout ? { train: Int32Array.from(split.train, (row) => entities[row] as number), holdout: Int32Array.from(split.holdout, (row) => entities[row] as number) } : undefined,
        target,
        targetLeaks: options.targetLeaks ?? [],
        seed,
        random: random.split("judge"),
        executor,
        events,
        signal,
      });
      void scores; void decision;
    });
    return made.result as JobResult;
  } finally {
    await executor.close();
  }
}

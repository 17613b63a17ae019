import { basename } from "node:path";
import { alignTo } from "../data/align.ts";
import { readTable } from "../data/read.ts";
import { columnOf, concatRows, selectColumns, type Table } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import { writeBundle } from "../evidence/bundle.ts";
import { threadExecutor } from "../executors/threads.ts";
import { metrics } from "../metrics/index.ts";
import { countOverlap } from "../metrics/privacy/row-keys.ts";
import { randomFromSeed } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { loadPolicy } from "../runs/policy-file.ts";
import { applySchema } from "../schema/file.ts";
import { inferSchema } from "../schema/infer.ts";
import { noPurpose } from "../schema/purpose.ts";
import { collecting, readEvents } from "./events.ts";
import { freshFolder, loadSchema, openSigner } from "./files.ts";
import type { EvaluateOptions, JobResult } from "./job.ts";
import { headlineOf, judge } from "./judge.ts";
import { type Publication, publishInto, reportOf } from "./publish.ts";
import { chooseTarget } from "./target.ts";

/** Judges a synthetic table that anyone made, against the real rows it was made from and, for privacy, real rows it was not.
 * @throws {InvalidArgument} an option names something that does not exist, the tables have different columns, the holdout overlaps the real rows
 * @throws {InvalidData} a file cannot be read
 * @throws {Cancelled} the signal fired; nothing was written */
export async function evaluate(options: EvaluateOptions): Promise<JobResult> {
  const started = systemClock.seconds();
  const notices: string[] = [];
  // They name the place of the user's key, which is no business of who reads the report.
  const keyNotices: string[] = [];
  const events = collecting(options.events, notices);
  const { signal } = options;
  const seed = options.seed ?? 0;
  const random = randomFromSeed(seed);
  const { policy, text: policyText } = await loadPolicy(options.policy ?? "default", metrics);
  const override = options.schema === undefined ? undefined : await loadSchema(options.schema);
  const out = options.out === undefined ? undefined : await freshFolder(options.out);
  const signer =
    out === undefined ? undefined : await openSigner(options.signingKey, collecting(options.events, keyNotices).notice);

  // A column that is left out on purpose is missing from the synthetic table, and that is right.
  const dropped = new Set(override?.columns.filter(({ drop }) => drop).map(({ name }) => name));
  const inputs: Publication["inputs"][number][] = [];
  const read = async (path: string, role: Publication["inputs"][number]["role"]): Promise<Table> => {
    events.phase?.("read", basename(path));
    const { table, source } = await readTable(path, { ...readEvents(events), signal });
    inputs.push({ role, sha256: source.sha256 });
    if (role === "real") for (const name of dropped) columnOf(table, name);
    const left = table.columns.map(({ name }) => name).filter((name) => !dropped.has(name));
    return left.length === table.columns.length ? table : selectColumns(table, left);
  };
  const align = (table: Table, name: string, reference: Table): Table => {
    const aligned = alignTo(table, reference, { table: name, reference: "real" });
    for (const { column, cells } of aligned.invalid)
      events.notice(
        `${cells} cells of "${column}" in the ${name} table do not fit the column's type and count as invalid.`,
      );
    return aligned.table;
  };
  const real = await read(options.real, "real");
  const holdout =
    options.holdout === undefined ? undefined : align(await read(options.holdout, "holdout"), "holdout", real);
  const synthetic = align(await read(options.synthetic, "synthetic"), "synthetic", real);
  if (holdout) refuseOverlap(real, holdout, events.notice);
  else
    events.notice(
      "No holdout was given: quality is measured between halves of the real rows, and whether rows were copied cannot be told.",
    );

  const known = holdout ? concatRows([real, holdout]) : real;
  const inferred = inferSchema(known, options.target ? { target: options.target } : {});
  const schema = override
    ? applySchema(inferred, { ...override, columns: override.columns.filter(({ drop }) => !drop) }, known)
    : inferred;
  const target = chooseTarget(real, schema, { ...options, notice: events.notice });
  const executor = threadExecutor(options.threads);
  try {
    const { scores, decision } = await judge({
      train: real,
      holdout,
      synthetic,
      schema,
      policy,
      purpose: { ...noPurpose, target, targetLeaks: options.targetLeaks ?? [] },
      seed,
      random: random.split("judge"),
      executor,
      events,
      signal,
    });
    if (out !== undefined && signer !== undefined)
      await writeBundle(
        out,
        (folder) =>
          publishInto(folder, {
            job: "evaluate",
            title: `${basename(options.synthetic)}, judged against ${basename(options.real)}`,
            out,
            train: real,
            holdout,
            synthetic,
            syntheticRows: synthetic.rows,
            entities: undefined,
            schema,
            policyText,
            scores,
            decision,
            recipe: {
              format: "counterfoil-recipe/1",
              job: "evaluate",
              real: basename(options.real),
              synthetic: basename(options.synthetic),
              holdout: options.holdout === undefined ? null : basename(options.holdout),
              target: target ?? null,
              targetLeaks: options.targetLeaks ?? [],
              seed,
            },
            seed,
            splitSha256: null,
            inputs,
            source: options.real,
            madeElsewhere: options.synthetic,
            synthesizer: null,
            signer,
            notices,
            events,
          }),
        { signal },
      );
    return {
      format: "counterfoil-result/1",
      job: "evaluate",
      decision,
      scores,
      headline: headlineOf(scores),
      bundle: out ?? null,
      report: out === undefined ? null : reportOf(out),
      rows: { train: real.rows, holdout: holdout?.rows ?? 0, synthetic: synthetic.rows },
      seed,
      seconds: systemClock.seconds() - started,
      notices: [...keyNotices, ...notices],
    };
  } finally {
    await executor.close();
  }
}

/** Overlap beyond what natural twins explain makes the holdout useless: copies of its rows would look innocent. Rows that occur once in each
 * table are compared with rows that occur exactly twice inside one: for exchangeable rows both are pairs of twins, cut by chance. */
function refuseOverlap(real: Table, holdout: Table, notice: (message: string) => void): void {
  const overlap = countOverlap(real, holdout);
  if (overlap.rows === 0) return;
  const share = real.rows / (real.rows + holdout.rows);
  // Of natural pairs of twins, 2·s·(1 − s) are cut by the split and s² + (1 − s)² are not.
  const expected = (overlap.twins * 2 * share * (1 - share)) / (share ** 2 + (1 - share) ** 2);
  if (overlap.unique > 2 * expected + 5 + 0.001 * holdout.rows)
    throw new InvalidArgument(
      "holdout-overlaps",
      `${overlap.rows} of the ${holdout.rows} holdout rows are also among the real rows (about ${Math.round(expected)} natural twins would be expected).`,
      { advice: "Give as --holdout only rows that the synthesizer never saw." },
    );
  notice(`${overlap.rows} holdout rows equal a real row, no more than natural twins explain.`);
}

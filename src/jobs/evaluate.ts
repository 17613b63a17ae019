import { basename } from "node:path";
import { compatReport } from "../compat/report.ts";
import { concatRows } from "../data/table.ts";
import { writeBundle } from "../evidence/bundle.ts";
import { threadExecutor } from "../executors/threads.ts";
import { metrics } from "../metrics/index.ts";
import { randomFromSeed } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { appendToLedger } from "../runs/ledger.ts";
import { loadPolicy } from "../runs/policy-file.ts";
import { markSource, queriesOf } from "../runs/sources.ts";
import { userFolders } from "../runs/user-folders.ts";
import { collecting } from "./events.ts";
import { freshFolder, loadSchema, openSigner } from "./files.ts";
import { openTables } from "./given-tables.ts";
import type { EvaluateOptions, JobResult } from "./job.ts";
import { headlineOf, judge } from "./judge.ts";
import { publishInto, reportOf } from "./publish.ts";
import { declaredPurpose } from "./purpose.ts";
import { selfTest } from "./self-test.ts";
import { lineageOfTables } from "./source-lineage.ts";

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
  const declared = await declaredPurpose(options);
  const override = options.schema === undefined ? undefined : await loadSchema(options.schema);
  const out = options.out === undefined ? undefined : await freshFolder(options.out);
  const signer =
    out === undefined ? undefined : await openSigner(options.signingKey, collecting(options.events, keyNotices).notice);

  const { real, holdout, synthetic, parents, schema, purpose, inputs } = await openTables(options, {
    declared,
    override,
    events,
  });
  const found = await lineageOfTables(options, { inputs, notice: events.notice });
  const folders = userFolders();
  const mark = await markSource(folders, real, options.sourceId);
  const queries = (await queriesOf(folders, mark)) + 1;
  const executor = threadExecutor(options.threads);
  try {
    const { scores, decision } = await judge({
      train: real,
      holdout,
      synthetic,
      schema,
      policy,
      purpose,
      parents,
      queries,
      lineage: found.facts,
      seed,
      random: random.split("judge"),
      executor,
      events,
      signal,
    });
    const tested = options.selfTest
      ? await selfTest(holdout ? concatRows([real, holdout]) : real, {
          policy,
          purpose,
          seed,
          random: random.split("self-test"),
          executor,
          events,
          signal,
        })
      : null;
    let evaluation: string | null = null;
    if (out !== undefined && signer !== undefined)
      ({ evaluation } = await writeBundle(
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
              purpose,
              schemaGiven: options.schema !== undefined,
              ...(parents
                ? { parents: { synthetic: [...parents.synthetic.keys()], real: [...parents.real.keys()] } }
                : {}),
              seed,
            },
            seed,
            splitSha256: null,
            inputs,
            lineage: found.lineage,
            source: options.real,
            madeElsewhere: options.synthetic,
            synthesizer: null,
            signer,
            notices,
            events,
            selfTest: tested,
            mark,
            judged: "release",
            publishEvaluation: policy.publishEvaluation,
          }),
        { signal },
      ));
    if (out === undefined) {
      const told = await appendToLedger(folders, {
        format: "counterfoil-ledger/1",
        time: systemClock.now(),
        job: "evaluate",
        version: productVersion(),
        seed,
        sourceSha256: inputs[0]?.sha256 ?? "",
        source: mark,
        decision: decision.decision,
        manifestSha256: null,
      });
      if (told) events.notice(told);
    }
    return {
      format: "counterfoil-result/1",
      job: "evaluate",
      decision,
      scores,
      headline: headlineOf(scores),
      compat: options.compat
        ? compatReport(options.compat, { real, holdout, synthetic }, { schema, scores, purpose })
        : null,
      selfTest: tested,
      bundle: out ?? null,
      report: out === undefined ? null : reportOf(out),
      ...(evaluation === null ? {} : { evaluation }),
      rows: { train: real.rows, holdout: holdout?.rows ?? 0, synthetic: synthetic.rows },
      judged: "release",
      lineage: found.lineage,
      queries,
      seed,
      seconds: systemClock.seconds() - started,
      notices: [...keyNotices, ...notices],
    };
  } finally {
    await executor.close();
  }
}

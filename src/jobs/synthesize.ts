import { basename } from "node:path";
import { concatRows, sliceRows, type Table } from "../data/table.ts";
import { writeTable } from "../data/write.ts";
import { writeBundle } from "../evidence/bundle.ts";
import { SYNTHETIC_MARK } from "../evidence/manifest.ts";
import { privacyFactsOf } from "../evidence/privacy-statement.ts";
import { threadExecutor } from "../executors/threads.ts";
import { metrics } from "../metrics/index.ts";
import { refusedByBudget } from "../policy/budget.ts";
import type { Policy } from "../policy/policy.ts";
import { randomFromSeed } from "../random.ts";
import { systemClock } from "../runs/clock.ts";
import { type DataLineage, knownLineage, lineageMetadata } from "../runs/data-lineage.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { BUNDLE } from "../runs/layout.ts";
import { writeModelFile } from "../runs/model-file.ts";
import { loadPolicy } from "../runs/policy-file.ts";
import { markSource, queriesOf } from "../runs/sources.ts";
import { userFolders } from "../runs/user-folders.ts";
import type { Purpose } from "../schema/purpose.ts";
import { fitTable } from "../synthesizers/fit-table.ts";
import type { FittedTable, SampleTableOptions } from "../synthesizers/fitted-table.ts";
import { synthesizerNamed } from "../synthesizers/index.ts";
import { checkShares } from "../synthesizers/shares.ts";
import { collecting } from "./events.ts";
import { defaultFolder, freshFile, freshFolder, loadSchema, openSigner } from "./files.ts";
import type { JobEvents, JobResult, SynthesizeOptions } from "./job.ts";
import { headlineOf } from "./judge.ts";
import {
  checkGuarantee,
  DEFAULT_PRIVATE_SYNTHESIZER,
  type Guarantee,
  guaranteeOf,
  openPrivateRelease,
  type PrivateRelease,
  privacyStatement,
  rowsUnderGuarantee,
  withPublicSchema,
} from "./private-release.ts";
import { publishInto, reportOf } from "./publish.ts";
import { declaredPurpose } from "./purpose.ts";
import { JUDGED_ROWS, judgeRelease } from "./release.ts";
import { checkShadowModels } from "./shadow-models.ts";
import { DEFAULT_HOLDOUT_SHARE, entitiesOfRows, openSource, type Source } from "./source.ts";
import { lineageFacts, lineageOfFit } from "./source-lineage.ts";
import { optionsFor } from "./synthesizer-options.ts";
import { type TestRows, testPlan, testRowsOf, wantsTestCases, withTestCases } from "./test-rows.ts";

/** What fits a table when nobody says what should. */
export const DEFAULT_SYNTHESIZER = "auto";

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
  const guarantee = guaranteeOf(options);
  const synthesizer = synthesizerNamed(nameOf(options.synthesizer, guarantee));
  checkGuarantee(synthesizer, guarantee);
  optionsFor(synthesizer, options.synthesizerOptions ?? {});
  const asked = { where: options.where, shares: options.shares };
  if (asked.shares) checkShares(asked.shares);
  checkShadowModels(options.shadowModels);
  const { policy, text: policyText } = await loadPolicy(options.policy ?? (guarantee ? "private" : "default"), metrics);
  const wantsTests = wantsTestCases(options);
  const declared = await declaredPurpose(wantsTests ? { ...options, purpose: undefined } : options);
  const override = options.schema === undefined ? undefined : await loadSchema(options.schema);
  const out = await freshFolder(options.out ?? defaultFolder(options.source));
  const modelFile = options.saveModel === undefined ? undefined : await freshFile(options.saveModel, "--save-model");
  const signer = await openSigner(options.signingKey, collecting(options.events, keyNotices).notice);

  const opened = await openSource(options, { declared, override, random, events });
  const { table, train, holdout, split, groups, purpose } = opened;
  const lineage = await lineageOfFit(opened, { ...options, notice: events.notice });
  const synthesizerOptions = optionsFor(synthesizer, options.synthesizerOptions ?? {}, { target: purpose.target });
  if (asked.where !== undefined || asked.shares)
    events.notice(
      "Rows are asked for under conditions, and judged against all real rows: what was asked shows as a difference.",
    );
  if (groups)
    events.notice(
      `Rows of one "${options.group}" stay together in the split, but they are still modelled one by one: relations between the rows of one person are lost.`,
    );

  const folders = userFolders();
  const mark = await markSource(folders, table, options.sourceId);
  const queries = (await queriesOf(folders, mark)) + 1;
  const privately =
    guarantee && (await openPrivateRelease(guarantee, { source: opened, policy, folders, mark, seed, events }));
  if (privately && !privately.reservation.granted)
    return refusedByLedger(privately, { policy, source: opened, lineage, queries, seed, started, notices });
  const executor = threadExecutor(options.threads);
  try {
    if (privately) events.phase?.("domain", "what nobody declared, by noisy counts");
    const { source, domains } = privately ? withPublicSchema(opened, privately) : { source: opened, domains: [] };
    const { schema } = source;
    events.phase?.("fit", `${synthesizer.name}, ${train.columns.length} columns`);
    const fitted = await fitTable(source.learnt, {
      schema,
      budget: privately?.budget,
      all: table,
      synthesizer,
      options: synthesizerOptions,
      random,
      executor,
      ...(events.progress ? { progress: events.progress } : {}),
      signal,
    });
    fitted.tableNotes.forEach((note) => {
      events.notice?.(note);
    });
    const rows =
      options.rows ??
      (privately
        ? rowsUnderGuarantee(fitted.learnedRows, options.holdoutShare ?? DEFAULT_HOLDOUT_SHARE)
        : (source.accumulated ?? table).rows);
    const plan = wantsTests ? testPlan(source, options) : undefined;
    return await writeBundle(
      out,
      async (folder) => {
        events.phase?.("sample", `${rows} rows`);
        const { synthetic, testRows } = await sampleInto(fitted, {
          rows,
          asked,
          random,
          executor,
          events,
          signal,
          tests: plan && {
            column: plan.column,
            make: (ordinary, drawn) =>
              testRowsOf(source, { fitted, ordinary, drawn, plan, override, random, executor, events, signal }),
          },
          write: (chunks) =>
            writeTable(chunks, {
              parquet: folder.pathOf(BUNDLE.synthetic),
              ...(options.csv ? { csv: folder.pathOf(BUNDLE.syntheticCsv) } : {}),
              metadata: {
                "counterfoil:digitalSourceType": SYNTHETIC_MARK,
                "counterfoil:version": productVersion(),
                ...lineageMetadata(knownLineage(lineage)),
                ...(plan
                  ? { "counterfoil:testCases": `rows with a value in "${plan.column}"; they were not judged` }
                  : {}),
              },
              signal,
            }),
        });
        const statement =
          privately &&
          privacyStatement(privately, {
            domains,
            rowsGiven: options.rows !== undefined,
            publishEvaluation: policy.publishEvaluation,
            sourceId: options.sourceId,
            policy,
          });
        const { scores, decision, judged } = await judgeRelease(source, synthetic, {
          synthesizer,
          synthesizerOptions,
          asked,
          rows,
          judge: privately ? "release" : (options.judge ?? "auto"),
          shadowModels: options.shadowModels,
          privacy: statement && privacyFactsOf(statement),
          lineage: lineageFacts(lineage),
          policy,
          queries,
          seed,
          random,
          executor,
          events,
          signal,
        });
        if (modelFile !== undefined)
          await writeModelFile(modelFile, fitted.save(), {
            version: productVersion(),
            lineage: knownLineage(lineage),
            signal,
          });
        const { evaluation } = await publishInto(folder, {
          job: "synthesize",
          title: `A synthetic version of ${basename(options.source)}`,
          out,
          train,
          holdout,
          synthetic,
          syntheticRows: rows,
          entities: groups && entitiesOfRows(groups, split.train, split.holdout),
          schema,
          policyText,
          scores,
          decision,
          recipe: recipeOf(options, { synthesizer, synthesizerOptions, rows, seed, purpose, testRows, guarantee }),
          seed,
          splitSha256: source.splitSha256,
          inputs: source.files.map(({ role, sha256 }) => ({ role, sha256 })),
          lineage,
          source: options.source,
          madeElsewhere: undefined,
          synthesizer: {
            name: synthesizer.name,
            options: synthesizerOptions as Record<string, unknown>,
            notes: fitted.notes,
          },
          signer,
          notices,
          publicNotices: fitted.tableNotes,
          privacy: statement,
          events,
          mark,
          judged,
        });
        return {
          format: "counterfoil-result/1" as const,
          job: "synthesize" as const,
          decision,
          scores,
          headline: headlineOf(scores),
          compat: null,
          selfTest: null,
          bundle: out,
          report: reportOf(out),
          rows: { train: train.rows, holdout: split.holdout.length, synthetic: rows },
          ...(testRows ? { testCases: testRows } : {}),
          judged,
          lineage,
          ...(statement ? { privacy: statement, evaluation } : {}),
          queries,
          seed,
          seconds: systemClock.seconds() - started,
          notices: [...keyNotices, ...notices],
        };
      },
      { signal },
    );
  } catch (error) {
    if (privately) events.notice?.(await settled(privately));
    throw error;
  } finally {
    await executor.close();
  }
}

/** Charges a run that failed for what it asked, and says so. */
async function settled({ budget, reservation }: PrivateRelease): Promise<string> {
  const asked = budget.lines.length;
  if (asked === 0) {
    await reservation.takeBack();
    return "The source is not charged: nothing was asked of its rows.";
  }
  const spent = budget.spent();
  await reservation.settle(spent);
  return `The source stays charged with epsilon ${Number(spent.epsilon.toPrecision(3))}, for the ${asked === 1 ? "one question that was" : `${asked} questions that were`} asked of its rows before the run ended.`;
}

function nameOf(asked: string | undefined, guarantee: Guarantee | undefined): string {
  if (guarantee && (asked === undefined || asked === DEFAULT_SYNTHESIZER)) return DEFAULT_PRIVATE_SYNTHESIZER;
  return asked ?? DEFAULT_SYNTHESIZER;
}

/** The answer where the source's budget has no room for the release: nothing was asked of the rows, and nothing was written. */
function refusedByLedger(
  { reservation, guarantee }: PrivateRelease,
  run: {
    readonly policy: Policy;
    readonly source: Source;
    readonly lineage: DataLineage;
    readonly queries: number;
    readonly seed: number;
    readonly started: number;
    readonly notices: readonly string[];
  },
): JobResult {
  const { source, policy, started, ...rest } = run;
  return {
    format: "counterfoil-result/1",
    job: "synthesize",
    decision: refusedByBudget(policy, { asked: guarantee, before: reservation.before, total: reservation.total }),
    scores: [],
    headline: headlineOf([]),
    compat: null,
    selfTest: null,
    bundle: null,
    report: null,
    rows: { train: source.train.rows, holdout: source.split.holdout.length, synthetic: 0 },
    judged: "release",
    ...rest,
    seconds: systemClock.seconds() - started,
  };
}

/** Samples into a writer, and keeps the rows that will be judged; test cases follow them, and are not among those. */
async function sampleInto(
  fitted: FittedTable,
  to: SampleTableOptions & {
    readonly rows: number;
    readonly asked: Pick<SampleTableOptions, "where" | "shares">;
    readonly events: JobEvents;
    readonly tests:
      | {
          readonly column: string;
          readonly make: (ordinary: Table, drawn: number) => ReturnType<typeof testRowsOf>;
        }
      | undefined;
    readonly write: (chunks: AsyncIterable<Table>) => Promise<unknown>;
  },
): Promise<{ readonly synthetic: Table; readonly testRows: TestRows | undefined }> {
  const { random, executor, signal, events, tests } = to;
  const kept: Table[] = [];
  let drawn = 0;
  let synthetic: Table | undefined;
  let testRows: TestRows | undefined;
  async function* watched(): AsyncGenerator<Table> {
    let done = 0;
    const onAcceptance = (_: number, of: number): void => {
      drawn += of;
    };
    for await (const chunk of fitted.sample(to.rows, { ...to.asked, random, executor, signal, onAcceptance })) {
      if (done < JUDGED_ROWS)
        kept.push(done + chunk.rows > JUDGED_ROWS ? sliceRows(chunk, 0, JUDGED_ROWS - done) : chunk);
      done += chunk.rows;
      yield tests ? withTestCases(chunk, tests.column) : chunk;
      events.progress?.(done, to.rows, "rows");
    }
    synthetic = concatRows(kept);
    if (!tests) return;
    const { cases, told } = await tests.make(synthetic, Math.max(done, drawn));
    testRows = told;
    yield withTestCases(cases.table, tests.column, cases.names);
  }
  await to.write(watched());
  const count = (n: number): string => n.toLocaleString("en-US");
  if (drawn > to.rows * 1.2)
    events.notice?.(
      `${count(to.rows)} of ${count(drawn)} rows drawn (${((100 * to.rows) / drawn).toPrecision(2)} %) were kept: the others broke a constraint or a condition.`,
    );
  return { synthetic: synthetic ?? concatRows(kept), testRows };
}

/** What was run, as resolved: enough to run it again, without a path of private data. */
function recipeOf(
  options: SynthesizeOptions,
  resolved: {
    readonly synthesizer: { readonly name: string };
    readonly synthesizerOptions: unknown;
    readonly rows: number;
    readonly seed: number;
    readonly purpose: Purpose;
    readonly testRows: TestRows | undefined;
    readonly guarantee: Guarantee | undefined;
  },
): Readonly<Record<string, unknown>> {
  return {
    format: "counterfoil-recipe/1",
    job: "synthesize",
    source: basename(options.source),
    ...(options.anchor === undefined ? {} : { anchor: basename(options.anchor) }),
    query: options.query ?? null,
    rows: resolved.rows,
    synthesizer: { name: resolved.synthesizer.name, options: resolved.synthesizerOptions },
    holdoutShare: options.holdoutShare ?? DEFAULT_HOLDOUT_SHARE,
    where: options.where ?? null,
    shares: options.shares ?? null,
    purpose: resolved.purpose,
    testCases: resolved.testRows ?? null,
    privacy: resolved.guarantee ?? null,
    group: options.group ?? null,
    id: options.id ?? null,
    dropText: options.dropText ?? false,
    judge: options.judge ?? "auto",
    shadowModels: options.shadowModels ?? null,
    schemaGiven: options.schema !== undefined,
    seed: resolved.seed,
  };
}

import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeJsonLines } from "../data/write-json-lines.ts";
import { type CounterfoilError, InvalidArgument, InvalidData } from "../errors.ts";
import { writeBundle } from "../evidence/bundle.ts";
import type { Json } from "../llm/model.ts";
import { textMetrics } from "../metrics/text/index.ts";
import { systemClock } from "../runs/clock.ts";
import { WORK } from "../runs/layout.ts";
import { loadPolicy } from "../runs/policy-file.ts";
import type { Plan } from "../text/plan.ts";
import type { Recipe, SamplerStep } from "../text/recipe.ts";
import type { RowCall } from "../text/row-calls.ts";
import type { Lineage, RunSummary } from "../text/run-summary.ts";
import { type RejectedRow, runText } from "../text/run-text.ts";
import type { Row } from "../text/step.ts";
import { collecting } from "./events.ts";
import { freshFolder, openSigner } from "./files.ts";
import { publicRecipe } from "./public-recipe.ts";
import { reportOf } from "./publish.ts";
import { publishRun, type ReleasedRow, type RunJudge } from "./publish-run.ts";
import { type AskingEngine, engineClock, openAskingEngine } from "./recipe-engine.ts";
import { createRowQueue } from "./row-queue.ts";
import type { RunRecipeOptions } from "./run-options.ts";
import type { RunResult } from "./run-result.ts";
import type { TextSource } from "./text-source.ts";

/** Rows that wait to be written while others are made. */
const MOST_WAITING = 512;

/** Runs a recipe: makes rows until as many are accepted as were asked for, or a limit of the budget is reached, judges them, decides by the policy, and leaves
 * a signed bundle. Answers that the journal in the work folder holds are not asked again; so a run that was stopped goes on where it was.
 * @throws {InvalidArgument} the recipe, an option or a key is wrong; the output folder exists
 * @throws {InvalidData} no row was accepted
 * @throws {ResourceError} the disk is full or read-only; another process has the work folder. Every answer that was durable stays
 * @throws {Cancelled} the signal fired; every answer that came is in the journal */
export async function runRecipe(options: RunRecipeOptions): Promise<RunResult> {
  const started = systemClock.seconds();
  const notices: string[] = [];
  // They name paths of this machine.
  const ownNotices: string[] = [];
  const events = collecting(options.events, notices);
  const engine = await openAskingEngine(options, collecting(options.events, ownNotices));
  try {
    const { recipe, plan, source, models } = engine;
    const { policy, text: policyText } = await loadPolicy(options.policy ?? recipe.policy ?? "text", textMetrics);
    const out = await freshFolder(options.out ?? `${recipe.name}-synthetic`);
    const signer = await openSigner(options.signingKey, collecting(options.events, ownNotices).notice);
    let summary: RunSummary | undefined;
    const published = await writeBundle(
      out,
      async (folder) => {
        const queue = createRowQueue<ReleasedRow>(MOST_WAITING);
        const making = makeRows(engine, { queue, events, signal: options.signal }).then(
          (made) => {
            summary = made;
            queue.end();
          },
          (error: unknown) => queue.fail(error),
        );
        try {
          return await publishRun(folder, {
            title: recipe.description ?? `Texts made by the recipe ${recipe.name}`,
            out,
            recipe: publicRecipe(recipe),
            seed: recipe.seed ?? 0,
            columns: plan.exports.map(({ name }) => name),
            rows: queue.items,
            summary: () => summary as RunSummary,
            models: Object.entries(models).map(([name, { provider, name: model, endpoint }]) => ({
              name,
              provider,
              model,
              endpoint,
            })),
            source: source && {
              name: source.name,
              real: readsReal(source, plan),
              sha256: source.sha256,
              rows: source.rows,
              generation: source.lineage?.generation ?? 0,
            },
            verbatim: plan.exports.flatMap(({ name, verbatim }) => (verbatim.length > 0 ? [name] : [])),
            judges: judgesOf(recipe),
            intended: intendedOf(recipe, plan),
            policy,
            policyText,
            signer,
            notices,
            csv: options.csv,
            events,
            signal: options.signal,
          });
        } catch (error) {
          // What was to be written cannot be: no more is asked for it.
          engine.abort();
          queue.leave();
          throw error;
        } finally {
          await making;
        }
      },
      { signal: options.signal },
    );
    const { scores, decision, rows } = published;
    return {
      format: "counterfoil-run-result/1",
      decision,
      scores,
      lineage: published.lineage,
      summary: summary as RunSummary,
      bundle: out,
      report: reportOf(out),
      rows,
      seed: recipe.seed ?? 0,
      seconds: systemClock.seconds() - started,
      notices: [...ownNotices, ...notices],
    };
  } finally {
    await engine.close();
  }
}

/** Makes the rows and puts them into the queue, in their order; the rejected ones into a file of the work folder.
 * @throws {CounterfoilError} none was accepted */
async function makeRows(
  engine: AskingEngine,
  to: {
    readonly queue: ReturnType<typeof createRowQueue<ReleasedRow>>;
    readonly events: ReturnType<typeof collecting>;
    readonly signal: AbortSignal | undefined;
  },
): Promise<RunSummary> {
  const { plan, source } = engine;
  const { queue, events, signal } = to;
  const prompted = [...new Set(plan.calls.flatMap(({ sourceColumns }) => sourceColumns))];
  const rejected = await openRejected(engine.work);
  const asked = plan.rows === "all" ? (source?.rows ?? 0) : plan.rows;
  events.phase?.("make", `${asked} rows, ${engine.journal.answers} answers in the journal`);
  let accepted = 0;
  try {
    const run = await runText(plan, {
      rows: plan.rows,
      mostAttempts: plan.mostAttempts,
      attempt: engine.attempt,
      sourceRows: source?.rows,
      random: engine.random.split("rows"),
      caller: engine.caller,
      clock: engineClock,
      signal,
      concurrency: engine.concurrency,
      onAccepted: (row, calls) =>
        queue.push({
          values: Object.fromEntries(plan.exports.map(({ name, value }) => [name, value(row)])),
          lineage: lineageOf(plan, { row, calls, number: accepted++ }),
          source: prompted.flatMap((column) => textsOf(row.source[column])),
        }),
      onRejected: (row, rejection) => rejected.add(rejectedLine(row, rejection)),
      events: { progress: ({ accepted: done }) => events.progress?.(done, asked, "rows") },
    });
    await rejected.keep();
    if (run.accepted === 0) throw nothingAccepted(run);
    if (run.stopped) events.notice(run.stopped.detail);
    return { ...run, lanes: engine.lanes.map((lane) => lane.summary()) };
  } catch (error) {
    await rejected.keep().catch(() => undefined);
    throw error;
  }
}

/** Rejected rows, in a file that is whole or the one of before. */
async function openRejected(work: string): Promise<{ add(line: object): Promise<void>; keep(): Promise<void> }> {
  await mkdir(work, { recursive: true });
  const partial = join(work, `${WORK.rejected}.partial`);
  await rm(partial, { force: true });
  const file = await writeJsonLines(partial);
  let open = true;
  return {
    add: (line) => file.add(line),
    async keep() {
      if (!open) return;
      open = false;
      await file.close();
      await rename(partial, join(work, WORK.rejected));
    },
  };
}

function rejectedLine(row: Row, { step, reason, detail, matched, calls }: RejectedRow): object {
  return {
    index: row.index,
    sourceIndex: row.sourceIndex,
    step,
    reason,
    detail,
    ...(matched === undefined ? {} : { matched }),
    cells: row.cells,
    calls: calls.map(({ record }) => record.key),
  };
}

function lineageOf(
  plan: Plan,
  { row, calls, number }: { readonly row: Row; readonly calls: readonly RowCall[]; readonly number: number },
): Lineage {
  return {
    row: number,
    index: row.index,
    sample: row.sample,
    sourceIndex: row.sourceIndex,
    steps: plan.steps.map(({ name }) => ({
      step: name,
      kind: plan.kinds[name] as string,
      value: row.cells[name] ?? null,
      calls: calls.flatMap(({ step, record, mark }) =>
        step === name ? [{ ...record, ...(mark ? { mark } : {}) }] : [],
      ),
    })),
  };
}

/** Whether any cell that the recipe reads is a real one. */
function readsReal({ synthetic, realColumns }: TextSource, { sourceColumns }: Plan): boolean {
  return !synthetic || sourceColumns.some((column) => realColumns.includes(column));
}

function textsOf(cell: Json | undefined): readonly string[] {
  return typeof cell === "string" ? [cell] : [];
}

/** The judges' cells, which are told of though they are not exported. */
function judgesOf(recipe: Recipe): readonly RunJudge[] {
  return recipe.steps.flatMap((step) =>
    "call" in step && step.call === "judge"
      ? [{ step: step.name, scores: Object.keys(step.rubric ?? {}), scale: step.scale ?? ([1, 5] as const) }]
      : [],
  );
}

/** What category samplers were told to draw, where their cell is exported as it is and nothing else decides. */
function intendedOf(recipe: Recipe, plan: Plan): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const exported = new Set(plan.exports.map(({ name }) => name));
  const samplers = recipe.steps.filter(
    (step): step is SamplerStep & { readonly sampler: "category" } =>
      "sampler" in step && step.sampler === "category" && step.when === undefined && exported.has(step.name),
  );
  return Object.fromEntries(samplers.map(({ name, values }) => [name, sharesOf(values)]));
}

function sharesOf(values: readonly Json[] | Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const weights: readonly (readonly [string, number])[] = Array.isArray(values)
    ? values.map((value) => [String(value), 1] as const)
    : Object.entries(values as Readonly<Record<string, number>>);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  // A value that is listed twice is drawn twice as often.
  const shares = new Map<string, number>();
  for (const [label, weight] of weights) shares.set(label, (shares.get(label) ?? 0) + weight / total);
  return Object.fromEntries(shares);
}

/** Why there is nothing to release. */
function nothingAccepted({
  stopped,
  attempts,
  rejections,
}: Pick<RunSummary, "stopped" | "attempts" | "rejections">): CounterfoilError {
  const mostly = rejections[0]?.reason ?? "";
  const detail = stopped?.detail ?? `${attempts} rows were made.`;
  if (stopped && ["bad-key", "no-model"].includes(stopped.reason))
    return new InvalidArgument(stopped.reason, detail, {
      advice:
        stopped.reason === "bad-key"
          ? "See that `apiKey:` of the model points to a key that its `baseUrl:` takes, and run again: answers are kept."
          : "Mend it under `models:` of the recipe, or by --model and --base-url, and run again: answers are kept.",
    });
  return new InvalidData(
    stopped?.reason ?? "no-row-accepted",
    `No row was accepted, so there is nothing to release. ${detail}`,
    {
      advice:
        stopped?.reason === "budget"
          ? "Raise the budget and run again: answers are kept."
          : (WHAT_HELPS[mostly] ??
            "See `rejected.jsonl` in the work folder, try `--preview`, and run again: answers are kept."),
    },
  );
}

/** Against what most rows were rejected for. */
const WHAT_HELPS: Readonly<Record<string, string>> = {
  "not-recorded":
    "The journal does not hold these answers: see that --work is the folder of the run before, or leave --offline out.",
  truncated: "Answers end at the token limit: raise `maxTokens` under `parameters:`, or ask for less.",
  context:
    "Prompts are longer than the model reads: shorten them, as by words(source.text, 500), or take another model.",
};

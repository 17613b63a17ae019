import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { InvalidArgument, InvalidData } from "../errors.ts";
import { canonicalJson, sha256 } from "../evidence/canonical.ts";
import { threadExecutor } from "../executors/threads.ts";
import type { PlanAnswers, PlanQuestion } from "../hybrid/planner/answers.ts";
import type { PilotDesign } from "../hybrid/planner/design.ts";
import type { Pilot, PilotMetric } from "../hybrid/planner/pilot.ts";
import { planFrom } from "../hybrid/planner/plan-from.ts";
import { randomFromSeed } from "../random.ts";
import { productVersion } from "../runs/fingerprint.ts";
import { collecting } from "./events.ts";
import { defaultFolder, freshFolder } from "./files.ts";
import { readPilot } from "./plan-csv.ts";
import { openPlanJournal } from "./plan-journal.ts";
import type { PlanOptions } from "./plan-options.ts";
import { runPilot } from "./plan-pilot.ts";
import { type PlanSetup, setUpPlan } from "./plan-setup.ts";
import { describedMetric } from "./plan-students.ts";
import type { PlanFile } from "./plan-tables.ts";
import { type PlanWork, workInWords, workOf } from "./plan-work.ts";
import { writePlan } from "./plan-write.ts";

/** What `counterfoil plan --json` prints and `plan.json` holds (infinite numbers as null). */
export interface PlanResult {
  readonly format: "counterfoil-plan/1";
  readonly version: string;
  /** "indeterminate": the pilot holds too little for an answer. */
  readonly decision: "told" | "indeterminate";
  /** Whole sentences, the deciding one first. */
  readonly sentences: readonly string[];
  readonly answers: PlanAnswers | null;
  readonly pilot: {
    readonly files: readonly PlanFile[];
    readonly metric: PilotMetric;
    readonly student: string;
    readonly generator: string;
    /** Null: the pilot was read. */
    readonly design: (Pick<PilotDesign, "sizes" | "multiples" | "arms" | "total"> & PlanWork) | null;
    readonly cells: Pilot["cells"];
  };
  readonly question: PlanQuestion;
  readonly seed: number;
  readonly notices: readonly string[];
  /** Where it was written; null: nowhere. */
  readonly folder: string | null;
}

const LEVEL = 0.9;

/** Says how many real rows are needed, and what synthetic rows are worth beside them: runs a pilot on a table, or reads one that was run, and fits what it
 * saw.
 *
 * Test rows are set aside before anything else. A pilot that was stopped, by Ctrl-C or by the machine, goes on where it was when the same is asked again;
 * what it says does not depend on that, nor on threads.
 * @throws {InvalidArgument} options, columns or files that do not fit together
 * @throws {InvalidData} a file cannot be used
 * @throws {Cancelled} the signal fired; what was measured is kept */
export async function plan(options: PlanOptions): Promise<PlanResult> {
  const notices: string[] = [];
  const events = collecting(options.events, notices);
  const seed = options.seed ?? 0;
  if ((options.train === undefined) === (options.grid === undefined))
    throw new InvalidArgument("no-source", "Give either a table to learn from, or the grid of a pilot.", {
      advice: "counterfoil plan train.csv --target COLUMN, or counterfoil plan --grid pilot.csv --metric auc.",
    });
  const asked =
    options.out ?? (options.grid === undefined ? defaultFolder(options.train as string, "plan") : undefined);
  const out = asked === undefined ? undefined : await freshFolder(asked);
  const work = options.work ?? `${out}-work`;
  const source =
    options.grid === undefined
      ? await measuredPilot({ ...options, train: options.train as string }, { events, work, seed })
      : await givenPilot({ ...options, grid: options.grid }, events);
  const { pilot } = source;
  const question: PlanQuestion = {
    target: options.goal ?? null,
    cost: { real: options.costReal ?? 1, synthetic: options.costSynthetic ?? 0.01 },
    realAvailable: options.available ?? source.rows,
    level: options.level ?? LEVEL,
  };
  events.phase?.("fit", `${pilot.cells.filter(({ value }) => value !== null).length} values`);
  const told = answersOf(pilot, question, { seed, draws: options.draws });
  const result: PlanResult = {
    format: "counterfoil-plan/1",
    version: productVersion(),
    decision: "refused" in told ? "indeterminate" : "told",
    sentences: "refused" in told ? told.refused : told.sentences,
    answers: "refused" in told ? null : told,
    pilot: {
      files: source.files,
      metric: pilot.metric,
      student: source.student,
      generator: source.generator,
      design: source.design,
      cells: pilot.cells,
    },
    question,
    seed,
    notices: [...notices],
    folder: asked ?? null,
  };
  if (out !== undefined) {
    events.phase?.("report", basename(out));
    await writePlan(result, { out, signal: options.signal });
    if (options.grid === undefined && options.work === undefined) await rm(work, { recursive: true, force: true });
  }
  return result;
}

interface Source {
  readonly pilot: Pilot;
  readonly files: readonly PlanFile[];
  readonly student: string;
  readonly generator: string;
  readonly design: PlanResult["pilot"]["design"];
  /** Real rows at hand. */
  readonly rows: number;
}

async function givenPilot(
  options: PlanOptions & { readonly grid: string },
  events: ReturnType<typeof collecting>,
): Promise<Source> {
  const { signal } = options;
  events.phase?.("read", basename(options.grid));
  const metric = describedMetric(options, "the grid");
  const { pilot, file } = await readPilot(options.grid, { metric, events, signal });
  return {
    pilot,
    files: [file],
    student: "as in the grid",
    generator: "as in the grid",
    design: null,
    rows: Math.max(1, ...pilot.cells.map(({ real, source }) => Math.max(real, source ?? 0))),
  };
}

async function measuredPilot(
  options: PlanOptions & { readonly train: string },
  of: { readonly events: ReturnType<typeof collecting>; readonly work: string; readonly seed: number },
): Promise<Source> {
  const { events, work, seed } = of;
  const random = randomFromSeed(seed).split("plan");
  const setup = await setUpPlan(options, { events, random });
  const { tables, design } = setup;
  const took = workOf(design);
  events.phase?.("pilot", workInWords(setup));
  const journal = await openPlanJournal(work, fingerprintOf(setup, { target: options.target, seed }));
  const executor = threadExecutor(options.threads);
  try {
    const pilot = await runPilot({
      ...setup,
      target: options.target,
      journal,
      work,
      random,
      executor,
      // How much was done before says nothing of the answer.
      events: options.events ?? {},
      signal: options.signal,
    });
    refuseEmpty(pilot);
    return {
      pilot,
      files: tables.files,
      student: setup.studentName,
      generator: setup.generatorName,
      design: { sizes: design.sizes, multiples: design.multiples, arms: design.arms, total: design.total, ...took },
      rows: tables.train.rows,
    };
  } finally {
    await executor.close();
    await journal.close();
  }
}

function fingerprintOf(setup: PlanSetup, of: { readonly target: string | undefined; readonly seed: number }): string {
  const { tables, generator, student, design, metric } = setup;
  // More time or another key for a program that failed is no other pilot.
  const plain = (value: object): object => ("words" in value ? { words: value.words } : value);
  const files = tables.files.map(({ role, sha256: digest }) => ({ role, digest }));
  const parts = {
    version: productVersion(),
    files,
    rows: [tables.train.rows, tables.test.rows],
    columns: tables.train.columns.map(({ name }) => name),
    generator: plain(generator),
    student: plain(student),
    design,
    metric,
    ...of,
  };
  return sha256(canonicalJson(JSON.parse(JSON.stringify(parts))));
}

function refuseEmpty(pilot: Pilot): void {
  if (pilot.cells.some(({ value }) => value !== null)) return;
  throw new InvalidData(
    "no-values",
    `${pilot.cells.length === 1 ? "The only cell" : `Each of the ${pilot.cells.length} cells`} of the pilot failed. ${pilot.cells[0]?.failure ?? ""}`,
    {
      advice: "Try the command on one cell by hand; the files that it gets are named in the docs.",
    },
  );
}

function answersOf(
  pilot: Pilot,
  question: PlanQuestion,
  { seed, draws }: { readonly seed: number; readonly draws: number | undefined },
): PlanAnswers | { readonly refused: readonly string[] } {
  try {
    return planFrom(pilot, question, { random: randomFromSeed(seed).split("plan").split("answers"), draws });
  } catch (error) {
    if (!(error instanceof InvalidData)) throw error;
    return {
      refused: [`Nothing can be told: ${error.message}`, ...(error.advice === undefined ? [] : [error.advice])],
    };
  }
}

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sharedTable } from "../data/shared-table.ts";
import { columnOf, concatRows, sliceRows, type Table, takeRows } from "../data/table.ts";
import { withUsedLabels } from "../data/used-labels.ts";
import { Cancelled, InvalidArgument, throwIfCancelled } from "../errors.ts";
import { type Executor, runAll } from "../executors/executor.ts";
import type { DesignedCell, PilotDesign, PilotDraw } from "../hybrid/planner/design.ts";
import { labelCodes } from "../hybrid/planner/labels.ts";
import { nestedOrder } from "../hybrid/planner/nested-order.ts";
import { isValue, lossOf, type Pilot, type PilotCell, type PilotMetric } from "../hybrid/planner/pilot.ts";
import type { Random } from "../random.ts";
import type { JobEvents } from "./job.ts";
import type { GeneratorDescription } from "./plan-generators.ts";
import type { PlanJournal } from "./plan-journal.ts";
import {
  generateByProgram,
  inOwnFolder,
  type PlanProgram,
  removeLeftFolders,
  scoreByProgram,
  writeCsv,
} from "./plan-programs.ts";
import type { StudentDescription } from "./plan-students.ts";
import type { PlanTables } from "./plan-tables.ts";
import { type Failure, generateTask, scoreTask } from "./plan-tasks.ts";

/** How the cells of a pilot are measured. */
export interface PilotRun {
  readonly design: PilotDesign;
  readonly tables: PlanTables;
  readonly target: string | undefined;
  readonly metric: PilotMetric;
  readonly generator: GeneratorDescription | PlanProgram;
  readonly student: StudentDescription | PlanProgram;
  readonly journal: PlanJournal;
  readonly work: string;
  readonly random: Random;
  readonly executor: Executor;
  readonly events: JobEvents;
  readonly signal: AbortSignal | undefined;
}

/** Measures every cell that the journal does not hold: draws of real rows in turn, as many at a time as there are threads. The synthesizer is fitted
 * anew to the rows of each draw, and to nothing else; its first rows serve every cell of the draw. A cell that fails is a hole with a reason.
 * @returns the cells in an order of their own, whatever the threads
 * @throws {Cancelled} the signal fired; what was measured is kept
 * @throws {InvalidArgument} a value that is better than a perfect student's */
export async function runPilot(run: PilotRun): Promise<Pilot> {
  const { design, tables, metric, journal, events, signal } = run;
  const names = tables.shifted ? (["test", "shifted"] as const) : (["test"] as const);
  const done = new Map(journal.before.map((line) => [keyOf(line, line), line.values]));
  const all = design.draws.flatMap((draw) => draw.cells.map((cell) => ({ draw, cell })));
  const found = new Map<string, readonly number[] | Failure>();
  for (const { draw, cell } of all) {
    const values = done.get(keyOf(draw, cell));
    if (values) found.set(keyOf(draw, cell), values);
  }
  if (found.size > 0) events.notice?.(`${found.size} of the ${all.length} trainings were done before.`);
  const measured = async (draw: PilotDraw, cell: DesignedCell, told: readonly number[] | Failure): Promise<void> => {
    const values =
      isFailure(told) || told.every(isValue)
        ? told
        : { failure: `The student's ${metric.name} is ${told.join(" and ")}.` };
    if (!isFailure(values)) {
      for (const value of values) checkValue(value, metric);
      await journal.add({ size: draw.size, seed: draw.seed, ...cell, values });
    }
    found.set(keyOf(draw, cell), values);
    events.progress?.(found.size, all.length, "trainings");
  };
  await mkdir(run.work, { recursive: true });
  await removeLeftFolders(run.work);
  const tests = await testsOf(run);
  const open = design.draws.filter((draw) => draw.cells.some((cell) => !found.has(keyOf(draw, cell))));
  const queue = open[Symbol.iterator]();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const draw of queue) {
      if (failed) return;
      const cells = draw.cells.filter((cell) => !found.has(keyOf(draw, cell)));
      await measureDraw(run, { draw, cells, tests, measured });
    }
  };
  try {
    const lanes = Array.from({ length: run.executor.threads }, () =>
      lane().catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    );
    const ended = await Promise.allSettled(lanes);
    for (const one of ended) if (one.status === "rejected") throw one.reason;
    throwIfCancelled(signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new Cancelled(
      `Stopped on request; ${found.size} of ${all.length} trainings are kept in ${run.work}, and the same command goes on from there.`,
    );
  }
  return { metric, cells: cellsOf(all, { found, names }), draws: "nested" };
}

interface Tests {
  readonly tables: readonly Table[];
  /** For programs. */
  readonly files: readonly string[];
}

async function testsOf(run: PilotRun): Promise<Tests> {
  const { test, shifted } = run.tables;
  const tables = [test, ...(shifted ? [shifted] : [])].map(sharedTable);
  if (!("words" in run.student)) return { tables, files: [] };
  const files = tables.map((_, i) => join(run.work, i === 0 ? "test.csv" : "shifted.csv"));
  for (const [i, table] of tables.entries()) await writeCsv(table, files[i] as string);
  return { tables, files };
}

async function measureDraw(
  run: PilotRun,
  of: {
    readonly draw: PilotDraw;
    readonly cells: readonly DesignedCell[];
    readonly tests: Tests;
    readonly measured: (draw: PilotDraw, cell: DesignedCell, values: readonly number[] | Failure) => Promise<void>;
  },
): Promise<void> {
  const { executor, signal } = run;
  const { draw, cells, tests, measured } = of;
  throwIfCancelled(signal);
  const real = drawRows(run, draw);
  const random = run.random.split("cells").split(draw.seed).split(draw.size);
  const wantsRows = cells.some(({ synthetic }) => synthetic > 0);
  const made = wantsRows ? await generate(run, { draw, real, random }) : concatRows([sliceRows(real, 0, 0)]);
  const lessons: { readonly cell: DesignedCell; readonly real: Table; readonly synthetic: Table }[] = [];
  for (const cell of cells) {
    if (cell.synthetic > 0 && isFailure(made)) await measured(draw, cell, made);
    else
      lessons.push({
        cell,
        real: sliceRows(real, 0, cell.real),
        synthetic: isFailure(made) ? sliceRows(real, 0, 0) : sliceRows(made, 0, cell.synthetic),
      });
  }
  const { student } = run;
  if ("words" in student) {
    await inOwnFolder(run.work, async (folder) => {
      const files = { own: join(folder, "real.csv"), none: join(folder, "none.csv") };
      await writeCsv(real, files.own);
      if (lessons.some(({ cell }) => cell.real === 0)) await writeCsv(sliceRows(real, 0, 0), files.none);
      for (const { cell, synthetic } of lessons) {
        throwIfCancelled(signal);
        const values = await scoreByProgram(student, {
          real: cell.real === 0 ? files.none : files.own,
          synthetic,
          tests: tests.files,
          arm: cell.arm,
          seed: random.split("student").uint32(),
          work: run.work,
        });
        await measured(draw, cell, values);
      }
    });
    return;
  }
  const tasks = lessons.map(({ cell, real: rows, synthetic }) =>
    scoreTask({
      student,
      real: rows,
      synthetic: synthetic.rows > 0 ? synthetic : null,
      arm: cell.arm,
      tests: tests.tables,
      key: random.split("student").key,
    }),
  );
  let at = 0;
  for await (const values of executor.run<readonly number[] | Failure>(tasks, { signal }))
    await measured(draw, (lessons[at++] as (typeof lessons)[number]).cell, values);
}

/** The real rows of a draw: the beginning of the seed's own order. */
function drawRows(run: PilotRun, draw: PilotDraw): Table {
  const { tables, target, design } = run;
  const { train, classes } = tables;
  const order = nestedOrder(train.rows, {
    classes: classes && target !== undefined ? labelCodes(columnOf(train, target), classes) : null,
    smallest: Math.min(...design.draws.map(({ size }) => size)),
    random: run.random.split("draws").split(draw.seed),
  });
  return sharedTable(withUsedLabels(takeRows(train, order.slice(0, draw.size))));
}

async function generate(
  run: PilotRun,
  of: { readonly draw: PilotDraw; readonly real: Table; readonly random: Random },
): Promise<Table | Failure> {
  const { generator, executor, signal } = run;
  const { draw, real, random } = of;
  const own = random.split("generator");
  const made =
    "words" in generator
      ? await generateByProgram(generator, { real, rows: draw.synthetic, seed: own.uint32(), work: run.work })
      : (
          await runAll<Table | Failure>(
            executor,
            [generateTask({ generator, real, rows: draw.synthetic, key: own.key })],
            { signal },
          )
        )[0];
  if (made === undefined || isFailure(made)) return made ?? { failure: "The generator gave nothing." };
  // A generator may write class after class: every beginning is to be like the whole.
  const order = random.split("order").shuffle(Uint32Array.from({ length: made.rows }, (_, i) => i));
  return sharedTable(takeRows(made, order));
}

function checkValue(value: number, metric: PilotMetric): void {
  if (!(lossOf(metric, value) < -1e-9)) return;
  throw new InvalidArgument(
    "beyond-perfect",
    `A ${metric.name} of ${value} is better than that of a perfect student, ${metric.perfect}.`,
    {
      advice:
        "Give the best value there is with --perfect (100 for a share in per cent), and whether --better is higher or lower.",
    },
  );
}

function cellsOf(
  all: readonly { readonly draw: PilotDraw; readonly cell: DesignedCell }[],
  of: {
    readonly found: ReadonlyMap<string, readonly number[] | Failure>;
    readonly names: readonly PilotCell["test"][];
  },
): readonly PilotCell[] {
  const sorted = [...all].sort(
    (a, b) =>
      a.draw.size - b.draw.size ||
      b.cell.real - a.cell.real ||
      a.cell.synthetic - b.cell.synthetic ||
      (a.cell.arm < b.cell.arm ? -1 : a.cell.arm > b.cell.arm ? 1 : 0) ||
      a.draw.seed - b.draw.seed,
  );
  return of.names.flatMap((test, i) =>
    sorted.map(({ draw, cell }): PilotCell => {
      const found = of.found.get(keyOf(draw, cell)) as readonly number[] | Failure;
      const { real, synthetic, arm } = cell;
      return {
        real,
        synthetic,
        ...(real === draw.size ? {} : { source: draw.size }),
        seed: draw.seed,
        arm,
        test,
        ...(isFailure(found) ? { value: null, failure: found.failure } : { value: found[i] as number }),
      };
    }),
  );
}

function isFailure(value: readonly number[] | Table | Failure): value is Failure {
  return "failure" in value;
}

function keyOf(
  draw: { readonly size: number; readonly seed: number },
  cell: { readonly real: number; readonly synthetic: number; readonly arm: string },
): string {
  return [draw.size, draw.seed, cell.real, cell.synthetic, cell.arm].join(" ");
}

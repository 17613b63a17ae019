import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import { runAll, type Task } from "../executors/executor.ts";
import type { Random } from "../random.ts";
import { MIN_HOLDERS, prepareColumns } from "./cells/columns.ts";
import { choose, isWide } from "./sequential-trees/choose.ts";
import { fittedChain, loadChain } from "./sequential-trees/fitted-chain.ts";
import type { GrowData, StepLeaves } from "./sequential-trees/grow-task.ts";
import { type Criterion, type SequentialTreesOptions, sequentialTreesOptions } from "./sequential-trees/options.ts";
import { screenPredictors } from "./sequential-trees/screen.ts";
import { stepDataOf, stepsOf, type TrainingStep } from "./sequential-trees/steps.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

/** Column by column, a tree of each column on those before it; a row is drawn by walking down the trees and drawing from the leaves.
 * What the sketch in the literature copies, this one does not: values held by few rows are drawn between a leaf's values, labels held by
 * few are left out, and a split must pay for the search that found it. */
export const sequentialTrees: Synthesizer<SequentialTreesOptions> = {
  name: "sequential-trees",
  title: "Sequential trees",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "Reiter",
    title: "Using CART to generate partially synthetic public use microdata, Journal of Official Statistics 21(3)",
    year: 2005,
  },
  options: sequentialTreesOptions,
  fit,
  load: loadChain,
};

const growModule = new URL("./sequential-trees/grow-task.js", import.meta.url).href;

async function fit(table: Table, fitOptions: FitOptions<SequentialTreesOptions>): Promise<Fitted> {
  const { schema, options, random, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: options.plainDonors, signal, progress });
  const choice = await choose(columns, options, { random: random.split("choose"), executor, signal });
  const steps = await screenPredictors(stepsOf(columns, choice), {
    most: options.maxPredictors,
    random: random.split("screen"),
    signal,
    progress,
  });
  throwIfCancelled(signal);
  progress?.(0, steps.length, "columns");
  const growRandom = random.split("grow");
  const tasks = steps.map((step, s): Task => {
    const data: GrowData = {
      ...stepDataOf(steps, step, { ...options, scores: options.scores && !isWide(columns) }),
      rows: step.rows,
      growRows: pickRows(step.rows, options.growRows, growRandom.split(s)),
      criterion: choice.criteria[s] as Criterion,
    };
    return { module: growModule, name: "growStep", data };
  });
  const leaves = await runAll<StepLeaves>(executor, tasks, {
    signal,
    onDone: (count) => progress?.(count, steps.length, "columns"),
  });
  return fittedChain({
    chain: {
      plans: columns.map((column) => column.plan),
      steps: steps.map(({ kind, column, predictors }, s) => ({
        kind,
        column,
        predictors,
        leaves: leaves[s] as StepLeaves,
      })),
      window: options.window,
    },
    notes: [
      ...choice.notes,
      ...criterionNotes(steps, choice.criteria),
      ...releaseNotes(table.rows, options),
      ...(isWide(columns)
        ? [
            `The table has ${columns.length} columns: nothing was tried out, and each tree asks at most ${options.maxPredictors} earlier columns, the most associated ones.`,
          ]
        : []),
      ...columns.flatMap((column) => column.notes),
    ],
    options,
  });
}

function pickRows(rows: Uint32Array, most: number, random: Random): Uint32Array {
  if (rows.length <= most) return rows;
  return random.sample(rows.length, most).map((i) => rows[i] as number);
}

function criterionNotes(steps: readonly TrainingStep[], criteria: readonly Criterion[]): string[] {
  const counts = new Map<Criterion, number>();
  steps.forEach((step, s) => {
    const criterion = criteria[s] as Criterion;
    if (step.kind === "value") counts.set(criterion, (counts.get(criterion) ?? 0) + 1);
  });
  if (counts.size === 0) return [];
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([criterion, count]) => `${count} by ${criterion}`);
  return [`Numbers are split: ${parts.join(", ")}.`];
}

function releaseNotes(rows: number, options: SequentialTreesOptions): string[] {
  const notes: string[] = [];
  if (options.plainDonors)
    notes.push(
      "Plain donors: values are handed out as the training rows have them. This copies people; for tests only.",
    );
  else
    notes.push(
      `Values and labels held by fewer than ${MIN_HOLDERS} training rows are not released as they are: values are drawn between their neighbours in a leaf, labels are left out, and numbers end at the ${MIN_HOLDERS}th most extreme value.`,
    );
  if (rows > options.growRows)
    notes.push(
      `Each tree was grown on ${options.growRows} of ${rows} training rows, drawn at random; all rows fill its leaves.`,
    );
  return notes;
}

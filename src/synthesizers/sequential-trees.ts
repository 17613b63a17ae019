import type { Table } from "../data/table.ts";
import { InvalidArgument, throwIfCancelled, Unsupported } from "../errors.ts";
import { runAll, type Task } from "../executors/executor.ts";
import type { TreeChain } from "../learners/trees/tree-chain.ts";
import type { Random } from "../random.ts";
import { MIN_HOLDERS, type PreparedColumn, prepareColumns } from "./cells/columns.ts";
import { contentOf, fittedCodes, loadCodes, type Maker } from "./code-model.ts";
import { assertColumn } from "./sequential-trees/assert-column.ts";
import { choose, isWide } from "./sequential-trees/choose.ts";
import type { GrowData, GrownStep } from "./sequential-trees/grow-task.ts";
import { type Criterion, type SequentialTreesOptions, sequentialTreesOptions } from "./sequential-trees/options.ts";
import { type CompiledRule, compileRules, type Rule, withRules } from "./sequential-trees/rules.ts";
import { screenPredictors } from "./sequential-trees/screen.ts";
import { SCORE_ROWS, stepDataOf, stepsOf, type TrainingStep } from "./sequential-trees/steps.ts";
import type { FitOptions, Fitted, FittedRecord, Synthesizer } from "./synthesizer.ts";

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
  load,
};

const growModule = new URL("./sequential-trees/grow-task.js", import.meta.url).href;

const maker: Maker = {
  synthesizer: "sequential-trees",
  version: 3,
  learner: {
    module: new URL("../learners/trees/tree-chain.js", import.meta.url).href,
    draw: "drawTreeChain",
  },
};

/** Trees of a column whose method is "forest", where the option `forest` does not say otherwise. */
const FOREST_TREES = 5;

const PARTS = { missing: "missing", value: "present", label: "whole" } as const;

async function fit(table: Table, fitOptions: FitOptions<SequentialTreesOptions>): Promise<Fitted> {
  const { schema, options, random, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const prepared = await prepareColumns(table, schema, { plain: options.plainDonors, signal, progress });
  const columns = options.plainDonors ? prepared.map(withPlainValues) : prepared;
  assertColumnOptions(columns, options);
  const rules = compileRules(options.rules, { table, columns });
  const choice = await choose(columns, options, { random: random.split("choose"), executor, signal, rules });
  const steps = await screenPredictors(independentSteps(stepsOf(columns, choice), columns, options), {
    most: options.maxPredictors,
    random: random.split("screen"),
    signal,
    progress,
  });
  throwIfCancelled(signal);
  progress?.(0, steps.length, "columns");
  const growRandom = random.split("grow");
  const bootstrap = options.proper ? bootstrapRows(table.rows, random.split("proper")) : undefined;
  const tasks = steps.map((step, s): Task => {
    const name = columns[step.column]!.plan.name;
    const method = options.methods[name] ?? (options.forest > 1 ? "forest" : "tree");
    const usable = withoutRuled(step, rules);
    const rows = bootstrap ? rowsInBoth(bootstrap, usable, table.rows) : usable;
    const data: GrowData = {
      ...stepDataOf(steps, step, { ...options, scores: options.scores && !isWide(columns) }),
      ...(method === "linear" ? { scoreRows: SCORE_ROWS } : {}),
      minLeaf: options.minLeafOf[name] ?? options.minLeaf,
      rows,
      growRows: pickRows(rows, options.growRows, growRandom.split(s)),
      criterion: choice.criteria[s] as Criterion,
      method,
      forest: method === "forest" && step.predictors.length > 0 ? forestOf(options) : 1,
      key: growRandom.split(s).split("forest").key,
    };
    return { module: growModule, name: "growStep", data };
  });
  const grown = await runAll<GrownStep>(executor, tasks, {
    signal,
    onDone: (count) => progress?.(count, steps.length, "columns"),
  });
  const model: TreeChain = {
    columns: columns.length,
    steps: steps.map(({ kind, column, predictors }, s) => {
      const { plan } = columns[column] as PreparedColumn;
      return {
        column,
        part: PARTS[kind],
        missingCodes: plan.codec.missing.length,
        ordered: plan.kind === "quantity" || plan.codec.ordered,
        predictors,
        ...(grown[s] as GrownStep),
        ...(rules.some((rule) => rule.column === column)
          ? {
              rules: rules
                .filter((rule) => rule.column === column)
                .map(({ conditions, code }) => ({ conditions, code })),
            }
          : {}),
      };
    }),
  };
  const fitted = fittedCodes(maker, {
    plans: columns.map((column) => column.plan),
    model,
    conditions: "rejection",
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
  return ruled(fitted, options.rules);
}

function load(record: FittedRecord): Fitted {
  const { options } = contentOf(maker, record) as { readonly options: SequentialTreesOptions };
  return ruled(loadCodes(maker, record), options.rules);
}

/** Rows in which the rules hold cell by cell. */
function ruled(fitted: Fitted, rules: readonly Rule[]): Fitted {
  if (rules.length === 0) return fitted;
  return {
    ...fitted,
    async *sample(rows, options) {
      const set = options.where?.find(({ column }) => rules.some((rule) => rule.column === column));
      if (set)
        throw new Unsupported("condition-on-rule", `A condition names the column "${set.column}", which rules set.`, {
          advice: "Ask for what the rules ask for.",
        });
      for await (const chunk of fitted.sample(rows, options)) yield withRules(rules, chunk);
    },
  };
}

/** A step's rows apart from those that a rule speaks for. */
function withoutRuled(step: TrainingStep, rules: readonly CompiledRule[]): Uint32Array {
  const own = rules.filter(({ column }) => column === step.column);
  return own.length === 0 ? step.rows : step.rows.filter((row) => own.every(({ holds }) => holds[row] === 0));
}

function forestOf({ forest }: SequentialTreesOptions): number {
  return forest > 1 ? forest : FOREST_TREES;
}

/** Columns that are drawn by themselves ask nobody. */
function independentSteps(
  steps: readonly TrainingStep[],
  columns: readonly PreparedColumn[],
  { methods }: SequentialTreesOptions,
): TrainingStep[] {
  return steps.map((step) =>
    methods[columns[step.column]!.plan.name] === "sample" ? { ...step, predictors: [] } : step,
  );
}

/** As many rows, drawn with replacement; ascending. */
function bootstrapRows(rows: number, random: Random): Uint32Array {
  return Uint32Array.from({ length: rows }, () => random.integer(rows)).sort();
}

/** The rows of a sample that may be learned from, as often as it has them. */
function rowsInBoth(sample: Uint32Array, usable: Uint32Array, rows: number): Uint32Array {
  if (usable.length === rows) return sample;
  const isUsable = new Uint8Array(rows);
  for (let i = 0; i < usable.length; i++) isUsable[usable[i] as number] = 1;
  return sample.filter((row) => isUsable[row] === 1);
}

/** A plan that hands out every value as it is, however rare. */
function withPlainValues(column: PreparedColumn): PreparedColumn {
  const { plan, values } = column;
  if (plan.kind !== "quantity" || !values) return column;
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return { ...column, plan: { ...plan, common: sorted, commonTotals: sorted.map((_, i) => i + 1) } };
}

/** @throws {InvalidArgument} an option names a column that is not modelled, or asks of it what cannot be */
function assertColumnOptions(columns: readonly PreparedColumn[], options: SequentialTreesOptions): void {
  const names = columns.map(({ plan }) => plan.name);
  const { methods, minLeafOf, survival } = options;
  for (const name of Object.keys(methods)) assertColumn("methods", name, names);
  for (const name of Object.keys(minLeafOf)) assertColumn("minLeafOf", name, names);
  if (!survival) return;
  assertColumn("survival.time", survival.time, names);
  assertColumn("survival.event", survival.event, names);
  if (survival.time === survival.event)
    throw new InvalidArgument(
      "bad-option",
      `Option "survival" names the column "${survival.time}" as time and as event.`,
      { advice: "The time is a number, the event says whether it was reached." },
    );
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

import { z } from "zod";
import type { Table } from "../data/table.ts";
import { InvalidArgument, throwIfCancelled } from "../errors.ts";
import { runAll, type Task } from "../executors/executor.ts";
import {
  type AdversarialForestFit,
  DEFAULT_ADVERSARIAL_FOREST,
  planAdversarialForest,
} from "../learners/trees/adversarial-forest.ts";
import type { GrownTree } from "../learners/trees/forest-growth.ts";
import { nearest } from "../math/nearest-name.ts";
import type { TableSchema } from "../schema/schema.ts";
import { inferTarget } from "../schema/target.ts";
import { codeRowsOf } from "./cells/code-rows.ts";
import { MIN_HOLDERS, type PreparedColumn, prepareColumns } from "./cells/columns.ts";
import { fittedCodes, loadCodes, type Maker } from "./code-model.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

const preset = DEFAULT_ADVERSARIAL_FOREST;

export const adversarialForestOptions = z.strictObject({
  criterion: z
    .enum(["likelihood", "adversary"])
    .default(preset.criterion)
    .describe(
      '"likelihood": each split gains what the best possible adversary could; "adversary": the published game of forests against draws.',
    ),
  trees: z.int().min(1).max(1000).default(preset.trees).describe("Trees of the forest."),
  minNodeSize: z.int().min(1).default(preset.minNodeSize).describe("Fewest rows that a leaf is found on."),
  honest: z
    .boolean()
    .default(preset.honest)
    .describe("Each tree finds its leaves on one half of the rows and fills them with the other."),
  candidates: z
    .int()
    .min(0)
    .default(preset.candidates)
    .describe("Columns tried at each node; 0: half of them, at least 4, at most 16."),
  groups: z
    .int()
    .min(2)
    .max(256)
    .default(preset.groups)
    .describe("Most groups of a number's codes between which relations are learned."),
  smoothing: z
    .number()
    .positive()
    .max(100)
    .default(preset.smoothing)
    .describe("How far leaves lean on the nodes above them: 1 is what fits unseen rows best, less is sharper."),
  rareClassesOf: z
    .string()
    .default("auto")
    .describe(
      'A column whose classes of at most a tenth of the rows get leaves of their own: its name, "auto" (the likely target) or "none".',
    ),
  fitRows: z
    .int()
    .min(1000)
    .default(preset.fitRows)
    .describe("Beyond so many rows the trees are grown on and filled with a random sample."),
  rounds: z
    .int()
    .min(0)
    .max(100)
    .default(preset.rounds)
    .describe('Criterion "adversary": most forests after the first.'),
  tolerance: z
    .number()
    .min(0)
    .max(0.5)
    .default(preset.tolerance)
    .describe(
      'Criterion "adversary": the game ends when rows are told apart with at most this accuracy beyond one half.',
    ),
});

export type AdversarialForestOptions = z.infer<typeof adversarialForestOptions>;

const forestModule = new URL("../learners/trees/adversarial-forest.js", import.meta.url).href;

const maker: Maker = {
  synthesizer: "adversarial-forest",
  version: 1,
  learner: {
    module: forestModule,
    draw: "drawAdversarialForest",
    logEvidence: "logEvidenceAdversarialForest",
  },
};

/** Trees that part the rows until, inside each leaf, columns are all but independent; a row is drawn from one leaf, column by column. A mixture
 * of products: conditions, completion and likelihood are exact. */
export const adversarialForest: Synthesizer<AdversarialForestOptions> = {
  name: "adversarial-forest",
  title: "Adversarial random forest",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "Watson, Blesch, Kapar & Wright",
    title: "Adversarial random forests for density estimation and generative modeling, AISTATS",
    year: 2023,
    url: "https://arxiv.org/abs/2205.09435",
  },
  options: adversarialForestOptions,
  fit,
  load: (record) => loadCodes(maker, record),
};

async function fit(table: Table, fitOptions: FitOptions<AdversarialForestOptions>): Promise<Fitted> {
  const { schema, options, random, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: false, signal, progress });
  const rows = codeRowsOf(columns, random.split("codes"));
  const rare = rareColumnOf(table, { schema, columns, asked: options.rareClassesOf });
  const plan = planAdversarialForest({
    rows,
    options: { ...options, rareColumn: rare?.column ?? -1 },
    key: random.split("forest").key,
  });
  let step = plan.next([]);
  for (let round = 0; !step.done; round++) {
    throwIfCancelled(signal);
    const unit = round === 0 ? "trees" : `trees, round ${round + 1}`;
    const tasks = step.value.map((data): Task => ({ module: forestModule, name: "growForestTree", data }));
    progress?.(0, tasks.length, unit);
    const grown = await runAll<GrownTree>(executor, tasks, {
      signal,
      onDone: (count) => progress?.(count, tasks.length, unit),
    });
    step = plan.next(grown);
  }
  return fittedCodes(maker, {
    plans: columns.map(({ plan }) => plan),
    model: step.value.model,
    options,
    notes: [
      ...notesOf(step.value, table.rows, options),
      ...(rare?.notes ?? []),
      ...columns.flatMap(({ notes }) => notes),
    ],
    conditions: "exact",
  });
}

/** Most classes of a column whose rare ones get leaves of their own. */
const MOST_CLASSES = 20;

/** @throws {InvalidArgument} the column asked for is not modelled */
function rareColumnOf(
  table: Table,
  how: { readonly schema: TableSchema; readonly columns: readonly PreparedColumn[]; readonly asked: string },
): { readonly column: number; readonly notes: readonly string[] } | undefined {
  const { schema, columns, asked } = how;
  if (asked === "none") return undefined;
  const names = columns.map(({ plan }) => plan.name);
  const guess = asked === "auto" ? inferTarget(table, schema) : undefined;
  const name = asked === "auto" ? guess?.column : asked;
  if (name === undefined) return undefined;
  const column = names.indexOf(name);
  if (column < 0) {
    if (asked === "auto") return undefined;
    const close = nearest(name, names);
    throw new InvalidArgument(
      "unknown-column",
      `The option rareClassesOf names the column "${name}", which is not modelled.${close ? ` Did you mean "${close}"?` : ""}`,
      { advice: 'Name a column of the table, or "none".' },
    );
  }
  const { codec } = (columns[column] as PreparedColumn).plan;
  if (codec.levels - codec.missing.length - 1 > MOST_CLASSES) return undefined;
  return {
    column,
    notes: guess
      ? [`Rare classes of "${name}", if any, have leaves of their own: taken for the target, as ${guess.reason}.`]
      : [],
  };
}

function notesOf(fit: AdversarialForestFit, rows: number, options: AdversarialForestOptions): string[] {
  const { trees } = fit.model;
  const notes = [
    `${trees.length} trees with ${Math.round(fit.leaves / trees.length)} leaves each on average.`,
    `Values and labels held by fewer than ${MIN_HOLDERS} training rows are not released as they are: values are drawn between their neighbours, labels are left out, and numbers end at the ${MIN_HOLDERS}th most extreme value.`,
  ];
  if (options.criterion === "adversary")
    notes.push(
      `Forests told rows from draws with accuracies ${fit.accuracies.map((x) => x.toFixed(3)).join(", ")}; number ${fit.kept + 1} was kept.`,
    );
  if (fit.fitRows < rows)
    notes.push(`The trees were grown on and filled with ${fit.fitRows} of ${rows} training rows, drawn at random.`);
  return notes;
}

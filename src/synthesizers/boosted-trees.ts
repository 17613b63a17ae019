import { z } from "zod";
import type { Table } from "../data/table.ts";
import { InvalidArgument, throwIfCancelled } from "../errors.ts";
import { runAll, type Task } from "../executors/executor.ts";
import {
  type AutoregressiveBoostingModel,
  DEFAULT_AUTOREGRESSIVE_BOOSTING,
  planAutoregressiveBoosting,
} from "../learners/trees/autoregressive-boosting.ts";
import type { BoostedConditional } from "../learners/trees/boosted-conditional.ts";
import { nearest } from "../math/nearest-name.ts";
import { codeRowsOf } from "./cells/code-rows.ts";
import { type PreparedColumn, prepareColumns } from "./cells/columns.ts";
import { type CodeModel, fittedCodes, loadCodes, type Maker } from "./code-model.ts";
import type { FitOptions, Fitted, FittedRecord, Synthesizer } from "./synthesizer.ts";

const defaults = DEFAULT_AUTOREGRESSIVE_BOOSTING;

const boostedTreesOptions = z.strictObject({
  order: z
    .union([z.enum(["fewest-values-first", "most-values-first", "given"]), z.array(z.string()).min(1)])
    .default("fewest-values-first")
    .describe("The order in which columns are modelled, or their names (the rest follow as given)."),
  trees: z.int().min(0).max(5000).default(defaults.trees).describe("Most trees of one split of a column's codes."),
  leaves: z.int().min(2).max(256).default(defaults.leaves).describe("Most leaves of a tree."),
  learningRate: z
    .number()
    .min(0.001)
    .max(1)
    .default(defaults.learningRate)
    .describe("Share of each leaf's optimal step that is taken."),
  minLeafRows: z.int().min(1).max(100_000).default(defaults.minLeafRows).describe("Fewest training rows in a leaf."),
  minRows: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(defaults.minRows)
    .describe("Splits of fewer rows are drawn by their shares alone."),
  minGain: z
    .number()
    .min(0)
    .max(1000)
    .default(defaults.minGain)
    .describe("What the trees of a split must gain in log-likelihood on all rows that are held out, in nats."),
  maxPredictors: z
    .int()
    .min(1)
    .max(2000)
    .default(defaults.maxPredictors)
    .describe("Most earlier columns that one column is drawn by: the most associated ones."),
  fitRows: z.int().min(100).default(defaults.fitRows).describe("Most rows that trees are grown on."),
});

export type BoostedTreesOptions = z.infer<typeof boostedTreesOptions>;

const learnerModule = new URL("../learners/trees/autoregressive-boosting.js", import.meta.url).href;
const conditionalModule = new URL("../learners/trees/boosted-conditional.js", import.meta.url).href;

const maker: Maker = {
  synthesizer: "boosted-trees",
  version: 1,
  learner: { module: learnerModule, draw: "drawAutoregressiveBoosting" },
};

/** The maker of models that are asked for the likelihood of whole rows, which has a closed form; that of a condition has none. */
const likelihoodMaker: Maker = {
  ...maker,
  learner: { ...maker.learner, logEvidence: "logEvidenceAutoregressiveBoosting" },
};

/** Column by column, boosted trees of each column on those before it: a chance for each of the yes-or-no questions that tell the column's codes
 * apart. */
export const boostedTrees: Synthesizer<BoostedTreesOptions> = {
  name: "boosted-trees",
  title: "Boosted trees",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "McCarter",
    title: "Unmasking Trees for Tabular Data, arXiv 2407.05593",
    year: 2024,
    url: "https://arxiv.org/abs/2407.05593",
  },
  options: boostedTreesOptions,
  fit,
  load: (record: FittedRecord) => withLikelihood(loadCodes(maker, record), loadCodes(likelihoodMaker, record)),
};

async function fit(table: Table, fitOptions: FitOptions<BoostedTreesOptions>): Promise<Fitted> {
  const { schema, options, random, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: false, signal, progress });
  const order = orderOf(columns, options.order);
  const plan = planAutoregressiveBoosting({
    rows: codeRowsOf(columns, random.split("codes")),
    order,
    options,
    key: random.split("fit").key,
  });
  throwIfCancelled(signal);
  progress?.(0, plan.length, "columns");
  const conditionals = await runAll<BoostedConditional>(
    executor,
    plan.map((data): Task => ({ module: conditionalModule, name: "fitBoostedConditional", data })),
    { signal, onDone: (count) => progress?.(count, plan.length, "columns") },
  );
  const model: AutoregressiveBoostingModel = { order, conditionals };
  const fitted: CodeModel = {
    plans: columns.map((column) => column.plan),
    model,
    options,
    notes: [...notesOf(model, table.rows, options), ...columns.flatMap(({ notes }) => notes)],
    conditions: "rejection",
  };
  return withLikelihood(fittedCodes(maker, fitted), fittedCodes(likelihoodMaker, fitted));
}

function withLikelihood(fitted: Fitted, { logLikelihood }: Fitted): Fitted {
  return { ...fitted, ...(logLikelihood ? { logLikelihood } : {}) };
}

function orderOf(columns: readonly PreparedColumn[], order: BoostedTreesOptions["order"]): readonly number[] {
  const given = columns.map((_, j) => j);
  if (order === "given") return given;
  if (order === "most-values-first" || order === "fewest-values-first") {
    const sign = order === "fewest-values-first" ? 1 : -1;
    const values = columns.map(({ plan }) => plan.codec.levels - plan.codec.missing.length);
    return given.sort((a, b) => sign * ((values[a] as number) - (values[b] as number)) || a - b);
  }
  const known = columns.map(({ plan }) => plan.name);
  const named = order.map((name) => {
    const at = known.indexOf(name);
    if (at >= 0) return at;
    const close = nearest(name, known);
    throw new InvalidArgument(
      "unknown-column",
      `Option "order" names the column "${name}", which the table does not have.${close ? ` Did you mean "${close}"?` : ""}`,
      { advice: `The columns are: ${known.slice(0, 60).join(", ")}${known.length > 60 ? ", …" : ""}.` },
    );
  });
  const twice = order.find((name, i) => order.indexOf(name) < i);
  if (twice !== undefined)
    throw new InvalidArgument("bad-option", `Option "order" names the column "${twice}" twice.`, {
      advice: "Name each column once.",
    });
  return [...named, ...given.filter((j) => !named.includes(j))];
}

function notesOf({ conditionals }: AutoregressiveBoostingModel, rows: number, options: BoostedTreesOptions): string[] {
  const trees = conditionals.reduce((sum, { roots }) => sum + roots.length, 0);
  const splits = conditionals.reduce((sum, { base }) => sum + base.length, 0);
  const learned = conditionals.reduce(
    (sum, { base, firstTree, tableColumn }) =>
      sum +
      base.filter((_, s) => (firstTree[s + 1] as number) > (firstTree[s] as number) || (tableColumn[s] as number) >= 0)
        .length,
    0,
  );
  return [
    `${trees.toLocaleString("en-US")} trees were grown for ${learned.toLocaleString("en-US")} of ${splits.toLocaleString("en-US")} splits of the columns' codes; the other splits are drawn by their shares alone.`,
    ...(rows > options.fitRows
      ? [`Trees were grown on ${options.fitRows} of ${rows} training rows, drawn at random; shares count all rows.`]
      : []),
    ...(conditionals.length - 1 > options.maxPredictors
      ? [`Each column was drawn by at most ${options.maxPredictors} earlier columns, the most associated ones.`]
      : []),
  ];
}

import { z } from "zod";
import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import { runAll, type Task } from "../executors/executor.ts";
import { prepareColumns } from "./sequential-trees/columns.ts";
import { fittedChain } from "./sequential-trees/fitted-chain.ts";
import type { GrowData, StepLeaves } from "./sequential-trees/grow-task.ts";
import { stepsOf } from "./sequential-trees/steps.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

const independentOptions = z.strictObject({
  window: z
    .number()
    .min(0.5)
    .max(1000)
    .default(3)
    .describe("Values held by few rows are drawn within so many places of the column's sorted values."),
});

export type IndependentOptions = z.infer<typeof independentOptions>;

/** Every column by itself, drawn from its own values: keeps the marginals, knows no relation. The floor that other synthesizers are
 * measured from. A chain of sequential trees in which nobody asks anything. */
export const independent: Synthesizer<IndependentOptions> = {
  name: "independent",
  title: "Independent columns",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "Efron",
    title: "Bootstrap methods: another look at the jackknife (§2, each column apart)",
    year: 1979,
  },
  options: independentOptions,
  fit,
};

const growModule = new URL("./sequential-trees/grow-task.js", import.meta.url).href;

async function fit(table: Table, fitOptions: FitOptions<IndependentOptions>): Promise<Fitted> {
  const { schema, options, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: false, signal, progress });
  const order = columns.map((_, j) => j);
  const steps = stepsOf(columns, { order, missingFirst: false }).map((step) => ({ ...step, predictors: [] }));
  const tasks = steps.map((step): Task => {
    const data: GrowData = {
      predictors: { codes: [], ordered: [] },
      target: step.target,
      missingCodes: [],
      scoreRows: 0,
      rows: step.rows,
      growRows: step.rows,
      criterion: "variance",
      minLeaf: 1,
      price: 1,
    };
    return { module: growModule, name: "growStep", data };
  });
  const leaves = await runAll<StepLeaves>(executor, tasks, {
    signal,
    onDone: (count) => progress?.(count, steps.length, "columns"),
  });
  return fittedChain("independent", {
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
    notes: columns.flatMap((column) => column.notes),
    options,
  });
}

import { z } from "zod";
import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import { runAll } from "../executors/executor.ts";
import { DEFAULT_GAUSSIAN_COPULA, type FittedCopula } from "../learners/gaussian-copula.ts";
import { codeRowsOf } from "./cells/code-rows.ts";
import { prepareColumns } from "./cells/columns.ts";
import { fittedCodes, loadCodes, type Maker } from "./code-model.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

const gaussianCopulaOptions = z.strictObject({
  fitRows: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(DEFAULT_GAUSSIAN_COPULA.fitRows)
    .describe("Most rows that correlations are learned from; marginals are counted over all rows."),
});

export type GaussianCopulaOptions = z.infer<typeof gaussianCopulaOptions>;

const learnerModule = new URL("../learners/gaussian-copula.js", import.meta.url).href;

const maker: Maker = {
  synthesizer: "gaussian-copula",
  version: 1,
  learner: { module: learnerModule, draw: "drawGaussianCopula", logEvidence: "logEvidenceGaussianCopula" },
};

/** Every column a normal variable cut into its values, all of them correlated: the marginals of the training rows, and one number for each
 * pair of columns. */
export const gaussianCopula: Synthesizer<GaussianCopulaOptions> = {
  name: "gaussian-copula",
  title: "Gaussian copula",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "Patki, Wedge & Veeramachaneni",
    title: "The Synthetic Data Vault, IEEE DSAA; correlations: Olsson (1979), Psychometrika 44",
    year: 2016,
  },
  options: gaussianCopulaOptions,
  fit,
  load: (record) => loadCodes(maker, record),
};

async function fit(table: Table, fitOptions: FitOptions<GaussianCopulaOptions>): Promise<Fitted> {
  const { schema, options, random, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: false, signal, progress });
  const rows = codeRowsOf(columns, random.split("codes"));
  const data = { rows, options, key: random.split("fit").key };
  progress?.(0, 1, "copulas");
  const [fitted] = (await runAll<FittedCopula>(executor, [{ module: learnerModule, name: "fitGaussianCopula", data }], {
    signal,
  })) as [FittedCopula];
  progress?.(1, 1, "copulas");
  const { model, estimator, shrinkage, repair } = fitted;
  const missing = model.latents.filter(({ kind }) => kind === "missing").length;
  return fittedCodes(maker, {
    plans: columns.map(({ plan }) => plan),
    model,
    options,
    notes: [
      `${model.latents.length} correlated normal variables stand for ${columns.length} columns${missing > 0 ? `, ${missing} of them for whether a cell is missing` : ""}; correlations by ${estimator === "likelihood" ? "maximum likelihood on tables of pairs" : "normal scores, for the table is wide"}.`,
      ...(shrinkage >= 0.01
        ? [`For the few rows, correlations were drawn ${(100 * shrinkage).toFixed(0)} % of the way to none.`]
        : []),
      ...(repair >= 0.05
        ? [
            `No normal variables have just these correlations: the nearest that some have differ by up to ${repair.toFixed(2)}.`,
          ]
        : []),
      ...(fitted.fitRows < rows.rows
        ? [`Correlations were learned from ${fitted.fitRows} of ${rows.rows} training rows; marginals count all.`]
        : []),
      ...columns.flatMap((column) => column.notes),
    ],
    conditions: "exact",
  });
}

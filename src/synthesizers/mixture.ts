import { z } from "zod";
import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import { runAll, type Task } from "../executors/executor.ts";
import type { MixtureModel } from "../learners/circuits/mixture.ts";
import type { fitMixture } from "../learners/circuits/mixture-fit.ts";
import { codeRowsOf } from "./cells/code-rows.ts";
import { prepareColumns } from "./cells/columns.ts";
import { fittedCodes, loadCodes, type Maker } from "./code-model.ts";
import { emNotes, emOptions } from "./em-options.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

const mixtureOptions = z.strictObject({
  components: z
    .union([z.literal("auto"), z.number().int().min(4).max(2000).multipleOf(4)])
    .default("auto")
    .describe("Components, a multiple of 4; auto: one for 80 rows (16 to 400) or a quarter of that, by held-out rows."),
  ...emOptions(200_000),
});

export type MixtureSynthesizerOptions = z.infer<typeof mixtureOptions>;

const maker: Maker = {
  synthesizer: "mixture",
  version: 1,
  learner: {
    module: new URL("../learners/circuits/mixture.js", import.meta.url).href,
    draw: "drawMixture",
    logEvidence: "logEvidenceMixture",
  },
};

const fitModule = new URL("../learners/circuits/mixture-fit.js", import.meta.url).href;

/** A mixture of products: every row belongs to a component, within which its columns are independent. The fastest that knows relations;
 * conditions, completion and likelihood are exact. */
export const mixture: Synthesizer<MixtureSynthesizerOptions> = {
  name: "mixture",
  title: "Mixture of products",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "Lazarsfeld & Henry",
    title: "Latent Structure Analysis (latent classes); fitted by online EM, Cappé & Moulines (2009), JRSS B 71(3)",
    year: 1968,
  },
  options: mixtureOptions,
  fit,
  load: (record) => loadCodes(maker, record),
};

async function fit(table: Table, fitOptions: FitOptions<MixtureSynthesizerOptions>): Promise<Fitted> {
  const { schema, options, random, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: false, signal, progress });
  const rows = codeRowsOf(columns, random.split("codes"));
  const candidates = options.components === "auto" ? componentsFor(rows.rows) : [options.components];
  const tasks = candidates.map((components): Task => {
    const data: Parameters<typeof fitMixture>[0] = {
      rows,
      options: { ...options, components },
      key: random.split("fit").key,
    };
    return { module: fitModule, name: "fitMixture", data };
  });
  const models = await runAll<MixtureModel>(executor, tasks, {
    signal,
    onDone: (count) => progress?.(count, tasks.length, "mixtures"),
  });
  // Without held-out rows the likelihoods are no numbers, and the first stays.
  const model = models.reduce((best, next) => (next.heldOutLogLikelihood > best.heldOutLogLikelihood ? next : best));
  return fittedCodes(maker, {
    plans: columns.map(({ plan }) => plan),
    model,
    options,
    notes: [
      ...notesOf(model, { candidates, rows: rows.rows, fitRows: options.fitRows }),
      ...columns.flatMap(({ notes }) => notes),
    ],
    conditions: "exact",
  });
}

/** The smaller first. */
function componentsFor(rows: number): number[] {
  const most = 4 * Math.round(Math.min(400, Math.max(16, rows / 80)) / 4);
  const fewer = 4 * Math.round(most / 16);
  return rows < 500 ? [fewer] : [fewer, most];
}

function notesOf(
  model: MixtureModel,
  how: { readonly candidates: readonly number[]; readonly rows: number; readonly fitRows: number },
): string[] {
  const chosen = how.candidates.length > 1 ? `, of ${how.candidates.join(" or ")} by held-out rows` : "";
  return [
    `Mixture of ${model.components} components${chosen}; ${model.passes} passes over the rows.`,
    ...emNotes(model, how),
  ];
}

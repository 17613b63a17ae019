import { z } from "zod";
import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import { fitIndependent } from "../learners/independent-columns.ts";
import { codeRowsOf } from "./cells/code-rows.ts";
import { prepareColumns } from "./cells/columns.ts";
import { fittedCodes, loadCodes, type Maker } from "./code-model.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

const independentOptions = z.strictObject({});

export type IndependentOptions = z.infer<typeof independentOptions>;

const maker: Maker = {
  synthesizer: "independent",
  version: 1,
  learner: {
    module: new URL("../learners/independent-columns.js", import.meta.url).href,
    draw: "drawIndependent",
    logEvidence: "logEvidenceIndependent",
  },
};

/** Every column by itself, drawn from its own values: keeps the marginals, knows no relation. The floor that other synthesizers are
 * measured from. */
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
  load: (record) => loadCodes(maker, record),
};

async function fit(table: Table, fitOptions: FitOptions<IndependentOptions>): Promise<Fitted> {
  const { schema, options, random, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: false, signal, progress });
  return fittedCodes(maker, {
    plans: columns.map(({ plan }) => plan),
    model: fitIndependent({ rows: codeRowsOf(columns, random.split("codes")) }),
    options,
    notes: columns.flatMap(({ notes }) => notes),
    conditions: "exact",
  });
}

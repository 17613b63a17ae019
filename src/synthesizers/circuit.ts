import { z } from "zod";
import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import { type Executor, runAll, type Task } from "../executors/executor.ts";
import type { ColumnTree } from "../learners/circuits/chow-liu.ts";
import type { CircuitModel } from "../learners/circuits/circuit.ts";
import type { CircuitFit, CircuitTraining } from "../learners/circuits/circuit-fit.ts";
import { codeRowsOf } from "./cells/code-rows.ts";
import { prepareColumns } from "./cells/columns.ts";
import { fittedCodes, loadCodes, type Maker } from "./code-model.ts";
import { emNotes, emOptions } from "./em-options.ts";
import type { FitOptions, Fitted, Progress, Synthesizer } from "./synthesizer.ts";

const circuitOptions = z.strictObject({
  states: z
    .union([z.literal("auto"), z.number().int().min(8).max(512).multipleOf(8)])
    .default("auto")
    .describe("Hidden states of each column, a multiple of 8; auto: 8 to 128, by held-out rows."),
  ...emOptions(100_000),
});

export type CircuitSynthesizerOptions = z.infer<typeof circuitOptions>;

const maker: Maker = {
  synthesizer: "circuit",
  version: 1,
  learner: {
    module: new URL("../learners/circuits/circuit.js", import.meta.url).href,
    draw: "drawCircuit",
    logEvidence: "logEvidenceCircuit",
  },
};

const fitModule = new URL("../learners/circuits/circuit-fit.js", import.meta.url).href;

/** A hidden Chow-Liu tree: every column has a hidden state, and the states form a tree over the columns. Conditions, completion and
 * likelihood are exact. */
export const circuit: Synthesizer<CircuitSynthesizerOptions> = {
  name: "circuit",
  title: "Hidden Chow-Liu tree",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "Liu & Van den Broeck",
    title:
      "Tractable regularization of probabilistic circuits, NeurIPS (hidden Chow-Liu trees; for tables: arXiv 2603.23016)",
    year: 2021,
  },
  options: circuitOptions,
  fit,
  load: (record) => loadCodes(maker, record),
};

async function fit(table: Table, fitOptions: FitOptions<CircuitSynthesizerOptions>): Promise<Fitted> {
  const { schema, options, random, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: false, signal, progress });
  const rows = codeRowsOf(columns, random.split("codes"));
  const candidates =
    options.states === "auto" ? statesFor(Math.min(rows.rows, options.fitRows), columns.length) : [options.states];
  const { key } = random.split("fit");
  const [tree] = await runAll<ColumnTree>(executor, [taskOf("treeForCircuit", { rows, key })], { signal });
  const fits = candidates.map(
    (states): CircuitFit => ({ rows, options: { ...options, states }, key, tree: tree as ColumnTree }),
  );
  const model = await trained(fits, { executor, signal, progress });
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

/** Passes that all candidates are tried for: by then held-out rows tell them apart. */
const TRIAL_PASSES = 5;
/** Passes of one task: between two tasks a fit can be told to stop. */
const TASK_PASSES = 2;

/** Tries every candidate for a few passes, and goes on with the one under which held-out rows are likeliest. */
async function trained(
  fits: readonly CircuitFit[],
  how: {
    readonly executor: Executor;
    readonly signal: AbortSignal | undefined;
    readonly progress: Progress | undefined;
  },
): Promise<CircuitModel> {
  const { executor, signal, progress } = how;
  const trials = await runAll<CircuitTraining>(
    executor,
    fits.map((fit): Task => taskOf("trainCircuit", { ...fit, passes: fits.length > 1 ? TRIAL_PASSES : TASK_PASSES })),
    { signal, onDone: (count) => progress?.(count, fits.length, "circuits tried") },
  );
  let chosen = 0;
  trials.forEach(({ heldOutLogLikelihood }, i) => {
    if (heldOutLogLikelihood > (trials[chosen] as CircuitTraining).heldOutLogLikelihood) chosen = i;
  });
  const fit = fits[chosen] as CircuitFit;
  let from = trials[chosen] as CircuitTraining;
  const one = async <T>(task: Task): Promise<T> => (await runAll<T>(executor, [task], { signal }))[0] as T;
  while (!from.ended) {
    progress?.(from.passes, fit.options.passes, "passes");
    from = await one<CircuitTraining>(taskOf("trainCircuit", { ...fit, passes: TASK_PASSES, from }));
  }
  return one<CircuitModel>(taskOf("finishCircuit", { ...fit, from }));
}

function taskOf(name: string, data: unknown): Task {
  return { module: fitModule, name, data };
}

/** Most additions and multiplications of a pass over the rows: some three seconds of a processor. */
const MOST_WORK = 5e10;

/** Numbers of states to try: at least 30 rows for each, and no more work than can be waited for. The fewest first. */
function statesFor(rows: number, columns: number): number[] {
  const fits = (states: number): boolean => rows >= 30 * states && 6 * rows * columns * states ** 2 <= MOST_WORK;
  const all = [8, 16, 32, 64, 128];
  // Four at most: those below are worse where those above can be learnt.
  const possible = all.filter((states) => states === 8 || fits(states));
  return rows < 50 ? [8] : possible.slice(-4);
}

function notesOf(
  model: CircuitModel,
  how: { readonly candidates: readonly number[]; readonly rows: number; readonly fitRows: number },
): string[] {
  const chosen = how.candidates.length > 1 ? `, of ${how.candidates.join(", ")} by held-out rows` : "";
  return [
    `Hidden tree with ${model.states} states a column${chosen}; ${model.passes} passes over the rows.`,
    ...emNotes(model, how),
  ];
}

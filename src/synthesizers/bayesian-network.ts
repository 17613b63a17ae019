import { z } from "zod";
import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import { runAll, type Task } from "../executors/executor.ts";
import type { NetworkStructure } from "../learners/bayesian-network/model.ts";
import {
  type BayesianNetworkFitOptions,
  DEFAULT_BAYESIAN_NETWORK,
  type FittedNetwork,
  isAlwaysExact,
} from "../learners/bayesian-network.ts";
import type { CodeRows } from "../learners/code-rows.ts";
import type { Random } from "../random.ts";
import { codeRowsOf } from "./cells/code-rows.ts";
import { prepareColumns } from "./cells/columns.ts";
import { fittedCodes, loadCodes, type Maker } from "./code-model.ts";
import { someNotes } from "./some-notes.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

const bayesianNetworkOptions = z.strictObject({
  structure: z
    .enum(["auto", "tree", "greedy"])
    .default("auto")
    .describe(
      "tree: each column depends on at most one other; greedy: on several; auto: whichever rows kept apart like better.",
    ),
  maxParents: z
    .int()
    .min(1)
    .max(8)
    .default(DEFAULT_BAYESIAN_NETWORK.maxParents)
    .describe("Most columns that a column depends on, when greedy."),
  groups: z
    .int()
    .min(2)
    .max(64)
    .default(DEFAULT_BAYESIAN_NETWORK.groups)
    .describe("Most groups of neighbouring values of an ordered column, by which it depends on others."),
  fitRows: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(DEFAULT_BAYESIAN_NETWORK.fitRows)
    .describe("Most rows that dependences are learned from; tables are counted over all rows."),
  chooseRows: z.int().min(40).max(1_000_000).default(20_000).describe("Most rows for choices."),
});

export type BayesianNetworkOptions = z.infer<typeof bayesianNetworkOptions>;

const learnerModule = new URL("../learners/bayesian-network.js", import.meta.url).href;

const maker: Maker = {
  synthesizer: "bayesian-network",
  version: 1,
  learner: { module: learnerModule, draw: "drawBayesianNetwork", logEvidence: "logEvidenceBayesianNetwork" },
};

/** Each column given a few others, in tables of groups of values: a structure that can be read, drawn from under conditions exactly. */
export const bayesianNetwork: Synthesizer<BayesianNetworkOptions> = {
  name: "bayesian-network",
  title: "Bayesian network",
  modality: "table",
  guarantee: "none",
  assurance: "tested",
  source: {
    authors: "Chow & Liu; Heckerman, Geiger & Chickering",
    title:
      "Approximating discrete probability distributions with dependence trees (1968); Learning Bayesian networks, Machine Learning 20",
    year: 1995,
  },
  options: bayesianNetworkOptions,
  fit,
  load: (record) => loadCodes(maker, record),
};

async function fit(table: Table, fitOptions: FitOptions<BayesianNetworkOptions>): Promise<Fitted> {
  const { schema, options, random, executor, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const columns = await prepareColumns(table, schema, { plain: false, signal, progress });
  const rows = codeRowsOf(columns, random.split("codes"));
  const { structure, notes } = await chooseStructure(rows, fitOptions);
  throwIfCancelled(signal);
  progress?.(0, 1, "networks");
  const task = taskOf("fitBayesianNetwork", { rows, options: { ...options, structure }, key: random.split("fit").key });
  const [fitted] = (await runAll<FittedNetwork>(executor, [task], { signal })) as [FittedNetwork];
  progress?.(1, 1, "networks");
  return fittedCodes(maker, {
    plans: columns.map(({ plan }) => plan),
    model: fitted.model,
    options,
    notes: [
      ...notes,
      ...structureNotes(
        fitted.structure,
        columns.map(({ plan }) => plan.name),
      ),
      ...(fitted.structureRows < rows.rows
        ? [`Dependences were learned from ${fitted.structureRows} of ${rows.rows} training rows; tables count all.`]
        : []),
      ...columns.flatMap((column) => column.notes),
    ],
    conditions: isAlwaysExact(fitted.model) ? "exact" : "rejection",
  });
}

function taskOf(
  name: "fitBayesianNetwork" | "scoreBayesianNetwork",
  data: {
    readonly rows: CodeRows;
    readonly test?: CodeRows;
    readonly options: BayesianNetworkFitOptions;
    readonly key: readonly [number, number, number, number];
  },
): Task {
  return { module: learnerModule, name, data };
}

/** Fewer rows than this cannot tell. */
const FEWEST_ROWS = 200;

/** Tree or greedy, by the likelihood of a quarter of the training rows under networks fitted to the others. */
async function chooseStructure(
  rows: CodeRows,
  { options, random, executor, signal }: FitOptions<BayesianNetworkOptions>,
): Promise<{ readonly structure: "tree" | "greedy"; readonly notes: readonly string[] }> {
  if (options.structure !== "auto") return { structure: options.structure, notes: [] };
  if (rows.rows < FEWEST_ROWS) return { structure: "tree", notes: ["Too few rows to choose by: a tree was taken."] };
  const { train, test } = splitRows(rows, options.chooseRows, random.split("choose"));
  const kinds = ["tree", "greedy"] as const;
  const key = random.split("score").key;
  const [tree, greedy] = (await runAll<number>(
    executor,
    kinds.map((structure) =>
      taskOf("scoreBayesianNetwork", { rows: train, test, options: { ...options, structure }, key }),
    ),
    { signal },
  )) as [number, number];
  const structure = greedy > tree ? "greedy" : "tree";
  return {
    structure,
    notes: [
      `Structure: ${structure}; rows kept apart have a log-likelihood of ${tree.toFixed(3)} a row under a tree, ${greedy.toFixed(3)} under a greedy network.`,
    ],
  };
}

/** Some rows, and a quarter of them apart. */
function splitRows(
  rows: CodeRows,
  most: number,
  random: Random,
): { readonly train: CodeRows; readonly test: CodeRows } {
  const chosen = random.split("rows").sample(rows.rows, Math.min(rows.rows, most));
  const coin = random.split("test");
  const isTest = Uint8Array.from(chosen, () => (coin.uniform() < 0.25 ? 1 : 0));
  const part = (flag: number): CodeRows => {
    const places = chosen.filter((_, i) => isTest[i] === flag);
    return {
      ...rows,
      rows: places.length,
      codes: rows.codes.map((codes) => {
        const out = new Uint8Array(new SharedArrayBuffer(places.length));
        for (let i = 0; i < out.length; i++) out[i] = codes[places[i] as number] as number;
        return out;
      }),
    };
  };
  return { train: part(0), test: part(1) };
}

const MOST_NAMED = 60;

/** The structure in words. */
function structureNotes({ families }: NetworkStructure, names: readonly string[]): string[] {
  const edges = families.reduce((sum, { parents }) => sum + parents.length, 0);
  const alone = names.filter(
    (_, j) => families[j]?.parents.length === 0 && !families.some(({ parents }) => parents.includes(j)),
  );
  const lines = families.flatMap(({ parents, gains }, j) =>
    parents.length === 0
      ? []
      : [
          `"${names[j]}" depends on ${parents.map((parent, k) => `"${names[parent]}" (${(gains[k] as number).toFixed(3)})`).join(", ")}.`,
        ],
  );
  return [
    `The network has ${edges} dependences among ${names.length} columns; in brackets, what each adds to the log-likelihood of a row that was not counted.`,
    ...someNotes(lines, "columns"),
    ...(alone.length > 0
      ? [
          `Columns found to depend on nothing: ${alone
            .slice(0, MOST_NAMED)
            .map((name) => `"${name}"`)
            .join(", ")}${alone.length > MOST_NAMED ? ", …" : ""}.`,
        ]
      : []),
  ];
}

import { z } from "zod";
import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import type { Measurement } from "../learners/graphical/model.ts";
import { loadCodes, type Maker } from "./code-model.ts";
import { aimRounds, MEASURE_SHARE } from "./private/aim-rounds.ts";
import { candidatesOf } from "./private/candidates.ts";
import { checkMemory, fittedGraphical, mergedColumns, privateTable } from "./private/graphical-fit.ts";
import { graphicalLearner, memoryMegabytesOption, rareSigmasOption } from "./private/graphical-options.ts";
import { type MergedColumn, mergedNotes } from "./private/rare-values.ts";
import { someNotes } from "./some-notes.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

const aimOptions = z.strictObject({
  workload: z
    .union([z.enum(["pairs", "triples"]), z.array(z.array(z.string()).min(1)).min(1)])
    .default("pairs")
    .describe("What the rows are to be right on: pairs or triples of columns, or sets of columns by their names."),
  mostCells: z
    .int()
    .min(1)
    .max(4_000_000)
    .default(10_000)
    .describe("Sets of columns with more combinations of values are not measured as they are."),
  modelCells: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(1_000_000)
    .describe("Most cells of the model's tables: more learn finer relations and take longer."),
  rounds: z
    .union([z.literal("auto"), z.int().min(1).max(100_000)])
    .default("auto")
    .describe("Rounds that the first noise is set for; auto: 16 for each column."),
  rareSigmas: rareSigmasOption(1),
  roundIterations: z.int().min(1).max(100_000).default(50).describe("Steps of estimation in each round."),
  finalIterations: z.int().min(1).max(100_000).default(300).describe("Most steps of estimation at the end."),
  memoryMegabytes: memoryMegabytesOption,
});

export type AimOptions = z.infer<typeof aimOptions>;

const maker: Maker = { synthesizer: "aim", version: 1, learner: graphicalLearner };

/** Noisy counts of the sets of columns that an estimate lacks most, chosen round by round under differential privacy. */
export const aim: Synthesizer<AimOptions> = {
  name: "aim",
  title: "Adaptive and iterative mechanism (private)",
  modality: "table",
  guarantee: "dp",
  assurance: "tested",
  source: {
    authors: "McKenna, Mullins, Sheldon & Miklau",
    title: "AIM: an adaptive and iterative mechanism for differentially private synthetic data, PVLDB 15(11)",
    year: 2022,
    url: "https://arxiv.org/abs/2201.12677",
  },
  options: aimOptions,
  fit,
  load: (record) => loadCodes(maker, record),
};

/** A single column is counted with what so many rounds have for measuring. In the paper: one; what single columns are wrong by, all pairs are,
 * and rare values are told by these counts. */
const SINGLE_ROUNDS = 2;

async function fit(table: Table, fitOptions: FitOptions<AimOptions>): Promise<Fitted> {
  const { options, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const own = privateTable(table, fitOptions, "aim");
  const { curator, names, sizes, structural } = own;
  const workload = { workload: options.workload, mostCells: options.mostCells };
  const all = candidatesOf({ names, sizes }, workload);
  checkMemory(all.list, options);
  const rho = curator.remaining;
  const rounds = options.rounds === "auto" ? 16 * sizes.length : options.rounds;
  // Counting the single columns must leave most for the rounds.
  const share = 1 / Math.max(rounds, 2 * SINGLE_ROUNDS * sizes.length);
  const rhoSingle = all.list.length === 1 ? rho : SINGLE_ROUNDS * MEASURE_SHARE * share * rho;
  const singles: Measurement[] = sizes.map((_, j) => curator.measure([j], { rho: rhoSingle }));
  const merged = mergedColumns(own, { singles, rareSigmas: options.rareSigmas });
  const inside = curator.merged(merged);
  const candidates = candidatesOf({ names, sizes: inside.sizes }, workload);
  const made = await aimRounds(inside, {
    candidates: candidates.list,
    singles: merged.map(({ measurement }) => measurement),
    zeros: structural.zeros,
    rho,
    share,
    modelCells: options.modelCells,
    roundIterations: options.roundIterations,
    finalIterations: options.finalIterations,
    progress,
    signal,
  });
  return fittedGraphical(maker, {
    table: own,
    model: made.model,
    measurements: [...singles, ...made.measurements],
    merged,
    options,
    notes: notesOf({ names, merged, singles, tooLarge: all.tooLarge, measured: made.measurements }),
  });
}

/** What was measured, in words: of noisy answers alone. */
function notesOf(made: {
  readonly names: readonly string[];
  readonly merged: readonly MergedColumn[];
  readonly singles: readonly Measurement[];
  readonly measured: readonly Measurement[];
  readonly tooLarge: number;
}): string[] {
  const { names, merged, singles, measured, tooLarge } = made;
  const sets = new Map<string, { readonly clique: readonly number[]; readonly sigmas: string[] }>();
  for (const { clique, sigma } of measured) {
    const key = clique.join();
    if (!sets.has(key)) sets.set(key, { clique, sigmas: [] });
    sets.get(key)?.sigmas.push(sigma.toPrecision(3));
  }
  const lines = [...sets.values()].map(
    ({ clique, sigmas }) =>
      `Counted ${clique.length > 1 ? "together" : "again"}: ${clique.map((j) => `"${names[j]}"`).join(", ")}, with noise of standard deviation ${sigmas.join(" and ")}.`,
  );
  return [
    `Every column was counted with noise of standard deviation ${singles[0]?.sigma.toPrecision(3)}; ${measured.length} rounds chose ${sets.size} sets of columns.`,
    ...someNotes(lines, "sets"),
    ...(tooLarge > 0
      ? [
          `${tooLarge} sets of the workload have more combinations of values than mostCells, and were counted in parts at most.`,
        ]
      : []),
    ...mergedNotes(merged),
  ];
}

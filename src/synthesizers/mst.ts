import { z } from "zod";
import type { Table } from "../data/table.ts";
import { throwIfCancelled } from "../errors.ts";
import type { Measurement } from "../learners/graphical/model.ts";
import { loadCodes, type Maker } from "./code-model.ts";
import {
  checkMemory,
  estimateOrUniform,
  fittedGraphical,
  mergedColumns,
  privateTable,
} from "./private/graphical-fit.ts";
import { graphicalLearner, memoryMegabytesOption, rareSigmasOption } from "./private/graphical-options.ts";
import { chooseTree } from "./private/mst-tree.ts";
import { mergedNotes } from "./private/rare-values.ts";
import { someNotes } from "./some-notes.ts";
import type { FitOptions, Fitted, Synthesizer } from "./synthesizer.ts";

const mstOptions = z.strictObject({
  rareSigmas: rareSigmasOption(3),
  iterations: z.int().min(1).max(100_000).default(1000).describe("Steps of estimation once all is measured."),
  memoryMegabytes: memoryMegabytesOption,
});

export type MstOptions = z.infer<typeof mstOptions>;

const maker: Maker = { synthesizer: "mst", version: 1, learner: graphicalLearner };

/** A tree of noisy pairs, chosen and measured under differential privacy: the fastest with a guarantee that knows relations. */
export const mst: Synthesizer<MstOptions> = {
  name: "mst",
  title: "Maximum spanning tree (private)",
  modality: "table",
  guarantee: "dp",
  assurance: "tested",
  source: {
    authors: "McKenna, Miklau & Sheldon",
    title:
      "Winning the NIST Contest: a scalable and general approach to differentially private synthetic data, Journal of Privacy and Confidentiality 11(3)",
    year: 2021,
    url: "https://arxiv.org/abs/2108.04978",
  },
  options: mstOptions,
  fit,
  load: (record) => loadCodes(maker, record),
};

/** Shares of the budget for single columns and for choosing the tree; its pairs get the rest. In the paper a third each: but choosing needs far less,
 * and what single columns are wrong by, all pairs are. */
const SINGLES_SHARE = 0.4;
const CHOICE_SHARE = 0.1;

async function fit(table: Table, fitOptions: FitOptions<MstOptions>): Promise<Fitted> {
  const { options, signal, progress } = fitOptions;
  throwIfCancelled(signal);
  const own = privateTable(table, fitOptions, "mst");
  const { curator, sizes, names, structural } = own;
  const pairs = sizes.flatMap((a, i) => sizes.slice(i + 1).map((b) => ({ cells: a * b })));
  const largest = pairs.map(({ cells }) => cells).sort((a, b) => b - a);
  checkMemory(pairs, {
    modelCells: largest.slice(0, sizes.length - 1).reduce((sum, cells) => sum + cells, 0),
    memoryMegabytes: options.memoryMegabytes,
  });
  const rho = curator.remaining;
  const rhoSingle = sizes.length === 1 ? rho : (SINGLES_SHARE * rho) / sizes.length;
  const singles = sizes.map((_, j) => curator.measure([j], { rho: rhoSingle }));
  progress?.(1, 3, "of columns, tree and pairs");
  const merged = mergedColumns(own, { singles, rareSigmas: options.rareSigmas });
  const inside = curator.merged(merged);
  const measurements: Measurement[] = merged.map(({ measurement }) => measurement);
  const zeros = structural.zeros;
  const first = estimateOrUniform(inside.sizes, { measurements, zeros, iterations: options.iterations });
  const tree = await chooseTree(inside, { model: first, rho: CHOICE_SHARE * rho, signal });
  progress?.(2, 3, "of columns, tree and pairs");
  throwIfCancelled(signal);
  tree.forEach((clique, i) => {
    const share = inside.remaining / (tree.length - i);
    measurements.push(inside.measure([...clique], { rho: share }));
  });
  const model = estimateOrUniform(inside.sizes, { measurements, zeros, start: first, iterations: options.iterations });
  progress?.(3, 3, "of columns, tree and pairs");
  return fittedGraphical(maker, {
    table: own,
    model,
    measurements: [...singles, ...measurements.slice(sizes.length)],
    merged,
    options,
    notes: notesOf(),
  });

  function notesOf(): string[] {
    const sigmaOf = (place: number): string => (measurements[place]?.sigma ?? 0).toPrecision(3);
    return [
      `Every column was counted with noise of standard deviation ${sigmaOf(0)}${tree.length > 0 ? `, ${tree.length} pairs with ${sigmaOf(sizes.length)}` : ""}.`,
      ...someNotes(
        tree.map(([a, b]) => `"${names[a]}" and "${names[b]}" were counted together.`),
        "pairs",
      ),
      ...mergedNotes(merged),
    ];
  }
}

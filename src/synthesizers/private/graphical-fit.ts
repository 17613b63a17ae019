import type { Table } from "../../data/table.ts";
import { InvalidArgument } from "../../errors.ts";
import { isAlwaysExact } from "../../learners/bayesian-network.ts";
import { estimate } from "../../learners/graphical/estimate.ts";
import { estimateTotal } from "../../learners/graphical/measurements.ts";
import type { GraphicalModel, Measurement, ZeroCells } from "../../learners/graphical/model.ts";
import { networkOf } from "../../learners/graphical/network.ts";
import { fittedCodes, type Maker } from "../code-model.ts";
import type { FitOptions, Fitted } from "../synthesizer.ts";
import type { Candidate } from "./candidates.ts";
import { type PublicColumn, publicColumns } from "./columns.ts";
import { type Curator, createCurator } from "./curator.ts";
import { codesOfMerged, unmergedNetwork } from "./merged-network.ts";
import { type MergedColumn, mergeRareValues } from "./rare-values.ts";
import { type StructuralZeros, structuralZeros } from "./structural-zeros.ts";

/** A private table before anything was asked of its rows. */
export interface PrivateTable {
  readonly columns: readonly Pick<PublicColumn, "plan" | "codeOf">[];
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  readonly curator: Curator;
  readonly structural: StructuralZeros;
}

/** Puts a table's rows behind a curator.
 * @param synthesizer its name, for the message
 * @throws {InvalidArgument} "needs-budget", a column without a public domain, structural zeros that leave no row possible */
export function privateTable(
  table: Table,
  { schema, budget }: Pick<FitOptions<unknown>, "schema" | "budget">,
  synthesizer: string,
): PrivateTable {
  if (!budget)
    throw new InvalidArgument(
      "needs-budget",
      `The synthesizer "${synthesizer}" asks the rows through a privacy budget, and was given none.`,
      {
        advice: "Say how much may be spent: --epsilon 1 on the command line, a budget of createBudget in code.",
      },
    );
  const columns = publicColumns(table, schema);
  const sizes = columns.map(({ size }) => size);
  const names = columns.map(({ plan }) => plan.name);
  const structural = structuralZeros(columns, schema);
  // Before anything is spent: zeros that leave no row possible throw here.
  estimate(sizes, { measurements: [], zeros: structural.zeros, total: 1, iterations: 1 });
  const curator = createCurator({ codes: columns.map(({ codes }) => codes), sizes, names, budget });
  return { columns, names, sizes, curator, structural };
}

/** Every column with its rare values as one, but those that have structural zeros, which are about single values.
 * @param how.singles noisy counts of each column */
export function mergedColumns(
  { columns, structural }: PrivateTable,
  how: { readonly singles: readonly Measurement[]; readonly rareSigmas: number },
): readonly MergedColumn[] {
  const total = rowsAccordingTo(how.singles);
  const constrained = new Set(structural.zeros.flatMap(({ clique }) => clique));
  return how.singles.map((measurement, j) => {
    if (constrained.has(j)) return mergeRareValues(measurement, { total, sigmas: 0, missing: 0 });
    const { codeOf, plan } = columns[j] as PrivateTable["columns"][number];
    // The first values of a domain are the ways of being missing.
    const missing = codeOf.filter((code) => code < plan.codec.missing.length).length;
    return mergeRareValues(measurement, { total, sigmas: how.rareSigmas, missing });
  });
}

/** Bytes for each cell: a true count and an estimate of a candidate; tables of estimation for a cell of the model. */
const CANDIDATE_BYTES = 12;
const MODEL_BYTES = 120;

/** Says what a fit needs before it spends anything.
 * @throws {InvalidArgument} "workload-too-large" */
export function checkMemory(
  candidates: readonly Pick<Candidate, "cells">[],
  { modelCells, memoryMegabytes }: { readonly modelCells: number; readonly memoryMegabytes: number },
): void {
  const counted = candidates.reduce((sum, { cells }) => sum + cells, 0);
  const bytes = counted * CANDIDATE_BYTES + modelCells * MODEL_BYTES;
  const allowed = memoryMegabytes * 2 ** 20;
  if (bytes <= allowed) return;
  const number = (value: number): string => Math.ceil(value).toLocaleString("en-US");
  throw new InvalidArgument(
    "workload-too-large",
    `The workload needs ${number(bytes)} bytes (${number(counted)} cells of ${number(candidates.length)} sets of columns, and a model of up to ${number(modelCells)} cells), and ${number(allowed)} are allowed. Nothing was spent.`,
    {
      advice: `Ask for fewer or smaller sets, lower mostCells or modelCells, declare fewer categories or bins, or raise memoryMegabytes to ${number(bytes / 2 ** 20)}.`,
    },
  );
}

/** A model that was estimated from paid answers, ready to be sampled. */
export function fittedGraphical(
  maker: Maker,
  fit: {
    readonly table: PrivateTable;
    readonly model: GraphicalModel;
    readonly measurements: readonly Measurement[];
    /** How the model's values are those of the columns. */
    readonly merged: readonly MergedColumn[];
    readonly options: unknown;
    readonly notes: readonly string[];
  },
): Fitted {
  const { table, measurements, merged, options } = fit;
  const { columns, structural } = table;
  const codeOf = columns.map((column) => column.codeOf);
  const network = unmergedNetwork(
    networkOf(fit.model, {
      levels: columns.map(({ plan }) => plan.codec.levels),
      codeOf: merged.map((column, j) => codesOfMerged(column, codeOf[j] as Uint8Array)),
    }),
    { merged, codeOf },
  );
  const learnedRows = rowsAccordingTo(measurements);
  const fitted = fittedCodes(maker, {
    plans: columns.map(({ plan }) => plan),
    model: network,
    options,
    notes: [
      ...fit.notes,
      ...(structural.constraints.length > 0
        ? [
            `Combinations that ${structural.constraints.map((name) => `"${name}"`).join(", ")} forbids have no chance in the model.`,
          ]
        : []),
      ...(learnedRows === 0 ? ["The noisy counts know of no row: all values are equally likely."] : []),
    ],
    conditions: isAlwaysExact(network) ? "exact" : "rejection",
  });
  return { ...fitted, learnedRows };
}

/** Rows, as noisy totals say; none where noise has the last word. */
export function rowsAccordingTo(measurements: readonly Measurement[]): number {
  const total = estimateTotal(measurements);
  return total <= 1 ? 0 : Math.round(total);
}

/** Estimates a model from measurements, or all rows alike where those know of no row. */
export function estimateOrUniform(
  sizes: readonly number[],
  how: {
    readonly measurements: readonly Measurement[];
    readonly zeros: readonly ZeroCells[];
    readonly start?: GraphicalModel | undefined;
    readonly iterations: number;
  },
): GraphicalModel {
  return estimateTotal(how.measurements) > 1
    ? estimate(sizes, how)
    : estimate(sizes, { measurements: [], zeros: how.zeros, total: 1, iterations: 1 });
}

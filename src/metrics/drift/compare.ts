import type { Table } from "../../data/table.ts";
import { type Executor, runAll, type Task } from "../../executors/executor.ts";
import { holm } from "../../math/holm.ts";
import type { Random } from "../../random.ts";
import type { TableSchema } from "../../schema/schema.ts";
import type { Interval } from "../metric.ts";
import type { classify } from "./classifier-test.ts";
import { type ColumnDrift, columnDrift } from "./column-drift.ts";
import type { KernelTest } from "./kernel-test.ts";
import { drawSides, type Sides } from "./sides.ts";
import { areaOf, permutationOfArea } from "./told-apart.ts";

/** A test of whether two tables come from one population, with the size of what it sees. */
export interface DriftTest {
  readonly name: "classifier" | "kernel";
  readonly p: number;
  /** After Holm over the tests. */
  readonly pHolm: number;
  /** How well the test tells unseen rows of the two tables apart: .5 is a coin, 1 is always. */
  readonly area: Interval;
}

export interface Comparison {
  readonly columns: readonly ColumnDrift[];
  readonly tests: readonly DriftTest[];
  /** Columns by their share of what told the tables apart, most first. */
  readonly tellers: readonly { readonly name: string; readonly share: number }[];
  /** Rows of each side that the tests looked at. */
  readonly tested: { readonly old: number; readonly new: number };
  readonly permutations: number;
}

const PERMUTATIONS = 999;

/** Compares two tables of the same columns and types.
 * @param options.names columns to compare; identifiers and free text are no use
 * @param options.entities whose row it is, per row of each table, in one numbering */
export async function compareTables(
  tables: { readonly old: Table; readonly new: Table },
  options: {
    readonly schema: TableSchema;
    readonly names: readonly string[];
    readonly entities?: { readonly old: Int32Array; readonly new: Int32Array } | undefined;
    readonly level: number;
    readonly random: Random;
    readonly executor: Executor;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Comparison> {
  const { schema, names, level, random } = options;
  const sides = drawSides(tables, options);
  const [learnt, kernel] = (await runAll<unknown>(options.executor, tasksOf(sides, random), {
    signal: options.signal,
  })) as [ReturnType<typeof classify>, KernelTest];
  const p = [
    permutationOfArea(sides, {
      ...learnt,
      permutations: PERMUTATIONS,
      random: random.split("classifier permutations"),
    }),
    kernel.p,
  ];
  const adjusted = holm(p);
  const total = learnt.gains.reduce((sum, gain) => sum + gain, 0);
  return {
    columns: names.map((name) => columnDrift(name, tables, schema)),
    tests: (["classifier", "kernel"] as const).map((name, i) => ({
      name,
      p: p[i] as number,
      pHolm: adjusted[i] as number,
      area: areaOf(sides, { ...(i === 0 ? learnt : kernel), level }),
    })),
    tellers: names
      .map((name, j) => ({ name, share: total > 0 ? (learnt.gains[j] as number) / total : 0 }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share),
    tested: {
      old: sides.isNew.reduce((sum, own) => sum + (own ? 0 : 1), 0),
      new: sides.isNew.reduce((sum, own) => sum + own, 0),
    },
    permutations: PERMUTATIONS,
  };
}

function tasksOf(sides: Sides, random: Random): Task[] {
  const { codec, ...plain } = sides;
  const shared = {
    ...plain,
    levels: codec.columns.map((column) => column.levels),
    ordered: codec.columns.map((column) => column.ordered),
  };
  return [
    {
      module: new URL("./classifier-test.js", import.meta.url).href,
      name: "classify",
      data: { ...shared, key: random.split("classifier").key },
    },
    {
      module: new URL("./kernel-test.js", import.meta.url).href,
      name: "kernelTest",
      data: {
        ...shared,
        missing: codec.columns.map((column) => column.missing.length),
        permutations: PERMUTATIONS,
        key: random.split("kernel").key,
      },
    },
  ];
}

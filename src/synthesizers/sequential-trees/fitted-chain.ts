import { type Column, tableOf } from "../../data/table.ts";
import type { Task } from "../../executors/executor.ts";
import { CHUNK_ROWS, type Fitted, type FittedRecord, type SampleOptions } from "../synthesizer.ts";
import type { ColumnPlan } from "./columns.ts";
import type { Cells, Chain, SampleData } from "./sample-task.ts";

const sampleModule = new URL("./sample-task.js", import.meta.url).href;

/** A fitted chain as something that can be sampled and saved. */
export function fittedChain(
  synthesizer: string,
  fitted: { readonly chain: Chain; readonly notes: readonly string[]; readonly options: unknown },
): Fitted {
  const { chain, notes } = fitted;
  return {
    notes,
    save: () => recordOf(synthesizer, chain, fitted.options),
    async *sample(rows, { random, executor, signal }: SampleOptions) {
      const tasks = (function* (): Iterable<Task> {
        for (let chunk = 0; chunk * CHUNK_ROWS < rows; chunk++) {
          const data: SampleData = {
            chain,
            rows: Math.min(CHUNK_ROWS, rows - chunk * CHUNK_ROWS),
            key: random.split(chunk).key,
          };
          yield { module: sampleModule, name: "sampleChunk", data };
        }
      })();
      for await (const cells of executor.run<Cells[]>(tasks, { signal }))
        yield tableOf(chain.plans.map((plan, j) => columnFrom(plan, cells[j] as Cells)));
    },
  };
}

function columnFrom(plan: ColumnPlan, { cells, tokens }: Cells): Column {
  const base = {
    name: plan.name,
    ...(tokens ? { missing: { tokens: plan.codec.missing, codes: tokens } } : {}),
  };
  if (plan.type === "text")
    return {
      ...base,
      type: "text",
      codes: cells as Int32Array,
      dictionary: plan.kind === "labels" ? plan.dictionary : [],
      storage: plan.storage as "text" | "boolean",
    };
  if (plan.type === "date")
    return {
      ...base,
      type: "date",
      values: cells as Float64Array,
      storage: plan.storage as "date" | "timestamp",
      ...(plan.format !== undefined ? { format: plan.format } : {}),
    };
  return { ...base, type: "number", values: cells as Float64Array, storage: plan.storage as "integer" | "double" };
}

function recordOf(synthesizer: string, chain: Chain, options: unknown): FittedRecord {
  const arrays: Record<string, Uint8Array | Uint32Array | Int32Array | Float64Array> = {};
  const plans = chain.plans.map((plan, j) => {
    const { lower, upper, ...codec } = plan.codec;
    arrays[`column ${j} lower`] = lower;
    arrays[`column ${j} upper`] = upper;
    if (plan.kind === "quantity") {
      const { light, range, ...rest } = plan;
      arrays[`column ${j} light`] = light;
      arrays[`column ${j} range`] = Float64Array.from(range);
      return { ...rest, codec };
    }
    const { cells, overflowCells, overflowTotals, ...rest } = plan;
    arrays[`column ${j} cells`] = cells;
    arrays[`column ${j} overflow cells`] = overflowCells;
    arrays[`column ${j} overflow totals`] = overflowTotals;
    return { ...rest, codec };
  });
  const steps = chain.steps.map(({ leaves, ...step }, s) => {
    arrays[`step ${s} feature`] = Int32Array.from(leaves.tree.feature);
    arrays[`step ${s} cut`] = leaves.tree.cut;
    arrays[`step ${s} right`] = leaves.tree.right;
    arrays[`step ${s} sets`] = leaves.tree.sets;
    arrays[`step ${s} leaf start`] = leaves.tree.leafStart;
    arrays[`step ${s} codes`] = leaves.codes;
    if (leaves.values) arrays[`step ${s} values`] = leaves.values;
    if (leaves.lightStart) arrays[`step ${s} light start`] = leaves.lightStart;
    leaves.scores.forEach((score, k) => {
      arrays[`step ${s} score ${k} tables`] = score.tables;
      arrays[`step ${s} score ${k} cuts`] = score.cuts;
    });
    return { ...step, scores: leaves.scores.length };
  });
  return {
    synthesizer,
    header: { format: "counterfoil-chain/1", plans, steps, window: chain.window, options },
    arrays,
  };
}

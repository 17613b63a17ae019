import { tableOf } from "../../data/table.ts";
import { Unsupported } from "../../errors.ts";
import type { Task } from "../../executors/executor.ts";
import { columnFrom } from "../cells/column-from.ts";
import type { Cells } from "../cells/draw-cells.ts";
import { contentOf, recordOf } from "../code-model.ts";
import { CHUNK_ROWS, type Fitted, type FittedRecord, type SampleOptions } from "../synthesizer.ts";
import type { Chain, SampleData } from "./sample-task.ts";

const sampleModule = new URL("./sample-task.js", import.meta.url).href;

const maker = { synthesizer: "sequential-trees", version: 2 };

/** A chain as it is kept. */
export interface SavedChain {
  readonly chain: Chain;
  readonly notes: readonly string[];
  readonly options: unknown;
}

/** A fitted chain as something that can be sampled and saved. */
export function fittedChain(fitted: SavedChain): Fitted {
  const { chain, notes } = fitted;
  return {
    notes,
    conditions: "rejection",
    save: () => recordOf(maker, fitted),
    async *sample(rows, { random, executor, signal, where = [] }: SampleOptions) {
      if (where.length > 0) throw new Unsupported("no-conditions", "sequential-trees draws no rows under conditions.");
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
    complete: () =>
      Promise.reject(new Unsupported("no-completion", "sequential-trees does not fill partly filled tables.")),
  };
}

/** A saved chain, ready again.
 * @throws {InvalidData} it is of another synthesizer or version, or lacks something */
export function loadChain(record: FittedRecord): Fitted {
  return fittedChain(contentOf(maker, record) as SavedChain);
}

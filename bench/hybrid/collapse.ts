import { join } from "node:path";
import { type Column, type Table, tableOf } from "../../src/data/table.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { simulateLinear } from "../../src/hybrid/collapse/linear.ts";
import { monitorsFor, readMonitors } from "../../src/hybrid/collapse/monitors.ts";
import { stopsOf } from "../../src/hybrid/collapse/stop-rules.ts";
import { collapse as collapseTable } from "../../src/jobs/collapse.ts";
import { type Random, randomFromSeed } from "../../src/random.ts";
import { inferSchema } from "../../src/schema/infer.ts";
import type { HybridPart } from "../hybrid.ts";
import { printTable } from "../measure.ts";

const GENERATIONS = 8;

/** Model collapse: the linear model against theory; false alarms of the stop rules on redraws of one population; generations of a real table. Flags:
 * --synthesizers=mixture,… */
export const collapse: HybridPart = async ({ quick, json, flag }) => {
  await linear(quick ? 400 : 4000, json);
  alarms(quick ? 100 : 1000, json);
  const names =
    flag("synthesizers")?.split(",") ?? (quick ? ["mixture"] : ["mixture", "bayesian-network", "independent"]);
  await tables(names, { quick, json });
};

/** Mean error by generation and arm, and how many standard errors it is from theory. */
async function linear(trials: number, json: boolean): Promise<void> {
  const executor = threadExecutor();
  try {
    const arms = await simulateLinear(
      { dimensions: 20, rows: 100, generations: GENERATIONS, trials },
      { random: randomFromSeed(1), executor },
    );
    printTable(
      arms.flatMap(({ arm, error, theory }) =>
        error.map(({ mean, standardError }, g) => ({
          arm,
          generation: g + 1,
          trials,
          error: mean,
          "standard error": standardError,
          theory: theory[g] as number,
          z: (mean - (theory[g] as number)) / standardError,
        })),
      ),
      json,
    );
  } finally {
    await executor.close();
  }
}

/** Share of sequences of six redraws of a heavy-tailed population with rare labels that any rule stops. */
function alarms(sequences: number, json: boolean): void {
  const monitors = monitorsFor();
  const names = monitors.map(({ name }) => name);
  printTable(
    [60, 250, 1000].map((rows) => {
      let stopped = 0;
      for (let seed = 0; seed < sequences; seed++) {
        const random = randomFromSeed(seed).split(`alarms ${rows}`);
        const frozen = people(random.split("frozen"), rows);
        const schema = inferSchema(frozen);
        const readings = Array.from({ length: 7 }, (_, g) =>
          readMonitors(monitors, people(random.split(g), rows), {
            frozen,
            schema,
            random: random.split("read").split(g),
          }),
        );
        if (stopsOf(readings, names).length > 0) stopped++;
      }
      const share = stopped / sequences;
      return { rows, sequences, stopped, share, "standard error": Math.sqrt((share * (1 - share)) / sequences) };
    }),
    json,
  );
}

function people(random: Random, rows: number): Table {
  const numbers = (name: string, of: () => number): Column => ({
    name,
    type: "number",
    storage: "double",
    values: Float64Array.from({ length: rows }, of),
  });
  const dictionary = Array.from({ length: 16 }, (_, i) => `job${i}`);
  return tableOf(
    [
      numbers("pay", () => Math.exp(random.normal())),
      numbers("age", () => 40 + 12 * random.normal()),
      {
        name: "job",
        type: "text",
        storage: "text",
        codes: Int32Array.from({ length: rows }, () =>
          random.uniform() < 0.6 ? random.integer(4) : 4 + random.integer(12),
        ),
        dictionary,
      },
    ],
    rows,
  );
}

/** German credit, generation after generation: monitors at the end, and where a rule stops. */
async function tables(
  names: readonly string[],
  { quick, json }: { readonly quick: boolean; readonly json: boolean },
): Promise<void> {
  const rows: Record<string, string | number>[] = [];
  for (const synthesizer of names) {
    const result = await collapseTable({
      table: join("examples", "data", "german-credit.csv.gz"),
      synthesizer,
      generations: quick ? 3 : 10,
      seeds: quick ? 1 : 3,
    });
    if (result.study !== "table") throw new Error("a table was given");
    for (const { arm, curves, stops } of result.arms)
      rows.push({
        synthesizer,
        arm,
        generations: result.generations,
        ...Object.fromEntries(curves.map(({ monitor, points }) => [monitor, points.at(-1)?.value ?? Number.NaN])),
        stop: stops.map(({ generation, monitor }) => `${generation}: ${monitor}`).join(", ") || "none",
      });
  }
  printTable(rows, json);
}

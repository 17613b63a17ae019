import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { createBudget } from "../../src/dp/budget.ts";
import { discreteGaussian } from "../../src/dp/discrete-gaussian.ts";
import { secureSource } from "../../src/random.ts";
import { partsOf } from "../tables/run-one.ts";
import { SOURCE_TABLES, type SourceTable } from "../tables/sources.ts";
import { failureOf, type Keeping, kept, type Outcome, succeeded } from "./kept.ts";
import { fitPrivately, type PrivateCost } from "./own.ts";
import { type Line, shortened, shown } from "./show.ts";

const ROWS = 1_000_000;
const DRAWS = 1_000_000;
const SIGMAS = [0.5, 2, 10, 100, 1000];

/** Time and memory of aim and mst on rows drawn from Adult, its domains declared. */
export async function growth({
  rows = ROWS,
  keeping,
}: {
  readonly rows?: number;
  readonly keeping: Keeping;
}): Promise<readonly Line[]> {
  const folder = resolve(keeping.folder, "data");
  mkdirSync(folder, { recursive: true });
  const { train } = partsOf(SOURCE_TABLES.find(({ name }) => name === "adult") as SourceTable, folder);
  const schema = resolve("examples", "data", "adult-domain.yaml");
  const lines: Line[] = [];
  for (const synthesizer of ["aim", "mst"] as const) {
    const outcome = await kept<PrivateCost>(`speed/${synthesizer}-${rows}`, keeping, () =>
      fitPrivately({ synthesizer, train, schema, epsilon: 1, delta: 1e-9, seed: 0, grow: rows }),
    );
    const outcomes: Outcome<PrivateCost>[] = outcome ? [outcome] : [];
    const failed = failureOf(outcomes);
    const runs = succeeded(outcomes);
    lines.push({
      " ": failed === undefined ? synthesizer : `${synthesizer}: ${failed}`,
      rows,
      "wall s": shown(
        runs.map(({ wall }) => wall),
        1,
      ),
      "fit CPU s": shown(
        runs.map(({ fit }) => fit),
        1,
      ),
      "sample CPU s": shown(
        runs.map(({ sample }) => sample),
        1,
      ),
      "peak MB": shown(
        runs.map(({ megabytes }) => megabytes),
        0,
      ),
    });
  }
  return lines;
}

/** Draws of noise for each CPU second: of the sampler by itself, and of the budget's counts. */
export function draws(): readonly Line[] {
  return SIGMAS.map((sigma) => {
    const source = secureSource();
    const sampler = discreteGaussian(sigma, source);
    for (let i = 0; i < DRAWS / 10; i++) sampler();
    const alone = cpuOf(() => {
      for (let i = 0; i < DRAWS; i++) sampler();
    });
    const budget = createBudget({ epsilon: 100, delta: 1e-6, unit: { kind: "row", rows: 1 }, source });
    const counts = new Float64Array(DRAWS);
    const measured = cpuOf(() => budget.gaussian(counts, { query: "zeros", rho: 1 / (2 * sigma * sigma) }));
    return {
      sigma,
      "million draws a CPU s": shortened(DRAWS / alone / 1e6, 2),
      "in noisy counts": shortened(DRAWS / measured / 1e6, 2),
    };
  });
}

function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

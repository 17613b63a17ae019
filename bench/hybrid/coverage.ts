import { type Executor, runAll } from "../../src/executors/executor.ts";
import { threadExecutor } from "../../src/executors/threads.ts";
import { wilson } from "../../src/math/distributions.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { HybridPart } from "../hybrid.ts";
import { printTable } from "../measure.ts";
import { SHOWN, type Shown, type TrialsAsked, type TrialsDone } from "./coverage-trials.ts";
import { DESIGNS, type Design } from "./designs.ts";

const UNITS = 1000;
const LEVEL = 0.9;
/** How often intervals at .9 hold the truth, and how far estimates are from it, by simulation.
 * Flags: --trials=4000 --seed=1 --designs="ols slope,mean" */
export const coverage: HybridPart = async ({ quick, json, flag }) => {
  const trials = Number(flag("trials") ?? (quick ? 300 : 4000));
  const seed = Number(flag("seed") ?? 1);
  const names = flag("designs")?.split(",");
  const rows: Readonly<Record<string, string | number>>[] = [];
  const failed: string[] = [];
  const started = performance.now();
  const executor = threadExecutor();
  for (const design of DESIGNS.filter(({ name }) => names?.includes(name) ?? true))
    for (const isInformative of [true, false])
      for (const labelled of design.name === "ols slope" ? [50, 100, 300] : [50, 100]) {
        const cell = await simulate(executor, { design, isInformative, labelled, trials, seed });
        const where = `${design.name}, n = ${labelled}, ${isInformative ? "informative" : "useless"}`;
        for (const method of SHOWN)
          if (cell.methods.get(method)?.errors.size) rows.push(rowOf(cell, { method, where }));
        failed.push(...misses(cell, { where, labelled, isInformative }));
      }
  await executor.close();
  printTable(rows, json);
  if (json) return;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n${trials} trials each of ${UNITS} units, seed ${seed}, intervals at ${LEVEL}; ${seconds} s.`);
  console.log(
    "Bounds are 95 % Monte-Carlo bounds. Each test is shown by how often it rejects at .05; nothing is wrong.",
  );
  console.log(failed.length === 0 ? "All bars are met." : `Bars missed:\n${failed.join("\n")}`);
};

interface Tally {
  hits: number;
  width: number;
  /** Squared error by trial; absent where there was no estimate. */
  readonly errors: Map<number, number>;
}

interface Cell {
  readonly methods: ReadonlyMap<Shown, Tally>;
  readonly rejected: { readonly overidentification: number; readonly balance: number };
  readonly trials: number;
}

/** Trials in chunks with a stream of their own each, so that the numbers do not depend on the number of threads. */
async function simulate(
  executor: Executor,
  options: {
    readonly design: Design;
    readonly isInformative: boolean;
    readonly labelled: number;
    readonly trials: number;
    readonly seed: number;
  },
): Promise<Cell> {
  const { design, isInformative, labelled, trials, seed } = options;
  const chunks = Math.ceil(trials / CHUNK);
  const stream = randomFromSeed(seed).split(`${design.name}/${isInformative}/${labelled}`);
  const tasks = Array.from({ length: chunks }, (_, k) => ({
    module: new URL("./coverage-trials.js", import.meta.url).href,
    name: "coverageTrials",
    data: {
      design: design.name,
      key: stream.split(k).key,
      trials: Math.min(CHUNK, trials - k * CHUNK),
      units: UNITS,
      labelled,
      isInformative,
      level: LEVEL,
    } satisfies TrialsAsked,
  }));
  const methods = new Map<Shown, Tally>(SHOWN.map((name) => [name, { hits: 0, width: 0, errors: new Map() }]));
  const rejected = { overidentification: 0, balance: 0 };
  for (const [k, trialsDone] of (await runAll<TrialsDone>(executor, tasks)).entries()) {
    rejected.overidentification += trialsDone.overidentification / trials;
    rejected.balance += trialsDone.balance / trials;
    for (const { method, trial, value, low, high } of trialsDone.estimates) {
      const tally = methods.get(method) as Tally;
      if (low <= design.truth && design.truth <= high) tally.hits++;
      tally.width += high - low;
      tally.errors.set(k * CHUNK + trial, (value - design.truth) ** 2);
    }
  }
  return { methods, rejected, trials };
}

const CHUNK = 250;

/** Mean squared error relative to labelled-only on the trials that have both, with bounds by the delta method. */
function relativeError(
  { methods }: Cell,
  method: Shown,
): { readonly value: number; readonly low: number; readonly high: number } {
  const base = (methods.get("labelled-only") as Tally).errors;
  const pairs = [...(methods.get(method) as Tally).errors].map(
    ([trial, error]) => [error, base.get(trial) as number] as const,
  );
  const below = pairs.reduce((sum, [, error]) => sum + error, 0);
  const value = pairs.reduce((sum, [error]) => sum + error, 0) / below;
  const squares = pairs.reduce((sum, [own, other]) => sum + (own - value * other) ** 2, 0);
  const half = (1.96 * Math.sqrt(squares)) / below;
  return { value, low: value - half, high: value + half };
}

function rowOf(
  cell: Cell,
  { method, where }: { readonly method: Shown; readonly where: string },
): Readonly<Record<string, string | number>> {
  const tally = cell.methods.get(method) as Tally;
  const count = tally.errors.size;
  const bounds = wilson(tally.hits, count, 0.025);
  const error = relativeError(cell, method);
  const isLabelled = method === "labelled-only";
  const share = (value: number): string => value.toFixed(3);
  return {
    design: where,
    method,
    "relative MSE": isLabelled ? "1" : `${share(error.value)} [${share(error.low)}, ${share(error.high)}]`,
    coverage: `${share(tally.hits / count)} [${share(bounds.low)}, ${share(bounds.high)}]`,
    width: share(tally.width / count),
    "J alarm": isLabelled ? share(cell.rejected.overidentification) : "",
    "balance alarm": isLabelled ? share(cell.rejected.balance) : "",
    "no estimate": count === 0 ? "" : cell.trials - count,
  };
}

/** The bars on the closed form that this cell misses, each by the Monte-Carlo bound in its favour. */
function misses(
  cell: Cell,
  options: { readonly where: string; readonly labelled: number; readonly isInformative: boolean },
): readonly string[] {
  const { where, labelled, isInformative } = options;
  const tally = cell.methods.get("control-variate") as Tally;
  const out: string[] = [];
  const { high } = wilson(tally.hits, tally.errors.size, 0.025);
  const bar = labelled === 50 ? 0.87 : 0.89;
  if (high < bar) out.push(`${where}: coverage at most ${high.toFixed(3)}, bar ${bar}`);
  const { low } = relativeError(cell, "control-variate");
  if (isInformative && labelled === 100 && low > 0.45)
    out.push(`${where}: relative MSE at least ${low.toFixed(3)}, bar .45`);
  const most = labelled === 50 ? 1.15 : 1.1;
  if (!isInformative && low > most) out.push(`${where}: relative MSE at least ${low.toFixed(3)}, bar ${most}`);
  return out;
}

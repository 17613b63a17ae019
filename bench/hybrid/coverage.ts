import { CounterfoilError } from "../../src/errors.ts";
import { controlVariate } from "../../src/hybrid/estimation/control-variate.ts";
import { inferSample } from "../../src/hybrid/estimation/infer-sample.ts";
import { prepare } from "../../src/hybrid/estimation/prepared.ts";
import { wilson } from "../../src/math/distributions.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { HybridPart } from "../hybrid.ts";
import { printTable } from "../measure.ts";
import { DESIGNS, type Design } from "./designs.ts";

const UNITS = 1000;
const LEVEL = 0.9;
const SHOWN = [
  "labelled-only",
  "control-variate",
  "joint closed form",
  "gmm-two-step",
  "ppi",
  "ppi-plus-plus",
  "naive-pooling",
] as const;
type Shown = (typeof SHOWN)[number];

/** How often intervals at .9 hold the truth, and how far estimates are from it, by simulation.
 * Flags: --trials=4000 --seed=1 --designs="ols slope,mean" */
export const coverage: HybridPart = async ({ quick, json, flag }) => {
  const trials = Number(flag("trials") ?? (quick ? 300 : 4000));
  const seed = Number(flag("seed") ?? 1);
  const names = flag("designs")?.split(",");
  const rows: Readonly<Record<string, string | number>>[] = [];
  const failed: string[] = [];
  const started = performance.now();
  for (const design of DESIGNS.filter(({ name }) => names?.includes(name) ?? true))
    for (const isInformative of [true, false])
      for (const labelled of design.name === "ols slope" ? [50, 100, 300] : [50, 100]) {
        const cell = simulate(design, { isInformative, labelled, trials, seed });
        const where = `${design.name}, n = ${labelled}, ${isInformative ? "informative" : "useless"}`;
        for (const method of SHOWN) rows.push(rowOf(cell, { method, where }));
        failed.push(...misses(cell, { where, labelled, isInformative }));
      }
  printTable(rows, json);
  if (json) return;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n${trials} trials each of ${UNITS} units, seed ${seed}, intervals at ${LEVEL}; ${seconds} s.`);
  console.log("Bounds are 95 % Monte-Carlo bounds. Each test is shown by how often it rejects at .05; nothing is wrong.");
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

function simulate(
  design: Design,
  options: {
    readonly isInformative: boolean;
    readonly labelled: number;
    readonly trials: number;
    readonly seed: number;
  },
): Cell {
  const { isInformative, labelled, trials, seed } = options;
  const stream = randomFromSeed(seed).split(`${design.name}/${isInformative}/${labelled}`);
  const methods = new Map<Shown, Tally>(SHOWN.map((name) => [name, { hits: 0, width: 0, errors: new Map() }]));
  let overidentification = 0;
  let balance = 0;
  for (let trial = 0; trial < trials; trial++) {
    const sample = design.draw({ random: stream.split(trial), units: UNITS, labelled, isInformative });
    try {
      const inference = inferSample(sample, design.family, { level: LEVEL });
      const joint = controlVariate(prepare(sample, design.family), { level: LEVEL, form: "joint" });
      if (inference.overidentification?.rejected) overidentification++;
      if (inference.covariateBalance?.rejected) balance++;
      for (const name of SHOWN) {
        const found =
          name === "joint closed form" ? joint : inference.estimations.find(({ method }) => method === name);
        if (!found || !("terms" in found)) continue;
        const term = found.terms[design.watched]!;
        const tally = methods.get(name) as Tally;
        if (term.low <= design.truth && design.truth <= term.high) tally.hits++;
        tally.width += term.high - term.low;
        tally.errors.set(trial, (term.value - design.truth) ** 2);
      }
    } catch (error) {
      // Labelled rows that chance has separated have no estimate.
      if (!(error instanceof CounterfoilError)) throw error;
    }
  }
  return { methods, rejected: { overidentification: overidentification / trials, balance: balance / trials }, trials };
}

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
    "J rejects": method === "gmm-two-step" ? share(cell.rejected.overidentification) : "",
    "balance rejects": isLabelled ? share(cell.rejected.balance) : "",
    "no estimate": cell.trials - count,
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

import { type Executor, runAll, type Task } from "../../executors/executor.ts";
import { cholesky, solveCholesky } from "../../math/cholesky.ts";
import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import { ARMS, type Arm } from "./arms.ts";

/** The linear model in which collapse can be reckoned: y = x·w + e, x standard normal, e of variance 1, fitted by least squares. */
export interface LinearDesign {
  /** Columns of x. */
  readonly dimensions: number;
  /** Rows of one generation; more than dimensions + 1. */
  readonly rows: number;
  readonly generations: number;
  readonly trials: number;
}

/** The mean squared error of each generation's model, in units of that of one fit to real rows: σ²·d / (T − d − 1). */
export interface LinearArm {
  readonly arm: Arm;
  /** From generation 1. */
  readonly error: readonly { readonly mean: number; readonly standardError: number }[];
  /** What theory says: exact for replace and accumulate, for many rows per column for anchored. */
  readonly theory: readonly number[];
}

/** Trials of one task. */
const BLOCK = 50;

/** Runs the linear model generation after generation: each learns from labels that the one before it gave to fresh rows x (the first from real labels).
 * @returns in the order of {@link ARMS}; the same for any number of threads */
export async function simulateLinear(
  design: LinearDesign,
  how: { readonly random: Random; readonly executor: Executor; readonly signal?: AbortSignal | undefined },
): Promise<readonly LinearArm[]> {
  const blocks = Math.ceil(design.trials / BLOCK);
  const tasks = Array.from(
    { length: blocks },
    (_, block): Task => ({
      module: import.meta.url,
      name: "linearTrials",
      data: {
        ...design,
        trials: Math.min(BLOCK, design.trials - block * BLOCK),
        key: how.random.split(block).key,
      } satisfies LinearTask,
    }),
  );
  const done = await runAll<Float64Array>(how.executor, tasks, { signal: how.signal });
  const { generations, trials } = design;
  return ARMS.map((arm, a) => ({
    arm,
    error: Array.from({ length: generations }, (_, g) => {
      const at = 2 * (a * generations + g);
      const [sum, squares] = [at, at + 1].map((i) => done.reduce((total, part) => total + (part[i] as number), 0));
      const mean = (sum as number) / trials;
      const variance = Math.max(0, (squares as number) - trials * mean * mean) / Math.max(1, trials - 1);
      return { mean, standardError: Math.sqrt(variance / trials) };
    }),
    theory: linearTheory(arm, design),
  }));
}

/** The expected error of each generation, from 1, in units of one fit to real rows.
 *
 * Replace: n, one unit of noise each. Accumulate: generation i adds σ²·d / (i·(i·T − d − 1)), for G⁻¹XᵀX of the newest of i equal parts is 1/i on average;
 * for many rows that is Σ 1/i², under π²/6. Anchored: half of the labels are real and stay, so half of each step's deviation from the first fit is carried
 * on: 1 + ⅓(1 − ¼ⁿ⁻¹) for many rows per column.
 * @source Gerstgrasser et al. (2024), arXiv:2404.01413, theorems 1 and 2; the exact sums are ours, by Wishart moments */
export function linearTheory(arm: Arm, { dimensions, rows, generations }: LinearDesign): readonly number[] {
  let sum = 0;
  return Array.from({ length: generations }, (_, index) => {
    const n = index + 1;
    if (arm === "replace") return n;
    if (arm === "anchored") return 1 + (1 - 0.25 ** index) / 3;
    sum += (rows - dimensions - 1) / (n * (n * rows - dimensions - 1));
    return sum;
  });
}

interface LinearTask extends LinearDesign {
  readonly key: RandomKey;
}

/** Some trials. The true model is 0, which costs no generality: only the deviation from it is carried on.
 * @returns by arm and generation the sum over trials of the error, and of its square */
export function linearTrials({ dimensions: d, rows, generations, trials, key }: LinearTask): Float64Array {
  const random = randomFrom(key);
  const unit = d / (rows - d - 1);
  const out = new Float64Array(2 * ARMS.length * generations);
  for (let trial = 0; trial < trials; trial++) {
    const states = ARMS.map(() => ({ gram: new Float64Array(d * d), moments: new Float64Array(d) }));
    const models: Float64Array[] = ARMS.map(() => new Float64Array(d));
    let real: Drawn | undefined;
    for (let g = 0; g < generations; g++) {
      const drawn = drawRows(d, rows, random);
      real ??= drawn;
      ARMS.forEach((arm, a) => {
        const state = states[a] as (typeof states)[number];
        if (arm !== "accumulate") {
          state.gram.fill(0);
          state.moments.fill(0);
          if (arm === "anchored" && g > 0) add(state, real as Drawn, undefined);
        }
        add(state, drawn, g === 0 ? undefined : models[a]);
        const model = solved(state, d);
        models[a] = model;
        const error = model.reduce((sum, w) => sum + w * w, 0) / unit;
        const at = 2 * (a * generations + g);
        out[at] = (out[at] as number) + error;
        out[at + 1] = (out[at + 1] as number) + error * error;
      });
    }
  }
  return out;
}

/** XᵀX and Xᵀe of fresh rows. */
interface Drawn {
  readonly gram: Float64Array;
  readonly noise: Float64Array;
}

function drawRows(d: number, rows: number, random: Random): Drawn {
  const gram = new Float64Array(d * d);
  const noise = new Float64Array(d);
  const x = new Float64Array(d);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < d; j++) x[j] = random.normal();
    const e = random.normal();
    for (let i = 0; i < d; i++) {
      const xi = x[i] as number;
      noise[i] = (noise[i] as number) + xi * e;
      for (let j = 0; j <= i; j++) gram[i * d + j] = (gram[i * d + j] as number) + xi * (x[j] as number);
    }
  }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) gram[j * d + i] = gram[i * d + j] as number;
  return { gram, noise };
}

/** Adds rows whose labels the model gave; none: the truth, which is 0. */
function add(
  state: { readonly gram: Float64Array; readonly moments: Float64Array },
  { gram, noise }: Drawn,
  model: Float64Array | undefined,
): void {
  const d = noise.length;
  for (let i = 0; i < d * d; i++) state.gram[i] = (state.gram[i] as number) + (gram[i] as number);
  for (let i = 0; i < d; i++) {
    let label = noise[i] as number;
    if (model) for (let j = 0; j < d; j++) label += (gram[i * d + j] as number) * (model[j] as number);
    state.moments[i] = (state.moments[i] as number) + label;
  }
}

function solved(state: { readonly gram: Float64Array; readonly moments: Float64Array }, d: number): Float64Array {
  const found = cholesky(state.gram, d);
  if ("dependent" in found) throw new Error("normal rows are independent");
  return solveCholesky(found.factor, state.moments);
}

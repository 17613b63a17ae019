import { scoreCodes, scoreSums } from "../../learners/trees/additive-score.ts";
import { leafOf, type Tree } from "../../learners/trees/cart.ts";
import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import { type ColumnPlan, codeOfValue, type LabelPlan, type QuantityPlan } from "../cells/columns.ts";
import type { Cells } from "../cells/draw-cells.ts";
import type { StepLeaves } from "./grow-task.ts";

/** One draw of the chain: whether a number is missing, the number, or a category. */
export interface Step {
  readonly kind: "missing" | "value" | "label";
  /** Index of the column. */
  readonly column: number;
  /** Indices of the earlier steps that the tree asks. */
  readonly predictors: readonly number[];
}

export interface FittedStep extends Step {
  readonly leaves: StepLeaves;
}

/** A fitted chain of steps. Plain data over shared memory: sent to threads without copying the leaves. */
export interface Chain {
  readonly plans: readonly ColumnPlan[];
  readonly steps: readonly FittedStep[];
  readonly window: number;
}

export interface SampleData {
  readonly chain: Chain;
  readonly rows: number;
  readonly key: RandomKey;
}

/** Draws one chunk, column by column. */
export function sampleChunk({ chain, rows, key }: SampleData): Cells[] {
  const random = randomFrom(key);
  const codes: Uint8Array[] = [];
  const out: Cells[] = new Array(chain.plans.length);
  chain.steps.forEach((step, s) => {
    const plan = chain.plans[step.column] as ColumnPlan;
    const predictors = step.predictors.map((p) => codes[p] as Uint8Array);
    const { feature } = step.leaves.tree;
    const scores = step.leaves.scores.map((score, k) =>
      feature.includes(step.predictors.length + k)
        ? scoreCodes(score, scoreSums(score, predictors, rows))
        : new Uint8Array(0),
    );
    predictors.push(...scores);
    const own = new Uint8Array(rows);
    codes.push(own);
    const stream = random.split(s);
    if (step.kind === "value") {
      const known = chain.steps.findIndex((other) => other.kind === "missing" && other.column === step.column);
      out[step.column] = drawValues(step, plan as QuantityPlan, predictors, own, codes[known], stream, chain.window);
      return;
    }
    drawClasses(step, predictors, own, stream);
    if (step.kind === "label") out[step.column] = labelCells(plan as LabelPlan, own, stream);
  });
  return out;
}

function drawClasses(step: FittedStep, predictors: readonly Uint8Array[], own: Uint8Array, random: Random): void {
  const { codes } = step.leaves;
  if (codes.length === 0) return;
  for (let i = 0; i < own.length; i++) {
    const leaf = leafOf(step.leaves.tree, predictors, i);
    own[i] = codes[drawDonor(step.leaves.tree, leaf, random)] as number;
  }
}

/** The place of a donor: any of the leaf, to within 2^−32. */
function drawDonor({ leafStart }: Tree, leaf: number, random: Random): number {
  const start = leafStart[leaf] as number;
  return start + Math.floor((random.uint32() / 4294967296) * ((leafStart[leaf + 1] as number) - start));
}

function drawValues(
  step: FittedStep,
  plan: QuantityPlan,
  predictors: readonly Uint8Array[],
  own: Uint8Array,
  missing: Uint8Array | undefined,
  random: Random,
  window: number,
): Cells {
  const { tree, codes } = step.leaves;
  const values = step.leaves.values as Float64Array;
  const lightStart = step.leaves.lightStart as Uint32Array;
  const present = plan.codec.missing.length;
  const cells = new Float64Array(own.length);
  const [low, high] = plan.range;
  const power = 10 ** plan.decimals;
  for (let i = 0; i < own.length; i++) {
    const state = missing ? (missing[i] as number) : present;
    if (state < present || values.length === 0) {
      own[i] = state < present ? state : 0;
      cells[i] = Number.NaN;
      continue;
    }
    const leaf = leafOf(tree, predictors, i);
    const end = tree.leafStart[leaf + 1] as number;
    const donor = drawDonor(step.leaves.tree, leaf, random);
    const from = lightStart[leaf] as number;
    if (donor < from) {
      cells[i] = values[donor] as number;
      own[i] = codes[donor] as number;
      continue;
    }
    let value =
      end - from >= 4
        ? between(values, from, end, donor, window, random)
        : between(plan.light, 0, plan.light.length, placeOf(plan.light, values[donor] as number), 5, random);
    if (plan.unit > 0) value = Math.round(value / plan.unit) * plan.unit;
    if (plan.decimals < 15) value = Math.round(value * power) / power;
    value = Math.max(low, Math.min(high, value));
    cells[i] = value;
    own[i] = codeOfValue(value, plan.codec);
  }
  return { cells, ...(plan.hasTokens ? { tokens: tokensOf(own, present) } : {}) };
}

/** A value within so many places of place `at` of sorted values[from … end − 1], interpolated between its neighbours. */
function between(values: Float64Array, from: number, end: number, at: number, window: number, random: Random): number {
  const a = Math.max(from, at - window);
  const b = Math.min(end - 1, at + window);
  const place = a + random.uniform() * (b - a);
  const floor = Math.floor(place);
  const low = values[floor] as number;
  return floor + 1 < end ? low + (place - floor) * ((values[floor + 1] as number) - low) : low;
}

/** The first place whose value is at least x. */
function placeOf(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function labelCells(plan: LabelPlan, codes: Uint8Array, random: Random): Cells {
  const present = plan.codec.missing.length;
  const overflow = plan.codec.levels - 1;
  const n = codes.length;
  const cells = plan.type === "text" ? new Int32Array(n) : new Float64Array(n);
  const nothing = plan.type === "text" ? -1 : Number.NaN;
  const total = plan.overflowTotals.at(-1) ?? 0;
  for (let i = 0; i < n; i++) {
    const code = codes[i] as number;
    if (code < present) cells[i] = nothing;
    else if (code < overflow) cells[i] = plan.cells[code] as number;
    else if (total > 0)
      cells[i] = plan.overflowCells[placeOf(plan.overflowTotals, random.integer(total) + 1)] as number;
    else cells[i] = nothing;
  }
  return { cells, ...(plan.hasTokens ? { tokens: tokensOf(codes, present) } : {}) };
}

function tokensOf(codes: Uint8Array, present: number): Uint8Array {
  const out = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) if ((codes[i] as number) < present) out[i] = codes[i] as number;
  return out;
}

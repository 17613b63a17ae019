import { countUpTo } from "../../math/sorted-search.ts";
import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import type { CodeEvidence } from "../code-rows.ts";
import { type AdditiveScore, scoreCodes, scoreSums } from "./additive-score.ts";
import { leafOf, type Tree } from "./cart.ts";

/** A row drawn step by step, each step by trees of the earlier ones. Plain data; arrays in shared memory. */
export interface TreeChain {
  /** Columns of the rows; each is drawn by one step or two. */
  readonly columns: number;
  readonly steps: readonly ChainStep[];
}

/** What a step draws of its column: the code; how the cell is missing, if it is; or the code of a cell that is not. */
export type StepPart = "whole" | "missing" | "present";

export interface ChainStep {
  readonly column: number;
  readonly part: StepPart;
  /** Codes of the column below this are ways of being missing; a step of part "missing" draws this one for a cell that is there. */
  readonly missingCodes: number;
  /** Whether the column's other codes are in order. */
  readonly ordered: boolean;
  /** Indices of the earlier steps that the trees ask. */
  readonly predictors: readonly number[];
  /** Asked as predictors after those. */
  readonly scores: readonly AdditiveScore[];
  /** Each row is drawn by one of them, all alike. */
  readonly trees: readonly DonorTree[];
  /** The first that a row meets says its code. */
  readonly rules?: readonly CodeRule[];
}

/** Rows whose code has a weight of at least a half in each of these earlier columns hold this code. */
export interface CodeRule {
  readonly conditions: readonly { readonly column: number; readonly weights: Float64Array }[];
  readonly code: number;
}

/** A tree and the codes of the rows in its leaves, leaf by leaf (`Tree.leafStart`). */
export interface DonorTree {
  readonly tree: Tree;
  readonly codes: Uint8Array;
}

/** Candidates for each row whose cells are partly known. */
const CANDIDATES = 30;
/** Rows whose candidates are drawn at once: bounds memory. */
const BLOCK_ROWS = 2048;

/** Draws rows of codes given the evidence.
 *
 * Weights are met exactly: a step draws among the codes that its weights let pass, and the row is kept with the chance of having passed,
 * over the greatest chance of any leaf. `accepted` says which rows are kept; rows that are not count for nothing.
 *
 * Cells known row by row are kept as they are. Those that earlier, unknown cells should agree with weigh among 30 candidates of the row,
 * of which one is drawn: importance resampling (Rubin 1987), exact as the candidates grow. */
export function drawTreeChain(data: {
  readonly model: TreeChain;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] | { readonly codes: Uint8Array[]; readonly accepted: Uint8Array } {
  const { model, rows, evidence } = data;
  const random = randomFrom(data.key);
  const plans = plansOf(model, evidence.weights);
  if (evidence.given) return completed(model, { rows, given: evidence.given, plans, random });
  const weights = plans.some(({ restriction }) => restriction) ? new Float64Array(rows) : undefined;
  const codes = drawSteps(model, { rows, plans, random, logWeights: weights });
  if (!weights) return codes;
  const coin = random.split("accepted");
  return { codes, accepted: Uint8Array.from(weights, (weight) => (coin.uniform() < Math.exp(weight) ? 1 : 0)) };
}

/** What the weights of a column make of a step. */
interface StepPlan {
  readonly restriction: Restriction | undefined;
}

interface Restriction {
  /** For each tree the running total of its donors' weights; entry i: of the donors before place i. */
  readonly totals: readonly Float64Array[];
  /** The greatest chance to pass of any leaf. */
  readonly most: number;
}

function plansOf(model: TreeChain, weights: CodeEvidence["weights"]): StepPlan[] {
  const plans: StepPlan[] = model.steps.map(() => ({ restriction: undefined }));
  for (let s = model.steps.length - 1; s >= 0; s--) {
    const step = model.steps[s] as ChainStep;
    const own = weights[step.column];
    if (!own) continue;
    if (step.part !== "missing") plans[s] = { restriction: restrictionOf(step, own) };
    else {
      // A cell that is there has yet to pass its own step, where the chance is told over the greatest of all.
      const value = model.steps.findIndex(({ column, part }) => column === step.column && part === "present");
      const most = plans[value]?.restriction?.most ?? 1;
      const classes = new Float64Array(256);
      for (let code = 0; code < step.missingCodes; code++) classes[code] = own[code] as number;
      classes[step.missingCodes] = most;
      plans[s] = { restriction: restrictionOf(step, classes) };
    }
  }
  return plans;
}

function restrictionOf(step: ChainStep, weights: Float64Array): Restriction {
  let most = 0;
  const totals = step.trees.map(({ tree, codes }) => {
    const total = new Float64Array(codes.length + 1);
    for (let i = 0; i < codes.length; i++)
      total[i + 1] = (total[i] as number) + (weights[codes[i] as number] as number);
    const { leafStart } = tree;
    for (let leaf = 0; leaf + 1 < leafStart.length; leaf++) {
      const start = leafStart[leaf] as number;
      const end = leafStart[leaf + 1] as number;
      if (end > start) most = Math.max(most, ((total[end] as number) - (total[start] as number)) / (end - start));
    }
    return total;
  });
  return { totals, most };
}

interface Draw {
  readonly rows: number;
  readonly plans: readonly StepPlan[];
  readonly random: Random;
  /** Written: what each row weighs, at most 0 unless cells are known. */
  readonly logWeights?: Float64Array | undefined;
  readonly given?: NonNullable<CodeEvidence["given"]> | undefined;
}

/** One array of codes for each column. */
function drawSteps(model: TreeChain, draw: Draw): Uint8Array[] {
  const { rows, plans, given, logWeights } = draw;
  const drawn: Uint8Array[] = [];
  const out = Array.from({ length: model.columns }, () => new Uint8Array(rows));
  const missing: (Uint8Array | undefined)[] = new Array(model.columns).fill(undefined);
  model.steps.forEach((step, s) => {
    const predictors = step.predictors.map((p) => drawn[p] as Uint8Array);
    const scores = step.scores.map((score, k) =>
      step.trees.some(({ tree }) => tree.feature.includes(step.predictors.length + k))
        ? scoreCodes(score, scoreSums(score, predictors, rows))
        : new Uint8Array(0),
    );
    const own = new Uint8Array(rows);
    drawStep(step, {
      predictors: [...predictors, ...scores],
      own,
      absent: step.part === "present" ? missing[step.column] : undefined,
      restriction: (plans[s] as StepPlan).restriction,
      random: draw.random.split(s),
      logWeights,
      known: given?.known[step.column],
      codes: given?.codes[step.column],
      columns: out,
    });
    drawn.push(own);
    if (step.part === "missing") missing[step.column] = own;
    else out[step.column] = own;
  });
  return out;
}

function drawStep(
  step: ChainStep,
  at: {
    readonly predictors: readonly Uint8Array[];
    readonly own: Uint8Array;
    /** How the cell is missing, where an earlier step has told. */
    readonly absent: Uint8Array | undefined;
    readonly restriction: Restriction | undefined;
    readonly random: Random;
    readonly logWeights: Float64Array | undefined;
    readonly known: Uint8Array | undefined;
    readonly codes: Uint8Array | undefined;
    /** What was drawn of each column. */
    readonly columns: readonly Uint8Array[];
  },
): void {
  const { predictors, own, absent, restriction, random, logWeights, known } = at;
  const { trees, missingCodes } = step;
  const count = trees.length;
  const hasDonors = trees[0]?.codes.length !== 0;
  for (let i = 0; i < own.length; i++) {
    const isKnown = known?.[i] === 1;
    if (absent && (absent[i] as number) < missingCodes) {
      own[i] = absent[i] as number;
      continue;
    }
    const ruled = isKnown ? undefined : codeByRule(step, at.columns, i);
    if (ruled !== undefined) {
      own[i] = knownCode(step, ruled);
      continue;
    }
    if (!hasDonors) {
      if (isKnown) own[i] = knownCode(step, at.codes?.[i] as number);
      continue;
    }
    const k = count > 1 ? random.integer(count) : 0;
    const { tree, codes } = trees[k] as DonorTree;
    const leaf = leafOf(tree, predictors, i);
    const start = tree.leafStart[leaf] as number;
    const end = tree.leafStart[leaf + 1] as number;
    if (isKnown) {
      const code = knownCode(step, at.codes?.[i] as number);
      own[i] = code;
      if (logWeights) logWeights[i] = (logWeights[i] as number) + logShare(step, { codes, start, end, code });
      continue;
    }
    if (!restriction) {
      // Any donor of the leaf, to within 2^−32.
      own[i] = codes[start + Math.floor((random.uint32() / 4294967296) * (end - start))] as number;
      continue;
    }
    const totals = restriction.totals[k] as Float64Array;
    const passing = (totals[end] as number) - (totals[start] as number);
    const share = passing / (end - start) / restriction.most;
    if (logWeights) logWeights[i] = (logWeights[i] as number) + Math.log(known ? Math.max(share, LEAST_SHARE) : share);
    // A leaf where nothing passes: the row is lost, unless cells are known, where it has another of the whole column.
    const [from, to] = passing > 0 ? [start, end] : [0, codes.length];
    const before = totals[from] as number;
    const x = before + random.uniform() * ((totals[to] as number) - before);
    own[i] = codes[placeOf(totals, x, from, to)] as number;
  }
}

function codeByRule({ rules }: ChainStep, columns: readonly Uint8Array[], row: number): number | undefined {
  return rules?.find(({ conditions }) =>
    conditions.every(
      ({ column, weights }) => (weights[(columns[column] as Uint8Array)[row] as number] as number) >= 0.5,
    ),
  )?.code;
}

function knownCode({ part, missingCodes }: ChainStep, code: number): number {
  return part === "missing" ? Math.min(code, missingCodes) : code;
}

/** How likely a known code is among donors: for codes in order, those about it count with it, for few donors hold just the same. */
function logShare(
  step: ChainStep,
  {
    codes,
    start,
    end,
    code,
  }: { readonly codes: Uint8Array; readonly start: number; readonly end: number; readonly code: number },
): number {
  const reach = step.ordered && step.part !== "missing" && code >= step.missingCodes ? NEIGHBOURS : 0;
  let held = 0;
  for (let i = start; i < end; i++) {
    const other = codes[i] as number;
    if (other === code || (reach > 0 && other >= step.missingCodes && Math.abs(other - code) <= reach)) held++;
  }
  return Math.log((held + 0.1) / (end - start + 1));
}

/** Codes on either side, of at most 250. */
const NEIGHBOURS = 8;
/** What a candidate weighs for a cell that its leaf does not have. */
const LEAST_SHARE = 1e-6;

/** The place of start … end − 1 where the running total passes x: never one that weighs nothing. */
function placeOf(totals: Float64Array, x: number, start: number, end: number): number {
  let low = countUpTo(totals, x, start + 1, end) - 1;
  // Rounding may end on a donor without weight, behind the last that has some.
  while (low > start && totals[low + 1] === totals[low]) low--;
  return low;
}

/** Rows with their unknown cells drawn. */
function completed(
  model: TreeChain,
  how: {
    readonly rows: number;
    readonly given: NonNullable<CodeEvidence["given"]>;
    readonly plans: readonly StepPlan[];
    readonly random: Random;
  },
): Uint8Array[] {
  const { rows, given, plans, random } = how;
  const out = Array.from({ length: model.columns }, () => new Uint8Array(rows));
  for (let block = 0; block * BLOCK_ROWS < rows; block++) {
    const first = block * BLOCK_ROWS;
    const size = Math.min(BLOCK_ROWS, rows - first);
    const repeated = (column: Uint8Array): Uint8Array => {
      const all = new Uint8Array(size * CANDIDATES);
      for (let i = 0; i < size; i++) all.fill(column[first + i] as number, i * CANDIDATES, (i + 1) * CANDIDATES);
      return all;
    };
    const logWeights = new Float64Array(size * CANDIDATES);
    const own = random.split(block);
    const candidates = drawSteps(model, {
      rows: size * CANDIDATES,
      plans,
      random: own,
      logWeights,
      given: { codes: given.codes.map(repeated), known: given.known.map(repeated) },
    });
    const choice = own.split("choice");
    for (let i = 0; i < size; i++) {
      const chosen =
        i * CANDIDATES + drawByLogWeight(logWeights.subarray(i * CANDIDATES, (i + 1) * CANDIDATES), choice);
      for (let j = 0; j < model.columns; j++)
        (out[j] as Uint8Array)[first + i] = (candidates[j] as Uint8Array)[chosen] as number;
    }
  }
  return out;
}

/** The first where none weighs anything. */
function drawByLogWeight(logWeights: Float64Array, random: Random): number {
  const most = logWeights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const drawn = random.uniform();
  if (most === Number.NEGATIVE_INFINITY) return 0;
  let total = 0;
  for (let i = 0; i < logWeights.length; i++) total += Math.exp((logWeights[i] as number) - most);
  let rest = drawn * total;
  for (let i = 0; i < logWeights.length; i++) {
    rest -= Math.exp((logWeights[i] as number) - most);
    if (rest < 0) return i;
  }
  return logWeights.length - 1;
}

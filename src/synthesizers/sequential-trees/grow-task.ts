import { type AdditiveScore, fitAdditiveScores, scoreCodes, scoreSums } from "../../learners/trees/additive-score.ts";
import { fillLeaves, growCart, leafOf, type Predictors, type Response } from "../../learners/trees/cart.ts";
import type { DonorTree } from "../../learners/trees/tree-chain.ts";
import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import type { Criterion, Method } from "./options.ts";
import { quantileClasses, responseOf } from "./response.ts";

/** What a step draws: a class, or the code of a value. Trees of values are grown on the values themselves. */
export type Target =
  | { readonly kind: "classes"; readonly classes: Uint8Array; readonly count: number }
  | { readonly kind: "values"; readonly values: Float64Array; readonly codes: Uint8Array };

export interface StepData {
  readonly predictors: Predictors;
  /** How many codes of each predictor are ways of being missing. */
  readonly missingCodes: readonly number[];
  /** Most rows that additive scores are fitted on; 0: no scores. */
  readonly scoreRows: number;
  readonly target: Target;
  readonly minLeaf: number;
  readonly price: number;
}

export interface GrowData extends StepData {
  readonly growRows: Uint32Array;
  readonly method: Method;
  /** How many trees; more than one are each grown on a share of the rows. */
  readonly forest: number;
  /** Names the shares. */
  readonly key: RandomKey;
  /** All rows whose cells may be drawn. */
  readonly rows: Uint32Array;
  readonly criterion: Criterion;
}

/** A grown step. Each row is drawn by one of the trees. */
export interface GrownStep {
  /** Asked as predictors after those of the step. */
  readonly scores: readonly AdditiveScore[];
  readonly trees: readonly DonorTree[];
}

/** Share of the rows that each tree of a forest is grown on, without replacement: what a bootstrap sample holds of them. */
const FOREST_SHARE = 0.632;

/** Grows the trees of one step and fills their leaves. */
export function growStep(data: GrowData): GrownStep {
  const { target, rows, forest } = data;
  const { predictors, scores } = withScores(data);
  const response = responseFor(target, data.growRows, data.criterion);
  const random = randomFrom(data.key);
  const additive = data.method === "linear" && scores.length > 0;
  const asked = additive ? scoresOnly(predictors, scores.length) : predictors;
  // The regression has told what matters: its score may be cut as finely as leaves allow.
  const price = additive && target.kind === "values" ? 0 : data.price;
  const trees = Array.from({ length: forest }, (_, k): DonorTree => {
    const growRows = forest === 1 ? data.growRows : shareOf(data.growRows, random.split(k));
    const grown = growCart(asked, response, growRows, {
      minLeaf: data.minLeaf,
      price,
      learnedFrom: data.predictors.codes.length,
    });
    const filled = growRows.length < rows.length ? fillLeaves(grown.tree, predictors.codes, rows) : grown;
    return { tree: filled.tree, codes: gather(target.kind === "classes" ? target.classes : target.codes, filled.rows) };
  });
  return { scores, trees };
}

/** The predictors before the scores made constant, so that no tree asks them. */
function scoresOnly({ codes, ordered }: Predictors, scores: number): Predictors {
  const constant = new Uint8Array(codes[0]?.length ?? 0);
  return { codes: codes.map((own, p) => (p < codes.length - scores ? constant : own)), ordered };
}

function shareOf(rows: Uint32Array, random: Random): Uint32Array {
  return random.sample(rows.length, Math.ceil(FOREST_SHARE * rows.length)).map((place) => rows[place] as number);
}

export interface TryData extends StepData {
  readonly growRows: Uint32Array;
  readonly testRows: Uint32Array;
  readonly criteria: readonly Criterion[];
}

/** How well held-out rows are foretold by a tree. */
export interface TryScore {
  /** Mean log-likelihood, leaves smoothed towards the whole by a few rows. */
  readonly logLikelihood: number;
  /** Mean quadratic score 2 p(y) − Σ p², the sum without the bias of small leaves: what counts when rows are drawn from a leaf, where few
   * donors do no harm, but wrong donors do. */
  readonly quadratic: number;
}

/** Scores each criterion on held-out rows. Numbers are scored as 20 classes of equal count, so that criteria can be compared. */
export function tryStep(data: TryData): TryScore[] {
  const { target, growRows, testRows } = data;
  const { predictors } = withScores(data);
  const scored = target.kind === "classes" ? target : quantileClasses(target.values, growRows, 20);
  const K = scored.count;
  const whole = new Float64Array(K).fill(0.5);
  for (let i = 0; i < growRows.length; i++) {
    const c = scored.classes[growRows[i] as number] as number;
    whole[c] = (whole[c] as number) + 1;
  }
  for (let c = 0; c < K; c++) whole[c] = (whole[c] as number) / (growRows.length + K / 2);
  return data.criteria.map((criterion) => {
    if (growRows.length === 0 || testRows.length === 0) return { logLikelihood: 0, quadratic: 0 };
    const { tree, rows } = growCart(predictors, responseFor(target, growRows, criterion), growRows, {
      minLeaf: data.minLeaf,
      price: data.price,
      learnedFrom: data.predictors.codes.length,
    });
    const leaves = tree.leafStart.length - 1;
    const counts = new Uint32Array(leaves * K);
    for (let k = 0; k < leaves; k++)
      for (let i = tree.leafStart[k] as number; i < (tree.leafStart[k + 1] as number); i++) {
        const at = k * K + (scored.classes[rows[i] as number] as number);
        counts[at] = (counts[at] as number) + 1;
      }
    const squares = new Float64Array(leaves);
    for (let k = 0; k < leaves; k++) {
      const size = (tree.leafStart[k + 1] as number) - (tree.leafStart[k] as number);
      for (let c = 0; c < K; c++) {
        const count = counts[k * K + c] as number;
        squares[k] = (squares[k] as number) + (count * (count - 1)) / Math.max(1, size * (size - 1));
      }
    }
    let logLikelihood = 0;
    let quadratic = 0;
    for (let i = 0; i < testRows.length; i++) {
      const row = testRows[i] as number;
      const k = leafOf(tree, predictors.codes, row);
      const c = scored.classes[row] as number;
      const size = (tree.leafStart[k + 1] as number) - (tree.leafStart[k] as number);
      const held = counts[k * K + c] as number;
      logLikelihood += Math.log((held + SMOOTHING_ROWS * (whole[c] as number)) / (size + SMOOTHING_ROWS));
      quadratic += (2 * held) / size - (squares[k] as number);
    }
    return { logLikelihood: logLikelihood / testRows.length, quadratic: quadratic / testRows.length };
  });
}

/** The predictors and, after them, additive scores of all of them. Rows that a score was fitted on are scored without their own fold. */
function withScores(data: StepData & { readonly growRows: Uint32Array; readonly method?: Method }): {
  readonly predictors: Predictors;
  readonly scores: readonly AdditiveScore[];
} {
  const { predictors, growRows, target } = data;
  if (predictors.codes.length < (data.method === "linear" ? 1 : 2) || data.scoreRows === 0 || growRows.length < 50)
    return { predictors, scores: [] };
  const stride = Math.ceil(growRows.length / data.scoreRows);
  const rows = growRows.filter((_, i) => i % stride === 0);
  const fitted = fitAdditiveScores(predictors, data.missingCodes, rows, scoreTargets(target, rows));
  const n = predictors.codes[0]!.length;
  const codes = fitted.map(({ score, scores: own }) => {
    const sums = scoreSums(score, predictors.codes, n);
    for (let i = 0; i < rows.length; i++) sums[rows[i] as number] = own[i] as number;
    return scoreCodes(score, sums);
  });
  return {
    predictors: {
      codes: [...predictors.codes, ...codes],
      ordered: [...predictors.ordered, ...codes.map(() => true)],
    },
    scores: fitted.map(({ score }) => score),
  };
}

/** What scores are fitted to: the rank of a number; whether the row has the commonest, second, third class. */
function scoreTargets(target: Target, rows: Uint32Array): Float64Array[] {
  if (target.kind === "values") {
    const response = responseOf(target.values, rows, "ranks");
    if (response.kind !== "number") return [];
    return [Float64Array.from(rows, (row) => (response.values[row] as number) - 0.5)];
  }
  const counts = new Float64Array(target.count);
  for (const row of rows) {
    const c = target.classes[row] as number;
    counts[c] = (counts[c] as number) + 1;
  }
  const held = [...counts.keys()].filter((c) => (counts[c] as number) > 0);
  held.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  return held
    .slice(0, Math.min(3, held.length - 1))
    .map((c) => Float64Array.from(rows, (row) => (target.classes[row] === c ? 1 : 0)));
}

const SMOOTHING_ROWS = 5;

function responseFor(target: Target, rows: Uint32Array, criterion: Criterion): Response {
  return target.kind === "classes" ? target : responseOf(target.values, rows, criterion);
}

function gather(codes: Uint8Array, rows: Uint32Array): Uint8Array {
  const out = new Uint8Array(new SharedArrayBuffer(rows.length));
  for (let i = 0; i < rows.length; i++) out[i] = codes[rows[i] as number] as number;
  return out;
}

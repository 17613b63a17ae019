import { type Random, type RandomKey, randomFrom } from "../../random.ts";
import { type CodeRows, noEvidence } from "../code-rows.ts";
import { groupForest, placesOf } from "./forest-codes.ts";
import { drawAdversarialForest } from "./forest-draw.ts";
import { FACTORS, type ForestCriterion, type GrownTree, type GrowTreeData, growForestTree } from "./forest-growth.ts";
import type { ForestModel } from "./forest-model.ts";

export { drawAdversarialForest } from "./forest-draw.ts";
export { logEvidenceAdversarialForest } from "./forest-evidence.ts";
export { growForestTree } from "./forest-growth.ts";
export type { ForestModel } from "./forest-model.ts";

export interface AdversarialForestOptions {
  /** "likelihood": splits gain what the best possible adversary could; "adversary": the published loop of forests against draws. */
  readonly criterion: ForestCriterion;
  /** ≥ 1. */
  readonly trees: number;
  /** Fewest rows that a tree was grown on in a leaf, ≥ 1. */
  readonly minNodeSize: number;
  /** Each tree finds its leaves on one half of the rows and fills them with the other. */
  readonly honest: boolean;
  /** Columns tried at each node; 0: half of them, at least 4, at most 16. */
  readonly candidates: number;
  /** Most groups of an ordered column's codes, 2 … 256. */
  readonly groups: number;
  /** Prior rows as a multiple of those that fit best the rows that a tree did not see. */
  readonly smoothing: number;
  /** Criterion "likelihood": the column whose rare classes each tree parts off first (see `rareFirst`); −1: none. */
  readonly rareColumn: number;
  /** Most rows that are learned from, drawn at random. */
  readonly fitRows: number;
  /** Criterion "adversary": most forests after the first. */
  readonly rounds: number;
  /** Criterion "adversary": the loop ends when rows are told apart with at most this accuracy beyond one half. */
  readonly tolerance: number;
}

export const DEFAULT_ADVERSARIAL_FOREST: AdversarialForestOptions = {
  criterion: "likelihood",
  trees: 10,
  minNodeSize: 20,
  honest: true,
  candidates: 0,
  groups: 48,
  smoothing: 0.3,
  rareColumn: -1,
  fitRows: 100_000,
  rounds: 10,
  tolerance: 0,
};

export interface AdversarialForestData {
  readonly rows: CodeRows;
  readonly options?: Partial<AdversarialForestOptions> | undefined;
  readonly key: RandomKey;
}

/** What fitting found out, for reports. */
export interface AdversarialForestFit {
  readonly model: ForestModel;
  /** Rows learned from; all rows count in each column's marginal. */
  readonly fitRows: number;
  readonly leaves: number;
  /** Criterion "adversary": accuracy of each forest on the rows it did not see; the forest kept is the `kept`-th. */
  readonly accuracies: readonly number[];
  readonly kept: number;
}

/** An adversarial random forest: trees that part the rows until, inside each leaf, columns are all but independent; the density is the mixture
 * of the leaves, each a product of smoothed marginals.
 *
 * As published, a forest learns to tell the rows from others with the columns permuted, then from draws of its own leaves, and so on. Here
 * that is criterion "adversary"; the default takes each split by what the game is about (see `likelihoodSearch`).
 * @source Watson, Blesch, Kapar & Wright (2023), "Adversarial random forests for density estimation and generative modeling", AISTATS */
export function fitAdversarialForest(data: AdversarialForestData): ForestModel {
  const plan = planAdversarialForest(data);
  let step = plan.next([]);
  while (!step.done) step = plan.next(step.value.map(growForestTree));
  return step.value.model;
}

/** The fit in steps: yields tasks for `growForestTree`, takes their results in order, returns the fit. */
export function* planAdversarialForest(
  data: AdversarialForestData,
): Generator<readonly GrowTreeData[], AdversarialForestFit, readonly GrownTree[]> {
  const options = { ...DEFAULT_ADVERSARIAL_FOREST, ...data.options };
  const { criterion } = options;
  const random = randomFrom(data.key);
  const d = data.rows.levels.length;
  const rareColumn = criterion === "likelihood" ? options.rareColumn : -1;
  const codes = groupForest(data.rows, { most: options.groups, rareColumn });
  const most = Math.min(options.fitRows, Math.max(1, Math.floor(MAX_CELLS / (options.trees * Math.max(1, d)))));
  const chosen = random.split("rows").sample(data.rows.rows, most);
  const real = placesOf(codes, data.rows.codes, chosen);
  const n = chosen.length;
  const split = {
    minNodeSize: options.minNodeSize,
    candidates: options.candidates > 0 ? options.candidates : Math.max(4, Math.min(16, Math.ceil(d / 2))),
    responses: MAX_RESPONSES,
  };
  const tasksOf = (cells: GrowTreeData["cells"], round: number): GrowTreeData[] =>
    Array.from({ length: options.trees }, (_, t) => ({
      cells,
      start: codes.start,
      codes,
      rows: n,
      criterion,
      split,
      honest: options.honest,
      rareColumn,
      key: random.split("round").split(round).split(t).key,
    }));
  const modelOf = (grown: readonly GrownTree[]): ForestModel => ({
    codes,
    factors: chosenFactors(grown, d, options.smoothing),
    trees: grown.map(({ tree, priorRows }) => ({ ...tree, priorRows })),
  });
  const fitOf = (model: ForestModel, accuracies: readonly number[], kept: number): AdversarialForestFit => ({
    model,
    fitRows: n,
    leaves: model.trees.reduce((sum, tree) => sum + (tree.column.length + 1) / 2, 0),
    accuracies,
    kept,
  });
  if (criterion === "likelihood") return fitOf(modelOf(yield tasksOf(real, 0)), [], 0);

  const accuracies: number[] = [];
  let kept: ForestModel | undefined;
  for (let round = 0; ; round++) {
    const draws = random.split("draws").split(round);
    const columns = kept
      ? drawAdversarialForest({ model: kept, rows: n, evidence: noEvidence, key: draws.key })
      : columnsApart(data.rows, chosen, draws);
    const cells = withSynthetic(real, placesOf(codes, columns, all(n)));
    const grown = yield tasksOf(cells, round);
    const accuracy = accuracyOf(grown, n);
    accuracies.push(accuracy);
    // Draws that cannot be told from the rows, or not less well than those before them, end the game: the forest they came from is kept.
    const isOver = accuracy <= 0.5 + options.tolerance || !(accuracy < (accuracies[round - 1] ?? 2));
    if (kept && isOver) return fitOf(kept, accuracies, round - 1);
    kept = modelOf(grown);
    if (isOver || round === options.rounds) return fitOf(kept, accuracies, round);
  }
}

/** Most cells of a model, trees × rows × columns: one byte each. */
const MAX_CELLS = 1e8;
/** Most columns whose dependence on a split is counted at a node. */
const MAX_RESPONSES = 64;
/** For each column the factor under which single trees fit best the rows they have not seen, times `smoothing`. By trees, not by their mixture:
 * given the tree the log-likelihood is a sum over columns, so that each is chosen for itself. */
function chosenFactors(grown: readonly GrownTree[], d: number, smoothing: number): Float64Array {
  const out = new Float64Array(new SharedArrayBuffer(8 * d)).fill(smoothing);
  if (grown.every(({ scored }) => scored === 0)) return out;
  for (let j = 0; j < d; j++) {
    let best = Number.NEGATIVE_INFINITY;
    FACTORS.forEach((factor, p) => {
      let sum = 0;
      for (const { scores } of grown) sum += scores[p * d + j] as number;
      if (sum > best) {
        best = sum;
        out[j] = factor * smoothing;
      }
    });
  }
  return out;
}

/** Each column drawn by itself from the rows, with replacement. */
function columnsApart(data: CodeRows, rows: Uint32Array, random: Random): Uint8Array[] {
  return data.codes.map((codes, j) => {
    const stream = random.split(j);
    return Uint8Array.from(rows, () => codes[rows[stream.integer(rows.length)] as number] as number);
  });
}

function withSynthetic(real: GrowTreeData["cells"], synthetic: GrowTreeData["cells"]): GrowTreeData["cells"] {
  const type = real.constructor as { new (buffer: SharedArrayBuffer): GrowTreeData["cells"] };
  const out = new type(new SharedArrayBuffer(2 * real.byteLength));
  out.set(real);
  out.set(synthetic, real.length);
  return out;
}

/** Share of the rows, real and synthetic, that the trees which did not see them put on the right side. */
function accuracyOf(grown: readonly GrownTree[], rows: number): number {
  const sums = new Float64Array(2 * rows);
  for (const { votes } of grown)
    for (let row = 0; row < sums.length; row++)
      sums[row] = (sums[row] as number) + ((votes as Float32Array)[row] as number);
  let right = 0;
  for (let row = 0; row < rows; row++) if ((sums[row] as number) > 0) right++;
  for (let row = rows; row < 2 * rows; row++) if ((sums[row] as number) < 0) right++;
  let voted = 0;
  for (let row = 0; row < 2 * rows; row++) if (sums[row] !== 0) voted++;
  return voted === 0 ? 0.5 : right / voted;
}

function all(rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row);
}

import { type BoostingOptions, DEFAULT_BOOSTING } from "./boosting-options.ts";
import { emptyNodes, type GrowingNodes, growTree, type TreeData } from "./boosting-tree.ts";

/** How the chance of one yes-or-no question is learned. */
export interface ChanceOptions {
  /** Most trees. */
  readonly trees: number;
  readonly leaves: number;
  readonly learningRate: number;
  readonly minLeafRows: number;
  /** Added to the hessian of every leaf. */
  readonly l2: number;
  /** Fewest rows, and fewest rows of the rarer answer, that anything is learned from. */
  readonly minRows: number;
  readonly minRarer: number;
  /** Rounds without a better held-out log-likelihood before growing ends. */
  readonly patience: number;
  /** What must be gained in held-out log-likelihood, nats over all held-out rows. */
  readonly minGain: number;
  /** Questions of fewer rows hold out every fold in turn, larger ones the last fold only. */
  readonly rotateRows: number;
}

/** Folds that the rows of a question are in. */
export const FOLDS = 4;

/** Rows of one question, and workspace that all questions of a conditional share. */
export interface ChanceData {
  readonly tree: TreeData;
  /** 1 where the answer is yes, row by row; the rows come fold by fold. */
  readonly answers: Uint8Array;
  readonly rows: number;
  /** Rows of each fold. */
  readonly foldRows: readonly number[];
  readonly scores: Float64Array;
}

/** The trees of one chance: each adds to the log-odds of yes. */
export interface Chance {
  /** A number for each bin of one predictor that is added before the trees; predictor −1: none. */
  readonly start: { readonly predictor: number; readonly table: Float64Array } | undefined;
  readonly nodes: GrowingNodes;
  /** Log-likelihood gained on the held-out rows, nats. */
  readonly gain: number;
}

/** Learns the log-odds of yes: a table by the bins of the one predictor that tells most, then boosted trees. Both are judged on held-out
 * rows, and both are learned anew on all rows once it is known how many trees help.
 * @param base log-odds of yes before anything is known
 * @returns undefined when nothing helps
 * @source Friedman (2001), Annals of Statistics 29(5) */
export function fitChance(data: ChanceData, base: number, options: ChanceOptions): Chance | undefined {
  const { answers, rows } = data;
  let yes = 0;
  for (let i = 0; i < rows; i++) yes += answers[i] as number;
  if (rows < options.minRows || Math.min(yes, rows - yes) < options.minRarer) return undefined;
  const turns = rows < options.rotateRows ? FOLDS : 1;
  const predictor = bestStart(data, base, turns);
  // Held-out gain after each number of trees, summed over the folds.
  const gains: number[] = [0];
  eachFold(data, turns, (learned) => {
    const start = predictor < 0 ? undefined : tableOf(data, predictor, base, learned);
    const alone = heldOut(data, base, learned, undefined);
    const { path } = grow(data, { base, start, options, trees: options.trees, rows: learned });
    const last = gains.length - 1;
    for (let t = last + 1; t < path.length; t++) gains.push(gains[last] as number);
    // A fold that stopped earlier stays where it stopped.
    for (let t = 0; t < gains.length; t++)
      gains[t] = (gains[t] as number) + (path[Math.min(t, path.length - 1)] as number) - alone;
  });
  let trees = 0;
  for (let t = 1; t < gains.length; t++) if ((gains[t] as number) > (gains[trees] as number) + LEAST_STEP) trees = t;
  const gain = gains[trees] as number;
  if (gain < options.minGain) return undefined;
  const start = predictor < 0 ? undefined : tableOf(data, predictor, base, rows);
  const { nodes } = grow(data, { base, start, options, trees, rows });
  return { start, nodes, gain };
}

interface Start {
  readonly predictor: number;
  readonly table: Float64Array;
}

/** Calls back with one fold after the other at the end of the rows; after all of them the rows stand as before. */
function eachFold(data: ChanceData, turns: number, use: (learned: number) => void): void {
  const { rows, foldRows } = data;
  for (let turn = 0; turn < turns; turn++) {
    const last = foldRows[FOLDS - 1 - turn] as number;
    use(rows - last);
    if (turns === 1) return;
    rotate(data.answers, rows, last);
    for (const column of data.tree.columns) rotate(column, rows, last);
  }
}

const turned = new Uint8Array(1 << 16);

/** The last `count` of the first `rows` numbers come first. */
function rotate(array: Uint8Array, rows: number, count: number): void {
  const spare = count <= turned.length ? turned : new Uint8Array(count);
  spare.set(array.subarray(rows - count, rows));
  array.copyWithin(count, 0, rows - count);
  array.set(spare.subarray(0, count));
}

/** Log-likelihood of the rows from `learned` on. */
function heldOut({ answers, rows, tree }: ChanceData, base: number, learned: number, start: Start | undefined): number {
  const bins = start && (tree.columns[start.predictor] as Uint8Array);
  let sum = 0;
  for (let i = learned; i < rows; i++)
    sum += logChance(base + (bins ? (start.table[bins[i] as number] as number) : 0), answers[i] as number);
  return sum;
}

function logChance(score: number, answer: number): number {
  const s = answer === 1 ? -score : score;
  return s > 0 ? -s - Math.log1p(Math.exp(-s)) : -Math.log1p(Math.exp(s));
}

/** Rows that a bin's own rows are mixed with, answering as all rows do. */
const TABLE_PRIOR = 4;
/** Held-out nats that a table must gain: it is the best of many. */
const TABLE_GAIN = 3;

const yesCounts = new Float64Array(256);
const allCounts = new Float64Array(256);

/** What each bin of a predictor adds to the log-odds, by the first `rows` rows. */
function tableOf({ tree, answers }: ChanceData, predictor: number, base: number, rows: number): Start {
  const bins = tree.columns[predictor] as Uint8Array;
  yesCounts.fill(0);
  allCounts.fill(0);
  for (let i = 0; i < rows; i++) {
    const bin = bins[i] as number;
    yesCounts[bin] = (yesCounts[bin] as number) + (answers[i] as number);
    allCounts[bin] = (allCounts[bin] as number) + 1;
  }
  const share = 1 / (1 + Math.exp(-base));
  const width = (tree.offsets[predictor + 1] as number) - (tree.offsets[predictor] as number);
  const table = new Float64Array(width);
  for (let bin = 0; bin < width; bin++) {
    const yes = (yesCounts[bin] as number) + TABLE_PRIOR * share;
    const no = (allCounts[bin] as number) - (yesCounts[bin] as number) + TABLE_PRIOR * (1 - share);
    table[bin] = Math.log(yes / no) - base;
  }
  return { predictor, table };
}

/** The predictor whose table gains most on held-out rows; −1: none gains enough. */
function bestStart(data: ChanceData, base: number, turns: number): number {
  const gains = new Float64Array(data.tree.columns.length);
  eachFold(data, turns, (learned) => {
    const alone = heldOut(data, base, learned, undefined);
    for (let p = 0; p < gains.length; p++)
      gains[p] = (gains[p] as number) + heldOut(data, base, learned, tableOf(data, p, base, learned)) - alone;
  });
  let best = 0;
  for (let p = 1; p < gains.length; p++) if ((gains[p] as number) > (gains[best] as number)) best = p;
  return (gains[best] as number) > TABLE_GAIN ? best : -1;
}

/** Held-out nats below which trees are not worth their time. */
const LEAST_STEP = 0.02;

/** Grows trees on the first `rows` rows; on fewer than all, until the others say stop.
 * @returns the trees, and the log-likelihood of the other rows after each number of them */
function grow(
  data: ChanceData,
  plan: {
    readonly base: number;
    readonly start: Start | undefined;
    readonly options: ChanceOptions;
    readonly trees: number;
    readonly rows: number;
  },
): { readonly nodes: GrowingNodes; readonly path: readonly number[] } {
  const { answers, scores, rows: all } = data;
  const { base, start, options, rows } = plan;
  const tree: TreeData = { ...data.tree, rows };
  const { gradient, hessian } = tree;
  const boosting: BoostingOptions = { ...DEFAULT_BOOSTING, ...options, minGain: 1e-9 };
  scores.fill(base, 0, all);
  if (start) {
    const bins = tree.columns[start.predictor] as Uint8Array;
    for (let i = 0; i < all; i++) scores[i] = base + (start.table[bins[i] as number] as number);
  }
  const nodes = emptyNodes(tree.columns.length);
  const judge = (): number => {
    let sum = 0;
    for (let i = rows; i < all; i++) sum += logChance(scores[i] as number, answers[i] as number);
    return sum;
  };
  const path = [judge()];
  let best = path[0] as number;
  let trees = 0;
  for (let round = 1; round <= plan.trees; round++) {
    for (let i = 0; i < rows; i++) {
      const p = 1 / (1 + Math.exp(-(scores[i] as number)));
      gradient[i] = p - (answers[i] as number);
      hessian[i] = p * (1 - p);
    }
    if (growTree(tree, { scores, options: boosting, nodes }) === 0) break;
    if (rows === all) continue;
    addTree(nodes, nodes.roots.at(-1) as number, { columns: tree.columns, scores, from: rows, to: all });
    const value = judge();
    path.push(value);
    if (value > best + LEAST_STEP) {
      best = value;
      trees = round;
    } else if (round - trees >= options.patience) break;
  }
  return { nodes, path };
}

/** Adds one tree to the scores of some rows; thresholds and sets are bins. */
function addTree(
  nodes: GrowingNodes,
  root: number,
  {
    columns,
    scores,
    from,
    to,
  }: {
    readonly columns: readonly Uint8Array[];
    readonly scores: Float64Array;
    readonly from: number;
    readonly to: number;
  },
): void {
  const { column, threshold, set, sets, left, value } = nodes;
  for (let i = from; i < to; i++) {
    let node = root;
    for (;;) {
      const j = column[node] as number;
      if (j < 0) break;
      const bin = (columns[j] as Uint8Array)[i] as number;
      const s = set[node] as number;
      const goesLeft =
        s < 0 ? bin <= (threshold[node] as number) : (((sets[s * 8 + (bin >> 5)] as number) >>> (bin & 31)) & 1) === 1;
      node = (left[node] as number) + (goesLeft ? 0 : 1);
    }
    scores[i] = (scores[i] as number) + (value[node] as number);
  }
}

import type { BoostingOptions } from "./boosting-options.ts";

/** What the trees of one model grow on; the arrays without a word of their own are workspace, reused from tree to tree. */
export interface TreeData {
  readonly rows: number;
  /** Bins of each row, column by column. */
  readonly columns: readonly Uint8Array[];
  /** For each column and bin, the highest level in it (ordered) or the level it is (category). */
  readonly tops: readonly Uint8Array[];
  /** Category columns with few levels: split without smoothing. */
  readonly plain: readonly boolean[];
  readonly ordered: readonly boolean[];
  /** First histogram bin of each column; one more than columns. */
  readonly offsets: Int32Array;
  /** Columns that the present tree may split on, ascending. */
  readonly active: Int32Array;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  /** Chances of each class, class after class (softmax only). */
  readonly chances: Float64Array;
  /** Rows sorted by leaf. */
  readonly order: Int32Array;
  readonly spill: Int32Array;
  readonly orderedGradient: Float64Array;
  readonly orderedHessian: Float64Array;
  /** Histograms that are free. */
  readonly pool: Float64Array[];
}

/** Nodes of all trees as they grow. */
export interface GrowingNodes {
  readonly roots: number[];
  readonly column: number[];
  readonly threshold: number[];
  readonly set: number[];
  readonly left: number[];
  readonly value: number[];
  readonly sets: number[];
  readonly gains: Float64Array;
}

/** A leaf that may be split further: rows start … end − 1 of `order`, and the best split found. */
interface Leaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  gradient: number;
  hessian: number;
  histogram: Float64Array;
  gain: number;
  column: number;
  /** Ordered: last bin that goes left. Category: unused. */
  bin: number;
  /** Category: bins that go left. */
  bins: readonly number[];
}

/** Grows one tree on the gradients in `data`, leaf with the greatest gain first; adds its nodes to `nodes` and its step to `scores`.
 * @returns splits made */
export function growTree(
  data: TreeData,
  into: { readonly scores: Float64Array; readonly options: BoostingOptions; readonly nodes: GrowingNodes },
): number {
  const { options, nodes, scores } = into;
  const { order } = data;
  const n = data.rows;
  let gradient = 0;
  let hessian = 0;
  for (let i = 0; i < n; i++) {
    order[i] = i;
    gradient += data.gradient[i] as number;
    hessian += data.hessian[i] as number;
  }
  const root = newLeaf(addNode(nodes), 0, n);
  nodes.roots.push(root.node);
  root.gradient = gradient;
  root.hessian = hessian;
  const leaves = [root];
  if (n >= 2 * options.minLeafRows) {
    root.histogram = takeHistogram(data);
    fillHistogram(data, root);
    findSplit(data, root, options);
  }
  while (leaves.length < options.leaves) {
    let best = -1;
    for (let i = 0; i < leaves.length; i++) {
      const gain = (leaves[i] as Leaf).gain;
      if (gain > 0 && (best < 0 || gain > (leaves[best] as Leaf).gain)) best = i;
    }
    if (best < 0) break;
    const parent = leaves[best] as Leaf;
    const middle = partition(data, parent);
    recordSplit(data, parent, nodes);
    const left = newLeaf(addNode(nodes), parent.start, middle);
    const right = newLeaf(addNode(nodes), middle, parent.end);
    leaves[best] = left;
    leaves.push(right);
    settleChildren(data, { parent, left, right, options, last: leaves.length === options.leaves });
  }
  for (const leaf of leaves) {
    const step = (-options.learningRate * leaf.gradient) / (leaf.hessian + options.l2);
    const value = leaves.length === 1 ? 0 : step;
    nodes.value[leaf.node] = value;
    for (let i = leaf.start; i < leaf.end; i++) {
      const row = order[i] as number;
      scores[row] = (scores[row] as number) + value;
    }
    if (leaf.histogram.length > 0) data.pool.push(leaf.histogram);
  }
  return leaves.length - 1;
}

const NONE = new Float64Array(0);

function newLeaf(node: number, start: number, end: number): Leaf {
  return { node, start, end, gradient: 0, hessian: 0, histogram: NONE, gain: 0, column: -1, bin: 0, bins: [] };
}

function addNode(nodes: GrowingNodes): number {
  nodes.column.push(-1);
  nodes.threshold.push(0);
  nodes.set.push(-1);
  nodes.left.push(0);
  nodes.value.push(0);
  return nodes.column.length - 1;
}

function takeHistogram(data: TreeData): Float64Array {
  return data.pool.pop() ?? new Float64Array(3 * (data.offsets[data.columns.length] as number));
}

/** Sums of gradient, hessian and rows for every bin of every column. */
function fillHistogram(data: TreeData, leaf: Leaf): void {
  const { active, columns, offsets, order, gradient, hessian, orderedGradient, orderedHessian } = data;
  const { histogram, start, end } = leaf;
  for (const j of active) histogram.fill(0, 3 * (offsets[j] as number), 3 * (offsets[j + 1] as number));
  for (let i = start; i < end; i++) {
    const row = order[i] as number;
    orderedGradient[i] = gradient[row] as number;
    orderedHessian[i] = hessian[row] as number;
  }
  // Two columns at a time: the row number and its derivatives are read once for both.
  for (let a = 0; a < active.length; a += 2) {
    const j = active[a] as number;
    const bins = columns[j] as Uint8Array;
    const offset = offsets[j] as number;
    const twin = a + 1 < active.length ? (active[a + 1] as number) : j;
    const twinBins = columns[twin] as Uint8Array;
    const twinOffset = offsets[twin] as number;
    const both = twin > j;
    for (let i = start; i < end; i++) {
      const row = order[i] as number;
      const g = orderedGradient[i] as number;
      const h = orderedHessian[i] as number;
      const at = 3 * (offset + (bins[row] as number));
      histogram[at] = (histogram[at] as number) + g;
      histogram[at + 1] = (histogram[at + 1] as number) + h;
      histogram[at + 2] = (histogram[at + 2] as number) + 1;
      if (!both) continue;
      const next = 3 * (twinOffset + (twinBins[row] as number));
      histogram[next] = (histogram[next] as number) + g;
      histogram[next + 1] = (histogram[next + 1] as number) + h;
      histogram[next + 2] = (histogram[next + 2] as number) + 1;
    }
  }
}

/** Best split of a leaf over all columns; gain 0 when there is none. */
function findSplit(data: TreeData, leaf: Leaf, options: BoostingOptions): void {
  leaf.gain = 0;
  if (leaf.end - leaf.start < 2 * options.minLeafRows) return;
  for (const j of data.active) {
    if (data.ordered[j]) findThreshold(data, leaf, options, j);
    else findSet(data, leaf, options, j);
  }
}

function findThreshold(data: TreeData, leaf: Leaf, options: BoostingOptions, j: number): void {
  const { histogram, gradient, hessian } = leaf;
  const { minLeafRows, minLeafHessian, l2 } = options;
  const rows = leaf.end - leaf.start;
  const parent = (gradient * gradient) / (hessian + l2);
  const from = data.offsets[j] as number;
  const to = (data.offsets[j + 1] as number) - 1;
  let best = Math.max(leaf.gain, options.minGain) + parent;
  let bestBin = -1;
  let g = 0;
  let h = 0;
  let count = 0;
  for (let b = from; b < to; b++) {
    const held = histogram[3 * b + 2] as number;
    if (held === 0) continue;
    g += histogram[3 * b] as number;
    h += histogram[3 * b + 1] as number;
    count += held;
    if (count < minLeafRows) continue;
    if (rows - count < minLeafRows) break;
    const hRest = hessian - h;
    if (h < minLeafHessian || hRest < minLeafHessian) continue;
    const gRest = gradient - g;
    const sum = (g * g) / (h + l2) + (gRest * gRest) / (hRest + l2);
    if (sum > best) {
      best = sum;
      bestBin = b - from;
    }
  }
  if (bestBin < 0) return;
  leaf.gain = best - parent;
  leaf.column = j;
  leaf.bin = bestBin;
}

const sortedBins = new Uint8Array(256);
const sortedKeys = new Float64Array(256);

/** Levels sorted by gradient over hessian, then split from both ends: the best of all sets, were there no smoothing (Fisher 1958). */
function findSet(data: TreeData, leaf: Leaf, options: BoostingOptions, j: number): void {
  const { histogram, gradient, hessian } = leaf;
  const { minLeafRows, minLeafHessian } = options;
  const plain = data.plain[j] as boolean;
  const rows = leaf.end - leaf.start;
  const l2 = options.l2 + (plain ? 0 : options.levelL2);
  const smoothing = plain ? options.l2 : options.levelSmoothing;
  const minLevelRows = plain ? 1 : options.minLevelRows;
  const maxLevels = plain ? 256 : options.maxSetLevels;
  const from = data.offsets[j] as number;
  const to = data.offsets[j + 1] as number;
  let used = 0;
  for (let b = from; b < to; b++) {
    if ((histogram[3 * b + 2] as number) < minLevelRows) continue;
    const key = (histogram[3 * b] as number) / ((histogram[3 * b + 1] as number) + smoothing + 1e-300);
    let at = used++;
    while (at > 0 && (sortedKeys[at - 1] as number) > key) {
      sortedKeys[at] = sortedKeys[at - 1] as number;
      sortedBins[at] = sortedBins[at - 1] as number;
      at--;
    }
    sortedKeys[at] = key;
    sortedBins[at] = b - from;
  }
  // The parent is judged without the extra brake, so that a category must beat an ordered column fairly.
  const parent = (gradient * gradient) / (hessian + options.l2);
  let best = Math.max(leaf.gain, options.minGain) + parent;
  let bestFirst = 0;
  let bestCount = 0;
  for (let direction = 1; direction >= -1; direction -= 2) {
    let g = 0;
    let h = 0;
    let count = 0;
    for (let s = 0; s < Math.min(used, maxLevels); s++) {
      const b = from + (sortedBins[direction > 0 ? s : used - 1 - s] as number);
      g += histogram[3 * b] as number;
      h += histogram[3 * b + 1] as number;
      count += histogram[3 * b + 2] as number;
      if (count < minLeafRows) continue;
      if (rows - count < minLeafRows) break;
      const hRest = hessian - h;
      if (h < minLeafHessian || hRest < minLeafHessian) continue;
      const gRest = gradient - g;
      const sum = (g * g) / (h + l2) + (gRest * gRest) / (hRest + l2);
      if (sum > best) {
        best = sum;
        bestCount = s + 1;
        bestFirst = direction > 0 ? 0 : used - 1 - s;
      }
    }
  }
  if (bestCount === 0) return;
  leaf.gain = best - parent;
  leaf.column = j;
  leaf.bins = [...sortedBins.subarray(bestFirst, bestFirst + bestCount)];
}

const inSet = new Uint8Array(256);

/** Sorts a leaf's rows to its two children, keeping their order. @returns where the right child starts */
function partition(data: TreeData, leaf: Leaf): number {
  const { order, spill } = data;
  const bins = data.columns[leaf.column] as Uint8Array;
  inSet.fill(0);
  if (data.ordered[leaf.column]) inSet.fill(1, 0, leaf.bin + 1);
  else for (const bin of leaf.bins) inSet[bin] = 1;
  let at = leaf.start;
  let spilled = 0;
  for (let i = leaf.start; i < leaf.end; i++) {
    const row = order[i] as number;
    if (inSet[bins[row] as number] === 1) order[at++] = row;
    else spill[spilled++] = row;
  }
  for (let i = 0; i < spilled; i++) order[at + i] = spill[i] as number;
  return at;
}

/** Writes the split in terms of levels; the children are the next two nodes. */
function recordSplit(data: TreeData, leaf: Leaf, nodes: GrowingNodes): void {
  const { node, column } = leaf;
  const tops = data.tops[column] as Uint8Array;
  nodes.column[node] = column;
  nodes.left[node] = nodes.column.length;
  nodes.gains[column] = (nodes.gains[column] as number) + leaf.gain;
  if (data.ordered[column]) {
    nodes.threshold[node] = tops[leaf.bin] as number;
    return;
  }
  const words = [0, 0, 0, 0, 0, 0, 0, 0];
  for (const bin of leaf.bins) {
    const level = tops[bin] as number;
    words[level >> 5] = (words[level >> 5] as number) | (1 << (level & 31));
  }
  nodes.set[node] = nodes.sets.length / 8;
  for (const word of words) nodes.sets.push(word >>> 0);
}

/** Sums, histograms and best splits of two new leaves: the smaller one is counted, the larger one is what is left of the parent. */
function settleChildren(
  data: TreeData,
  step: {
    readonly parent: Leaf;
    readonly left: Leaf;
    readonly right: Leaf;
    readonly options: BoostingOptions;
    /** The tree is full: sums only. */
    readonly last: boolean;
  },
): void {
  const { parent, left, right, options, last } = step;
  const [small, large] = left.end - left.start < right.end - right.start ? [left, right] : [right, left];
  let gradient = 0;
  let hessian = 0;
  for (let i = small.start; i < small.end; i++) {
    const row = data.order[i] as number;
    gradient += data.gradient[row] as number;
    hessian += data.hessian[row] as number;
  }
  small.gradient = gradient;
  small.hessian = hessian;
  large.gradient = parent.gradient - gradient;
  large.hessian = parent.hessian - hessian;
  const enough = 2 * options.minLeafRows;
  if (last || large.end - large.start < enough) {
    data.pool.push(parent.histogram);
    return;
  }
  small.histogram = takeHistogram(data);
  fillHistogram(data, small);
  large.histogram = parent.histogram;
  const sums = large.histogram;
  const part = small.histogram;
  for (const j of data.active) {
    const end = 3 * (data.offsets[j + 1] as number);
    for (let b = 3 * (data.offsets[j] as number); b < end; b++) sums[b] = (sums[b] as number) - (part[b] as number);
  }
  findSplit(data, large, options);
  findSplit(data, small, options);
}

/** A growing model of no trees yet. */
export function emptyNodes(columns: number): GrowingNodes {
  return {
    roots: [],
    column: [],
    threshold: [],
    set: [],
    left: [],
    value: [],
    sets: [],
    gains: new Float64Array(columns),
  };
}

/** One classification or regression tree on binned predictors, grown by likelihood with a price on every split.
 *
 * Predictors are columns of codes 0 … 255. An ordered predictor is cut at a threshold; the codes of an unordered one are first put in the
 * order of the mean response (of the share of the node's commonest class), and cut there, which is the best of all subsets for a number
 * and for two classes (Breiman et al. 1984, §4.2; Fisher 1958), and a heuristic for more classes.
 * @source Breiman, Friedman, Olshen & Stone (1984), "Classification and Regression Trees" */

export interface Predictors {
  /** `codes[f][row]`, each 0 … 255. */
  readonly codes: readonly Uint8Array[];
  /** Whether the codes of predictor f have an order. */
  readonly ordered: readonly boolean[];
}

export type Response =
  | { readonly kind: "classes"; readonly classes: Uint8Array; readonly count: number }
  | { readonly kind: "number"; readonly values: Float64Array };

export interface CartOptions {
  /** Fewest rows in a leaf, ≥ 1. */
  readonly minLeaf: number;
  /** A split must gain a likelihood ratio 2·Δ log L of price × (degrees of freedom + 2 log of the number of cuts tried); 0: any gain.
   * Degrees of freedom: one for a number (normal, equal variances), classes present − 1 for classes. */
  readonly price: number;
  /** Predictors from this one on are charged for their own cuts only: one was learned to be the best, and was not picked out of many by the
   * node's rows. Default: none. */
  readonly learnedFrom?: number;
}

/** Nodes in preorder: the left child of node t is t + 1. Plain arrays, in shared memory, so that threads read one copy. */
export interface Tree {
  /** The predictor that node t asks; −1 in a leaf. */
  readonly feature: Int16Array;
  /** Left when the code is at most this (ordered predictor); −1 − s: left when the code is in set s. In a leaf: the leaf's number. */
  readonly cut: Int32Array;
  readonly right: Int32Array;
  /** Sets of codes, eight words of 32 bits each. */
  readonly sets: Uint32Array;
  /** Leaf k holds the places start[k] … start[k + 1] − 1 of `Grown.rows`. */
  readonly leafStart: Uint32Array;
}

export interface Grown {
  readonly tree: Tree;
  /** The rows, leaf by leaf. */
  readonly rows: Uint32Array;
}

/** Grows a tree. Deterministic; ties go to the earlier predictor and the lower cut.
 * @param rows the rows to grow on; not changed */
export function growCart(predictors: Predictors, response: Response, rows: Uint32Array, options: CartOptions): Grown {
  const n = rows.length;
  const order = Uint32Array.from(rows);
  const search = response.kind === "number" ? numberSearch(response, order) : classSearch(response, order);
  const spareRows = new Uint32Array(n);
  const goesLeft = new Uint8Array(256);
  const feature: number[] = [];
  const cut: number[] = [];
  const right: number[] = [];
  const sets: number[] = [];
  const leafStart: number[] = [];
  const best: Split = { worth: 0, feature: -1, cut: 0, left: new Uint8Array(256) };
  // A stack of (start, end, parent whose right child this is) in preorder.
  const stack: number[] = [0, n, -1];
  while (stack.length > 0) {
    const parent = stack.pop() as number;
    const end = stack.pop() as number;
    const start = stack.pop() as number;
    const node = feature.length;
    if (parent >= 0) right[parent] = node;
    best.feature = -1;
    if (end - start >= 2 * options.minLeaf) search.find(start, end, predictors, options, best);
    if (best.feature < 0) {
      feature.push(-1);
      cut.push(leafStart.length);
      right.push(-1);
      leafStart.push(start);
      continue;
    }
    const ordered = predictors.ordered[best.feature] as boolean;
    if (ordered) for (let x = 0; x < 256; x++) goesLeft[x] = x <= best.cut ? 1 : 0;
    else goesLeft.set(best.left);
    feature.push(best.feature);
    right.push(-1);
    if (ordered) cut.push(best.cut);
    else {
      cut.push(-1 - sets.length / 8);
      for (let word = 0; word < 8; word++) {
        let bits = 0;
        for (let bit = 0; bit < 32; bit++) if (goesLeft[word * 32 + bit]) bits |= 1 << bit;
        sets.push(bits >>> 0);
      }
    }
    const middle = partition(order, spareRows, start, end, predictors.codes[best.feature] as Uint8Array, goesLeft);
    search.load(start, end);
    stack.push(middle, end, node, start, middle, -1);
  }
  leafStart.push(n);
  return {
    tree: {
      feature: shared(Int16Array, feature),
      cut: shared(Int32Array, cut),
      right: shared(Int32Array, right),
      sets: shared(Uint32Array, sets),
      leafStart: shared(Uint32Array, leafStart),
    },
    rows: order,
  };
}

/** The leaf of a row. */
export function leafOf(tree: Tree, codes: readonly Uint8Array[], row: number): number {
  const { feature, cut, right, sets } = tree;
  let node = 0;
  for (;;) {
    const f = feature[node] as number;
    const c = cut[node] as number;
    if (f < 0) return c;
    const x = (codes[f] as Uint8Array)[row] as number;
    const left = c >= 0 ? x <= c : (((sets[(-1 - c) * 8 + (x >> 5)] as number) >>> (x & 31)) & 1) === 1;
    node = left ? node + 1 : (right[node] as number);
  }
}

/** The rows of a larger table put into the leaves of a grown tree, leaf by leaf, in row order inside a leaf. */
export function fillLeaves(tree: Tree, codes: readonly Uint8Array[], rows: Uint32Array): Grown {
  const leaves = tree.leafStart.length - 1;
  const leaf = new Uint32Array(rows.length);
  const leafStart = new Uint32Array(new SharedArrayBuffer(4 * (leaves + 1)));
  for (let i = 0; i < rows.length; i++) {
    const k = leafOf(tree, codes, rows[i] as number);
    leaf[i] = k;
    leafStart[k + 1] = (leafStart[k + 1] as number) + 1;
  }
  for (let k = 0; k < leaves; k++) leafStart[k + 1] = (leafStart[k + 1] as number) + (leafStart[k] as number);
  const next = leafStart.slice();
  const out = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const k = leaf[i] as number;
    out[next[k] as number] = rows[i] as number;
    next[k] = (next[k] as number) + 1;
  }
  return { tree: { ...tree, leafStart }, rows: out };
}

interface Split {
  worth: number;
  feature: number;
  cut: number;
  left: Uint8Array;
}

interface Search {
  /** Writes the best split of the rows at start … end − 1 that is worth its price into `best`, or leaves `best.feature` at −1. */
  find(start: number, end: number, predictors: Predictors, options: CartOptions, best: Split): void;
  /** Reads the response anew after the rows at start … end − 1 moved. */
  load(start: number, end: number): void;
}

function numberSearch(response: { readonly values: Float64Array }, rows: Uint32Array): Search {
  const n = rows.length;
  const y = new Float64Array(n);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (response.values[rows[i] as number] as number) / n;
  const counts = new Int32Array(256);
  const sums = new Float64Array(256);
  const touched = new Uint8Array(256);
  const load = (start: number, end: number): void => {
    for (let i = start; i < end; i++) y[i] = (response.values[rows[i] as number] as number) - mean;
  };
  load(0, n);
  return {
    load,
    find(start, end, predictors, { minLeaf, price, learnedFrom = Number.POSITIVE_INFINITY }, best) {
      const m = end - start;
      let total = 0;
      let squares = 0;
      for (let i = start; i < end; i++) {
        const value = y[i] as number;
        total += value;
        squares += value * value;
      }
      const base = (total * total) / m;
      const spread = squares - base;
      if (!(spread > 1e-12 * Math.max(squares, 1e-300))) return;
      const searched = predictors.codes.length;
      let bestWorth = 0;
      for (let f = 0; f < searched; f++) {
        const codes = predictors.codes[f] as Uint8Array;
        counts.fill(0);
        sums.fill(0);
        for (let i = start; i < end; i++) {
          const x = codes[rows[i] as number] as number;
          counts[x] = (counts[x] as number) + 1;
          sums[x] = (sums[x] as number) + (y[i] as number);
        }
        const k = listTouched(counts, touched);
        if (k < 2) continue;
        if (!predictors.ordered[f])
          touched
            .subarray(0, k)
            .sort(
              (a, b) =>
                (sums[a] as number) / (counts[a] as number) - (sums[b] as number) / (counts[b] as number) || a - b,
            );
        let left = 0;
        let sum = 0;
        let gain = 0;
        let at = -1;
        for (let t = 0; t < k - 1; t++) {
          const x = touched[t] as number;
          left += counts[x] as number;
          sum += sums[x] as number;
          const rest = m - left;
          if (left < minLeaf) continue;
          if (rest < minLeaf) break;
          const g = (sum * sum) / left + ((total - sum) * (total - sum)) / rest;
          if (g > gain) {
            gain = g;
            at = t;
          }
        }
        if (at < 0) continue;
        const after = Math.max(spread - (gain - base), 1e-12 * spread);
        if (!(gain - base > 1e-9 * spread)) continue;
        const worth =
          m * Math.log(spread / after) - price * (1 + 2 * Math.log(f >= learnedFrom ? k - 1 : (k - 1) * searched));
        if (worth > bestWorth) {
          bestWorth = worth;
          keep(best, worth, f, touched, at);
        }
      }
    },
  };
}

function classSearch(response: { readonly classes: Uint8Array; readonly count: number }, rows: Uint32Array): Search {
  const n = rows.length;
  const K = response.count;
  const y = new Uint8Array(n);
  const sorted = new Uint8Array(n);
  const log = entropyTable(n);
  const totals = new Int32Array(K);
  const lefts = new Int32Array(K);
  const counts = new Int32Array(256);
  const tops = new Int32Array(256);
  const next = new Int32Array(256);
  const touched = new Uint8Array(256);
  const load = (start: number, end: number): void => {
    for (let i = start; i < end; i++) y[i] = response.classes[rows[i] as number] as number;
  };
  load(0, n);
  return {
    load,
    find(start, end, predictors, { minLeaf, price, learnedFrom = Number.POSITIVE_INFINITY }, best) {
      const m = end - start;
      totals.fill(0);
      for (let i = start; i < end; i++) {
        const c = y[i] as number;
        totals[c] = (totals[c] as number) + 1;
      }
      let top = 0;
      let present = 0;
      let inner = 0;
      for (let c = 0; c < K; c++) {
        const count = totals[c] as number;
        if (count === 0) continue;
        present++;
        inner += log[count] as number;
        if (count > (totals[top] as number)) top = c;
      }
      if (present < 2) return;
      const base = inner - (log[m] as number);
      const searched = predictors.codes.length;
      let bestWorth = 0;
      for (let f = 0; f < searched; f++) {
        const codes = predictors.codes[f] as Uint8Array;
        const ordered = predictors.ordered[f] as boolean;
        counts.fill(0);
        if (ordered)
          for (let i = start; i < end; i++) {
            const x = codes[rows[i] as number] as number;
            counts[x] = (counts[x] as number) + 1;
          }
        else {
          tops.fill(0);
          for (let i = start; i < end; i++) {
            const x = codes[rows[i] as number] as number;
            counts[x] = (counts[x] as number) + 1;
            if (y[i] === top) tops[x] = (tops[x] as number) + 1;
          }
        }
        const k = listTouched(counts, touched);
        if (k < 2) continue;
        if (!ordered)
          touched
            .subarray(0, k)
            .sort(
              (a, b) =>
                (tops[a] as number) / (counts[a] as number) - (tops[b] as number) / (counts[b] as number) || a - b,
            );
        // Responses in the order of the predictor: the search then costs the rows, whatever the number of classes.
        let place = 0;
        for (let t = 0; t < k; t++) {
          const x = touched[t] as number;
          next[x] = place;
          place += counts[x] as number;
        }
        for (let i = start; i < end; i++) {
          const x = codes[rows[i] as number] as number;
          const at = next[x] as number;
          sorted[at] = y[i] as number;
          next[x] = at + 1;
        }
        lefts.fill(0);
        let left = 0;
        let both = inner;
        let gain = Number.NEGATIVE_INFINITY;
        let at = -1;
        for (let t = 0; t < k - 1; t++) {
          const stop = left + (counts[touched[t] as number] as number);
          for (; left < stop; left++) {
            const c = sorted[left] as number;
            const l = lefts[c] as number;
            const r = (totals[c] as number) - l;
            both += (log[l + 1] as number) - (log[l] as number) + (log[r - 1] as number) - (log[r] as number);
            lefts[c] = l + 1;
          }
          if (left < minLeaf) continue;
          if (m - left < minLeaf) break;
          const g = both - (log[left] as number) - (log[m - left] as number);
          if (g > gain) {
            gain = g;
            at = t;
          }
        }
        if (at < 0 || !(gain - base > 1e-9 * m)) continue;
        const worth =
          2 * (gain - base) - price * (present - 1 + 2 * Math.log(f >= learnedFrom ? k - 1 : (k - 1) * searched));
        if (worth > bestWorth) {
          bestWorth = worth;
          keep(best, worth, f, touched, at);
        }
      }
    },
  };
}

function keep(best: Split, worth: number, feature: number, touched: Uint8Array, at: number): void {
  best.worth = worth;
  best.feature = feature;
  best.cut = touched[at] as number;
  best.left.fill(0);
  for (let t = 0; t <= at; t++) best.left[touched[t] as number] = 1;
}

/** The codes that occur, ascending; returns how many. */
function listTouched(counts: Int32Array, touched: Uint8Array): number {
  let k = 0;
  for (let x = 0; x < 256; x++) if (counts[x] !== 0) touched[k++] = x;
  return k;
}

/** Stable partition of rows[start … end − 1]; returns the first place of the right part. */
function partition(
  rows: Uint32Array,
  spare: Uint32Array,
  start: number,
  end: number,
  codes: Uint8Array,
  goesLeft: Uint8Array,
): number {
  let left = start;
  let right = 0;
  for (let i = start; i < end; i++) {
    const row = rows[i] as number;
    if (goesLeft[codes[row] as number]) rows[left++] = row;
    else spare[right++] = row;
  }
  rows.set(spare.subarray(0, right), left);
  return left;
}

/** n log n for 0 … n. */
let table = new Float64Array(0);
function entropyTable(n: number): Float64Array {
  if (table.length <= n) {
    table = new Float64Array(n + 1);
    for (let i = 2; i <= n; i++) table[i] = i * Math.log(i);
  }
  return table;
}

function shared<T extends Int16Array | Int32Array | Uint32Array>(
  type: { new (buffer: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
  items: readonly number[],
): T {
  const out = new type(new SharedArrayBuffer(items.length * type.BYTES_PER_ELEMENT));
  out.set(items);
  return out;
}

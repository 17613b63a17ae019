import { randomFrom, type RandomKey } from "../../random.ts";
import type { CodeRows } from "../code-rows.ts";
import { type Chance, type ChanceData, type ChanceOptions, fitChance } from "./boosted-chance.ts";
import { mergeLevels } from "./boosting-bins.ts";
import { splitCodes } from "./code-splits.ts";

/** The distribution of one column's code given some other columns: a chance for each split of the codes. Plain data in shared memory.
 * The log-odds that split s goes to its second side are `base[s]`, plus the start table's entry, plus one leaf of each of its trees. */
export interface BoostedConditional {
  readonly column: number;
  /** See {@link CodeSplits}; empty when at most one code occurs, which is `only` then. */
  readonly children: Int16Array;
  readonly only: number;
  readonly base: Float64Array;
  /** Column of each split's start table, −1 for none; its entries, one for each level of the column, begin at `tableStart[s]`. */
  readonly tableColumn: Int16Array;
  readonly tableStart: Uint32Array;
  readonly tables: Float64Array;
  /** Split s owns the trees `firstTree[s]` … `firstTree[s + 1]` − 1. */
  readonly firstTree: Uint32Array;
  readonly roots: Uint32Array;
  /** Column that a node asks; −1 at a leaf. */
  readonly asks: Int16Array;
  /** Codes up to this go left; −1 − s: codes in set s do. */
  readonly cut: Int32Array;
  /** Left child; the right one follows it. */
  readonly left: Uint32Array;
  readonly value: Float64Array;
  /** Sets of codes, eight words each. */
  readonly sets: Uint32Array;
}

export interface ConditionalOptions extends ChanceOptions {
  /** Most bins of an ordered predictor. */
  readonly bins: number;
  /** Share of the rows that the number of trees is chosen by. */
  readonly heldOut: number;
  /** Most rows that trees are grown on; chances without trees count all rows. */
  readonly fitRows: number;
}

/** Fits the conditional of a column. A task.
 * @param data.predictors the columns that are known when this one is drawn */
export function fitBoostedConditional(data: {
  readonly rows: CodeRows;
  readonly column: number;
  readonly predictors: readonly number[];
  readonly options: ConditionalOptions;
  readonly key: RandomKey;
}): BoostedConditional {
  const { rows, column, predictors, options } = data;
  const target = rows.codes[column] as Uint8Array;
  const counts = new Float64Array(rows.levels[column] as number);
  for (let i = 0; i < rows.rows; i++) counts[target[i] as number] = (counts[target[i] as number] as number) + 1;
  const { children, held } = splitCodes(counts, {
    ordered: rows.ordered[column] as boolean,
    missing: rows.missing[column] as number,
  });
  const splits = children.length / 2;
  const base = new Float64Array(splits);
  for (let s = 0; s < splits; s++) base[s] = Math.log((held[2 * s + 1] as number) / (held[2 * s] as number));
  const chances: (Chance | undefined)[] = new Array(splits).fill(undefined);
  const bins = predictors.map((j) => binPredictor(rows, j, options.bins));
  if (splits > 0 && predictors.length > 0) learn();
  return assemble({
    column,
    children,
    base,
    only: splits > 0 ? 0 : Math.max(0, counts.findIndex((count) => count > 0)),
    chances,
    predictors,
    bins,
    levels: rows.levels,
  });

  function learn(): void {
    const random = randomFrom(data.key);
    let order = Uint32Array.from({ length: rows.rows }, (_, i) => i);
    if (rows.rows > options.fitRows) order = random.split("rows").sample(rows.rows, options.fitRows) as typeof order;
    const n = order.length;
    const coin = random.split("held out");
    const isHeldOut = new Uint8Array(rows.rows);
    for (let i = 0; i < n; i++) isHeldOut[order[i] as number] = coin.uniform() < options.heldOut ? 1 : 0;
    const offsets = new Int32Array(predictors.length + 1);
    bins.forEach(({ tops }, p) => {
      offsets[p + 1] = (offsets[p] as number) + tops.length;
    });
    const scores = new Float64Array(n);
    const answers = new Uint8Array(n);
    const columns = bins.map(() => new Uint8Array(n));
    const tree = {
      rows: n,
      columns,
      tops: bins.map(({ tops }) => Uint8Array.from(tops, (_, i) => i)),
      plain: bins.map(({ tops }) => tops.length <= 4),
      ordered: predictors.map((j) => rows.ordered[j] as boolean),
      offsets,
      active: Int32Array.from(predictors, (_, p) => p),
      gradient: new Float64Array(n),
      hessian: new Float64Array(n),
      chances: new Float64Array(0),
      order: new Int32Array(n),
      spill: new Int32Array(n),
      orderedGradient: new Float64Array(n),
      orderedHessian: new Float64Array(n),
      pool: [],
    };
    const spare = new Uint32Array(n);
    const stack: number[] = [0, 0, n];
    while (stack.length > 0) {
      const end = stack.pop() as number;
      const start = stack.pop() as number;
      const s = stack.pop() as number;
      const isHigh = codesBelow(children, s);
      const middle = arrange(order, spare, { start, end, test: (row) => isHigh[target[row] as number] === 1 });
      if (end - start >= options.minRows && Math.min(middle - start, end - middle) >= options.minRarer) {
        const at = arrange(spare, scratch(n), { start, end, test: (row) => isHeldOut[row] === 1, from: order });
        for (let i = start; i < end; i++) answers[i - start] = isHigh[target[spare[i] as number] as number] as number;
        bins.forEach(({ codes }, p) => {
          const into = columns[p] as Uint8Array;
          for (let i = start; i < end; i++) into[i - start] = codes[spare[i] as number] as number;
        });
        const chance: ChanceData = { tree, answers, rows: end - start, learned: at - start, scores };
        chances[s] = fitChance(chance, base[s] as number, options);
      }
      const low = children[2 * s] as number;
      const high = children[2 * s + 1] as number;
      if (high >= 0) stack.push(high, middle, end);
      if (low >= 0) stack.push(low, start, middle);
    }
  }
}

/** 1 for the codes on the second side of a split. */
function codesBelow(children: Int16Array, split: number): Uint8Array {
  const out = new Uint8Array(256);
  const stack = [children[2 * split + 1] as number];
  while (stack.length > 0) {
    const at = stack.pop() as number;
    if (at < 0) out[-1 - at] = 1;
    else stack.push(children[2 * at] as number, children[2 * at + 1] as number);
  }
  return out;
}

let kept = new Uint32Array(0);
function scratch(length: number): Uint32Array {
  if (kept.length < length) kept = new Uint32Array(length);
  return kept;
}

/** Stable: rows that fail the test first. @returns the first place of those that pass */
function arrange(
  rows: Uint32Array,
  spare: Uint32Array,
  step: {
    readonly start: number;
    readonly end: number;
    readonly test: (row: number) => boolean;
    readonly from?: Uint32Array;
  },
): number {
  const from = step.from ?? rows;
  let at = step.start;
  let spilled = 0;
  for (let i = step.start; i < step.end; i++) {
    const row = from[i] as number;
    if (step.test(row)) spare[spilled++] = row;
    else rows[at++] = row;
  }
  rows.set(spare.subarray(0, spilled), at);
  return at;
}

interface PredictorBins {
  /** Bin of each row. */
  readonly codes: Uint8Array;
  /** Highest code of each bin (ordered), or the code that it is. */
  readonly tops: Uint8Array;
  /** Bin of each code. */
  readonly group: Uint8Array;
}

/** Neighbouring codes of an ordered column put together; ways of being missing stay by themselves. */
function binPredictor(rows: CodeRows, column: number, most: number): PredictorBins {
  const from = rows.codes[column] as Uint8Array;
  const levels = rows.levels[column] as number;
  const missing = rows.missing[column] as number;
  const counts = new Int32Array(levels);
  for (let i = 0; i < rows.rows; i++) counts[from[i] as number] = (counts[from[i] as number] as number) + 1;
  const group = new Uint8Array(levels);
  const tops: number[] = [];
  const alone = rows.ordered[column] ? missing : levels;
  for (let code = 0; code < alone; code++) {
    group[code] = Math.max(0, tops.length - (counts[code] === 0 ? 1 : 0));
    if (counts[code] === 0) continue;
    tops.push(code);
  }
  if (alone < levels) {
    const merged = mergeLevels(counts.subarray(alone), most);
    for (let code = alone; code < levels; code++) group[code] = tops.length + (merged.group[code - alone] as number);
    for (const top of merged.top) tops.push(alone + top);
  }
  const codes = new Uint8Array(rows.rows);
  for (let i = 0; i < rows.rows; i++) codes[i] = group[from[i] as number] as number;
  return { codes, tops: Uint8Array.from(tops), group };
}

/** Puts the chances of all splits into flat arrays, their bins turned back into codes. */
function assemble(parts: {
  readonly column: number;
  readonly children: Int16Array;
  readonly base: Float64Array;
  readonly only: number;
  readonly chances: readonly (Chance | undefined)[];
  readonly predictors: readonly number[];
  readonly bins: readonly PredictorBins[];
  readonly levels: readonly number[];
}): BoostedConditional {
  const { chances, predictors, bins } = parts;
  const splits = chances.length;
  const tableColumn: number[] = [];
  const tableStart: number[] = [];
  const tables: number[] = [];
  const firstTree = [0];
  const roots: number[] = [];
  const asks: number[] = [];
  const cut: number[] = [];
  const left: number[] = [];
  const value: number[] = [];
  const sets: number[] = [];
  for (let s = 0; s < splits; s++) {
    const chance = chances[s];
    tableColumn.push(chance?.start ? (predictors[chance.start.predictor] as number) : -1);
    tableStart.push(tables.length);
    if (chance?.start) {
      const { predictor, table } = chance.start;
      for (const group of (bins[predictor] as PredictorBins).group) tables.push(table[group] as number);
    }
    if (chance) {
      const { nodes } = chance;
      const offset = asks.length;
      // A tree without a split adds nothing.
      for (const root of nodes.roots) if ((nodes.column[root] as number) >= 0) roots.push(offset + root);
      for (let node = 0; node < nodes.column.length; node++) {
        const p = nodes.column[node] as number;
        left.push(p < 0 ? 0 : offset + (nodes.left[node] as number));
        value.push(nodes.value[node] as number);
        asks.push(p < 0 ? -1 : (predictors[p] as number));
        if (p < 0) cut.push(0);
        else {
          const { tops } = bins[p] as PredictorBins;
          const set = nodes.set[node] as number;
          if (set < 0) cut.push(tops[nodes.threshold[node] as number] as number);
          else {
            cut.push(-1 - sets.length / 8);
            const words = [0, 0, 0, 0, 0, 0, 0, 0];
            for (let bin = 0; bin < tops.length; bin++) {
              if (((nodes.sets[set * 8 + (bin >> 5)] as number) >>> (bin & 31)) & 1) {
                const code = tops[bin] as number;
                words[code >> 5] = (words[code >> 5] as number) | (1 << (code & 31));
              }
            }
            for (const word of words) sets.push(word >>> 0);
          }
        }
      }
    }
    firstTree.push(roots.length);
  }
  return {
    column: parts.column,
    children: shared(Int16Array, parts.children),
    only: parts.only,
    base: shared(Float64Array, parts.base),
    tableColumn: shared(Int16Array, tableColumn),
    tableStart: shared(Uint32Array, tableStart),
    tables: shared(Float64Array, tables),
    firstTree: shared(Uint32Array, firstTree),
    roots: shared(Uint32Array, roots),
    asks: shared(Int16Array, asks),
    cut: shared(Int32Array, cut),
    left: shared(Uint32Array, left),
    value: shared(Float64Array, value),
    sets: shared(Uint32Array, sets),
  };
}

function shared<T extends Int16Array | Int32Array | Uint32Array | Float64Array>(
  type: { new (buffer: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
  items: ArrayLike<number>,
): T {
  const out = new type(new SharedArrayBuffer(items.length * type.BYTES_PER_ELEMENT));
  out.set(items);
  return out;
}

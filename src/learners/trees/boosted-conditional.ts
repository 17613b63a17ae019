import { type RandomKey, randomFrom } from "../../random.ts";
import type { CodeRows } from "../code-rows.ts";
import { type Chance, type ChanceData, type ChanceOptions, FOLDS, fitChance } from "./boosted-chance.ts";
import { splitCodes } from "./code-splits.ts";

/** The distribution of one column's code given some other columns: a chance for each split of the codes. Plain data in shared memory.
 * The log-odds that split s goes to its second side are `base[s]`, plus the start table's entry, plus one leaf of each of its trees. */
export interface BoostedConditional {
  readonly column: number;
  /** See {@link CodeSplits}; empty when at most one code occurs, which is `only` then. */
  readonly children: Int16Array;
  readonly only: number;
  /** `sides[256 s + code]`: 1 where split s has the code below its first side, 2 below its second, 0 nowhere. */
  readonly sides: Uint8Array;
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
  const sides = sidesOf(children);
  const splits = children.length / 2;
  const base = new Float64Array(splits);
  for (let s = 0; s < splits; s++) base[s] = Math.log((held[2 * s + 1] as number) / (held[2 * s] as number));
  const chances: (Chance | undefined)[] = new Array(splits).fill(undefined);
  const bins = predictors.map((j) => binPredictor(rows, j, options.bins));
  if (splits > 0 && predictors.length > 0) learn();
  return assemble({
    column,
    children,
    sides,
    base,
    only:
      splits > 0
        ? 0
        : Math.max(
            0,
            counts.findIndex((count) => count > 0),
          ),
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
    const coin = random.split("folds");
    const fold = new Uint8Array(rows.rows);
    for (let i = 0; i < n; i++) fold[order[i] as number] = coin.integer(FOLDS);
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
      const offset = 256 * s;
      const isHigh = (row: number): boolean => sides[offset + (target[row] as number)] === 2;
      const middle = arrange(order, spare, { start, end, test: isHigh });
      if (end - start >= options.minRows && Math.min(middle - start, end - middle) >= options.minRarer) {
        const foldRows = new Array<number>(FOLDS).fill(0);
        for (let i = start; i < end; i++) {
          const f = fold[order[i] as number] as number;
          foldRows[f] = (foldRows[f] as number) + 1;
        }
        const next = foldRows.map((_, f) => start + foldRows.slice(0, f).reduce((a, b) => a + b, 0));
        for (let i = start; i < end; i++) {
          const row = order[i] as number;
          const f = fold[row] as number;
          spare[next[f] as number] = row;
          next[f] = (next[f] as number) + 1;
        }
        for (let i = start; i < end; i++) answers[i - start] = isHigh(spare[i] as number) ? 1 : 0;
        bins.forEach(({ codes }, p) => {
          const into = columns[p] as Uint8Array;
          for (let i = start; i < end; i++) into[i - start] = codes[spare[i] as number] as number;
        });
        const chance: ChanceData = { tree, answers, rows: end - start, foldRows, scores };
        chances[s] = fitChance(chance, base[s] as number, options);
      }
      const low = children[2 * s] as number;
      const high = children[2 * s + 1] as number;
      if (high >= 0) stack.push(high, middle, end);
      if (low >= 0) stack.push(low, start, middle);
    }
  }
}

/** Which side of each split a code is on; see {@link BoostedConditional.sides}. Children come after their parents. */
function sidesOf(children: Int16Array): Uint8Array {
  const splits = children.length / 2;
  const out = new Uint8Array(256 * splits);
  for (let s = splits - 1; s >= 0; s--) {
    for (let side = 0; side < 2; side++) {
      const child = children[2 * s + side] as number;
      if (child < 0) out[256 * s - 1 - child] = side + 1;
      else for (let code = 0; code < 256; code++) if (out[256 * child + code] !== 0) out[256 * s + code] = side + 1;
    }
  }
  return out;
}

/** Stable: rows that fail the test first. @returns the first place of those that pass */
function arrange(
  rows: Uint32Array,
  spare: Uint32Array,
  step: {
    readonly start: number;
    readonly end: number;
    readonly test: (row: number) => boolean;
  },
): number {
  let at = step.start;
  let spilled = 0;
  for (let i = step.start; i < step.end; i++) {
    const row = rows[i] as number;
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
  // Heavy codes do not use up the bins of the others.
  let share = 0;
  let held = 0;
  let present = 0;
  for (let code = alone; code < levels; code++) {
    held += counts[code] as number;
    if (counts[code] !== 0) present++;
  }
  for (let bins = most, rest = held, heavy = -1; heavy !== 0; ) {
    heavy = 0;
    const next = rest / Math.max(1, bins);
    for (let code = alone; code < levels; code++) {
      const count = counts[code] as number;
      if (count === 0 || count < next || (share > 0 && count >= share)) continue;
      heavy++;
      bins--;
      rest -= count;
    }
    share = next;
  }
  if (present <= most) share = 1;
  held = 0;
  for (let code = alone; code < levels; code++) {
    const count = counts[code] as number;
    if (held > 0 && count >= share) {
      tops.push(code - 1);
      held = 0;
    }
    group[code] = tops.length;
    held += count;
    if (held >= share || (held > 0 && code === levels - 1)) {
      tops.push(code);
      held = 0;
    }
  }
  if (tops.length === 0) tops.push(levels - 1);
  // Codes that nobody holds, behind the last bin, belong to it.
  for (let code = 0; code < levels; code++) group[code] = Math.min(group[code] as number, tops.length - 1);
  const codes = new Uint8Array(rows.rows);
  for (let i = 0; i < rows.rows; i++) codes[i] = group[from[i] as number] as number;
  return { codes, tops: Uint8Array.from(tops), group };
}

/** Puts the chances of all splits into flat arrays, their bins turned back into codes. */
function assemble(parts: {
  readonly column: number;
  readonly children: Int16Array;
  readonly sides: Uint8Array;
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
    sides: shared(Uint8Array, parts.sides),
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

function shared<T extends Uint8Array | Int16Array | Int32Array | Uint32Array | Float64Array>(
  type: { new (buffer: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
  items: ArrayLike<number>,
): T {
  const out = new type(new SharedArrayBuffer(items.length * type.BYTES_PER_ELEMENT));
  out.set(items);
  return out;
}

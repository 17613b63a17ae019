import { type RandomKey, randomFrom } from "../../random.ts";
import { type CodeEvidence, type CodeRows, noEvidence } from "../code-rows.ts";
import { type BoostedConditional, type ConditionalOptions, fitBoostedConditional } from "./boosted-conditional.ts";

export interface AutoregressiveBoostingOptions extends ConditionalOptions {
  /** Most columns that a conditional looks at. */
  readonly maxPredictors: number;
}

export const DEFAULT_AUTOREGRESSIVE_BOOSTING: AutoregressiveBoostingOptions = {
  trees: 200,
  leaves: 8,
  learningRate: 0.15,
  minLeafRows: 20,
  l2: 5,
  minRows: 200,
  minRarer: 10,
  patience: 8,
  minGain: 2,
  bins: 64,
  heldOut: 0.25,
  fitRows: 100_000,
  maxPredictors: 60,
};

/** P(row) = the product, in the order, of P(code of a column | codes of the columns before it). */
export interface AutoregressiveBoostingModel {
  /** Every column once. */
  readonly order: readonly number[];
  /** In the order. */
  readonly conditionals: readonly BoostedConditional[];
}

export function fitAutoregressiveBoosting(data: {
  readonly rows: CodeRows;
  readonly options?: Partial<AutoregressiveBoostingOptions>;
  readonly order?: readonly number[];
  readonly key: RandomKey;
}): AutoregressiveBoostingModel {
  const options = { ...DEFAULT_AUTOREGRESSIVE_BOOSTING, ...data.options };
  const order = data.order ?? data.rows.levels.map((_, j) => j);
  const random = randomFrom(data.key);
  return {
    order,
    conditionals: order.map((column, at) =>
      fitBoostedConditional({
        rows: data.rows,
        column,
        predictors: order.slice(0, at),
        options,
        key: random.split(column).key,
      }),
    ),
  };
}

export function drawAutoregressiveBoosting(data: {
  readonly model: AutoregressiveBoostingModel;
  readonly rows: number;
  readonly evidence?: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] {
  const { model, rows } = data;
  const codes = model.order.map(() => new Uint8Array(rows));
  const random = randomFrom(data.key);
  const order = new Uint32Array(rows);
  const spare = new Uint32Array(rows);
  const scores = new Float64Array(rows);
  for (const conditional of model.conditionals) {
    const into = codes[conditional.column] as Uint8Array;
    const { children } = conditional;
    if (children.length === 0) {
      into.fill(conditional.only);
      continue;
    }
    for (let i = 0; i < rows; i++) order[i] = i;
    const stack: number[] = [0, 0, rows];
    while (stack.length > 0) {
      const end = stack.pop() as number;
      const start = stack.pop() as number;
      const s = stack.pop() as number;
      addScores(conditional, s, { codes, order, start, end, scores });
      let at = start;
      let spilled = 0;
      for (let i = start; i < end; i++) {
        const row = order[i] as number;
        if (random.uniform() * (1 + Math.exp(-(scores[i - start] as number))) < 1) spare[spilled++] = row;
        else order[at++] = row;
      }
      order.set(spare.subarray(0, spilled), at);
      for (let side = 0; side < 2; side++) {
        const child = children[2 * s + side] as number;
        const from = side === 0 ? start : at;
        const to = side === 0 ? at : end;
        if (from === to) continue;
        if (child >= 0) stack.push(child, from, to);
        else for (let i = from; i < to; i++) into[order[i] as number] = -1 - child;
      }
    }
  }
  return codes;
}

/** Log-odds of the second side of a split for the rows at places start … end − 1, into `scores` from 0. */
function addScores(
  conditional: BoostedConditional,
  s: number,
  to: {
    readonly codes: readonly Uint8Array[];
    readonly order: Uint32Array;
    readonly start: number;
    readonly end: number;
    readonly scores: Float64Array;
  },
): void {
  const { codes, order, start, end, scores } = to;
  const { asks, cut, left, value, sets, roots } = conditional;
  const n = end - start;
  scores.fill(conditional.base[s] as number, 0, n);
  const tableColumn = conditional.tableColumn[s] as number;
  if (tableColumn >= 0) {
    const own = codes[tableColumn] as Uint8Array;
    const offset = conditional.tableStart[s] as number;
    for (let i = 0; i < n; i++)
      scores[i] =
        (scores[i] as number) +
        (conditional.tables[offset + (own[order[start + i] as number] as number)] as number);
  }
  const last = conditional.firstTree[s + 1] as number;
  for (let t = conditional.firstTree[s] as number; t < last; t++) {
    const root = roots[t] as number;
    for (let i = 0; i < n; i++) {
      const row = order[start + i] as number;
      let node = root;
      let j = asks[node] as number;
      while (j >= 0) {
        const x = (codes[j] as Uint8Array)[row] as number;
        const c = cut[node] as number;
        const isLeft = c >= 0 ? x <= c : (((sets[(-1 - c) * 8 + (x >> 5)] as number) >>> (x & 31)) & 1) === 1;
        node = (left[node] as number) + (isLeft ? 0 : 1);
        j = asks[node] as number;
      }
      scores[i] = (scores[i] as number) + (value[node] as number);
    }
  }
}

/** Log-likelihood of every row, column by column of the order. */
export function logLikelihoodByColumn(model: AutoregressiveBoostingModel, rows: CodeRows): Float64Array[] {
  const { codes } = rows;
  const order = new Uint32Array(rows.rows);
  const spare = new Uint32Array(rows.rows);
  const scores = new Float64Array(rows.rows);
  return model.conditionals.map((conditional) => {
    const out = new Float64Array(rows.rows);
    const { children } = conditional;
    if (children.length === 0) return out;
    for (let i = 0; i < rows.rows; i++) order[i] = i;
    const own = codes[conditional.column] as Uint8Array;
    const stack: number[] = [0, 0, rows.rows];
    while (stack.length > 0) {
      const end = stack.pop() as number;
      const start = stack.pop() as number;
      const s = stack.pop() as number;
      const side = new Int8Array(256);
      for (let k = 0; k < 2; k++) {
        const st = [children[2 * s + k] as number];
        while (st.length) {
          const c = st.pop() as number;
          if (c < 0) side[-1 - c] = k + 1;
          else st.push(children[2 * c] as number, children[2 * c + 1] as number);
        }
      }
      addScores(conditional, s, { codes, order, start, end, scores });
      let at = start;
      let spilled = 0;
      for (let i = start; i < end; i++) {
        const row = order[i] as number;
        const k = side[own[row] as number] as number;
        const z = scores[i - start] as number;
        if (k === 0) out[row] = Number.NEGATIVE_INFINITY;
        else out[row] = (out[row] as number) - Math.log1p(Math.exp(k === 2 ? -z : z));
        if (k === 2) spare[spilled++] = row;
        else if (k === 1) order[at++] = row;
      }
      const low = children[2 * s] as number;
      const high = children[2 * s + 1] as number;
      order.set(spare.subarray(0, spilled), at);
      if (high >= 0) stack.push(high, at, at + spilled);
      if (low >= 0) stack.push(low, start, at);
    }
    return out;
  });
}
void noEvidence;

import { sharedCopy } from "../executors/executor.ts";
import { countUpTo } from "../math/sorted-search.ts";
import { type RandomKey, randomFrom } from "../random.ts";
import type { CodeEvidence, CodeRows } from "./code-rows.ts";

/** Each column by itself: the share of the rows that hold each code. Columns lie one after the other. */
export interface IndependentModel {
  readonly shares: Float64Array;
  /** Column j's codes are places start[j] … start[j + 1] − 1. */
  readonly start: Uint32Array;
}

/** Counts the codes of each column. Without rows every cell is the first code. */
export function fitIndependent({ rows }: { readonly rows: CodeRows }): IndependentModel {
  const start = new Uint32Array(rows.levels.length + 1);
  rows.levels.forEach((levels, j) => {
    start[j + 1] = (start[j] as number) + levels;
  });
  const shares = new Float64Array(start.at(-1) as number);
  rows.codes.forEach((codes, j) => {
    const first = start[j] as number;
    if (rows.rows === 0) shares[first] = 1;
    for (let row = 0; row < rows.rows; row++) {
      const at = first + (codes[row] as number);
      shares[at] = (shares[at] as number) + 1 / rows.rows;
    }
  });
  return { shares: sharedCopy(shares), start: sharedCopy(start) };
}

/** Rows given the evidence: exact, since no column knows of another. */
export function drawIndependent(data: {
  readonly model: IndependentModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] {
  const { model, rows, evidence } = data;
  const random = randomFrom(data.key);
  return Array.from({ length: model.start.length - 1 }, (_, j) => {
    const stream = random.split(j);
    const totals = runningTotals(weighted(model, evidence, j));
    const total = totals.at(-1) as number;
    const known = evidence.given?.known[j];
    const out = new Uint8Array(rows);
    const last = totals.length - 1;
    for (let row = 0; row < rows; row++) {
      const drawn = stream.uniform() * total;
      out[row] = known?.[row] ? (evidence.given?.codes[j]?.[row] as number) : countUpTo(totals, drawn, 0, last);
    }
    return out;
  });
}

/** Log probability of what is known of each row. */
export function logEvidenceIndependent(data: {
  readonly model: IndependentModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
}): Float64Array {
  const { model, rows, evidence } = data;
  const out = new Float64Array(rows);
  for (let j = 0; j < model.start.length - 1; j++) {
    const first = model.start[j] as number;
    const logWeight = evidence.weights[j]
      ? Math.log(weighted(model, evidence, j).reduce((sum, share) => sum + share, 0))
      : 0;
    const known = evidence.given?.known[j];
    for (let row = 0; row < rows; row++)
      out[row] =
        (out[row] as number) +
        (known?.[row]
          ? Math.log(model.shares[first + (evidence.given?.codes[j]?.[row] as number)] as number)
          : logWeight);
  }
  return out;
}

function weighted(model: IndependentModel, evidence: CodeEvidence, j: number): Float64Array {
  const shares = model.shares.slice(model.start[j], model.start[j + 1]);
  const weights = evidence.weights[j];
  return weights ? shares.map((share, code) => share * (weights[code] as number)) : shares;
}

function runningTotals(shares: Float64Array): Float64Array {
  let total = 0;
  return shares.map((share) => {
    total += share;
    return total;
  });
}

import type { BinnedColumns, Objective } from "../trees/boosting.ts";

/** The mean target of the nearest training rows; for classes, their shares. A category that differs counts 1, an ordered column the distance of
 * its codes over their range. Brute force, for a few thousand rows.
 * @param train.target a value, 0 or 1, or a class per row of the columns
 * @returns one number per test row; for classes, rows × classes, row-major
 * @source Cover & Hart (1967), IEEE Transactions on Information Theory 13 */
export function predictNearest(
  train: BinnedColumns & {
    readonly target: ArrayLike<number>;
    readonly rows: Uint32Array;
    readonly objective: Objective;
  },
  columns: readonly Uint8Array[],
  rows: Uint32Array,
): Float64Array {
  const width = columns.length;
  const pool = packRows(train.columns, train.rows);
  const queries = packRows(columns, rows);
  const outputs = train.objective.kind === "softmax" ? train.objective.classes : 1;
  const cost = train.levels.map((levels, j) =>
    Float64Array.from({ length: 256 }, (_, gap) =>
      gap === 0 ? 0 : train.ordered[j] ? gap / Math.max(1, levels - 1) : 1,
    ),
  );
  const flat = new Float64Array(width * 256);
  cost.forEach((own, j) => {
    flat.set(own, j * 256);
  });
  const k = Math.min(NEIGHBOURS, train.rows.length);
  const nearest = new Float64Array(k);
  const who = new Int32Array(k);
  const out = new Float64Array(rows.length * outputs);
  for (let i = 0; i < rows.length; i++) {
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let r = 0; r < train.rows.length; r++) {
      const worst = nearest[k - 1] as number;
      let distance = 0;
      for (let j = 0; j < width && distance < worst; j++) {
        const gap = (queries[i * width + j] as number) - (pool[r * width + j] as number);
        distance += flat[j * 256 + (gap < 0 ? -gap : gap)] as number;
      }
      if (distance >= worst) continue;
      let at = k - 1;
      for (; at > 0 && (nearest[at - 1] as number) > distance; at--) {
        nearest[at] = nearest[at - 1] as number;
        who[at] = who[at - 1] as number;
      }
      nearest[at] = distance;
      who[at] = r;
    }
    for (let at = 0; at < k; at++) {
      const y = train.target[train.rows[who[at] as number] as number] as number;
      const to = outputs === 1 ? i : i * outputs + y;
      out[to] = (out[to] as number) + (outputs === 1 ? y : 1) / k;
    }
  }
  return out;
}

const NEIGHBOURS = 15;

/** Codes row by row. */
function packRows(columns: readonly Uint8Array[], rows: Uint32Array): Uint8Array {
  const width = columns.length;
  const out = new Uint8Array(rows.length * width);
  for (let j = 0; j < width; j++) {
    const codes = columns[j] as Uint8Array;
    for (let i = 0; i < rows.length; i++) out[i * width + j] = codes[rows[i] as number] as number;
  }
  return out;
}

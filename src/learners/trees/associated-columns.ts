import type { CodeRows } from "../code-rows.ts";
import { mergeLevels } from "./boosting-bins.ts";

/** Rows that association is measured on, and groups that a column's codes are put into for it. */
const ROWS = 1000;
const GROUPS = 6;

/** The columns that tell most of a column, by mutual information of coarse groups of codes; all of them, in their order, when they are few.
 * @param coarse of {@link coarseColumns}; not read when the candidates are few
 * @param which.among candidates
 * @param which.most how many to keep */
export function associatedColumns(
  coarse: readonly Uint8Array[],
  { column, among, most }: { readonly column: number; readonly among: readonly number[]; readonly most: number },
): readonly number[] {
  if (among.length <= most) return among;
  const own = coarse[column] as Uint8Array;
  const scores = among.map((other) => mutualInformation(own, coarse[other] as Uint8Array));
  const kept = among
    .map((_, i) => i)
    .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
    .slice(0, most)
    .sort((a, b) => a - b);
  return kept.map((i) => among[i] as number);
}

/** Every so many-th row's codes in a few groups, column by column. */
export function coarseColumns(rows: CodeRows): Uint8Array[] {
  return rows.codes.map((_, column) => coarseColumn(rows, column));
}

function coarseColumn(rows: CodeRows, column: number): Uint8Array {
  const codes = rows.codes[column] as Uint8Array;
  const n = Math.min(ROWS, rows.rows);
  const step = rows.rows / Math.max(1, n);
  const sample = Uint8Array.from({ length: n }, (_, i) => codes[Math.floor(i * step)] as number);
  const counts = new Int32Array(rows.levels[column] as number);
  for (const code of sample) counts[code] = (counts[code] as number) + 1;
  const group = new Uint8Array(counts.length);
  if (rows.ordered[column]) group.set(mergeLevels(counts, GROUPS).group);
  else {
    // The commonest codes by themselves, the others together.
    const held = [...counts.keys()].sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
    held.forEach((code, rank) => {
      group[code] = Math.min(rank, 2 * GROUPS - 1);
    });
  }
  return sample.map((code) => group[code] as number);
}

function mutualInformation(a: Uint8Array, b: Uint8Array): number {
  const side = 2 * GROUPS + 1;
  const joint = new Int32Array(side * side);
  for (let i = 0; i < a.length; i++) {
    const cell = (a[i] as number) * side + (b[i] as number);
    joint[cell] = (joint[cell] as number) + 1;
  }
  const rowSums = new Int32Array(side);
  const columnSums = new Int32Array(side);
  let cells = 0;
  let sum = 0;
  for (let x = 0; x < side; x++)
    for (let y = 0; y < side; y++) {
      const count = joint[x * side + y] as number;
      if (count === 0) continue;
      rowSums[x] = (rowSums[x] as number) + count;
      columnSums[y] = (columnSums[y] as number) + count;
      sum += count * Math.log(count);
      cells++;
    }
  let present = 0;
  for (const sums of [rowSums, columnSums])
    for (const count of sums)
      if (count > 0) {
        sum -= count * Math.log(count);
        present++;
      }
  // Less what as many cells would show by chance (Miller 1955), so that many groups are not favoured.
  const n = Math.max(1, a.length);
  return (sum + n * Math.log(n)) / n - Math.max(0, cells - present + 1) / (2 * n);
}

import type { BoostedConditional } from "./boosted-conditional.ts";

/** Log-odds that split s goes to its second side, for some rows.
 * @param to.order the rows are `order[start]` … `order[end − 1]`
 * @param to.scores written from 0 */
export function scoreSplit(
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
    const { tables } = conditional;
    const own = codes[tableColumn] as Uint8Array;
    const offset = conditional.tableStart[s] as number;
    for (let i = 0; i < n; i++)
      scores[i] = (scores[i] as number) + (tables[offset + (own[order[start + i] as number] as number)] as number);
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

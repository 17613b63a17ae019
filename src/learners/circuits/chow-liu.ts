/** The tree over columns that explains most of their joint distribution by pairs: a maximum spanning tree by mutual information.
 * @source Chow & Liu (1968), IEEE Transactions on Information Theory 14(3); Prim (1957) */

export interface ColumnTree {
  /** Columns, each after its parent. */
  readonly order: Int32Array;
  /** The parent of each column; −1 for the root. */
  readonly parent: Int32Array;
}

/** @param columns `columns[j][row]` < levels[j] ≤ 256
 * @returns a tree rooted at the column with most mutual information in all; ties go to the earlier column */
export function chowLiuTree(columns: readonly Uint8Array[], levels: readonly number[]): ColumnTree {
  const d = columns.length;
  const information = mutualInformation(columns, levels);
  const order = new Int32Array(d);
  const parent = new Int32Array(d).fill(-1);
  if (d === 0) return { order, parent };
  let root = 0;
  let most = -1;
  for (let a = 0; a < d; a++) {
    let sum = 0;
    for (let b = 0; b < d; b++) if (b !== a) sum += information[a * d + b] as number;
    if (sum > most) {
      most = sum;
      root = a;
    }
  }
  const best = new Float64Array(d).fill(Number.NEGATIVE_INFINITY);
  const inside = new Uint8Array(d);
  let next = root;
  for (let placed = 0; placed < d; placed++) {
    order[placed] = next;
    inside[next] = 1;
    const from = next;
    next = -1;
    for (let b = 0; b < d; b++) {
      if (inside[b]) continue;
      const gain = information[from * d + b] as number;
      if (gain > (best[b] as number)) {
        best[b] = gain;
        parent[b] = from;
      }
      if (next < 0 || (best[b] as number) > (best[next] as number)) next = b;
    }
  }
  return { order, parent };
}

/** Mutual information of every pair, nats, less what chance alone adds: (a − 1)(b − 1) / 2n for a and b levels that occur (Miller 1955).
 * @returns d × d, row-major; zero on the diagonal */
export function mutualInformation(columns: readonly Uint8Array[], levels: readonly number[]): Float64Array {
  const d = columns.length;
  const n = columns[0]?.length ?? 0;
  const out = new Float64Array(d * d);
  if (n === 0) return out;
  const log = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) log[i] = i * Math.log(i);
  const inner = new Float64Array(d);
  const present = new Int32Array(d);
  const counts = new Int32Array(65_536);
  const tally = (cells: number): number => {
    let sum = 0;
    for (let i = 0; i < cells; i++) sum += log[counts[i] as number] as number;
    return sum;
  };
  for (let j = 0; j < d; j++) {
    const column = columns[j] as Uint8Array;
    const cells = levels[j] as number;
    counts.fill(0, 0, cells);
    for (let i = 0; i < n; i++) counts[column[i] as number] = (counts[column[i] as number] as number) + 1;
    inner[j] = tally(cells);
    for (let i = 0; i < cells; i++) if (counts[i] !== 0) present[j] = (present[j] as number) + 1;
  }
  for (let a = 0; a < d; a++) {
    const first = columns[a] as Uint8Array;
    for (let b = 0; b < a; b++) {
      const second = columns[b] as Uint8Array;
      const width = levels[b] as number;
      const cells = (levels[a] as number) * width;
      counts.fill(0, 0, cells);
      for (let i = 0; i < n; i++) {
        const cell = (first[i] as number) * width + (second[i] as number);
        counts[cell] = (counts[cell] as number) + 1;
      }
      const chance = (((present[a] as number) - 1) * ((present[b] as number) - 1)) / 2;
      const value = ((log[n] as number) + tally(cells) - (inner[a] as number) - (inner[b] as number) - chance) / n;
      out[a * d + b] = value;
      out[b * d + a] = value;
    }
  }
  return out;
}

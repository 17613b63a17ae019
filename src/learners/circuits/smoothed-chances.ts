import type { CodeGroups } from "./code-groups.ts";

/** How expected counts of a column's groups in each component (or state) become chances.
 *
 * Groups without order: a Dirichlet prior around the whole table's frequencies, worth `strength` rows. Groups in order: a Pólya tree that
 * halves the order again and again, with a Beta prior at every fork around the whole table's share, worth `strength × mass^thinning`
 * rows, where mass is the share of the table's rows below the fork. Thinning 1 is the Dirichlet prior again; 0 lets neighbouring groups
 * learn from one another, so that many groups cost little.
 * @source Lavine (1992), Annals of Statistics 20(3) */
export interface Smoothing {
  /** Rows. */
  readonly strength: number;
  /** 0 … 1. */
  readonly thinning: number;
}

/** The forks of a column's groups; each fork comes before those below it. */
export interface ForkTree {
  /** What lies on either side: a fork, or −1 − g for group g. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Share of the table's rows below the fork, and of these on the left. */
  readonly mass: Float64Array;
  readonly share: Float64Array;
}

/** Forks of groups in order, the first `alone` (ways of being missing) split off one by one; undefined where there is no order. */
export function forkTree(
  { mass }: CodeGroups,
  { ordered, alone }: { readonly ordered: boolean; readonly alone: number },
): ForkTree | undefined {
  const G = mass.length;
  if (!ordered || G < 3) return undefined;
  const before = new Float64Array(G + 1);
  for (let g = 0; g < G; g++) before[g + 1] = (before[g] as number) + (mass[g] as number);
  const left: number[] = [];
  const right: number[] = [];
  const masses: number[] = [];
  const shares: number[] = [];
  const stack: { readonly from: number; readonly to: number; readonly fork: number; readonly side: number[] }[] = [
    { from: 0, to: G, fork: -1, side: left },
  ];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { from, to, fork, side } = next;
    const start = before[from] as number;
    const end = before[to] as number;
    if (to - from === 1) {
      side[fork] = -1 - from;
      continue;
    }
    let cut = from + 1;
    if (from >= alone)
      while (
        cut < to - 1 &&
        Math.abs((before[cut + 1] as number) - (start + end) / 2) <
          Math.abs((before[cut] as number) - (start + end) / 2)
      )
        cut++;
    const own = left.length;
    if (fork >= 0) side[fork] = own;
    left.push(0);
    right.push(0);
    masses.push(end - start);
    shares.push(((before[cut] as number) - start) / (end - start));
    stack.push({ from: cut, to, fork: own, side: right }, { from, to: cut, fork: own, side: left });
  }
  return {
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    mass: Float64Array.from(masses),
    share: Float64Array.from(shares),
  };
}

export interface CountTable {
  /** Expected counts: groups × width, row-major, from `at` on. */
  readonly counts: Float32Array;
  /** Takes the chances, in the same places. */
  readonly chances: Float32Array;
  readonly at: number;
  /** Components or states. */
  readonly width: number;
  /** What one row counts. */
  readonly unit: number;
}

/** Room that {@link smoothedChances} works in. */
export interface SmoothingRoom {
  readonly sums: Float32Array;
  readonly chances: Float32Array;
}

export function smoothingRoom(mostGroups: number, width: number): SmoothingRoom {
  return { sums: new Float32Array(mostGroups * width), chances: new Float32Array(mostGroups * width) };
}

/** Writes the chances of a column. */
export function smoothedChances(
  table: CountTable,
  {
    groups,
    forks,
    smoothing,
    room,
  }: {
    readonly groups: CodeGroups;
    readonly forks: ForkTree | undefined;
    readonly smoothing: Smoothing;
    readonly room: SmoothingRoom;
  },
): void {
  const { counts, chances, at, width, unit } = table;
  const G = groups.mass.length;
  const rows = smoothing.strength * unit;
  if (!forks) {
    const sums = room.sums.fill(0, 0, width);
    for (let g = 0; g < G; g++)
      for (let k = 0, i = at + g * width; k < width; k++, i++) sums[k] = (sums[k] as number) + (counts[i] as number);
    for (let k = 0; k < width; k++) sums[k] = 1 / ((sums[k] as number) + rows);
    for (let g = 0; g < G; g++) {
      const added = rows * (groups.mass[g] as number);
      for (let k = 0, i = at + g * width; k < width; k++, i++)
        chances[i] = ((counts[i] as number) + added) * (sums[k] as number);
    }
    return;
  }
  const { left, right, mass, share } = forks;
  const { sums, chances: above } = room;
  for (let fork = left.length - 1; fork >= 0; fork--) {
    const l = left[fork] as number;
    const r = right[fork] as number;
    const a = l < 0 ? counts : sums;
    const b = r < 0 ? counts : sums;
    const aAt = l < 0 ? at + (-1 - l) * width : l * width;
    const bAt = r < 0 ? at + (-1 - r) * width : r * width;
    const to = fork * width;
    for (let k = 0; k < width; k++) sums[to + k] = (a[aAt + k] as number) + (b[bAt + k] as number);
  }
  above.fill(1, 0, width);
  for (let fork = 0; fork < left.length; fork++) {
    const l = left[fork] as number;
    const r = right[fork] as number;
    const a = l < 0 ? counts : sums;
    const b = r < 0 ? counts : sums;
    const aAt = l < 0 ? at + (-1 - l) * width : l * width;
    const bAt = r < 0 ? at + (-1 - r) * width : r * width;
    const aTo = l < 0 ? chances : above;
    const bTo = r < 0 ? chances : above;
    const from = fork * width;
    const added = rows * (mass[fork] as number) ** smoothing.thinning;
    const toLeft = added * (share[fork] as number);
    const toRight = added - toLeft;
    for (let k = 0; k < width; k++) {
      const x = (a[aAt + k] as number) + toLeft;
      const y = (b[bAt + k] as number) + toRight;
      const each = (above[from + k] as number) / (x + y);
      aTo[aAt + k] = x * each;
      bTo[bAt + k] = y * each;
    }
  }
}

/** The smoothing under which counts of other rows are likeliest; the candidates are tried in order, ties go to the earlier one.
 * @param fresh expected counts of the other rows, in the same places */
export function bestSmoothing(
  table: CountTable,
  {
    fresh,
    groups,
    forks,
    room,
  }: {
    readonly fresh: Float32Array;
    readonly groups: CodeGroups;
    readonly forks: ForkTree | undefined;
    readonly room: SmoothingRoom;
  },
): Smoothing {
  let best: Smoothing = FIRST_SMOOTHING;
  let most = Number.NEGATIVE_INFINITY;
  const end = table.at + groups.mass.length * table.width;
  for (const thinning of forks ? THINNINGS : [1])
    for (const strength of STRENGTHS) {
      const smoothing = { strength, thinning };
      smoothedChances(table, { groups, forks, smoothing, room });
      let sum = 0;
      for (let i = table.at; i < end; i++) {
        const count = fresh[i] as number;
        if (count > 1e-6) sum += count * Math.log(table.chances[i] as number);
      }
      if (sum > most) {
        most = sum;
        best = smoothing;
      }
    }
  return best;
}

/** What smoothing starts from, and stays when no rows are held out. */
export const FIRST_SMOOTHING: Smoothing = { strength: 8, thinning: 0.5 };
const STRENGTHS = [0.03, 0.06, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 512, 4096, 65_536];
const THINNINGS = [0, 0.5, 1];

import {
  type Candidate,
  type FamilySearch,
  type FamilyState,
  familySearch,
  type GroupedRows,
} from "./family-search.ts";
import type { NetworkStructure } from "./model.ts";

export interface StructureOptions {
  /** "tree": at most one parent each, the best of all forests; "greedy": the most telling edge next, until none pays. */
  readonly structure: "tree" | "greedy";
  /** Most parents of a column in "greedy". */
  readonly maxParents: number;
  /** Most cells in the table of a column. */
  readonly maxCells: number;
}

/** Beyond so many columns only the most associated others of each are tried as parents. */
const ALL_PAIRS_COLUMNS = 200;
const SCREENED_PARENTS = 16;
const SCREEN_ROWS = 2000;

/** Learns who depends on whom. Deterministic; ties go to the lower columns.
 *
 * An edge must gain log(rows) nats in all by leave-one-out likelihood. The tree is the maximum spanning forest by the mean gain of the two
 * directions: Chow and Liu's, with mutual information estimated so that large tables do not flatter.
 * @source Chow & Liu (1968), IEEE Transactions on Information Theory 14; Heckerman, Geiger & Chickering (1995), Machine Learning 20 (greedy) */
export function learnStructure(data: GroupedRows, options: StructureOptions): NetworkStructure {
  const d = data.groupings.length;
  const search = familySearch(data, options.maxCells);
  const price = Math.log(Math.max(2, data.rows));
  const tried = candidateParents(data);
  const states = Array.from({ length: d }, (_, child) => search.start(child));
  const candidates = states.map((state, child) => scoreAll(search, state, tried[child] as readonly number[]));
  if (options.structure === "tree") addForest({ search, states, candidates, price });
  else addGreedily({ search, states, candidates, price, tried, maxParents: options.maxParents });
  return {
    families: states.map(({ parents, resolutions, masses, gains }) => ({ parents, resolutions, masses, gains })),
  };
}

interface Learning {
  readonly search: FamilySearch;
  readonly states: readonly FamilyState[];
  readonly candidates: Candidate[][];
  readonly price: number;
}

/** Candidates that gain anything, best first. */
function scoreAll(search: FamilySearch, state: FamilyState, parents: readonly number[]): Candidate[] {
  const out: Candidate[] = [];
  for (const parent of parents) {
    const candidate = search.tryParent(state, parent);
    if (candidate && candidate.gain > 0) out.push(candidate);
  }
  return out.sort((a, b) => b.gain - a.gain || a.parent - b.parent);
}

function addForest({ search, states, candidates, price }: Learning): void {
  const d = states.length;
  const gains = new Map<number, number>();
  candidates.forEach((list, child) => {
    for (const { parent, gain } of list) {
      const pair = Math.min(child, parent) * d + Math.max(child, parent);
      gains.set(pair, (gains.get(pair) ?? 0) + gain / 2);
    }
  });
  const edges = [...gains].filter(([, gain]) => gain > price).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const component = Int32Array.from({ length: d }, (_, j) => j);
  const find = (j: number): number => {
    let at = j;
    while (component[at] !== at) at = component[at] as number;
    component[j] = at;
    return at;
  };
  const neighbours: number[][] = states.map(() => []);
  const told = new Float64Array(d);
  for (const [pair, gain] of edges) {
    const a = Math.floor(pair / d);
    const b = pair % d;
    if (find(a) === find(b)) continue;
    component[find(a)] = find(b);
    (neighbours[a] as number[]).push(b);
    (neighbours[b] as number[]).push(a);
    told[a] = (told[a] as number) + gain;
    told[b] = (told[b] as number) + gain;
  }
  // The column that tells most is the root of its tree.
  const seen = new Uint8Array(d);
  const roots = Array.from({ length: d }, (_, j) => j).sort(
    (a, b) => (told[b] as number) - (told[a] as number) || a - b,
  );
  for (const root of roots) {
    if (seen[root]) continue;
    seen[root] = 1;
    const queue = [root];
    for (let at = 0; at < queue.length; at++) {
      const parent = queue[at] as number;
      for (const child of neighbours[parent] as number[]) {
        if (seen[child]) continue;
        seen[child] = 1;
        queue.push(child);
        const state = states[child] as FamilyState;
        const candidate = search.tryParent(state, parent);
        if (candidate) search.addParent(state, candidate);
      }
    }
  }
}

function addGreedily({
  search,
  states,
  candidates,
  price,
  tried,
  maxParents,
}: Learning & { readonly tried: readonly (readonly number[])[]; readonly maxParents: number }): void {
  const below = descendants(states.length);
  for (;;) {
    let child = -1;
    let best: Candidate | undefined;
    for (let j = 0; j < states.length; j++) {
      const allowed = (candidates[j] as Candidate[]).find(({ parent }) => !below.has(j, parent));
      if (allowed && allowed.gain > price && (!best || allowed.gain > best.gain)) {
        best = allowed;
        child = j;
      }
    }
    if (!best) return;
    const state = states[child] as FamilyState;
    search.addParent(state, best);
    below.add(best.parent, child);
    candidates[child] =
      state.parents.length >= maxParents
        ? []
        : scoreAll(
            search,
            state,
            (tried[child] as readonly number[]).filter(
              (parent) => !state.parents.includes(parent) && !below.has(child, parent),
            ),
          );
  }
}

/** Who is below whom, as edges are added. */
function descendants(columns: number): {
  /** Whether `other` is below `column`, or is it. */
  has(column: number, other: number): boolean;
  add(parent: number, child: number): void;
} {
  const words = Math.ceil(columns / 32);
  const bits = new Uint32Array(columns * words);
  const has = (column: number, other: number): boolean =>
    (((bits[column * words + (other >> 5)] as number) >>> (other & 31)) & 1) === 1;
  for (let j = 0; j < columns; j++) bits[j * words + (j >> 5)] = 1 << (j & 31);
  return {
    has,
    add(parent, child) {
      for (let j = 0; j < columns; j++)
        if (has(j, parent))
          for (let word = 0; word < words; word++)
            bits[j * words + word] =
              ((bits[j * words + word] as number) | (bits[child * words + word] as number)) >>> 0;
    },
  };
}

/** For each column the others that may be its parents: all, or in wide tables those of highest mutual information at coarse resolution. */
function candidateParents({ rows, groupings, groups }: GroupedRows): number[][] {
  const d = groupings.length;
  const others = Array.from({ length: d }, (_, j) => j);
  if (d <= ALL_PAIRS_COLUMNS) return others.map((j) => others.filter((k) => k !== j));
  const n = Math.min(rows, SCREEN_ROWS);
  const step = rows / n;
  const coarse = (groups[2] as readonly Uint8Array[]).map((column) =>
    Uint8Array.from({ length: n }, (_, i) => column[Math.floor(i * step)] as number),
  );
  const sizes = groupings.map((grouping) => grouping.sizes[2] as number);
  const log = Float64Array.from({ length: n + 1 }, (_, i) => (i < 2 ? 0 : i * Math.log(i)));
  const sums = coarse.map((column, j) => {
    const tally = new Int32Array(sizes[j] as number);
    for (let i = 0; i < n; i++) tally[column[i] as number] = (tally[column[i] as number] as number) + 1;
    return tally.reduce((sum, count) => sum + (log[count] as number), 0);
  });
  const worth = new Float32Array(d * d);
  const table = new Int32Array(256 * 256);
  for (let a = 0; a < d; a++) {
    const left = coarse[a] as Uint8Array;
    for (let b = 0; b < a; b++) {
      const right = coarse[b] as Uint8Array;
      const size = sizes[b] as number;
      const cells = (sizes[a] as number) * size;
      table.fill(0, 0, cells);
      for (let i = 0; i < n; i++) {
        const cell = (left[i] as number) * size + (right[i] as number);
        table[cell] = (table[cell] as number) + 1;
      }
      let inner = 0;
      for (let cell = 0; cell < cells; cell++) inner += log[table[cell] as number] as number;
      const information = inner - (sums[a] as number) - (sums[b] as number) + (log[n] as number);
      worth[a * d + b] = worth[b * d + a] = information - ((sizes[a] as number) - 1) * (size - 1);
    }
  }
  return others.map((j) =>
    others
      .filter((k) => k !== j)
      .sort((a, b) => (worth[j * d + b] as number) - (worth[j * d + a] as number) || a - b)
      .slice(0, SCREENED_PARENTS)
      .sort((a, b) => a - b),
  );
}

import { InvalidArgument } from "../../errors.ts";
import { cellsOf } from "../../learners/graphical/scope.ts";
import { nearest } from "../../math/nearest-name.ts";

/** Which sets of columns the rows are to be right on: all pairs, all triples, or sets by the columns' names. */
export type Workload = "pairs" | "triples" | readonly (readonly string[])[];

/** A set of columns whose counts may be measured. */
export interface Candidate {
  /** Places of the columns, ascending. */
  readonly clique: readonly number[];
  readonly cells: number;
  /** How much of the workload it is about: the sum over the workload's sets of the columns shared. */
  readonly weight: number;
}

export interface Candidates {
  /** The workload's sets and all that they contain; single columns first, then by size and place. */
  readonly list: readonly Candidate[];
  /** Sets of the workload that have too many cells to be measured as they are. */
  readonly tooLarge: number;
}

/** Most sets in a workload: beyond, a round of selection alone takes minutes. */
const MOST_SETS = 100_000;

/** The sets of columns that a workload makes worth measuring: its downward closure, weighed by w_r = Σ_s |r ∩ s| over the workload's sets s.
 * Every column is in it by itself. Nothing of the rows is looked at.
 * @param columns names, and sizes of the domains
 * @param options.mostCells sets with more cells are left out
 * @throws {InvalidArgument} a name that is no modelled column, or far too many sets
 * @source McKenna, Mullins, Sheldon & Miklau (2022), AIM, PVLDB 15(11), algorithm 4 */
export function candidatesOf(
  columns: { readonly names: readonly string[]; readonly sizes: readonly number[] },
  options: { readonly workload: Workload; readonly mostCells: number },
): Candidates {
  const { names, sizes } = columns;
  const { workload, mostCells } = options;
  const asked = setsOf(workload, names);
  // The workload's own sets count for the weights however large they are: their parts are measured for them.
  const all = new Map<string, readonly number[]>();
  for (let j = 0; j < names.length; j++) all.set(String(j), [j]);
  for (const set of asked)
    for (const part of partsOf(set))
      if (part.length === 1 || cellsOf(sizes, part) <= mostCells) all.set(part.join(), part);
  if (all.size > MOST_SETS) throw tooManySets(all.size);
  const weightOf = weighing(asked, names.length);
  const list = [...all.values()]
    .sort((a, b) => a.length - b.length || compareCliques(a, b))
    .map((clique) => ({ clique, cells: cellsOf(sizes, clique), weight: weightOf(clique) }));
  return { list, tooLarge: asked.filter((set) => set.length > 1 && cellsOf(sizes, set) > mostCells).length };
}

/** Sets of columns in the order of their places. */
export function compareCliques(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

function setsOf(workload: Workload, names: readonly string[]): readonly (readonly number[])[] {
  if (typeof workload !== "string") {
    const sets = workload.map((set) => [...new Set(set.map((name) => placeOf(name, names)))].sort((a, b) => a - b));
    const widest = Math.max(...sets.map((set) => set.length));
    if (widest > MOST_COLUMNS)
      throw new InvalidArgument(
        "bad-workload",
        `A set of the workload names ${widest} columns; at most ${MOST_COLUMNS} can be asked for together.`,
        { advice: "Name smaller sets: their counts would be noise." },
      );
    return sets;
  }
  const size = Math.min(workload === "pairs" ? 2 : 3, names.length);
  const count = binomial(names.length, size);
  if (count > MOST_SETS) throw tooManySets(count);
  return combinations(names.length, size);
}

/** Most columns in one set of a workload: its subsets are candidates, all of them. */
const MOST_COLUMNS = 8;

function tooManySets(count: number): InvalidArgument {
  return new InvalidArgument(
    "workload-too-large",
    `The workload has ${count.toLocaleString("en-US")} sets of columns, and at most ${MOST_SETS.toLocaleString("en-US")} can be chosen from. Nothing was spent.`,
    { advice: 'Take "pairs", name the sets that matter, or leave columns out.' },
  );
}

function placeOf(name: string, names: readonly string[]): number {
  const place = names.indexOf(name);
  if (place >= 0) return place;
  const close = nearest(name, names);
  throw new InvalidArgument(
    "unknown-column",
    `The workload names "${name}", which is no column that is modelled.${close === undefined ? "" : ` Did you mean "${close}"?`}`,
    { advice: `The columns are: ${names.slice(0, 60).join(", ")}${names.length > 60 ? ", …" : ""}.` },
  );
}

/** Every non-empty subset, in ascending places. */
function partsOf(set: readonly number[]): number[][] {
  const parts: number[][] = [];
  for (const j of set) parts.push([j], ...parts.map((part) => [...part, j]));
  return parts;
}

function combinations(n: number, size: number): number[][] {
  if (size === 0) return [[]];
  const out: number[][] = [];
  const walk = (from: number, chosen: readonly number[]): void => {
    if (chosen.length === size) {
      out.push([...chosen]);
      return;
    }
    for (let j = from; j < n; j++) walk(j + 1, [...chosen, j]);
  };
  walk(0, []);
  return out;
}

function binomial(n: number, k: number): number {
  let out = 1;
  for (let i = 1; i <= k; i++) out = (out * (n - k + i)) / i;
  return Math.round(out);
}

/** Σ over the sets s of |r ∩ s| is the sum over the columns of r of how many sets hold them. */
function weighing(sets: readonly (readonly number[])[], columns: number): (clique: readonly number[]) => number {
  const held = new Float64Array(columns);
  for (const set of sets) for (const j of set) held[j] = (held[j] as number) + 1;
  return (clique) => clique.reduce((weight, j) => weight + (held[j] as number), 0);
}

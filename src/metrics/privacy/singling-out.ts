import { takeRows } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import type { MetricInput, Trial } from "../metric.ts";
import type { Guesses } from "./attack-score.ts";
import { type RawColumn, rawColumns } from "./raw-columns.ts";

/** A question about one column. */
export interface Clause {
  readonly column: number;
  readonly kind: "equal" | "at-least" | "at-most" | "missing";
  readonly value: number;
}

/** Guesses of each kind per run. */
const ATTACKS = 2000;
/** And of each number of clauses, where there are several. */
const ATTACKS_OF_WIDTH = 1000;
/** Guesses tried for each one that singles out a synthetic row. */
const TRIES_PER_ATTACK = 30;

const SYNTHETIC = 0;
const MEMBERS = 1;
const NON_MEMBERS = 2;

/** The columns of a trial: synthetic rows, and equally many members and non-members, for how many rows a question singles out depends on how many
 * there are. */
export function sidesOf(trial: Trial, random: Random): readonly RawColumn[] {
  const rows = Math.min(trial.train.rows, trial.holdout.rows);
  return rawColumns([
    trial.synthetic,
    takeRows(trial.train, random.split("members").sample(trial.train.rows, rows)),
    takeRows(trial.holdout, random.split("non-members").sample(trial.holdout.rows, rows)),
  ]);
}

/** Asks questions of one clause that hold for exactly one synthetic row: its unique values, its smallest and largest, its only missing cell. */
export function singleOutByOne(columns: readonly RawColumn[], random: Random): Guesses {
  const clauses: Clause[] = [];
  columns.forEach(({ values, ordered }, column) => {
    const synthetic = values[SYNTHETIC] as Float64Array;
    const counts = countsOf(synthetic);
    for (const [value, count] of counts)
      if (count === 1) clauses.push({ column, kind: Number.isNaN(value) ? "missing" : "equal", value });
    if (!ordered) return;
    const known = synthetic.filter((x) => !Number.isNaN(x));
    if (known.length === 0) return;
    const low = known.reduce((a, b) => Math.min(a, b));
    const high = known.reduce((a, b) => Math.max(a, b));
    if (counts.get(low) === 1) clauses.push({ column, kind: "at-most", value: low });
    if (counts.get(high) === 1) clauses.push({ column, kind: "at-least", value: high });
  });
  const order = random.shuffle(Uint32Array.from(clauses.keys())).slice(0, ATTACKS);
  return tally(
    Array.from(order, (i) => [clauses[i] as Clause]),
    columns,
  );
}

/** Asks questions of several clauses, made of a random synthetic row, that hold for that row alone. */
export function singleOutByMany(columns: readonly RawColumn[], width: number, random: Random): Guesses {
  const rows = columns[0]?.values[SYNTHETIC]?.length ?? 0;
  if (columns.length < width || rows === 0) return tally([], columns);
  const medians = columns.map(({ values, ordered }) => (ordered ? median(values[SYNTHETIC] as Float64Array) : 0));
  const questions: (readonly Clause[])[] = [];
  const chosen = Uint32Array.from({ length: columns.length }, (_, i) => i);
  for (let tried = 0; tried < ATTACKS_OF_WIDTH * TRIES_PER_ATTACK && questions.length < ATTACKS_OF_WIDTH; tried++) {
    const row = random.integer(rows);
    for (let k = 0; k < width; k++) {
      const other = k + random.integer(chosen.length - k);
      const kept = chosen[k] as number;
      chosen[k] = chosen[other] as number;
      chosen[other] = kept;
    }
    const clauses = Array.from(chosen.subarray(0, width), (column): Clause => {
      const { values, ordered } = columns[column] as RawColumn;
      const value = (values[SYNTHETIC] as Float64Array)[row] as number;
      if (Number.isNaN(value)) return { column, kind: "missing", value };
      if (!ordered) return { column, kind: "equal", value };
      return { column, kind: value > (medians[column] as number) ? "at-least" : "at-most", value };
    });
    if (onlyRow(clauses, columns, SYNTHETIC) >= 0) questions.push(clauses);
  }
  return tally(questions, columns);
}

/** Seeds by which the parts of a run are drawn. */
export function runRandom(input: MetricInput, seed: number): Random {
  return input.random.split("attack").split(seed);
}

function tally(questions: readonly (readonly Clause[])[], columns: readonly RawColumn[]): Guesses {
  let members = 0;
  let nonMembers = 0;
  // Many questions may lead to one outlier, which is one observation: people are counted, not questions.
  const [membersAlone, nonMembersAlone] = [new Set<number>(), new Set<number>()];
  for (const clauses of questions) {
    const member = onlyRow(clauses, columns, MEMBERS);
    const nonMember = onlyRow(clauses, columns, NON_MEMBERS);
    if (member >= 0) members++;
    if (nonMember >= 0) nonMembers++;
    if (member >= 0 && nonMember < 0) membersAlone.add(member);
    if (nonMember >= 0 && member < 0) nonMembersAlone.add(nonMember);
  }
  return {
    attacks: questions.length,
    members,
    nonMembers,
    membersAlone: membersAlone.size,
    nonMembersAlone: nonMembersAlone.size,
  };
}

/** The one row of a side for which all clauses hold; −1 where there is none or several; leaves at the second. */
export function onlyRow(clauses: readonly Clause[], columns: readonly RawColumn[], side: number): number {
  const ranges = clauses.map(({ column, kind, value }) => ({
    values: (columns[column] as RawColumn).values[side] as Float64Array,
    low: kind === "at-most" ? Number.NEGATIVE_INFINITY : value,
    high: kind === "at-least" ? Number.POSITIVE_INFINITY : value,
    missing: kind === "missing",
  }));
  const [first] = ranges as [(typeof ranges)[number]];
  const { values, low, high, missing } = first;
  const rows = values.length;
  let found = -1;
  for (let row = 0; row < rows; row++) {
    const x = values[row] as number;
    // A missing cell is in no range, for no comparison with it holds.
    if (missing ? !Number.isNaN(x) : !(x >= low && x <= high)) continue;
    let k = 1;
    for (; k < ranges.length; k++) {
      const range = ranges[k] as (typeof ranges)[number];
      const y = range.values[row] as number;
      if (range.missing ? !Number.isNaN(y) : !(y >= range.low && y <= range.high)) break;
    }
    if (k < ranges.length) continue;
    if (found >= 0) return -1;
    found = row;
  }
  return found;
}

function countsOf(values: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function median(values: Float64Array): number {
  const known = values.filter((x) => !Number.isNaN(x)).sort();
  return known[known.length >> 1] ?? 0;
}

import { columnOf, type Table } from "../../data/table.ts";
import { jensenShannon, sampleDistances } from "../../math/distribution-distances.ts";
import { isQuantity, schemaOf, type TableSchema } from "../../schema/schema.ts";

/** How far one column moved. Flags for a reader; nothing is decided by them. */
export interface ColumnDrift {
  readonly name: string;
  readonly kind: string;
  /** Population stability index over the old side's tenths (or its labels); 0 is no change. */
  readonly psi: number;
  /** Root of the Jensen-Shannon divergence over the same bins, 0 … 1. */
  readonly jensenShannon: number;
  /** First Wasserstein distance over the old side's standard deviation; quantities only. */
  readonly wasserstein: number | null;
  readonly missing: { readonly old: number; readonly new: number };
  /** Labels that only one side has: how many, the share of its rows, and those held by 5 rows or more by name. Categories only. */
  readonly arrived: OneSided | null;
  readonly gone: OneSided | null;
  readonly flag: "none" | "some" | "much";
}

export interface OneSided {
  readonly labels: number;
  readonly share: number;
  readonly named: readonly string[];
}

/** PSI from which a column is flagged, and flagged as much: rules of thumb of credit scoring, without a rate of false alarms behind them.
 * @source Lewis (1994); Siddiqi (2006); that they move with rows and bins: Yurdakul & Naranjo (2020), Journal of Risk Model Validation 14(4) */
export const PSI_FLAGS = { some: 0.1, much: 0.25 } as const;

const TENTHS = 10;
const MOST_BINS = 50;
const FEWEST_NAMED = 5;
const MOST_NAMED = 10;

/** Compares one column of two tables of the same columns and types. */
export function columnDrift(
  name: string,
  tables: { readonly old: Table; readonly new: Table },
  schema: TableSchema,
): ColumnDrift {
  const { kind } = schemaOf(schema, name);
  const [a, b] = [columnOf(tables.old, name), columnOf(tables.new, name)];
  const asNumbers = a.type !== "text" && b.type !== "text" && isQuantity(kind);
  const [x, y] = asNumbers ? [knownOf(a.values), knownOf(b.values)] : [null, null];
  const [p, q] = x && y ? binNumbers(x, y) : binLabels(labelsOf(tables.old, name), labelsOf(tables.new, name));
  const missing = {
    old: share(tables.old.rows - total(p), tables.old.rows),
    new: share(tables.new.rows - total(q), tables.new.rows),
  };
  // Being missing is one more thing that a cell can be.
  const withMissing = (counts: readonly number[], rows: number): number[] => [...counts, rows - total(counts)];
  const [oldCounts, newCounts] = [withMissing(p, tables.old.rows), withMissing(q, tables.new.rows)];
  const psi = stabilityIndex(oldCounts, newCounts);
  const sides = x && y ? null : oneSided(tables, name);
  return {
    name,
    kind,
    psi,
    jensenShannon: jensenShannon(oldCounts, newCounts),
    wasserstein: x && y && x.length > 0 && y.length > 0 ? scaledWasserstein(x, y) : null,
    missing,
    arrived: sides?.arrived ?? null,
    gone: sides?.gone ?? null,
    flag: psi >= PSI_FLAGS.much ? "much" : psi >= PSI_FLAGS.some ? "some" : "none",
  };
}

/** Σ (q − p) ln(q / p), with half a row added to every bin so that an empty one has a finite part.
 * @param p,q rows in each bin */
export function stabilityIndex(p: readonly number[], q: readonly number[]): number {
  const [n, m] = [total(p) + p.length / 2, total(q) + q.length / 2];
  return p.reduce((sum, count, i) => {
    if (count === 0 && q[i] === 0) return sum;
    const [a, b] = [(count + 0.5) / n, ((q[i] as number) + 0.5) / m];
    return sum + (b - a) * Math.log(b / a);
  }, 0);
}

/** Nothing where the old side has one value: there is no spread to measure by. */
function scaledWasserstein(x: Float64Array, y: Float64Array): number | null {
  const mean = x.reduce((sum, v) => sum + v / x.length, 0);
  const spread = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2 / x.length, 0));
  return spread > 0 ? sampleDistances(x, y).wasserstein / spread : null;
}

/** Counts between the old side's tenths, both sides ascending. A value that fills a tenth or more is a bin of its own. */
function binNumbers(x: Float64Array, y: Float64Array): [number[], number[]] {
  const from = x.length > 0 ? x : y;
  const cuts = Array.from({ length: TENTHS - 1 }, (_, i) => Math.floor(((i + 1) * from.length) / TENTHS));
  const tenth = cuts[0] as number;
  const above = (value: number): number => value + Math.max(Number.MIN_VALUE, Math.abs(value) * Number.EPSILON);
  const edges = [
    ...new Set(
      cuts.flatMap((at) => {
        const value = from[at] as number;
        const filled = from[Math.max(0, at - tenth)] === value || from[Math.min(from.length - 1, at + tenth)] === value;
        return filled ? [value, above(value)] : [value];
      }),
    ),
  ].sort((a, b) => a - b);
  const counts = (values: Float64Array): number[] => {
    const out = new Array<number>(edges.length + 1).fill(0);
    for (const value of values) {
      let bin = 0;
      while (bin < edges.length && value >= (edges[bin] as number)) bin++;
      out[bin] = (out[bin] as number) + 1;
    }
    return out;
  };
  return [counts(x), counts(y)];
}

/** Counts of the commonest labels of both sides together, and of the others as one. */
function binLabels(p: ReadonlyMap<string, number>, q: ReadonlyMap<string, number>): [number[], number[]] {
  const names = [...new Set([...p.keys(), ...q.keys()])].sort(
    (a, b) => (p.get(b) ?? 0) + (q.get(b) ?? 0) - (p.get(a) ?? 0) - (q.get(a) ?? 0) || (a < b ? -1 : 1),
  );
  const kept = names.slice(0, MOST_BINS);
  const others = names.slice(MOST_BINS);
  const counts = (of: ReadonlyMap<string, number>): number[] => [
    ...kept.map((name) => of.get(name) ?? 0),
    ...(others.length > 0 ? [others.reduce((sum, name) => sum + (of.get(name) ?? 0), 0)] : []),
  ];
  return [counts(p), counts(q)];
}

function oneSided(
  tables: { readonly old: Table; readonly new: Table },
  name: string,
): { arrived: OneSided; gone: OneSided } {
  const [p, q] = [labelsOf(tables.old, name), labelsOf(tables.new, name)];
  const only = (own: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>, rows: number): OneSided => {
    const found = [...own].filter(([label]) => !other.has(label));
    return {
      labels: found.length,
      share: share(
        found.reduce((sum, [, count]) => sum + count, 0),
        rows,
      ),
      named: found
        .filter(([, count]) => count >= FEWEST_NAMED)
        .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
        .slice(0, MOST_NAMED)
        .map(([label]) => label),
    };
  };
  return { arrived: only(q, p, tables.new.rows), gone: only(p, q, tables.old.rows) };
}

function labelsOf(table: Table, name: string): Map<string, number> {
  const column = columnOf(table, name);
  const out = new Map<string, number>();
  if (column.type === "text") {
    const counts = new Float64Array(column.dictionary.length);
    for (const code of column.codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
    column.dictionary.forEach((label, code) => {
      if ((counts[code] as number) > 0) out.set(label, counts[code] as number);
    });
    return out;
  }
  for (const value of column.values)
    if (!Number.isNaN(value)) out.set(String(value), (out.get(String(value)) ?? 0) + 1);
  return out;
}

function knownOf(values: Float64Array): Float64Array {
  return values.filter((value) => Number.isFinite(value)).sort();
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function share(count: number, of: number): number {
  return of > 0 ? count / of : 0;
}

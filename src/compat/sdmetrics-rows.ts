import { columnOf, type Table } from "../data/table.ts";
import { boundaryAdherence, categoryAdherence, labels, numbers, type SdType } from "./sdmetrics.ts";

/** What SDMetrics computes row by row, and its Diagnostic Report: to be set beside ours, and never to be gated on.
 * @source SDMetrics 0.29 to 0.32 (MIT), by its documented behaviour and its answers on its own demo table */

/** NewRowSynthesis: the share of synthetic rows that match no real row. Numbers match within 1 % of the synthetic one, everything else exactly, two missing
 * values match. */
export function newRowSynthesis(real: Table, synthetic: Table, types: ReadonlyMap<string, SdType>): number {
  const columns = [...types].map(([name, type]) => {
    const [a, b] = [columnOf(real, name), columnOf(synthetic, name)];
    if (type !== "categorical") return { real: numbers(a), synthetic: numbers(b), isNumber: true };
    const codes = new Map<string, number>();
    const code = (label: string | null): number => {
      if (label === null) return Number.NaN;
      const known = codes.get(label) ?? codes.size;
      codes.set(label, known);
      return known;
    };
    return {
      real: Float64Array.from(labels(a), code),
      synthetic: Float64Array.from(labels(b), code),
      isNumber: false,
    };
  });
  const matches = (i: number, j: number): boolean =>
    columns.every((column) => {
      const [x, y] = [column.real[j] as number, column.synthetic[i] as number];
      if (Number.isNaN(y)) return Number.isNaN(x);
      return column.isNumber ? Math.abs(x - y) <= Math.abs(0.01 * y) : x === y;
    });
  let fresh = 0;
  for (let i = 0; i < synthetic.rows; i++) {
    let found = false;
    for (let j = 0; j < real.rows && !found; j++) found = matches(i, j);
    if (!found) fresh++;
  }
  return fresh / synthetic.rows;
}

export type CapMethod = "cap" | "zero_cap" | "generalized_cap";

export interface DisclosureProtection {
  /** cap / baseline, at most 1; NaN where the sensitive columns have one value only. */
  readonly score: number;
  readonly cap: number;
  readonly baseline: number;
}

/** DisclosureProtection: 1 − the mean share, among synthetic rows of the same known values, that hold a real row's sensitive values; over what guessing
 * at random would leave. Keys that no synthetic row holds are skipped (cap), count 0 (zero_cap), or take the nearest keys by Hamming distance
 * (generalized_cap). Amounts are cut into ten bins of equal width by the real ones; missing is a value. It has no non-members to compare with. */
export function disclosureProtection(
  real: Table,
  synthetic: Table,
  columns: {
    readonly known: readonly string[];
    readonly sensitive: readonly string[];
    readonly types: ReadonlyMap<string, SdType>;
  },
  method: CapMethod,
): DisclosureProtection {
  const coded = new Map(
    [...columns.known, ...columns.sensitive].map((name) => [name, codesOf(real, synthetic, name, columns.types)]),
  );
  const rowsOf = (side: 0 | 1, names: readonly string[], rows: number): string[][] =>
    Array.from({ length: rows }, (_, i) => names.map((name) => (coded.get(name) as Coded)[side][i] as string));
  const keyOf = (values: readonly string[]): string => JSON.stringify(values);
  const guesses = new Map<string, { key: readonly string[]; count: number; of: Map<string, number> }>();
  const sensitive = rowsOf(1, columns.sensitive, synthetic.rows);
  rowsOf(1, columns.known, synthetic.rows).forEach((key, i) => {
    const entry = guesses.get(keyOf(key)) ?? { key, count: 0, of: new Map<string, number>() };
    const guess = keyOf(sensitive[i] as string[]);
    entry.count++;
    entry.of.set(guess, (entry.of.get(guess) ?? 0) + 1);
    guesses.set(keyOf(key), entry);
  });
  const answers = rowsOf(0, columns.sensitive, real.rows);
  const scores = rowsOf(0, columns.known, real.rows).flatMap((key, i) => {
    const answer = keyOf(answers[i] as string[]);
    const entry = guesses.get(keyOf(key));
    if (entry) return [(entry.of.get(answer) ?? 0) / entry.count];
    if (method !== "generalized_cap") return method === "cap" ? [] : [0];
    const nearest = nearestKeys([...guesses.values()], key);
    return [
      nearest.reduce((sum, { of }) => sum + (of.get(answer) ?? 0), 0) /
        nearest.reduce((sum, { count }) => sum + count, 0),
    ];
  });
  const cap = 1 - scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const values = columns.sensitive.reduce((product, name) => product * new Set(coded.get(name)?.[0]).size, 1);
  const baseline = 1 - 1 / values;
  return { score: baseline === 0 ? Number.NaN : Math.min(cap / baseline, 1), cap, baseline };
}

type Coded = readonly [readonly string[], readonly string[]];

function codesOf(real: Table, synthetic: Table, name: string, types: ReadonlyMap<string, SdType>): Coded {
  const [a, b] = [columnOf(real, name), columnOf(synthetic, name)];
  const missing = "missing";
  if (types.get(name) === "categorical") {
    const write = (label: string | null): string => (label === null ? missing : `=${label}`);
    return [labels(a).map(write), labels(b).map(write)];
  }
  const [x, y] = [numbers(a), numbers(b)];
  const inner = innerEdges(x);
  const cut = (values: Float64Array): string[] =>
    Array.from(values, (value) => (Number.isNaN(value) ? missing : `=${inner.filter((edge) => value > edge).length}`));
  return [cut(x), cut(y)];
}

/** The nine edges between ten bins of equal width, as pandas' cut makes them. */
function innerEdges(values: Float64Array): number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of values) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  if (low === high) {
    low -= low === 0 ? 0.001 : 0.001 * Math.abs(low);
    high += high === 0 ? 0.001 : 0.001 * Math.abs(high);
  }
  return Array.from({ length: 9 }, (_, i) => low + (i + 1) * ((high - low) / 10));
}

function nearestKeys<T extends { readonly key: readonly string[] }>(
  entries: readonly T[],
  key: readonly string[],
): T[] {
  const distance = ({ key: other }: T): number => other.filter((value, at) => value !== key[at]).length;
  const least = Math.min(...entries.map(distance));
  return entries.filter((entry) => distance(entry) === least);
}

export interface DiagnosticReport {
  readonly overall: number;
  /** Mean over the columns: values in the real range, labels that the real column has, keys that are unique. */
  readonly dataValidity: number;
  /** Columns of the same name and type on both sides, over all columns of either. */
  readonly dataStructure: number;
}

/** @param keys columns whose values must be unique */
export function diagnosticReport(
  real: Table,
  synthetic: Table,
  types: ReadonlyMap<string, SdType>,
  keys: readonly string[],
): DiagnosticReport {
  const scores = [...types].map(([name, type]) => {
    const [a, b] = [columnOf(real, name), columnOf(synthetic, name)];
    return type === "categorical" ? categoryAdherence(labels(a), labels(b)) : boundaryAdherence(numbers(a), numbers(b));
  });
  scores.push(...keys.map((name) => keyUniqueness(labels(columnOf(synthetic, name)))));
  const known = scores.filter((score) => !Number.isNaN(score));
  const dataValidity = known.reduce((sum, score) => sum + score, 0) / known.length;
  const shape = (table: Table): Set<string> =>
    new Set(table.columns.map(({ name, type, storage }) => JSON.stringify([name, type, storage])));
  const [x, y] = [shape(real), shape(synthetic)];
  const dataStructure = [...x].filter((column) => y.has(column)).length / new Set([...x, ...y]).size;
  return { overall: (dataValidity + dataStructure) / 2, dataValidity, dataStructure };
}

/** 1 − the share of keys that are missing or were there before. */
export function keyUniqueness(synthetic: readonly (string | null)[]): number {
  const distinct = new Set(synthetic.filter((key) => key !== null));
  return distinct.size / synthetic.length;
}

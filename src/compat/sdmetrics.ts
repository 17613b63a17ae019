import { type Column, columnOf, type Table } from "../data/table.ts";

/** What SDMetrics computes, number for number, its quirks included: to be set beside ours, and never to be gated on.
 * @source SDMetrics 0.29 to 0.32 (MIT), by its documented behaviour and its answers on its own demo table */

/** A column in SDMetrics' sense. */
export type SdType = "numerical" | "datetime" | "categorical";

/** Largest gap between two distribution functions, taken from 1; NaN where a side has no value. Values are rounded to 14 decimals first. */
export function ksComplement(real: Float64Array, synthetic: Float64Array): number {
  const rounded = (values: Float64Array): Float64Array =>
    known(values)
      .map((x) => (Number.isInteger(x) ? x : Number(x.toFixed(14))))
      .sort();
  const a = rounded(real);
  const b = rounded(synthetic);
  if (a.length === 0 || b.length === 0) return Number.NaN;
  let i = 0;
  let j = 0;
  let gap = 0;
  while (i < a.length && j < b.length) {
    const x = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && (a[i] as number) <= x) i++;
    while (j < b.length && (b[j] as number) <= x) j++;
    gap = Math.max(gap, Math.abs(i / a.length - j / b.length));
  }
  return 1 - gap;
}

/** 1 − total variation. A synthetic category that the real side lacks is counted there a millionth of a time, so disjoint sides give 5e-7 and not 0.
 * @returns NaN where SDMetrics stops with an error: a side has no value */
export function tvComplement(real: readonly (string | null)[], synthetic: readonly (string | null)[]): number {
  const a = counts(real);
  const b = counts(synthetic);
  if (a.size === 0 || b.size === 0) return Number.NaN;
  for (const label of b.keys()) if (!a.has(label)) a.set(label, 1e-6);
  const total = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((sum, count) => sum + count, 0);
  const [n, m] = [total(a), total(b)];
  let distance = 0;
  for (const [label, count] of a) distance += Math.abs(count / n - (b.get(label) ?? 0) / m);
  return 1 - distance / 2;
}

/** Share of synthetic values inside the real range; a missing one counts as outside unless the real side has missing ones too. */
export function boundaryAdherence(real: Float64Array, synthetic: Float64Array): number {
  const values = known(real);
  const missing = values.length < real.length;
  const judged = missing ? known(synthetic) : synthetic;
  if (values.length === 0 || judged.length === 0) return 0;
  const [low, high] = rangeOf(values);
  // Beside dropped missing values the share is of all rows again.
  const inside = judged.filter((x) => x >= low && x <= high).length;
  return inside / judged.length;
}

/** Share of synthetic values that are among the real ones; a missing value is a value. */
export function categoryAdherence(real: readonly (string | null)[], synthetic: readonly (string | null)[]): number {
  const seen = new Set(real);
  return synthetic.filter((label) => seen.has(label)).length / synthetic.length;
}

/** How much of the real range the synthetic values reach; NaN for a constant. */
export function rangeCoverage(real: Float64Array, synthetic: Float64Array): number {
  const a = known(real);
  const b = known(synthetic);
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const [low, high] = rangeOf(a);
  if (low === high) return Number.NaN;
  const [least, most] = rangeOf(b);
  const below = Math.max((least - low) / (high - low), 0);
  const above = Math.max((high - most) / (high - low), 0);
  return Math.max(1 - (below + above), 0);
}

/** Share of the real categories that occur; NaN where SDMetrics divides by zero. */
export function categoryCoverage(real: readonly (string | null)[], synthetic: readonly (string | null)[]): number {
  const a = counts(real);
  if (a.size === 0) return Number.NaN;
  const b = counts(synthetic);
  return [...a.keys()].filter((label) => b.has(label)).length / a.size;
}

/** 1 − |difference of a statistic| over the real range, at least 0; NaN for a constant. */
export function statisticSimilarity(
  real: Float64Array,
  synthetic: Float64Array,
  statistic: "mean" | "median" | "std",
): number {
  const a = known(real);
  const b = known(synthetic);
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const [low, high] = rangeOf(a);
  if (low === high) return Number.NaN;
  const of = { mean, median, std }[statistic];
  return Math.max(1 - Math.abs(of(a) - of(b)) / (high - low), 0);
}

/** 1 − the difference of the shares of missing values. */
export function missingValueSimilarity(real: number, synthetic: number): number {
  return 1 - Math.abs(real - synthetic);
}

/** 1 − |difference of Pearson's correlations| / 2 over the rows that hold both; NaN where one is constant. */
export function correlationSimilarity(
  real: readonly [Float64Array, Float64Array],
  synthetic: readonly [Float64Array, Float64Array],
): { readonly score: number; readonly real: number; readonly synthetic: number } {
  const a = pearson(...real);
  const b = pearson(...synthetic);
  return { score: 1 - Math.abs(a - b) / 2, real: a, synthetic: b };
}

/** 1 − total variation of two joint tables of codes; a missing value is a code. */
export function contingencySimilarity(
  real: readonly [readonly unknown[], readonly unknown[]],
  synthetic: readonly [readonly unknown[], readonly unknown[]],
): number {
  return jointSimilarity(interned(real[0], synthetic[0]), interned(real[1], synthetic[1]));
}

/** A column on both sides, its values numbered 0 … `levels` − 1 alike. */
interface Interned {
  readonly levels: number;
  readonly real: Int32Array;
  readonly synthetic: Int32Array;
}

function interned(real: ArrayLike<unknown>, synthetic: ArrayLike<unknown>): Interned {
  const codes = new Map<unknown, number>();
  const codeOf = (value: unknown): number => {
    const known = codes.get(value);
    if (known !== undefined) return known;
    codes.set(value, codes.size);
    return codes.size - 1;
  };
  const number = (values: ArrayLike<unknown>): Int32Array => {
    const out = new Int32Array(values.length);
    for (let i = 0; i < values.length; i++) out[i] = codeOf(values[i]);
    return out;
  };
  const [a, b] = [number(real), number(synthetic)];
  return { levels: codes.size, real: a, synthetic: b };
}

const MOST_CELLS = 1 << 22;

/** The cell of the joint table that each row falls into, numbered like the values of a column. */
function cross(a: Interned, b: Interned): Interned {
  const levels = a.levels * b.levels;
  // Two columns of many labels have more cells than could be laid out; those that occur are no more than rows.
  if (levels > MOST_CELLS)
    return interned(
      Array.from(a.real, (code, i) => code * b.levels + (b.real[i] as number)),
      Array.from(a.synthetic, (code, i) => code * b.levels + (b.synthetic[i] as number)),
    );
  const cells = (x: Int32Array, y: Int32Array): Int32Array => {
    const out = new Int32Array(x.length);
    for (let i = 0; i < x.length; i++) out[i] = (x[i] as number) * b.levels + (y[i] as number);
    return out;
  };
  return { levels, real: cells(a.real, b.real), synthetic: cells(a.synthetic, b.synthetic) };
}

function jointSimilarity(a: Interned, b: Interned): number {
  const { levels, real, synthetic } = cross(a, b);
  const differences = new Float64Array(levels);
  // Counts times the other side's rows: whole numbers, so that equal shares leave exactly nothing.
  addInto(differences, real, synthetic.length);
  addInto(differences, synthetic, -real.length);
  let distance = 0;
  for (const difference of differences) distance += Math.abs(difference);
  return 1 - distance / (2 * real.length * synthetic.length);
}

function addInto(counts: Float64Array, codes: Int32Array, share: number): void {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    counts[code] = (counts[code] as number) + share;
  }
}

/** Number of the bin of each value: ten of equal width over the values of `edgesFrom`; the largest value and missing ones have an eleventh, as numpy's
 * digitize gives them. */
export function tenBins(values: Float64Array, edgesFrom: Float64Array): number[] {
  const from = known(edgesFrom);
  let [low, high] = from.length === 0 ? [0, 1] : rangeOf(from);
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const step = (high - low) / 10;
  const edges = Array.from({ length: 11 }, (_, i) => (i === 10 ? high : low + i * step));
  return Array.from(values, (x) => (Number.isNaN(x) ? 11 : edges.filter((edge) => x >= edge).length));
}

export interface QualityReport {
  readonly overall: number;
  readonly columnShapes: number;
  readonly columnPairTrends: number;
  /** Pairs that have a score. */
  readonly pairs: number;
}

/** The Quality Report: the mean of Column Shapes and Column Pair Trends.
 * @param options thresholds on the real correlation and association, under which a pair is left out (0: none; .5 and .3 since SDMetrics 0.27); bins:
 * "own" cuts each table by its own edges as SDMetrics does, "shared" by the real one's */
export function qualityReport(
  real: Table,
  synthetic: Table,
  types: ReadonlyMap<string, SdType>,
  options: { readonly correlation: number; readonly association: number; readonly bins: "own" | "shared" },
): QualityReport {
  const names = [...types.keys()];
  const shapes = names.map((name) =>
    types.get(name) === "categorical"
      ? tvComplement(labels(columnOf(real, name)), labels(columnOf(synthetic, name)))
      : ksComplement(numbers(columnOf(real, name)), numbers(columnOf(synthetic, name))),
  );
  const coded = new Map(
    names.map((name) => {
      const [a, b] = [columnOf(real, name), columnOf(synthetic, name)];
      if (types.get(name) === "categorical") return [name, interned(labels(a), labels(b))] as const;
      const [x, y] = [numbers(a), numbers(b)];
      return [name, interned(tenBins(x, x), tenBins(y, options.bins === "own" ? y : x))] as const;
    }),
  );
  const scores: number[] = [];
  names.forEach((first, i) => {
    for (const second of names.slice(i + 1)) {
      const bothNumbers = types.get(first) !== "categorical" && types.get(second) !== "categorical";
      if (bothNumbers) {
        const pair = correlationSimilarity(
          [numbers(columnOf(real, first)), numbers(columnOf(real, second))],
          [numbers(columnOf(synthetic, first)), numbers(columnOf(synthetic, second))],
        );
        if (options.correlation > 0 && !(Math.abs(pair.real) > options.correlation)) continue;
        scores.push(pair.score);
      } else {
        const [a, b] = [coded.get(first), coded.get(second)] as [Interned, Interned];
        if (options.association > 0 && !(associationOf(a, b) > options.association)) continue;
        scores.push(jointSimilarity(a, b));
      }
    }
  });
  const pairs = scores.filter((score) => !Number.isNaN(score));
  const columnShapes = mean(known(Float64Array.from(shapes)));
  const columnPairTrends = pairs.length === 0 ? Number.NaN : mean(Float64Array.from(pairs));
  const parts = [columnShapes, columnPairTrends].filter((part) => !Number.isNaN(part));
  return { overall: mean(Float64Array.from(parts)), columnShapes, columnPairTrends, pairs: pairs.length };
}

/** Distance to the closest record of `reference`, for each row: per column |Δ| over the reference's range, cut at 1, or 0 and 1; two missing values are
 * equal; the mean over columns. */
export function closestRecord(rows: Table, reference: Table, types: ReadonlyMap<string, SdType>): Float64Array {
  const columns = [...types].map(([name, type]) => {
    const [a, b] = [columnOf(rows, name), columnOf(reference, name)];
    if (type === "categorical") {
      const code = new Map<string | null, number>();
      const of = (label: string | null): number => {
        const known = code.get(label);
        if (known !== undefined) return known;
        code.set(label, code.size);
        return code.size - 1;
      };
      return {
        isNumber: false,
        range: 0,
        rows: Float64Array.from(labels(a), of),
        reference: Float64Array.from(labels(b), of),
      };
    }
    const values = numbers(b);
    const [low, high] = rangeOf(known(values));
    return { isNumber: true, range: high - low, rows: numbers(a), reference: values };
  });
  return Float64Array.from({ length: rows.rows }, (_, i) => {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < reference.rows; j++) {
      let sum = 0;
      for (const column of columns) {
        const x = column.rows[i] as number;
        const y = column.reference[j] as number;
        if (Number.isNaN(x) || Number.isNaN(y)) sum += Number.isNaN(x) === Number.isNaN(y) ? 0 : 1;
        else if (!column.isNumber || column.range === 0) sum += x === y ? 0 : 1;
        else sum += Math.min(Math.abs(x - y) / column.range, 1);
        if (sum >= least * columns.length) break;
      }
      least = Math.min(least, sum / columns.length);
    }
    return least;
  });
}

/** DCR Overfitting Protection: 2 (1 − share of rows closer to training than to the holdout), at most 1. Ties count for the holdout. */
export function overfittingProtection(toTrain: Float64Array, toHoldout: Float64Array): number {
  const closer = toTrain.filter((distance, i) => distance < (toHoldout[i] as number)).length;
  return Math.min(2 * (1 - closer / toTrain.length), 1);
}

/** A column's values; labels and booleans give NaN. */
export function numbers(column: Column): Float64Array {
  return column.type === "text" ? new Float64Array(column.codes.length).fill(Number.NaN) : column.values;
}

/** A column's labels; a number is written out. */
export function labels(column: Column): (string | null)[] {
  if (column.type === "text") return Array.from(column.codes, (code) => column.dictionary[code] ?? null);
  return Array.from(column.values, (x) => (Number.isNaN(x) ? null : String(x)));
}

function known(values: Float64Array): Float64Array {
  return values.filter((x) => !Number.isNaN(x));
}

function counts(values: readonly (string | null)[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const value of values) if (value !== null) out.set(value, (out.get(value) ?? 0) + 1);
  return out;
}

function rangeOf(values: Float64Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of values) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}

function mean(values: Float64Array): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, x) => sum + x, 0) / values.length;
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** With n − 1. */
function std(values: Float64Array): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
}

function pearson(a: Float64Array, b: Float64Array): number {
  let [n, sumX, sumY] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    n++;
    sumX += x;
    sumY += y;
  }
  const [mx, my] = [sumX / n, sumY / n];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] as number) - mx, (b[i] as number) - my];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    xy += x * y;
    xx += x * x;
    yy += y * y;
  }
  return xx === 0 || yy === 0 ? Number.NaN : xy / Math.sqrt(xx * yy);
}

/** Cramér's V without correction. */
export function cramersV(a: readonly unknown[], b: readonly unknown[]): number {
  return associationOf(interned(a, []), interned(b, []));
}

/** Cramér's V of the real side. */
function associationOf(a: Interned, b: Interned): number {
  const [rows, columns] = [new Float64Array(a.levels), new Float64Array(b.levels)];
  addInto(rows, a.real, 1);
  addInto(columns, b.real, 1);
  // A label of the synthetic side alone is none here.
  const least = Math.min(rows.filter(Boolean).length, columns.filter(Boolean).length);
  if (least < 2) return Number.NaN;
  const { levels, real } = cross(a, b);
  const joint = new Float64Array(levels);
  addInto(joint, real, 1);
  // Over cells, Σ (count − expected)² / expected = Σ count² / expected − n; each row brings its share of its cell.
  let sum = 0;
  for (let i = 0; i < real.length; i++) {
    const expected = (rows[a.real[i] as number] as number) * (columns[b.real[i] as number] as number);
    sum += (joint[real[i] as number] as number) / expected;
  }
  return Math.sqrt(Math.max(0, sum - 1) / (least - 1));
}

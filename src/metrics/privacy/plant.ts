import { type Column, concatRows, type Table, tableOf, takeRows } from "../../data/table.ts";
import { type Random, randomFromSeed } from "../../random.ts";
import { encode } from "../../schema/encode.ts";
import { type ColumnSchema, isQuantity } from "../../schema/schema.ts";
import type { MetricInput, Planting } from "../metric.ts";
import { isTrialMark } from "./trial-mark.ts";

/** What a copy test looks at. */
export type CopyTestInput = Pick<
  MetricInput,
  "train" | "holdout" | "synthetic" | "schema" | "codec" | "entities" | "alpha" | "seed" | "executor" | "signal"
>;

/** Which leaks are planted, how big, and how often. */
export interface Ladder {
  /** Shares of the synthetic rows, ascending. */
  readonly shares: readonly number[];
  /** Plantings of each leak. */
  readonly plantings: number;
  /** Default: verbatim, noisy and outliers. */
  readonly leaks?: readonly Planting["leak"][];
}

export const fullLadder: Ladder = { shares: [0.0025, 0.005, 0.01, 0.02, 0.05, 0.1], plantings: 5 };

/** A leak planted in the synthetic table: training rows that take the place of synthetic ones. Shares are nested: a share of s uses the first
 * `countAt(s)` entries. */
export interface PlantedLeak {
  readonly leak: Planting["leak"];
  readonly index: number;
  /** Synthetic rows that are replaced, in the order of replacement. */
  readonly positions: Uint32Array;
  /** What takes their place, in the same order. */
  readonly rows: Table;
  /** The training row each of them comes from. */
  readonly donors: Uint32Array;
}

/** The planted leaks of a measurement, one after the other. They depend on the seed and on the tables only, never on which metric asks, so that a
 * planting of the same leak, share and index is the same table in every metric.
 *
 * verbatim: training rows as they are · noisy: normal noise of a tenth of the column's standard deviation on each numeric cell with
 * probability 1/10, at the column's own rounding, and each category cell drawn anew from the training rows with probability 1/10 · outliers: training rows as they are,
 * from the most isolated 5 % (beyond those, the next most isolated) · spread: every number moved by up to 1 % of itself, at the column's own rounding,
 * and one category drawn anew from the training rows. */
export function* plantLeaks(input: CopyTestInput, ladder: Ladder): Generator<PlantedLeak> {
  const { train, synthetic } = input;
  const most = plantedCount(ladder.shares.at(-1) ?? 0, synthetic.rows);
  const root = randomFromSeed(input.seed).split("planted-leaks");
  const isolated = mostIsolatedFirst(input);
  for (const leak of ladder.leaks ?? (["verbatim", "noisy", "outliers"] as const)) {
    for (let index = 0; index < ladder.plantings; index++) {
      const random = root.split(leak).split(index);
      const positions = shuffledFirst(counting(synthetic.rows), most, random.split("positions"));
      const donors =
        leak === "outliers"
          ? isolatedDonors(isolated, random.split("donors"))
          : shuffledFirst(counting(train.rows), most, random.split("donors"));
      const chosen = Uint32Array.from({ length: most }, (_, i) => donors[i % donors.length] as number);
      const rows = takeRows(train, chosen);
      yield {
        leak,
        index,
        positions,
        donors: chosen,
        rows:
          leak === "noisy"
            ? withNoise(rows, input, random.split("noise"))
            : leak === "spread"
              ? spreadOut(rows, input, random.split("spread"))
              : rows,
      };
    }
  }
}

/** The synthetic table with one leak planted in it: the one that every privacy metric plants under this seed, leak, share and index. */
export function withLeak(
  input: CopyTestInput,
  how: { readonly leak: Planting["leak"]; readonly share: number; readonly index: number },
): Table {
  const { synthetic } = input;
  const count = plantedCount(how.share, synthetic.rows);
  for (const planted of plantLeaks(input, { shares: [how.share], plantings: how.index + 1, leaks: [how.leak] })) {
    if (planted.index !== how.index) continue;
    const gone = new Set(planted.positions.subarray(0, count));
    const kept = counting(synthetic.rows).filter((row) => !gone.has(row));
    return concatRows([takeRows(synthetic, kept), takeRows(planted.rows, counting(count))]);
  }
  throw new Error("no planting was made");
}

/** Synthetic rows replaced at a share. */
export function plantedCount(share: number, rows: number): number {
  return Math.round(share * rows);
}

const ISOLATED_SHARE = 0.05;

/** Training rows, farthest first by the mean distance to all others: |rank difference| over the numbers, 0/1 over the categories, from the
 * marginals alone (the mean over columns does not need pairs of rows). */
function mostIsolatedFirst(input: CopyTestInput): Uint32Array {
  const encoded = encode(input.train, input.codec);
  const n = encoded.rows;
  const isolation = new Float64Array(n);
  encoded.codec.columns.forEach((column, j) => {
    const codes = encoded.codes[j] as Uint8Array;
    const counts = new Float64Array(column.levels);
    for (const code of codes) counts[code] = (counts[code] as number) + 1;
    const ways = column.missing.length;
    const present = n - counts.subarray(0, ways).reduce((sum, count) => sum + count, 0);
    let below = 0;
    const distance = counts.map((count, code) => {
      if (!column.ordered || code < ways) return 1 - count / n;
      const rank = (below + count / 2) / Math.max(1, present);
      below += count;
      return rank * rank - rank + 0.5;
    });
    for (let i = 0; i < n; i++) isolation[i] = (isolation[i] as number) + (distance[codes[i] as number] as number);
  });
  return counting(n).sort((a, b) => (isolation[b] as number) - (isolation[a] as number) || a - b);
}

function isolatedDonors(isolated: Uint32Array, random: Random): Uint32Array {
  const out = isolated.slice();
  random.shuffle(out.subarray(0, Math.max(1, Math.round(ISOLATED_SHARE * out.length))));
  return out;
}

/** The first `count` of a random order, without shuffling the rest. */
function shuffledFirst(items: Uint32Array, count: number, random: Random): Uint32Array {
  const n = Math.min(count, items.length);
  for (let i = 0; i < n; i++) {
    const j = i + random.integer(items.length - i);
    const kept = items[i] as number;
    items[i] = items[j] as number;
    items[j] = kept;
  }
  return items.slice(0, n);
}

function counting(n: number): Uint32Array {
  return Uint32Array.from({ length: n }, (_, i) => i);
}

const NOISY_CELLS = 0.1;
const NOISE_STDDEVS = 0.1;

function withNoise(rows: Table, input: CopyTestInput, random: Random): Table {
  return tableOf(
    rows.columns.map((column, j) => {
      const stream = random.split(j);
      const meaning = input.schema.columns.find((entry) => entry.name === column.name);
      const source = input.train.columns[j] as Column;
      if (isTrialMark(column)) return column;
      if (column.type !== "text" && source.type !== "text" && (meaning === undefined || isQuantity(meaning.kind)))
        return noisyNumbers(column, source.values, { meaning, random: stream });
      return resampled(column, source, stream);
    }),
    rows.rows,
  );
}

const SPREAD = 0.01;

function spreadOut(rows: Table, input: CopyTestInput, random: Random): Table {
  const isNumber = (column: Column): boolean => {
    const meaning = input.schema.columns.find((entry) => entry.name === column.name);
    return column.type === "number" && (meaning === undefined || isQuantity(meaning.kind));
  };
  const categories = rows.columns.filter(
    (column) => !isNumber(column) && column.type === "text" && !isTrialMark(column),
  );
  const changed = Uint32Array.from({ length: rows.rows }, () =>
    categories.length === 0 ? 0 : random.integer(categories.length),
  );
  return tableOf(
    rows.columns.map((column, j) => {
      const stream = random.split(j);
      if (column.type === "number" && isNumber(column)) {
        const decimals = decimalsOf(
          column,
          input.schema.columns.find((entry) => entry.name === column.name),
        );
        const unit = 10 ** decimals;
        const values = column.values.map((value) => {
          const moved = value * (1 + SPREAD * (2 * stream.uniform() - 1));
          return Number.isFinite(value) ? Math.round(moved * unit) / unit : value;
        });
        return { ...column, values };
      }
      const at = categories.indexOf(column);
      const source = input.train.columns[j] as Column;
      if (at < 0 || column.type !== "text" || source.type !== "text") return column;
      const codes = column.codes.map((code, row) =>
        changed[row] === at ? (source.codes[stream.integer(source.codes.length)] as number) : code,
      );
      const { missing: _, ...plain } = column;
      return { ...plain, codes };
    }),
    rows.rows,
  );
}

function noisyNumbers(
  column: Exclude<Column, { type: "text" }>,
  source: Float64Array,
  options: { readonly meaning: ColumnSchema | undefined; readonly random: Random },
): Column {
  const { meaning, random } = options;
  const stddev = stddevOf(source);
  const unit =
    meaning?.roundingUnit ??
    (column.type === "date" ? (column.storage === "date" ? 86_400_000 : 1) : 0.1 ** decimalsOf(column, meaning));
  // Dividing by the unit's inverse keeps decimal fractions as a file would write them (.3, not 3 * .1).
  const inverse = Math.round(1 / unit);
  const isFraction = inverse > 1 && Math.abs(inverse * unit - 1) < 1e-9;
  const values = column.values.map((value) => {
    if (random.uniform() >= NOISY_CELLS || !Number.isFinite(value)) return value;
    const noisy = value + random.normal() * NOISE_STDDEVS * stddev;
    return isFraction ? Math.round(noisy * inverse) / inverse : Math.round(noisy / unit) * unit;
  });
  return { ...column, values };
}

function decimalsOf(column: Exclude<Column, { type: "text" }>, meaning: ColumnSchema | undefined): number {
  return meaning?.decimals ?? (column.storage === "integer" ? 0 : 6);
}

function stddevOf(values: Float64Array): number {
  let n = 0;
  let mean = 0;
  let squares = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    n++;
    const step = value - mean;
    mean += step / n;
    squares += step * (value - mean);
  }
  return n > 1 ? Math.sqrt(squares / n) : 0;
}

/** Each cell, with probability 1/10, drawn anew from the training rows. */
function resampled(column: Column, source: Column, random: Random): Column {
  if (column.type === "text" && source.type === "text") {
    const codes = column.codes.map((code) =>
      random.uniform() < NOISY_CELLS ? (source.codes[random.integer(source.codes.length)] as number) : code,
    );
    // How a missing cell was written counts in no copy test.
    const { missing: _, ...plain } = column;
    return { ...plain, codes };
  }
  if (column.type === "text" || source.type === "text") return column;
  const values = column.values.map((value) =>
    random.uniform() < NOISY_CELLS ? (source.values[random.integer(source.values.length)] as number) : value,
  );
  return { ...column, values };
}

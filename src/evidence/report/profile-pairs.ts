import { selectColumns, type Table, takeRows } from "../../data/table.ts";
import { randomFromSeed } from "../../random.ts";
import { type Codec, encode, fitCodec } from "../../schema/encode.ts";
import { isQuantity, schemaOf, type TableSchema } from "../../schema/schema.ts";
import type { PairProfile } from "./profiles.ts";

const MAX_ROWS = 20_000;
const QUANTITY_BINS = 16;
const MAX_LABELS = 12;
const LEAST_ROWS = 20;

/** Association of every pair of columns, on both sides, on codes learnt from the real side: |Spearman's ρ| for two quantities (rows with both),
 * bias-corrected Cramér's V otherwise (missing is a level; at most twelve levels).
 * @param options.names columns of both tables
 * @source Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T, J. Korean Stat. Soc. 42 */
export function pairsOf(
  real: Table,
  synthetic: Table,
  schema: TableSchema,
  options: { readonly names: readonly string[]; readonly leftOut: number },
): PairProfile | null {
  const { names, leftOut } = options;
  if (names.length < 2 || real.rows < LEAST_ROWS || synthetic.rows < LEAST_ROWS) return null;
  const left = sampled(selectColumns(real, names));
  const right = sampled(selectColumns(synthetic, names));
  const codec = fitCodec(left, schema, { bins: QUANTITY_BINS, minLabelRows: 5 });
  const quantity = names.map((name) => isQuantity(schemaOf(schema, name).kind));
  const sides = [left, right].map((table) => codesOf(table, codec, left));
  const [a, b] = sides.map((columns) => matrixOf(columns, quantity));
  const order = chained(a as Matrix);
  const arranged = (matrix: Matrix) => order.map((i) => order.map((j) => matrix[i]?.[j] ?? null));
  return {
    names: order.map((i) => names[i] as string),
    leftOut,
    rows: { real: left.rows, synthetic: right.rows },
    real: arranged(a as Matrix),
    synthetic: arranged(b as Matrix),
  };
}

type Matrix = (number | null)[][];

interface Codes {
  readonly codes: Uint8Array;
  readonly levels: number;
  readonly missing: number;
}

function sampled(table: Table): Table {
  return table.rows <= MAX_ROWS ? table : takeRows(table, randomFromSeed(0).sample(table.rows, MAX_ROWS));
}

/** Codes with rare labels put together; which are rare is read from the real side. */
function codesOf(table: Table, codec: Codec, real: Table): Codes[] {
  const own = encode(table, codec);
  const reference = table === real ? own : encode(real, codec);
  return codec.columns.map((column, j) => {
    const missing = column.missing.length;
    const codes = own.codes[j] as Uint8Array;
    if (column.levels <= missing + QUANTITY_BINS + 1 && column.labels.length <= MAX_LABELS)
      return { codes, levels: column.levels, missing };
    const counts = new Float64Array(column.levels);
    for (const code of reference.codes[j] as Uint8Array) counts[code] = (counts[code] as number) + 1;
    const common = [...counts.keys()]
      .filter((code) => code >= missing)
      .sort((x, y) => (counts[y] as number) - (counts[x] as number) || x - y)
      .slice(0, MAX_LABELS - 1)
      .sort((x, y) => x - y);
    const to = new Uint8Array(column.levels).fill(missing + common.length);
    for (let code = 0; code < missing; code++) to[code] = code;
    for (const [i, code] of common.entries()) to[code] = missing + i;
    return { codes: codes.map((code) => to[code] as number), levels: missing + common.length + 1, missing };
  });
}

function matrixOf(columns: readonly Codes[], quantity: readonly boolean[]): Matrix {
  const k = columns.length;
  const matrix: Matrix = Array.from({ length: k }, () => new Array<number | null>(k).fill(null));
  for (let i = 0; i < k; i++)
    for (let j = 0; j < i; j++) {
      const a = columns[i] as Codes;
      const b = columns[j] as Codes;
      const table = contingency(a, b);
      const found = quantity[i] && quantity[j] ? rankCorrelation(table, a, b) : cramersV(table, a.levels, b.levels);
      const value = found === null ? null : Math.round(found * 1000) / 1000;
      (matrix[i] as (number | null)[])[j] = value;
      (matrix[j] as (number | null)[])[i] = value;
    }
  return matrix;
}

/** Counts of level pairs, row-major [a.levels, b.levels]. */
function contingency(a: Codes, b: Codes): Float64Array {
  const table = new Float64Array(a.levels * b.levels);
  const width = b.levels;
  const x = a.codes;
  const y = b.codes;
  for (let i = 0; i < x.length; i++) {
    const cell = (x[i] as number) * width + (y[i] as number);
    table[cell] = (table[cell] as number) + 1;
  }
  return table;
}

/** |Spearman's ρ| with mid-ranks, from the table without its missing levels. */
function rankCorrelation(table: Float64Array, a: Codes, b: Codes): number | null {
  const rows = new Float64Array(a.levels);
  const columns = new Float64Array(b.levels);
  let n = 0;
  for (let i = a.missing; i < a.levels; i++)
    for (let j = b.missing; j < b.levels; j++) {
      const count = table[i * b.levels + j] as number;
      rows[i] = (rows[i] as number) + count;
      columns[j] = (columns[j] as number) + count;
      n += count;
    }
  if (n < LEAST_ROWS) return null;
  const x = midRanks(rows, n);
  const y = midRanks(columns, n);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < a.levels; i++) xx += (rows[i] as number) * (x[i] as number) ** 2;
  for (let j = 0; j < b.levels; j++) yy += (columns[j] as number) * (y[j] as number) ** 2;
  for (let i = a.missing; i < a.levels; i++)
    for (let j = b.missing; j < b.levels; j++)
      xy += (table[i * b.levels + j] as number) * (x[i] as number) * (y[j] as number);
  return xx > 0 && yy > 0 ? Math.min(1, Math.abs(xy / Math.sqrt(xx * yy))) : null;
}

/** Mid-rank of each level, centred at 0. */
function midRanks(counts: Float64Array, n: number): Float64Array {
  let before = 0;
  return counts.map((count) => {
    const rank = before + (count + 1) / 2;
    before += count;
    return rank - (n + 1) / 2;
  });
}

function cramersV(table: Float64Array, height: number, width: number): number | null {
  const rows = new Float64Array(height);
  const columns = new Float64Array(width);
  let n = 0;
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++) {
      const count = table[i * width + j] as number;
      rows[i] = (rows[i] as number) + count;
      columns[j] = (columns[j] as number) + count;
      n += count;
    }
  const r = rows.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const c = columns.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  if (n < LEAST_ROWS || r < 2 || c < 2) return null;
  let sum = 0;
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++) {
      const count = table[i * width + j] as number;
      if (count > 0) sum += (count * count) / ((rows[i] as number) * (columns[j] as number));
    }
  const phi = Math.max(0, sum - 1 - ((r - 1) * (c - 1)) / (n - 1));
  const least = Math.min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1;
  return least > 0 ? Math.min(1, Math.sqrt(phi / least)) : null;
}

/** An order that puts related columns side by side: grows a chain from the strongest pair, at whichever end a column fits best. */
function chained(matrix: Matrix): number[] {
  const k = matrix.length;
  const strength = (i: number, j: number): number => matrix[i]?.[j] ?? 0;
  let best: [number, number] = [0, 1];
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) if (strength(i, j) > strength(...best)) best = [j, i];
  const chain = [...best];
  const left = new Set(Array.from({ length: k }, (_, i) => i).filter((i) => !chain.includes(i)));
  while (left.size > 0) {
    let next = -1;
    let atHead = false;
    let most = -1;
    for (const i of left) {
      const head = strength(i, chain[0] as number);
      const tail = strength(i, chain.at(-1) as number);
      if (Math.max(head, tail) > most) {
        most = Math.max(head, tail);
        next = i;
        atHead = head > tail;
      }
    }
    left.delete(next);
    if (atHead) chain.unshift(next);
    else chain.push(next);
  }
  return chain;
}

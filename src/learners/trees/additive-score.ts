import type { Predictors } from "./cart.ts";

/** A sum of one number per predictor code, fitted by ridge regression: what a tree can only say in many cuts when many predictors each
 * add a little. Offered to the tree as one more ordered predictor. */
export interface AdditiveScore {
  /** `tables[256 · p + code]` is what code `code` of predictor p adds. */
  readonly tables: Float64Array;
  /** The score's code is the number of cuts below it; ascending, at most 255. */
  readonly cuts: Float64Array;
}

export interface FittedScore {
  readonly score: AdditiveScore;
  /** Scores of the rows that it was fitted on, each by a fit without its own fold. */
  readonly scores: Float64Array;
}

/** Folds for scoring the rows that the score was fitted on. */
const FOLDS = 4;
/** Most categories of an unordered predictor that get a weight of their own. */
const MOST_INDICATORS = 12;

/** Fits one additive score to each target.
 * @param rows the rows to use
 * @param targets one number per place of `rows`
 * @param missingCodes codes below this are no amounts but ways of being missing; by predictor */
export function fitAdditiveScores(
  predictors: Predictors,
  missingCodes: readonly number[],
  rows: Uint32Array,
  targets: readonly Float64Array[],
): FittedScore[] {
  const bases = predictors.codes.map((codes, p) =>
    predictors.ordered[p] ? orderedBasis(codes, missingCodes[p] as number, rows) : indicatorBasis(codes, rows),
  );
  const width = 1 + bases.reduce((sum, basis) => sum + basis.length, 0);
  if (width === 1) return [];
  const T = targets.length;
  // Normal equations of each fold: the upper triangle of X'X, and X'y.
  const grams = Array.from({ length: FOLDS }, () => new Float64Array(width * width));
  const moments = Array.from({ length: FOLDS }, () => new Float64Array(width * T));
  const x = new Float64Array(width);
  const places = new Int32Array(width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const fold = foldOf(row);
    // Only what is not zero: most indicators are.
    let held = 0;
    x[0] = 1;
    places[held++] = 0;
    let at = 1;
    for (let p = 0; p < bases.length; p++) {
      const code = (predictors.codes[p] as Uint8Array)[row] as number;
      const basis = bases[p] as readonly Float64Array[];
      for (let b = 0; b < basis.length; b++, at++) {
        const value = (basis[b] as Float64Array)[code] as number;
        x[at] = value;
        if (value !== 0) places[held++] = at;
      }
    }
    const gram = grams[fold] as Float64Array;
    const moment = moments[fold] as Float64Array;
    for (let a = 0; a < held; a++) {
      const place = places[a] as number;
      const value = x[place] as number;
      const offset = place * width;
      for (let b = a; b < held; b++) {
        const other = places[b] as number;
        gram[offset + other] = (gram[offset + other] as number) + value * (x[other] as number);
      }
      for (let t = 0; t < T; t++)
        moment[place * T + t] = (moment[place * T + t] as number) + value * ((targets[t] as Float64Array)[i] as number);
    }
  }
  const total = sum(grams);
  const totalMoment = sum(moments);
  const full = solveRidge(total, totalMoment, width, T);
  const without = grams.map((gram, fold) =>
    solveRidge(minus(total, gram), minus(totalMoment, moments[fold] as Float64Array), width, T),
  );
  return targets.map((_, t) => {
    const tables = tablesOf(full, bases, width, T, t);
    const foldTables = without.map((weights) => tablesOf(weights, bases, width, T, t));
    const scores = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++)
      scores[i] = scoreRow(foldTables[foldOf(rows[i] as number)] as Float64Array, predictors.codes, rows[i] as number);
    return { score: { tables, cuts: quantileCuts(scores) }, scores };
  });
}

/** Scores of the first rows of some predictors. */
export function scoreSums(score: AdditiveScore, codes: readonly Uint8Array[], rows: number): Float64Array {
  const sums = new Float64Array(rows);
  for (let p = 0; p < codes.length; p++) {
    const own = codes[p] as Uint8Array;
    const table = score.tables.subarray(256 * p, 256 * p + 256);
    for (let i = 0; i < rows; i++) sums[i] = (sums[i] as number) + (table[own[i] as number] as number);
  }
  return sums;
}

/** Scores as codes, for a tree. */
export function scoreCodes({ cuts }: AdditiveScore, sums: Float64Array): Uint8Array {
  const out = new Uint8Array(sums.length);
  const count = cuts.length;
  if (count === 0) return out;
  // A grid says about how many cuts are below; a step or two makes it exact.
  const low = cuts[0] as number;
  const cells = (GRID - 1) / Math.max((cuts[count - 1] as number) - low, Number.MIN_VALUE);
  const perUnit = Number.isFinite(cells) ? cells : 0;
  const start = new Uint8Array(GRID);
  for (let g = 0, below = 0; g < GRID; g++) {
    while (below < count && ((cuts[below] as number) - low) * perUnit < g) below++;
    start[g] = below;
  }
  for (let i = 0; i < out.length; i++) {
    const x = sums[i] as number;
    const cell = (x - low) * perUnit;
    let below = start[cell > 0 ? (cell < GRID ? cell | 0 : GRID - 1) : 0] as number;
    while (below < count && (cuts[below] as number) < x) below++;
    while (below > 0 && (cuts[below - 1] as number) >= x) below--;
    out[i] = below;
  }
  return out;
}

const GRID = 2048;

function foldOf(row: number): number {
  // Blocks of rows would follow an order in the file; neighbours in different folds do not. A row that is told twice stays in one fold.
  return (Math.imul(row, 0x9e3779b1) >>> 16) % FOLDS;
}

/** Normal score of the code's mid-rank, and one indicator for each way of being missing. */
function orderedBasis(codes: Uint8Array, missing: number, rows: Uint32Array): Float64Array[] {
  const counts = countCodes(codes, rows);
  const out: Float64Array[] = [];
  let present = 0;
  for (let x = missing; x < 256; x++) present += counts[x] as number;
  for (let x = 0; x < missing; x++) {
    if (counts[x] === 0 || counts[x] === rows.length) continue;
    const indicator = new Float64Array(256);
    indicator[x] = 1;
    out.push(indicator);
  }
  if (present > 0) {
    const amounts = new Float64Array(256);
    let below = 0;
    for (let x = missing; x < 256; x++) {
      amounts[x] = normalQuantile((below + (counts[x] as number) / 2 + 0.5) / (present + 1));
      below += counts[x] as number;
    }
    out.push(amounts);
    // A bend in the middle: relations are seldom straight.
    out.push(amounts.map((z, x) => (x < missing ? 0 : z * z - 1)));
  }
  return out;
}

function indicatorBasis(codes: Uint8Array, rows: Uint32Array): Float64Array[] {
  const counts = countCodes(codes, rows);
  const held = [...counts.keys()]
    .filter((x) => (counts[x] as number) > 0)
    .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  return held.slice(1, 1 + MOST_INDICATORS).map((x) => {
    const indicator = new Float64Array(256);
    indicator[x] = 1;
    return indicator;
  });
}

function countCodes(codes: Uint8Array, rows: Uint32Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < rows.length; i++) {
    const x = codes[rows[i] as number] as number;
    counts[x] = (counts[x] as number) + 1;
  }
  return counts;
}

function tablesOf(
  weights: Float64Array,
  bases: readonly (readonly Float64Array[])[],
  width: number,
  targets: number,
  target: number,
): Float64Array {
  const tables = new Float64Array(new SharedArrayBuffer(8 * 256 * bases.length));
  let at = 1;
  bases.forEach((basis, p) => {
    for (const column of basis) {
      const weight = weights[at * targets + target] as number;
      at++;
      for (let x = 0; x < 256; x++)
        tables[256 * p + x] = (tables[256 * p + x] as number) + weight * (column[x] as number);
    }
  });
  if (at !== width) throw new Error("additive score: basis and weights differ in width");
  return tables;
}

function scoreRow(tables: Float64Array, codes: readonly Uint8Array[], row: number): number {
  let sum = 0;
  for (let p = 0; p < codes.length; p++) sum += tables[256 * p + ((codes[p] as Uint8Array)[row] as number)] as number;
  return sum;
}

/** Cholesky solution of (A + λ diag) w = b for each column of b; A by its upper triangle. A slight ridge: one per cent of each column's
 * own square, plus what makes a column that never varies harmless. */
function solveRidge(gram: Float64Array, moments: Float64Array, width: number, targets: number): Float64Array {
  const L = new Float64Array(width * width);
  for (let i = 0; i < width; i++) for (let j = 0; j <= i; j++) L[i * width + j] = gram[j * width + i] as number;
  for (let i = 0; i < width; i++)
    L[i * width + i] = (L[i * width + i] as number) * (i === 0 ? 1 : 1.003) + (i === 0 ? 1e-9 : 3);
  for (let j = 0; j < width; j++) {
    for (let i = j; i < width; i++) {
      let value = L[i * width + j] as number;
      for (let k = 0; k < j; k++) value -= (L[i * width + k] as number) * (L[j * width + k] as number);
      L[i * width + j] = i === j ? Math.sqrt(Math.max(value, 1e-9)) : value / (L[j * width + j] as number);
    }
  }
  const w = Float64Array.from(moments);
  for (let t = 0; t < targets; t++) {
    for (let i = 0; i < width; i++) {
      let value = w[i * targets + t] as number;
      for (let k = 0; k < i; k++) value -= (L[i * width + k] as number) * (w[k * targets + t] as number);
      w[i * targets + t] = value / (L[i * width + i] as number);
    }
    for (let i = width - 1; i >= 0; i--) {
      let value = w[i * targets + t] as number;
      for (let k = i + 1; k < width; k++) value -= (L[k * width + i] as number) * (w[k * targets + t] as number);
      w[i * targets + t] = value / (L[i * width + i] as number);
    }
  }
  return w;
}

function sum(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts[0]!.length);
  for (const part of parts) for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + (part[i] as number);
  return out;
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] as number));
}

function quantileCuts(scores: Float64Array): Float64Array {
  const sorted = Float64Array.from(scores).sort();
  const cuts: number[] = [];
  for (let k = 1; k < 256; k++) {
    const cut = sorted[Math.floor((k * sorted.length) / 256)] as number;
    if (sorted.length > 0 && cut !== cuts.at(-1)) cuts.push(cut);
  }
  const out = new Float64Array(new SharedArrayBuffer(8 * cuts.length));
  out.set(cuts);
  return out;
}

/** Standard normal quantile, to about 4e-4: enough for a scale.
 * @source Abramowitz & Stegun (1964), 26.2.23 */
function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(p < 0.5 ? p : 1 - p));
  const z =
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  return p < 0.5 ? -z : z;
}

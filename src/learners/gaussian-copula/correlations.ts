import { cholesky } from "../../math/cholesky.ts";
import { nearestCorrelation } from "../../math/nearest-correlation.ts";
import { polychoric } from "../../math/polychoric.ts";
import { standardNormalDensity } from "../../math/standard-normal.ts";
import { normalMass } from "../../math/truncated-normal.ts";
import type { CodeRows } from "../code-rows.ts";
import { type Latent, type LatentColumn, NO_PLACE } from "./latents.ts";

/** Classes of a variable in a table of pairs. */
const CLASSES = 8;
/** A variable is fine when it has so many intervals and none holds a larger share: then normal scores lose nothing. */
const FINE_INTERVALS = 25;
const FINE_SHARE = 0.06;
/** Beyond so many variables all pairs go by scores. */
const MOST_LIKELIHOOD = 150;
/** Beyond so many variables a matrix that is not positive is drawn to the identity in place of the nearest. */
const MOST_NEAREST = 150;
const MOST_WORK = 4e9;
const FEWEST_ROWS = 10;
/** Weight of log(1 − ρ²) against the log-likelihood of a pair: correlations that few rows tell of are drawn to 0. */
const PRIOR = 2;
/** Terms of Mehler's series. */
const TERMS = 30;
const MOST_CORRELATION = 0.995;
const FLOOR = 1e-4;

export interface LatentCorrelations {
  /** latents × latents, positive definite, row-major. */
  readonly matrix: Float64Array;
  /** How pairs were estimated. */
  readonly estimator: "likelihood" | "scores";
  /** Share of the way that all correlations were drawn to 0, for fear of chance. */
  readonly shrinkage: number;
  /** Largest change that making the matrix positive took. */
  readonly repair: number;
}

/** Correlations of the latent variables from pairs of columns: between two fine ones by their normal scores, otherwise polychoric; rows
 * in which either has no value are left out. Then shrinkage for few rows, and the nearest correlation matrix.
 * @source shrinkage to the identity: Schäfer & Strimmer (2005), Statistical Applications in Genetics and Molecular Biology 4(1) */
export function latentCorrelations(
  table: CodeRows,
  latents: readonly Latent[],
  options: {
    readonly columns: readonly LatentColumn[];
    /** Default: likelihood, scores in wide tables. */
    readonly estimator?: "likelihood" | "scores";
  },
): LatentCorrelations {
  const { columns } = options;
  const m = latents.length;
  const pairs = Math.max(1, (m * (m - 1)) / 2);
  const rows = Math.min(table.rows, Math.max(500, Math.floor(MOST_WORK / pairs)));
  const step = table.rows / Math.max(1, rows);
  const seen = latents.map((latent) =>
    intervalsOf(table, latent, columns[latent.column] as LatentColumn, { rows, step }),
  );
  const fine = seen.map((intervals, k) => isFine(intervals, latents[k] as Latent));
  const classes = seen.map((intervals, k) => classesOf(intervals, (latents[k] as Latent).centres.length));
  const estimator = options.estimator ?? (m <= MOST_LIKELIHOOD ? "likelihood" : "scores");
  const scores = latents.map(scoresOf);
  const matrix = new Float64Array(m * m);
  let variance = 0;
  let squares = 0;
  for (let a = 0; a < m; a++) {
    matrix[a * m + a] = 1;
    for (let b = 0; b < a; b++) {
      // A value is seen only where it is not missing: the pair cannot be known.
      if ((latents[a] as Latent).column === (latents[b] as Latent).column) continue;
      const pair = [a, b] as const;
      const moments = momentsOf(pair, { seen, scores });
      const { count } = moments;
      let r = 0;
      if (count >= FEWEST_ROWS && moments.variances[0] > 0 && moments.variances[1] > 0) {
        if (estimator === "scores" || (fine[a] && fine[b])) r = byScores(pair, scores, moments);
        else r = byLikelihood(pair, classes) * (count < rows ? selection(pair, scores, moments) : 1);
      }
      r = Math.max(-MOST_CORRELATION, Math.min(MOST_CORRELATION, r));
      matrix[a * m + b] = matrix[b * m + a] = r;
      if (count >= FEWEST_ROWS) {
        variance += (1 - r * r) ** 2 / count;
        squares += r * r;
      }
    }
  }
  const shrinkage = squares > 0 ? Math.min(1, variance / squares) : 0;
  for (let i = 0; i < m * m; i++) if (i % (m + 1) !== 0) matrix[i] = (matrix[i] as number) * (1 - shrinkage);
  const positive = makePositive(matrix, m);
  let repair = 0;
  for (let i = 0; i < m * m; i++) repair = Math.max(repair, Math.abs((positive[i] as number) - (matrix[i] as number)));
  return { matrix: positive, estimator, shrinkage, repair };
}

/** The interval of each row; {@link NO_PLACE} where the variable is not seen. */
function intervalsOf(
  table: CodeRows,
  latent: Latent,
  column: LatentColumn,
  { rows, step }: { readonly rows: number; readonly step: number },
): Uint8Array {
  const codes = table.codes[latent.column] as Uint8Array;
  const map = column.place.map((place, code) => {
    if (latent.kind === "value") return column.isMissing[code] ? NO_PLACE : place;
    return column.isMissing[code] || place === NO_PLACE ? place : latent.codes.length;
  });
  return Uint8Array.from({ length: rows }, (_, i) => map[codes[Math.floor(i * step)] as number] as number);
}

function isFine(intervals: Uint8Array, latent: Latent): boolean {
  if (latent.centres.length < FINE_INTERVALS) return false;
  const tally = new Float64Array(256);
  let total = 0;
  for (const interval of intervals)
    if (interval !== NO_PLACE) {
      tally[interval] = (tally[interval] as number) + 1;
      total++;
    }
  return tally.every((count) => count <= FINE_SHARE * total);
}

/** Intervals merged into at most {@link CLASSES} of about equal count. */
function classesOf(intervals: Uint8Array, count: number): { readonly of: Uint8Array; readonly size: number } {
  const tally = new Float64Array(count);
  let total = 0;
  for (const interval of intervals)
    if (interval !== NO_PLACE) {
      tally[interval] = (tally[interval] as number) + 1;
      total++;
    }
  const map = new Uint8Array(256).fill(NO_PLACE);
  let below = 0;
  let last = -1;
  let size = 0;
  for (let i = 0; i < count; i++) {
    const middle = below + (tally[i] as number) / 2;
    const wanted = count <= CLASSES ? i : Math.min(CLASSES - 1, Math.floor((CLASSES * middle) / Math.max(1, total)));
    if (wanted !== last) size++;
    last = wanted;
    map[i] = size - 1;
    below += tally[i] as number;
  }
  return { of: intervals.map((interval) => map[interval] as number), size };
}

function byLikelihood(
  [a, b]: readonly [number, number],
  classes: readonly { readonly of: Uint8Array; readonly size: number }[],
): number {
  const left = classes[a] as { readonly of: Uint8Array; readonly size: number };
  const right = classes[b] as { readonly of: Uint8Array; readonly size: number };
  const table = new Float64Array(left.size * right.size);
  for (let row = 0; row < left.of.length; row++) {
    const x = left.of[row] as number;
    const y = right.of[row] as number;
    if (x === NO_PLACE || y === NO_PLACE) continue;
    table[x * right.size + y] = (table[x * right.size + y] as number) + 1;
  }
  return polychoric(table, { rows: left.size, columns: right.size, prior: PRIOR });
}

/** What leaving out rows that lack a value did to the spread of the two columns: a correlation among the rest, times this, is one of the whole
 * columns (see {@link byScores}). */
function selection([a, b]: readonly [number, number], scores: readonly Scores[], { variances }: PairMoments): number {
  const ratio = (variances[0] * variances[1]) / ((scores[a] as Scores).variance * (scores[b] as Scores).variance);
  return Math.min(1.25, Math.max(0.5, Math.sqrt(ratio)));
}

/** What pairs of scores tell of the correlation behind them. */
interface Scores {
  /** Mean of each interval; 0 for {@link NO_PLACE}. */
  readonly of: Float64Array;
  /** Coefficients of the score, as a function of the variable, in normalised Hermite polynomials 1 … {@link TERMS}. */
  readonly hermite: Float64Array;
  /** Variance of the score. */
  readonly variance: number;
}

function scoresOf({ centres, cuts }: Latent): Scores {
  const of = new Float64Array(256);
  of.set(centres);
  const hermite = new Float64Array(TERMS + 1);
  let variance = 0;
  centres.forEach((centre, i) => {
    const low = cuts[i] as number;
    const high = cuts[i + 1] as number;
    variance += centre * centre * normalMass(low, high);
    // ∫ h_k φ over an interval is the difference of h_{k−1} φ at its ends, over √k.
    const below = hermiteDensities(low);
    const above = hermiteDensities(high);
    for (let k = 1; k <= TERMS; k++)
      hermite[k] =
        (hermite[k] as number) + (centre * ((below[k - 1] as number) - (above[k - 1] as number))) / Math.sqrt(k);
  });
  return { of, hermite, variance };
}

/** h_k(x) φ(x) for k = 0 … {@link TERMS}. */
function hermiteDensities(x: number): Float64Array {
  const out = new Float64Array(TERMS + 1);
  if (!Number.isFinite(x)) return out;
  out[0] = standardNormalDensity(x);
  out[1] = x * (out[0] as number);
  for (let k = 1; k < TERMS; k++)
    out[k + 1] = (x * (out[k] as number) - Math.sqrt(k) * (out[k - 1] as number)) / Math.sqrt(k + 1);
  return out;
}

/** Moments of the scores of a pair, over the rows that have both. */
interface PairMoments {
  readonly count: number;
  readonly covariance: number;
  readonly variances: readonly [number, number];
}

function momentsOf(
  [a, b]: readonly [number, number],
  { seen, scores }: { readonly seen: readonly Uint8Array[]; readonly scores: readonly Scores[] },
): PairMoments {
  const left = (scores[a] as Scores).of;
  const right = (scores[b] as Scores).of;
  const xs = seen[a] as Uint8Array;
  const ys = seen[b] as Uint8Array;
  let count = 0;
  let x1 = 0;
  let y1 = 0;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let row = 0; row < xs.length; row++) {
    const p = xs[row] as number;
    const q = ys[row] as number;
    if (p === NO_PLACE || q === NO_PLACE) continue;
    const x = left[p] as number;
    const y = right[q] as number;
    count++;
    x1 += x;
    y1 += y;
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  const n = Math.max(1, count);
  return {
    count,
    covariance: xy / n - (x1 * y1) / n ** 2,
    variances: [xx / n - (x1 / n) ** 2, yy / n - (y1 / n) ** 2],
  };
}

/** The correlation at which the scores of normal variables have the covariance that they have in the rows: Σ a_k b_k ρ^k (Mehler).
 *
 * The covariance is in units of the whole columns, not of the rows that have both: a value is independent of its own missingness in the
 * model, and then leaving rows out changes the spread of the other column, but not this covariance. */
function byScores(pair: readonly [number, number], scores: readonly Scores[], moments: PairMoments): number {
  const left = scores[pair[0]] as Scores;
  const right = scores[pair[1]] as Scores;
  let low = -MOST_CORRELATION;
  let high = MOST_CORRELATION;
  // Scores rise with their variables, so the covariance rises with the correlation.
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    let sum = 0;
    for (let k = TERMS; k >= 1; k--) sum = (sum + (left.hermite[k] as number) * (right.hermite[k] as number)) * middle;
    if (sum < moments.covariance) low = middle;
    else high = middle;
  }
  // The information that the scores hold at no correlation, against that of the prior.
  const information = moments.count * left.variance * right.variance;
  return (((low + high) / 2) * information) / (information + 2 * PRIOR);
}

/** The matrix itself if it has a Cholesky factor; the nearest correlation matrix; or, in large ones, the least step to the identity. */
function makePositive(matrix: Float64Array, size: number): Float64Array {
  if ("factor" in cholesky(matrix, size, { tolerance: FLOOR })) return matrix;
  if (size <= MOST_NEAREST) return nearestCorrelation(matrix, size, { floor: FLOOR, tolerance: 1e-5, iterations: 60 });
  let out = matrix;
  for (let keep = 0.95; ; keep *= 0.95) {
    out = matrix.map((value, i) => (i % (size + 1) === 0 ? 1 : value * keep));
    if ("factor" in cholesky(out, size, { tolerance: FLOOR })) return out;
  }
}

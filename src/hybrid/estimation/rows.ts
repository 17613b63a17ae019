import { type Link, meanAt, slopeAt } from "./link.ts";

/** Rows of a regression, as they lie in memory; `units` picks some of them. */
export interface Rows {
  /** Row-major, `width` columns. */
  readonly design: Float64Array;
  readonly outcome: Float64Array;
  readonly width: number;
  /** Which rows, in order; absent: all. */
  readonly units?: Uint32Array | undefined;
  /** One for each picked row, in order; absent: all 1. */
  readonly weights?: Float64Array | undefined;
}

/** How many rows are picked. */
export function countOf(rows: Rows): number {
  return rows.units?.length ?? rows.outcome.length;
}

/** Score and information of a generalised linear model with canonical link, in one pass and without a copy. */
export interface Score {
  /** p: Σ w x (y − μ). */
  readonly gradient: Float64Array;
  /** p × p: Σ w μ′ x xᵀ. */
  readonly information: Float64Array;
  /** Σ w. */
  readonly weight: number;
}

/** Score and information of rows at coefficients. */
export function scoreAt(rows: Rows, coefficients: Float64Array, link: Link): Score {
  const { design, outcome, width, units, weights } = rows;
  const count = countOf(rows);
  const gradient = new Float64Array(width);
  const information = new Float64Array(width * width);
  let weight = 0;
  for (let k = 0; k < count; k++) {
    const unit = units === undefined ? k : (units[k] as number);
    const w = weights === undefined ? 1 : (weights[k] as number);
    const at = unit * width;
    let linear = 0;
    for (let j = 0; j < width; j++) linear += (design[at + j] as number) * (coefficients[j] as number);
    const mean = meanAt(link, linear);
    const residual = w * ((outcome[unit] as number) - mean);
    const slope = w * slopeAt(link, mean);
    weight += w;
    for (let i = 0; i < width; i++) {
      const x = design[at + i] as number;
      gradient[i] = (gradient[i] as number) + residual * x;
      const scaled = slope * x;
      for (let j = 0; j <= i; j++)
        information[i * width + j] = (information[i * width + j] as number) + scaled * (design[at + j] as number);
    }
  }
  mirror(information, width);
  return { gradient, information, weight };
}

/** Copies the lower triangle to the upper one, in place. */
export function mirror(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[j * size + i] = matrix[i * size + j] as number;
}

/** count × p, the moments x (y − μ) of each picked row, unweighted. */
export function momentsOf(rows: Rows, coefficients: Float64Array, link: Link): Float64Array {
  const { design, outcome, width, units } = rows;
  const count = countOf(rows);
  const out = new Float64Array(count * width);
  for (let k = 0; k < count; k++) {
    const unit = units === undefined ? k : (units[k] as number);
    let linear = 0;
    for (let j = 0; j < width; j++) linear += (design[unit * width + j] as number) * (coefficients[j] as number);
    const residual = (outcome[unit] as number) - meanAt(link, linear);
    for (let j = 0; j < width; j++) out[k * width + j] = residual * (design[unit * width + j] as number);
  }
  return out;
}

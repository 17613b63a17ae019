import { type Link, meanAt } from "./link.ts";

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

/** Some hundred rows turned on their side: column j of row k lies at j · capacity + k. What follows runs along columns, several times as fast as
 * along rows of a few numbers. */
export interface Block {
  readonly capacity: number;
  /** Rows in the block now. */
  count: number;
  readonly columns: Float64Array;
  /** w (y − μ), and w μ′ if asked for. */
  readonly residual: Float64Array;
  readonly slope: Float64Array;
}

/** An empty block for rows of so many columns. */
export function blockFor(count: number, width: number): Block {
  const capacity = Math.min(count, CAPACITY);
  return {
    capacity,
    count: 0,
    columns: new Float64Array(capacity * width),
    residual: new Float64Array(capacity),
    slope: new Float64Array(capacity),
  };
}

const CAPACITY = 512;

/** Fills a block with the rows from place `from` on, their residuals and slopes. */
export function fillBlock(
  block: Block,
  rows: Rows,
  { from, coefficients, link }: { readonly from: number; readonly coefficients: Float64Array; readonly link: Link },
): void {
  const { design, outcome, width, units, weights } = rows;
  const { capacity, columns, residual, slope } = block;
  const count = Math.min(capacity, countOf(rows) - from);
  block.count = count;
  residual.fill(0, 0, count);
  for (let j = 0; j < width; j++) {
    const at = j * capacity;
    const beta = coefficients[j] as number;
    for (let k = 0; k < count; k++) {
      const x = design[(units === undefined ? from + k : (units[from + k] as number)) * width + j] as number;
      columns[at + k] = x;
      residual[k] = (residual[k] as number) + beta * x;
    }
  }
  // Residuals hold x·β so far.
  if (link === "logit")
    for (let k = 0; k < count; k++) {
      const mean = 1 / (1 + Math.exp(-(residual[k] as number)));
      residual[k] = mean;
      slope[k] = mean * (1 - mean);
    }
  else if (link === "log")
    for (let k = 0; k < count; k++) {
      const mean = Math.exp(residual[k] as number);
      residual[k] = mean;
      slope[k] = mean;
    }
  else slope.fill(1, 0, count);
  for (let k = 0; k < count; k++)
    residual[k] =
      (outcome[units === undefined ? from + k : (units[from + k] as number)] as number) - (residual[k] as number);
  if (weights !== undefined)
    for (let k = 0; k < count; k++) {
      const w = weights[from + k] as number;
      residual[k] = (residual[k] as number) * w;
      slope[k] = (slope[k] as number) * w;
    }
}

/** Score and information of a generalised linear model with canonical link. */
export interface Score {
  /** p: Σ w x (y − μ). */
  readonly gradient: Float64Array;
  /** p × p: Σ w μ′ x xᵀ. */
  readonly information: Float64Array;
  /** Σ w. */
  readonly weight: number;
}

/** Score and information of rows at coefficients, in one pass. */
export function scoreAt(rows: Rows, coefficients: Float64Array, link: Link): Score {
  const { width, weights } = rows;
  const total = countOf(rows);
  const block = blockFor(total, width);
  const { capacity, columns, residual, slope } = block;
  const gradient = new Float64Array(width);
  const information = new Float64Array(width * width);
  for (let from = 0; from < total; from += capacity) {
    fillBlock(block, rows, { from, coefficients, link });
    const { count } = block;
    for (let i = 0; i < width; i++) {
      const a = i * capacity;
      let sum = 0;
      for (let k = 0; k < count; k++) sum += (columns[a + k] as number) * (residual[k] as number);
      gradient[i] = (gradient[i] as number) + sum;
      for (let j = 0; j <= i; j++) {
        const b = j * capacity;
        let cross = 0;
        for (let k = 0; k < count; k++)
          cross += (columns[a + k] as number) * (columns[b + k] as number) * (slope[k] as number);
        information[i * width + j] = (information[i * width + j] as number) + cross;
      }
    }
  }
  mirror(information, width);
  return { gradient, information, weight: weights === undefined ? total : sumOf(weights) };
}

/** Copies the lower triangle to the upper one, in place. */
export function mirror(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[j * size + i] = matrix[i * size + j] as number;
}

/** Of all values. */
export function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k] as number;
  return sum;
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

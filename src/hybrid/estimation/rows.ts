import { addCrossProducts, addProducts, mirror } from "./cross-products.ts";
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
  /** Columns times slopes, of {@link slopedColumns}. */
  readonly sloped: Float64Array;
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
    sloped: new Float64Array(capacity * width),
  };
}

/** Not a power of two: columns 4096 bytes apart would fight for the same lines of the cache. */
const CAPACITY = 500;

/** Fills a block with the rows from place `from` on, their residuals and, but where they are all 1, slopes. */
export function fillBlock(
  block: Block,
  rows: Rows,
  { from, coefficients, link }: { readonly from: number; readonly coefficients: Float64Array; readonly link: Link },
): void {
  const { outcome, units, weights } = rows;
  const { residual, slope } = block;
  const count = Math.min(block.capacity, countOf(rows) - from);
  block.count = count;
  turn(block, rows, { from, coefficients });
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
  else if (weights !== undefined) slope.fill(1, 0, count);
  if (units === undefined)
    for (let k = 0; k < count; k++) residual[k] = (outcome[from + k] as number) - (residual[k] as number);
  else
    for (let k = 0; k < count; k++)
      residual[k] = (outcome[units[from + k] as number] as number) - (residual[k] as number);
  if (weights !== undefined)
    for (let k = 0; k < count; k++) {
      const w = weights[from + k] as number;
      residual[k] = (residual[k] as number) * w;
      slope[k] = (slope[k] as number) * w;
    }
}

/** Rows to columns, and x·β to the residuals. */
function turn(
  { capacity, columns, residual, count }: Block,
  { design, width, units }: Rows,
  { from, coefficients }: { readonly from: number; readonly coefficients: Float64Array },
): void {
  for (let k = 0; k < count; k++) {
    const at = (units === undefined ? from + k : (units[from + k] as number)) * width;
    let linear = 0;
    let place = k;
    for (let j = 0; j < width; j++) {
      const x = design[at + j] as number;
      columns[place] = x;
      linear += (coefficients[j] as number) * x;
      place += capacity;
    }
    residual[k] = linear;
  }
}

/** The columns times the slopes; the columns themselves where slopes are all 1. */
export function slopedColumns(
  { columns, slope, sloped, capacity, count }: Block,
  { width, weights }: Rows,
  link: Link,
): Float64Array {
  if (link === "identity" && weights === undefined) return columns;
  for (let j = 0; j < width; j++) {
    const at = j * capacity;
    for (let k = 0; k < count; k++) sloped[at + k] = (columns[at + k] as number) * (slope[k] as number);
  }
  return sloped;
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

/** Score and information of rows at coefficients, in one pass.
 * @param known the information, where it is: of a linear model it is the same at all coefficients */
export function scoreAt(rows: Rows, coefficients: Float64Array, link: Link, known?: Score): Score {
  const { width, weights } = rows;
  const total = countOf(rows);
  const block = blockFor(total, width);
  const gradient = new Float64Array(width);
  const information = known?.information ?? new Float64Array(width * width);
  for (let from = 0; from < total; from += block.capacity) {
    fillBlock(block, rows, { from, coefficients, link });
    const columns = { values: block.columns, size: width, capacity: block.capacity, count: block.count };
    addProducts(columns, block.residual, gradient);
    if (known === undefined) addCrossProducts(columns, slopedColumns(block, rows, link), information);
  }
  if (known === undefined) mirror(information, width);
  return { gradient, information, weight: known?.weight ?? (weights === undefined ? total : sumOf(weights)) };
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

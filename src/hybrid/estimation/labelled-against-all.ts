import { cholesky } from "../../math/cholesky.ts";
import { chiSquareUpperTail } from "../../math/distributions.ts";
import { added } from "../../math/matrix.ts";
import type { Random } from "../../random.ts";
import { outer } from "./contributions.ts";
import { addCrossProducts, addProducts, mirror } from "./cross-products.ts";
import type { AlarmTest } from "./estimation.ts";
import type { Labelling } from "./labelling.ts";
import { type Stratum, unitsByStratum } from "./units-by-stratum.ts";

/** A number for each unit that does not depend on which units are labelled: values[unit · stride + offset], times a factor of the unit. */
export interface UnitColumn {
  readonly values: Float64Array;
  readonly stride: number;
  readonly offset: number;
  /** T; absent: all 1. */
  readonly factor?: Float64Array | undefined;
}

/** How a test is made. */
export interface RelabellingOptions {
  readonly labelled: Uint32Array;
  readonly labelling: Labelling;
  /** False-alarm rate. */
  readonly alpha: number;
  /** How often other units are labelled; 999 makes p a multiple of .001. */
  readonly redraws: number;
  readonly random: Random;
}

/** Whether means over labelled units are as those over all units, by a quadratic form of the differences in the inverse of their covariance under
 * random labelling, which is known: (1/n − 1/T) S over all units, within strata.
 *
 * Its law under random labelling is known too, whatever the numbers are distributed like: other units are labelled, as many in each stratum, and
 * p = (1 + redraws that reach the statistic) / (1 + redraws) is exact. With more than {@link MOST_REDRAWN} units to redraw, or with unequal
 * chances within strata, p is that of χ²; the covariance is then exact or estimated from labelled units.
 * @returns null: all units are labelled, or no column varies
 * @source Hansen & Bowers (2008), "Covariate balance in simple, stratified and clustered comparative studies", Statistical Science 23;
 *   Phipson & Smyth (2010), "Permutation p-values should never be zero" */
export function labelledAgainstAll(
  name: AlarmTest["name"],
  columns: readonly UnitColumn[],
  options: RelabellingOptions,
): AlarmTest | null {
  const { labelled, labelling, alpha, redraws, random } = options;
  if (columns.length === 0 || labelling.unlabelled.length === 0) return null;
  const { units, strata } = unitsByStratum(labelled, labelling);
  const parts = strata.map((stratum) => partOf(columns, { units, stratum }));
  const { difference, covariance } = labelling.isUniform
    ? randomised(columns, parts, units)
    : unequal(columns, parts, options);
  const kept = independent(covariance, columns.length);
  const degreesOfFreedom = kept.columns.length;
  if (degreesOfFreedom === 0) return null;
  const statistic = quadraticForm(difference, kept);
  const redrawn = strata.reduce((sum, { labelled: n, count }) => sum + Math.min(n, count - n), 0);
  const isExact = labelling.isUniform && redrawn <= MOST_REDRAWN;
  const p = isExact
    ? permutationTail({ columns, parts, units, redraws, random, kept, statistic })
    : chiSquareUpperTail(statistic, degreesOfFreedom);
  return {
    name,
    statistic,
    degreesOfFreedom,
    law: isExact ? "permutation" : "chi-squared",
    p,
    alpha,
    rejected: p <= alpha,
  };
}

/** Sums of so many are normal enough, and a thousand draws of them take a second. */
const MOST_REDRAWN = 2000;

/** A stratum and what is known of all its units, as distances from its first one: what does not vary there is exactly 0. */
interface Part extends Stratum {
  readonly origin: Float64Array;
  readonly mean: Float64Array;
  /** Unbiased covariance of a unit. */
  readonly covariance: Float64Array;
}

function partOf(
  columns: readonly UnitColumn[],
  { units, stratum }: { readonly units: Uint32Array; readonly stratum: Stratum },
): Part {
  const size = columns.length;
  const origin = new Float64Array(size);
  fill(origin, columns, { units, from: stratum.from, count: 1, capacity: 1, origin });
  const sum = new Float64Array(size);
  const cross = new Float64Array(size * size);
  eachBlock(columns, { units, from: stratum.from, count: stratum.count, origin }, (block) => {
    addProducts(block, ONES, sum);
    addCrossProducts(block, block.values, cross);
  });
  mirror(cross, size);
  const centred = added(cross, outer(sum), -1 / stratum.count);
  return {
    ...stratum,
    origin,
    mean: sum.map((value) => value / stratum.count),
    covariance: centred.map((value) => value / Math.max(1, stratum.count - 1)),
  };
}

interface Comparison {
  readonly difference: Float64Array;
  readonly covariance: Float64Array;
}

function randomised(columns: readonly UnitColumn[], parts: readonly Part[], units: Uint32Array): Comparison {
  const size = columns.length;
  let covariance: Float64Array = new Float64Array(size * size);
  const difference = new Float64Array(size);
  for (const part of parts) {
    const { count, labelled, share } = part;
    covariance = added(covariance, part.covariance, share ** 2 * (1 / labelled - 1 / count));
    addDeviation(difference, columns, { part, units, count: labelled, scale: share });
  }
  return { difference, covariance };
}

/** The mean weighted by 1/π against that of all units. */
function unequal(
  columns: readonly UnitColumn[],
  parts: readonly Part[],
  { labelled, labelling }: RelabellingOptions,
): Comparison {
  const size = columns.length;
  const { origin } = parts[0] as Part;
  const mean = new Float64Array(size);
  for (const part of parts)
    for (let a = 0; a < size; a++)
      mean[a]! += part.share * ((part.mean[a] as number) + (part.origin[a] as number) - (origin[a] as number));
  const difference = new Float64Array(size);
  const covariance = new Float64Array(size * size);
  const total = labelling.chance.reduce((sum, pi) => sum + 1 / pi, 0);
  const row = new Float64Array(size);
  for (const [i, pi] of labelling.chance.entries()) {
    fill(row, columns, { units: labelled, from: i, count: 1, capacity: 1, origin });
    for (let a = 0; a < size; a++) {
      row[a] = (row[a] as number) - (mean[a] as number);
      difference[a]! += (row[a] as number) / pi / total;
      for (let b = 0; b <= a; b++)
        covariance[a * size + b]! += ((1 - pi) * (row[a] as number) * (row[b] as number)) / (pi * total) ** 2;
    }
  }
  mirror(covariance, size);
  return { difference, covariance };
}

function permutationTail(of: {
  readonly columns: readonly UnitColumn[];
  readonly parts: readonly Part[];
  readonly units: Uint32Array;
  readonly redraws: number;
  readonly random: Random;
  readonly kept: Kept;
  readonly statistic: number;
}): number {
  const { columns, parts, redraws, random, kept, statistic } = of;
  const units = of.units.slice();
  const difference = new Float64Array(columns.length);
  // Redraws of few different numbers meet the statistic exactly, but for rounding.
  const bar = statistic * (1 - 1e-9);
  let reached = 0;
  for (let draw = 0; draw < redraws; draw++) {
    difference.fill(0);
    for (const part of parts) {
      const { from, count, labelled, share } = part;
      // Labelled units and the others deviate in opposite directions; the fewer are drawn.
      const drawn = Math.min(labelled, count - labelled);
      if (drawn === 0) continue;
      for (let k = 0; k < drawn; k++) {
        const other = from + k + Math.floor(random.uniform() * (count - k));
        const before = units[from + k] as number;
        units[from + k] = units[other] as number;
        units[other] = before;
      }
      const scale = drawn === labelled ? share : (-share * drawn) / labelled;
      addDeviation(difference, columns, { part, units, count: drawn, scale });
    }
    if (quadraticForm(difference, kept) >= bar) reached++;
  }
  return (1 + reached) / (1 + redraws);
}

/** Adds the mean of the first units of a stratum less that of all, times `scale`. */
function addDeviation(
  into: Float64Array,
  columns: readonly UnitColumn[],
  of: { readonly part: Part; readonly units: Uint32Array; readonly count: number; readonly scale: number },
): void {
  const { part, units, count, scale } = of;
  const end = part.from + count;
  for (let j = 0; j < columns.length; j++) {
    const { values, stride, offset, factor } = columns[j] as UnitColumn;
    const zero = part.origin[j] as number;
    let sum = 0;
    if (factor === undefined)
      for (let k = part.from; k < end; k++) sum += (values[(units[k] as number) * stride + offset] as number) - zero;
    else
      for (let k = part.from; k < end; k++) {
        const unit = units[k] as number;
        sum += (values[unit * stride + offset] as number) * (factor[unit] as number) - zero;
      }
    into[j]! += scale * (sum / count - (part.mean[j] as number));
  }
}

/** dᵀ V⁻¹ d = |L⁻¹ d|². */
function quadraticForm(difference: Float64Array, { columns, factor, scratch }: Kept): number {
  const size = columns.length;
  let total = 0;
  for (let i = 0; i < size; i++) {
    let value = difference[columns[i] as number] as number;
    for (let k = 0; k < i; k++) value -= (factor[i * size + k] as number) * (scratch[k] as number);
    value /= factor[i * size + i] as number;
    scratch[i] = value;
    total += value * value;
  }
  return total;
}

const CAPACITY = 500;
const ONES = new Float64Array(CAPACITY).fill(1);

function eachBlock(
  columns: readonly UnitColumn[],
  of: {
    readonly units: Uint32Array;
    readonly from: number;
    readonly count: number;
    readonly origin: Float64Array;
  },
  use: (block: {
    readonly values: Float64Array;
    readonly size: number;
    readonly capacity: number;
    readonly count: number;
  }) => void,
): void {
  const capacity = Math.min(of.count, CAPACITY);
  const values = new Float64Array(capacity * columns.length);
  for (let done = 0; done < of.count; done += capacity) {
    const count = Math.min(capacity, of.count - done);
    fill(values, columns, { ...of, from: of.from + done, count, capacity });
    use({ values, size: columns.length, capacity, count });
  }
}

/** Number k of column j, less its origin, to place j · capacity + k. */
function fill(
  into: Float64Array,
  columns: readonly UnitColumn[],
  of: {
    readonly units: Uint32Array;
    readonly from: number;
    readonly count: number;
    readonly capacity: number;
    readonly origin: Float64Array;
  },
): void {
  const { units, from, count, capacity, origin } = of;
  for (let j = 0; j < columns.length; j++) {
    const { values, stride, offset, factor } = columns[j] as UnitColumn;
    const at = j * capacity;
    const zero = origin[j] as number;
    if (factor === undefined)
      for (let k = 0; k < count; k++)
        into[at + k] = (values[(units[from + k] as number) * stride + offset] as number) - zero;
    else
      for (let k = 0; k < count; k++) {
        const unit = units[from + k] as number;
        into[at + k] = (values[unit * stride + offset] as number) * (factor[unit] as number) - zero;
      }
  }
}

/** The columns that no earlier ones combine to, the Cholesky factor of theirs, and room for as many numbers. */
interface Kept {
  readonly columns: readonly number[];
  readonly factor: Float64Array;
  readonly scratch: Float64Array;
}

function independent(covariance: Float64Array, size: number): Kept {
  let columns = Array.from({ length: size }, (_, a) => a);
  for (;;) {
    const part = Float64Array.from(
      { length: columns.length ** 2 },
      (_, at) =>
        covariance[
          (columns[Math.floor(at / columns.length)] as number) * size + (columns[at % columns.length] as number)
        ] as number,
    );
    const found = cholesky(part, columns.length, { tolerance: 1e-9 });
    if ("factor" in found) return { columns, factor: found.factor, scratch: new Float64Array(columns.length) };
    const dropped = found.dependent;
    columns = columns.filter((_, place) => place !== dropped);
  }
}

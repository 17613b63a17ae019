import type { Measurement } from "../../../src/learners/graphical/model.ts";
import type { Random } from "../../../src/random.ts";

/** All rows of a tiny domain, the last column fastest. */
export function allRows(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, value) => [...row, value])),
    [[]],
  );
}

/** Place of a row's cell in a row-major table over some columns. */
export function cellOf(row: readonly number[], sizes: readonly number[], clique: readonly number[]): number {
  return clique.reduce((cell, column) => cell * (sizes[column] as number) + (row[column] as number), 0);
}

/** A marginal of a joint distribution over all rows. */
export function marginalOfJoint(
  joint: ArrayLike<number>,
  sizes: readonly number[],
  clique: readonly number[],
): Float64Array {
  const out = new Float64Array(clique.reduce((cells, column) => cells * (sizes[column] as number), 1));
  allRows(sizes).forEach((row, i) => {
    out[cellOf(row, sizes, clique)]! += joint[i]!;
  });
  return out;
}

/** The joint distribution of log-potentials over cliques, row-major, scaled to a total. */
export function jointOf(
  sizes: readonly number[],
  factors: readonly { readonly clique: readonly number[]; readonly logs: ArrayLike<number> }[],
  total: number,
): Float64Array {
  const logs = allRows(sizes).map((row) =>
    factors.reduce((sum, { clique, logs: table }) => sum + table[cellOf(row, sizes, clique)]!, 0),
  );
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return Float64Array.from(weights, (weight) => (weight / sum) * total);
}

/** Weighted squared error of a joint distribution against measurements. */
export function errorOf(
  joint: ArrayLike<number>,
  sizes: readonly number[],
  measurements: readonly Measurement[],
): number {
  let error = 0;
  for (const { clique, noisy, sigma } of measurements)
    marginalOfJoint(joint, sizes, clique).forEach((count, i) => {
      error += (count - noisy[i]!) ** 2 / (2 * sigma ** 2);
    });
  return error;
}

/** The joint distribution that fits measurements best, by exponentiated gradient on all cells until nothing moves. */
export function bestJoint(
  sizes: readonly number[],
  measurements: readonly Measurement[],
  { total, iterations = 20_000, allowed }: { total: number; iterations?: number; allowed?: ArrayLike<number> },
): Float64Array {
  const rows = allRows(sizes);
  const cells = measurements.map(({ clique }) => Int32Array.from(rows, (row) => cellOf(row, sizes, clique)));
  const gaps = measurements.map(({ noisy }) => new Float64Array(noisy.length));
  /** The error of a joint; leaves its slopes in `gaps`. */
  const errorAt = (joint: Float64Array): number => {
    let error = 0;
    measurements.forEach(({ noisy, sigma }, m) => {
      const gap = gaps[m]!;
      gap.fill(0);
      const places = cells[m]!;
      for (let i = 0; i < joint.length; i++) gap[places[i]!]! += joint[i]!;
      for (let k = 0; k < gap.length; k++) {
        gap[k] = (gap[k]! - noisy[k]!) / sigma ** 2;
        error += (gap[k]! ** 2 * sigma ** 2) / 2;
      }
    });
    return error;
  };
  const scale = (table: Float64Array): Float64Array => {
    const sum = table.reduce((a, b) => a + b, 0);
    return table.map((mass) => (mass / sum) * total);
  };
  const gradient = new Float64Array(rows.length);
  let joint = scale(Float64Array.from(rows, (_, i) => (allowed && !allowed[i] ? 0 : 1)));
  let step = 1 / total;
  let error = errorAt(joint);
  for (let t = 0; t < iterations; t++) {
    errorAt(joint);
    gradient.fill(0);
    gaps.forEach((gap, m) => {
      const places = cells[m]!;
      for (let i = 0; i < gradient.length; i++) gradient[i]! += gap[places[i]!]!;
    });
    const next = scale(joint.map((mass, i) => mass * Math.exp(-step * gradient[i]!)));
    const nextError = errorAt(next);
    if (nextError <= error) {
      joint = next;
      error = nextError;
      step *= 1.2;
    } else step *= 0.5;
  }
  return joint;
}

export function randomTable(random: Random, cells: number, scale: number): Float64Array {
  return Float64Array.from({ length: cells }, () => scale * random.normal());
}

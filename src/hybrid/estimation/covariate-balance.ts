import { cholesky, solveCholesky } from "../../math/cholesky.ts";
import { chiSquareUpperTail } from "../../math/distributions.ts";
import type { AlarmTest } from "./estimation.ts";
import type { Labelling } from "./labelling.ts";
import type { PairedSample } from "./sample.ts";

/** Whether labelled units look like all units in what is known of every unit: covariates and outcomes of the sources. Under random labelling the
 * difference of means has mean 0 and, exactly, the covariance of sampling without replacement, (1/n − 1/T) S over all units; so the
 * statistic has exactly the mean of a χ² variable with as many degrees of freedom as there are means, and nearly its law. With strata that
 * holds within each; with unequal chances the covariance is estimated from labelled units. Null: nothing to compare.
 * @param options.alpha false-alarm rate
 * @source Hansen & Bowers (2008), "Covariate balance in simple, stratified and clustered comparative studies", Statistical Science 23 */
export function covariateBalance(
  sample: PairedSample,
  { labelling, alpha }: { readonly labelling: Labelling; readonly alpha: number },
): AlarmTest | null {
  const columns = columnsOf(sample);
  if (columns.length === 0 || labelling.unlabelled.length === 0) return null;
  const { difference, covariance } = labelling.isUniform
    ? randomised(columns, { sample, labelling })
    : unequal(columns, { sample, labelling });
  const kept = independent(covariance, columns.length);
  if (kept.columns.length === 0) return null;
  const right = Float64Array.from(kept.columns, (a) => difference[a] as number);
  const solved = solveCholesky(kept.factor, right);
  const statistic = right.reduce((sum, value, k) => sum + value * (solved[k] as number), 0);
  const degreesOfFreedom = kept.columns.length;
  const p = chiSquareUpperTail(statistic, degreesOfFreedom);
  return { name: "covariate-balance", statistic, degreesOfFreedom, p, alpha, rejected: p <= alpha };
}

type Column = (unit: number) => number;

/** Columns that vary, each design once: proxies share that of the units. */
function columnsOf({ sources, width, units }: PairedSample): readonly Column[] {
  const columns: Column[] = [];
  const seen: Float64Array[] = [];
  for (const { design, outcome, kind } of sources) {
    const known = seen.some((other) => other === design) || (kind === "proxy" && seen.length > 0);
    if (!known) {
      seen.push(design);
      for (let j = 0; j < width; j++) columns.push((unit) => design[unit * width + j] as number);
    }
    columns.push((unit) => outcome[unit] as number);
  }
  return columns.filter((column) => {
    const first = column(0);
    for (let t = 1; t < units; t++) if (column(t) !== first) return true;
    return false;
  });
}

interface Comparison {
  readonly difference: Float64Array;
  readonly covariance: Float64Array;
}

function randomised(
  columns: readonly Column[],
  { sample, labelling }: { readonly sample: PairedSample; readonly labelling: Labelling },
): Comparison {
  const size = columns.length;
  const { labelledCount, unlabelledCount } = labelling;
  const difference = new Float64Array(size);
  const covariance = new Float64Array(size * size);
  const stratumOf = strataOf(sample, labelling);
  for (const [h, n] of labelledCount.entries()) {
    const total = n + (unlabelledCount[h] as number);
    const all = spread(columns, { count: sample.units, unit: (t) => t, isIn: (t) => stratumOf(t) === h });
    const labelled = spread(columns, {
      count: sample.labelled.length,
      unit: (i) => sample.labelled[i] as number,
      isIn: (t) => stratumOf(t) === h,
    });
    const part = total / sample.units;
    for (let a = 0; a < size; a++) {
      difference[a] = (difference[a] as number) + part * ((labelled.mean[a] as number) - (all.mean[a] as number));
      for (let b = 0; b < size; b++)
        covariance[a * size + b] =
          (covariance[a * size + b] as number) +
          (part ** 2 * (1 / n - 1 / total) * (all.cross[a * size + b] as number)) / (total - 1);
    }
  }
  return { difference, covariance };
}

/** Means and centred cross products, in two passes. */
function spread(
  columns: readonly Column[],
  rows: { readonly count: number; readonly unit: (k: number) => number; readonly isIn: (unit: number) => boolean },
): { readonly mean: Float64Array; readonly cross: Float64Array } {
  const size = columns.length;
  const mean = new Float64Array(size);
  const cross = new Float64Array(size * size);
  const row = new Float64Array(size);
  let count = 0;
  for (let k = 0; k < rows.count; k++) {
    const unit = rows.unit(k);
    if (!rows.isIn(unit)) continue;
    count++;
    for (let a = 0; a < size; a++) mean[a] = (mean[a] as number) + columns[a]!(unit);
  }
  for (let a = 0; a < size; a++) mean[a] = (mean[a] as number) / count;
  for (let k = 0; k < rows.count; k++) {
    const unit = rows.unit(k);
    if (!rows.isIn(unit)) continue;
    for (let a = 0; a < size; a++) {
      row[a] = columns[a]!(unit) - (mean[a] as number);
      for (let b = 0; b <= a; b++)
        cross[a * size + b] = (cross[a * size + b] as number) + (row[a] as number) * (row[b] as number);
    }
  }
  for (let a = 0; a < size; a++) for (let b = 0; b < a; b++) cross[b * size + a] = cross[a * size + b] as number;
  return { mean, cross };
}

/** The mean weighted by 1/π against that of all units. */
function unequal(
  columns: readonly Column[],
  { sample, labelling }: { readonly sample: PairedSample; readonly labelling: Labelling },
): Comparison {
  const size = columns.length;
  const { mean } = spread(columns, { count: sample.units, unit: (t) => t, isIn: () => true });
  const difference = new Float64Array(size);
  const covariance = new Float64Array(size * size);
  let total = 0;
  for (const pi of labelling.chance) total += 1 / pi;
  const row = new Float64Array(size);
  for (const [i, pi] of labelling.chance.entries()) {
    for (let a = 0; a < size; a++) {
      row[a] = columns[a]!(sample.labelled[i] as number) - (mean[a] as number);
      difference[a] = (difference[a] as number) + (row[a] as number) / pi / total;
      for (let b = 0; b <= a; b++) {
        const value = ((1 - pi) * (row[a] as number) * (row[b] as number)) / (pi * total) ** 2;
        covariance[a * size + b] = (covariance[a * size + b] as number) + value;
        if (b !== a) covariance[b * size + a] = covariance[a * size + b] as number;
      }
    }
  }
  return { difference, covariance };
}

function strataOf({ strata, labelled }: PairedSample, labelling: Labelling): (unit: number) => number {
  if (!strata) return () => 0;
  const places = new Map<number, number>();
  for (const [i, unit] of labelled.entries())
    places.set(strata[unit] as number, labelling.labelledStratum[i] as number);
  return (unit) => places.get(strata[unit] as number) as number;
}

function independent(
  covariance: Float64Array,
  size: number,
): { readonly columns: readonly number[]; readonly factor: Float64Array } {
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
    if ("factor" in found) return { columns, factor: found.factor };
    const dropped = found.dependent;
    columns = columns.filter((_, place) => place !== dropped);
  }
}

import { cholesky, solveCholesky } from "../../math/cholesky.ts";
import { leverageCorrection } from "./labelled-only.ts";
import type { Prepared } from "./prepared.ts";

/** A regression of the influence of real rows on that of the sources, over labelled units. */
export interface Controls {
  /** p × q, q = sources × p: Λ. */
  readonly slopes: Float64Array;
  /** n × p: what each labelled unit contributes to the controlled estimate, residuals corrected for leverage and centred within strata. */
  readonly contributions: Float64Array;
}

/** Fits the controls of each coefficient. Controls that repeat others get the slope 0. */
export function controlsOf(prepared: Prepared, form: "matching" | "joint"): Controls {
  const { sample, sources } = prepared;
  const { width } = sample;
  const inner = sources.length * width;
  const n = sample.labelled.length;
  const slopes = new Float64Array(width * inner);
  const contributions = new Float64Array(n * width);
  for (let j = 0; j < width; j++) {
    const columns: number[] = [];
    for (let at = 0; at < inner; at++) if (form === "joint" || at % width === j) columns.push(at);
    const one = controlOne(prepared, { coefficient: j, columns, form });
    for (const [k, column] of columns.entries()) slopes[j * inner + column] = one.slopes[k] as number;
    for (let i = 0; i < n; i++) contributions[i * width + j] = one.contributions[i] as number;
  }
  return { slopes, contributions };
}

/** What each labelled unit counts for in the controlled mean, by linearity: Σ g φ is the controlled estimate for any outcome of the real rows.
 * @param shift sources: estimates on labelled units less those on all; of a sample with one coefficient
 * @returns n, summing to 1 */
export function calibratedShares(prepared: Prepared, shift: Float64Array): Float64Array {
  const { share, chance } = prepared.labelling;
  const { kept, factor, regressors } = regressionOf(prepared, {
    coefficient: 0,
    columns: Array.from(shift, (_, m) => m),
  });
  const solved = solveCholesky(
    factor,
    Float64Array.from(kept, (a) => shift[a] as number),
  );
  const shares = share.map((c, i) => {
    let pull = 0;
    for (const [k, a] of kept.entries()) pull += (solved[k] as number) * (regressors[a]![i] as number);
    return c * (1 - (1 - (chance[i] as number)) * pull);
  });
  const total = shares.reduce((sum, value) => sum + value, 0);
  return shares.map((value) => value / total);
}

function controlOne(
  prepared: Prepared,
  options: {
    readonly coefficient: number;
    readonly columns: readonly number[];
    readonly form: "matching" | "joint";
  },
): { readonly slopes: Float64Array; readonly contributions: Float64Array } {
  const { form, coefficient } = options;
  const { sample, influence, leverage, labelling, family } = prepared;
  const { share, unitShare } = labelling;
  const { kept, factor, controls, regressors, right } = regressionOf(prepared, options);
  const solution = solveCholesky(
    factor,
    Float64Array.from(kept, (a) => right[a] as number),
  );
  const slopes = new Float64Array(controls.length);
  for (const [k, a] of kept.entries()) slopes[a] = solution[k] as number;
  const fitted = share.map((_, i) => slopes.reduce((sum, slope, a) => sum + slope * (controls[a]![i] as number), 0));
  const isMean = family.kind === "mean";
  const residual = centred(
    share.map((c, i) => {
      // The leverage of the controls holds the centre, and with it all there is to correct for a mean.
      const pull = isMean && form === "matching" ? 1 : leverageCorrection(isMean, leverage[i] as number);
      return (c * (influence[i * sample.width + coefficient] as number)) / pull - (fitted[i] as number);
    }),
    prepared,
  );
  const ofUnit = centred(
    share.map((c, i) => ((fitted[i] as number) * (unitShare[i] as number)) / c),
    prepared,
  );
  const contributions = residual.map((value, i) => {
    const own = form === "joint" ? 0 : controlLeverage(prepared, { i, kept, factor, regressors });
    return value / Math.sqrt(1 - own) + (ofUnit[i] as number);
  });
  return { slopes, contributions };
}

/** Normal equations of the real influence on the controls, both by share and centred within strata, weighted by 1 − π. */
function regressionOf(
  prepared: Prepared,
  { coefficient, columns }: { readonly coefficient: number; readonly columns: readonly number[] },
): {
  readonly controls: readonly Float64Array[];
  readonly regressors: readonly Float64Array[];
  readonly right: Float64Array;
  readonly kept: readonly number[];
  readonly factor: Float64Array;
} {
  const { share, chance } = prepared.labelling;
  const { width } = prepared.sample;
  const size = columns.length;
  const target = centred(
    share.map((c, i) => c * (prepared.influence[i * width + coefficient] as number)),
    prepared,
  );
  const controls = columns.map((column) => {
    const { influence } = prepared.sources[Math.floor(column / width)]!;
    return share.map((c, i) => c * (influence[i * width + (column % width)] as number));
  });
  const regressors = controls.map((values) => centred(values, prepared));
  const cross = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (let a = 0; a < size; a++)
    for (let i = 0; i < share.length; i++) {
      const x = (1 - (chance[i] as number)) * (regressors[a]![i] as number);
      right[a] = (right[a] as number) + x * (target[i] as number);
      for (let b = 0; b <= a; b++)
        cross[a * size + b] = (cross[a * size + b] as number) + x * (regressors[b]![i] as number);
    }
  return { controls, regressors, right, ...independentColumns(cross, size) };
}

/** Pull of a labelled unit on its own value in the regression on the controls, its stratum's mean included. */
function controlLeverage(
  { labelling }: Prepared,
  options: {
    readonly i: number;
    readonly kept: readonly number[];
    readonly factor: Float64Array;
    readonly regressors: readonly Float64Array[];
  },
): number {
  const { i, kept, factor, regressors } = options;
  const x = Float64Array.from(kept, (a) => regressors[a]![i] as number);
  const solved = solveCholesky(factor, x);
  let sum = labelling.isUniform ? 1 / (labelling.labelledCount[labelling.labelledStratum[i] as number] as number) : 0;
  for (let k = 0; k < x.length; k++)
    sum += (1 - (labelling.chance[i] as number)) * (x[k] as number) * (solved[k] as number);
  return Math.min(sum, MOST_LEVERAGE);
}

const MOST_LEVERAGE = 1 - 1e-6;

/** The columns that no earlier ones combine to, and the Cholesky factor of theirs. */
function independentColumns(
  cross: Float64Array,
  size: number,
): { readonly kept: readonly number[]; readonly factor: Float64Array } {
  let kept = Array.from({ length: size }, (_, a) => a);
  for (;;) {
    const part = Float64Array.from(
      { length: kept.length ** 2 },
      (_, at) =>
        cross[lower(kept[Math.floor(at / kept.length)] as number, kept[at % kept.length] as number, size)] as number,
    );
    const found = cholesky(part, kept.length);
    if ("factor" in found) return { kept, factor: found.factor };
    const dropped = found.dependent;
    kept = kept.filter((_, place) => place !== dropped);
  }
}

function lower(a: number, b: number, size: number): number {
  return a >= b ? a * size + b : b * size + a;
}

/** Less the mean of its stratum; as it is where chances differ within strata, since it then has no mean in common. */
function centred(values: Float64Array, { labelling }: Prepared): Float64Array {
  if (!labelling.isUniform) return values;
  const { labelledStratum, labelledCount } = labelling;
  const sums = new Float64Array(labelledCount.length);
  for (let i = 0; i < values.length; i++) sums[labelledStratum[i] as number]! += values[i] as number;
  return values.map(
    (value, i) =>
      value - (sums[labelledStratum[i] as number] as number) / (labelledCount[labelledStratum[i] as number] as number),
  );
}

import type { Estimation } from "../hybrid/estimation/estimation.ts";
import { labellingOf } from "../hybrid/estimation/labelling.ts";
import type { PairedSample } from "../hybrid/estimation/sample.ts";
import type { Outcome } from "../hybrid/formula/outcome.ts";

/** Where labels carry no interval though one could be computed: the methods would give one that is far too short. */
export interface InferLimits {
  /** Why there is none, a whole sentence; null: there is one. */
  readonly impossible: string | null;
  /** Why intervals are rough, whole sentences. */
  readonly rough: readonly string[];
}

/** Labelled units that each coefficient should have of the rarer of two outcomes. */
const FEWEST_EVENTS = 10;

/** Labelled units beside coefficients, in units of equal weight, below which Student's t is too short. */
const FEWEST_EQUAL = 30;

/** Looks at the labels themselves: outcomes that do not vary, or of which one is rare; terms that leave no error; weights of a few units that
 * stand for all.
 * @param of.alone the estimate of labelled rows alone
 * @source Kish (1965), "Survey Sampling" (Σw)² / Σw²; Peduzzi et al. (1996), Journal of Clinical Epidemiology 49 (ten events per variable) */
export function inferLimits(
  sample: PairedSample,
  { outcome, alone }: { readonly outcome: Outcome; readonly alone: Estimation | undefined },
): InferLimits {
  const { labelled, width, real } = sample;
  const n = labelled.length;
  const { kind } = outcome.family;
  const equal = 1 / labellingOf(sample).share.reduce((sum, share) => sum + share * share, 0);
  const none = (impossible: string): InferLimits => ({ impossible, rough: [] });
  if (equal < n - 0.5 && equal < width + 2)
    return none(
      `Weights or chances are so unequal that the ${n} labelled units count as ${equal.toFixed(1)}: a few stand for nearly all, and no interval can be had from them. Trim the weights, or label more of the units that are heavy.`,
    );
  // The middle of values that are all one is well known; how far others lie from a mean is not.
  if (kind !== "quantile" && real.outcome.every((value) => value === real.outcome[0]))
    return none(
      `All ${n} labelled units have the same ${outcome.label}: how often others occur cannot be told from them. Label more units.`,
    );
  if (kind === "ols" && alone && isExact(sample, alone))
    return none(
      `The terms give ${outcome.label} without an error for all ${n} labelled units: one of them says the same as the outcome. Leave it out of the formula.`,
    );
  const rough: string[] = [];
  if (equal < n - 0.5 && equal < width + FEWEST_EQUAL)
    rough.push(
      `With such unequal weights or chances the ${n} labelled units count as ${Math.round(equal)}: intervals take them for ${n}, and are too short.`,
    );
  const ones = real.outcome.filter((value) => value === 1).length;
  const rarer = Math.min(ones, n - ones);
  if (
    (kind === "mean" || kind === "logistic") &&
    real.outcome.every((value) => value === 0 || value === 1) &&
    rarer < FEWEST_EVENTS * width
  )
    rough.push(
      `Of ${n} labelled units ${rarer} ${rarer === 1 ? "has" : "have"} the rarer ${outcome.label}${width > 1 ? `, for ${width} coefficients` : ""}: with fewer than ${FEWEST_EVENTS}${width > 1 ? " for each" : ""} intervals are rough.`,
    );
  return { impossible: null, rough };
}

/** No residual is larger than rounding. */
function isExact({ real, width }: PairedSample, { terms }: Estimation): boolean {
  let residual = 0;
  let size = 0;
  for (const [i, y] of real.outcome.entries()) {
    const fitted = terms.reduce((sum, { value }, j) => sum + value * (real.design[i * width + j] as number), 0);
    residual += (y - fitted) ** 2;
    size += y * y;
  }
  return residual <= 1e-18 * size;
}

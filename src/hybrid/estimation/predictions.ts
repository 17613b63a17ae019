import type { CrossFitted } from "./cross-fitted.ts";
import type { Labelling } from "./labelling.ts";
import type { Link } from "./link.ts";
import type { Rows } from "./rows.ts";
import type { AuxiliarySource, PairedSample } from "./sample.ts";

/** What prediction-powered inference takes: labelled rows with real and predicted outcomes, and unlabelled ones with predicted outcomes. */
export interface Predictions {
  readonly terms: readonly string[];
  readonly link: Link;
  /** A mean divides squares by n, a regression by n − 1. */
  readonly isMean: boolean;
  /** n labelled rows. */
  readonly real: Rows;
  /** The same designs and weights, predicted outcomes. */
  readonly predicted: Rows;
  /** N unlabelled rows. */
  readonly unlabelled: Rows;
  /** Labelled and unlabelled units of each stratum, and the stratum of each row; absent: one stratum. */
  readonly strata?: Pick<Labelling, "labelledStratum" | "unlabelledStratum" | "labelledCount" | "unlabelledCount">;
}

/** Predictions of a proxy, or the sentence why there are none: labelled and unlabelled units must be samples of the same units. */
export function predictionsOf(
  sample: PairedSample,
  options: {
    readonly labelling: Labelling;
    readonly link: Link;
    readonly isMean: boolean;
    readonly proxy: AuxiliarySource | undefined;
  },
): Predictions | string {
  const { labelling, proxy } = options;
  if (!proxy)
    return "It needs a proxy, a predicted outcome beside the real covariates, and there is none that carries something.";
  const unusable = unequal(labelling);
  if (unusable) return unusable;
  return {
    ...common(sample, options),
    predicted: {
      design: sample.real.design,
      outcome: Float64Array.from(sample.labelled, (t) => proxy.outcome[t] as number),
      width: sample.width,
      weights: labelling.share,
    },
    unlabelled: {
      design: proxy.design,
      outcome: proxy.outcome,
      width: sample.width,
      units: labelling.unlabelled,
      weights: unlabelledWeights(labelling),
    },
  };
}

/** Cross-fitted predictions: of a labelled unit by the model that was fitted without its fold, of an unlabelled one by the mean of all models.
 * @source Zrnic & Candès (2024), "Cross-prediction-powered inference", PNAS 121 */
export function crossFittedPredictions(
  sample: PairedSample,
  options: {
    readonly labelling: Labelling;
    readonly link: Link;
    readonly isMean: boolean;
    readonly crossFitted: CrossFitted | undefined;
  },
): Predictions | string {
  const { labelling, crossFitted } = options;
  if (!crossFitted)
    return "It needs models that were each fitted without one fold of the labelled rows, and there are none.";
  const unusable = unequal(labelling);
  if (unusable) return unusable;
  const { design, predictions, foldOf } = crossFitted;
  const outcome = new Float64Array(sample.units);
  for (const values of predictions)
    for (let t = 0; t < outcome.length; t++) outcome[t]! += (values[t] as number) / predictions.length;
  return {
    ...common(sample, options),
    predicted: {
      design: sample.real.design,
      outcome: Float64Array.from(sample.labelled, (t, i) => predictions[foldOf[i] as number]![t] as number),
      width: sample.width,
      weights: labelling.share,
    },
    unlabelled: {
      design,
      outcome,
      width: sample.width,
      units: labelling.unlabelled,
      weights: unlabelledWeights(labelling),
    },
  };
}

function common(
  sample: PairedSample,
  { labelling, link, isMean }: { readonly labelling: Labelling; readonly link: Link; readonly isMean: boolean },
): Pick<Predictions, "terms" | "link" | "isMean" | "real" | "strata"> {
  return {
    terms: sample.terms,
    link,
    isMean,
    real: { ...sample.real, width: sample.width, weights: labelling.share },
    ...(labelling.labelledCount.length > 1 ? { strata: labelling } : {}),
  };
}

function unequal({ isUniform, unlabelled, unlabelledCount }: Labelling): string | null {
  if (unlabelled.length < 2) return "Every unit is labelled; predictions have nothing to add.";
  if (!isUniform)
    return "It compares labelled with unlabelled units, and where labelling chances differ these are not alike; the control variate does not need that.";
  if (unlabelledCount.some((count) => count < 2))
    return "It needs unlabelled units in every stratum, and there is a stratum without them.";
  return null;
}

/** Unlabelled units stand for their whole stratum. */
function unlabelledWeights({
  weights,
  unlabelled,
  unlabelledStratum,
  labelledCount,
  unlabelledCount,
}: Labelling): Float64Array | undefined {
  if (!weights && labelledCount.length === 1) return undefined;
  return Float64Array.from(unlabelled, (t, j) => {
    const left = unlabelledCount[unlabelledStratum[j] as number] as number;
    const total = left + (labelledCount[unlabelledStratum[j] as number] as number);
    return ((weights ? (weights[t] as number) : 1) * total) / left;
  });
}

import { InvalidArgument } from "../../errors.ts";
import { type Random, randomFromSeed } from "../../random.ts";
import { checkSample } from "./check-sample.ts";
import { controlledDegrees, controlVariate } from "./control-variate.ts";
import { covariateBalance } from "./covariate-balance.ts";
import type { CrossFitted } from "./cross-fitted.ts";
import {
  type AlarmTest,
  type Estimation,
  type Inference,
  METHODS,
  type MethodName,
  type NoEstimation,
} from "./estimation.ts";
import { variancesOf } from "./estimation-of.ts";
import { gmmTwoStep, solveGmm } from "./gmm-two-step.ts";
import type { RelabellingOptions } from "./labelled-against-all.ts";
import { labelledOnly } from "./labelled-only.ts";
import { type Labelling, labellingOf } from "./labelling.ts";
import { linkOf } from "./link.ts";
import { naivePooling } from "./naive-pooling.ts";
import { naiveQuantile } from "./naive-quantile.ts";
import { overidentification } from "./overidentification.ts";
import { predictionPowered, rectifiedAt } from "./ppi-plus-plus.ts";
import { predictionPoweredQuantile } from "./ppi-quantile.ts";
import { crossFittedPredictions, predictionsOf } from "./predictions.ts";
import { prepare } from "./prepared.ts";
import { quantileEstimates } from "./quantile.ts";
import type { Family, PairedSample } from "./sample.ts";

/** What an inference may be told besides the sample. */
export interface InferenceOptions {
  /** Of every interval; .9. */
  readonly level?: number | undefined;
  /** The false-alarm rate of each alarm test; .05. */
  readonly alpha?: number | undefined;
  /** For cross-PPI; absent: the method says that it does not apply. */
  readonly crossFitted?: CrossFitted | undefined;
  /** How often the alarm tests label other units in the place of those that are; 999. */
  readonly redraws?: number | undefined;
  /** For these redraws; absent: a stream of its own, always the same. */
  readonly random?: Random | undefined;
}

/** Everything that can be said of a sample: an estimate by each method, which of them to use, and two alarm tests.
 * @throws {InvalidArgument} a level, an alpha or a probability out of range
 * @throws {InvalidData} too few labelled rows even for labelled-only, collinear or separated terms, weights or chances out of range; with advice */
export function inferSample(sample: PairedSample, family: Family, options: InferenceOptions = {}): Inference {
  const { level = 0.9, alpha = 0.05, crossFitted } = options;
  for (const [name, value] of [
    ["level", level],
    ["alpha", alpha],
  ] as const)
    if (!(value > 0 && value < 1))
      throw new InvalidArgument(`bad-${name}`, `The ${name} must be strictly between 0 and 1, not ${value}.`);
  checkSample(sample, family);
  const relabelling: RelabellingOptions = {
    labelled: sample.labelled,
    labelling: labellingOf(sample),
    alpha,
    redraws: options.redraws ?? 999,
    random: options.random ?? randomFromSeed(0),
  };
  const found =
    family.kind === "quantile"
      ? quantileResults(sample, { probability: family.probability, level, crossFitted })
      : regressionResults(sample, { family, level, crossFitted, relabelling });
  const balance = covariateBalance(sample, { ...relabelling, random: relabelling.random.split("covariate-balance") });
  const refusal = refusalOf(found);
  return {
    level,
    labelled: sample.labelled.length,
    units: sample.units,
    primary: refusal === null ? "control-variate" : "labelled-only",
    refusal,
    estimations: METHODS.map((method) => found.estimations.get(method) as Estimation | NoEstimation),
    overidentification: found.overidentification,
    covariateBalance: balance,
    notices: found.notices,
  };
}

/** Below so many degrees of freedom the interval of the closed form is not to be trusted. */
const LEAST_DEGREES = 30;

interface Results {
  readonly estimations: ReadonlyMap<MethodName, Estimation | NoEstimation>;
  readonly overidentification: AlarmTest | null;
  readonly notices: readonly string[];
  /** Of the closed form. */
  readonly degreesOfFreedom: number;
}

function regressionResults(
  sample: PairedSample,
  options: {
    readonly family: Family;
    readonly level: number;
    readonly crossFitted: CrossFitted | undefined;
    readonly relabelling: RelabellingOptions;
  },
): Results {
  const { family, level, crossFitted, relabelling } = options;
  const prepared = prepare(sample, family);
  const { labelling, link } = prepared;
  const solution = solveGmm(prepared);
  const labelled = labelledOnly(prepared, level);
  const labelledVariance = variancesOf(labelled.covariance, sample.width);
  const proxies = prepared.sources.filter(({ source }) => source.kind === "proxy");
  const from = { labelling, link, isMean: family.kind === "mean" };
  const predictions = predictionsOf(sample, { ...from, proxy: proxies[0]?.source });
  const crossed = crossFittedPredictions(sample, { ...from, crossFitted });
  const whole = typeof predictions === "string" ? predictions : rectifiedAt(predictions, 1);
  const powered = (method: "ppi" | "ppi-plus-plus" | "cross-ppi"): Estimation | NoEstimation => {
    const given = method === "cross-ppi" ? crossed : predictions;
    if (typeof given === "string") return { method, notComputable: given };
    return predictionPowered(given, {
      method,
      level,
      labelledVariance,
      lambda: method === "ppi-plus-plus" ? undefined : 1,
      ...(method === "cross-ppi" ? {} : { whole }),
    });
  };
  const estimations = [
    controlVariate(prepared, { level }),
    labelled,
    powered("ppi"),
    powered("ppi-plus-plus"),
    powered("cross-ppi"),
    gmmTwoStep(prepared, { level, solution }),
    naivePooling(sample, { labelling, link, level }),
  ];
  return {
    estimations: new Map(estimations.map((item) => [item.method, item])),
    overidentification: overidentification(prepared, {
      ...relabelling,
      random: relabelling.random.split("overidentification"),
    }),
    notices: [...prepared.notices, ...firstProxy(proxies.map(({ source }) => source.name))],
    degreesOfFreedom: controlledDegrees(prepared, "matching"),
  };
}

function quantileResults(
  sample: PairedSample,
  options: {
    readonly probability: number;
    readonly level: number;
    readonly crossFitted: CrossFitted | undefined;
  },
): Results {
  const { probability, level } = options;
  const { labelled, controlled, controls, notices } = quantileEstimates(sample, { probability, level });
  const labelling: Labelling = labellingOf(sample);
  const proxies = sample.sources.filter(({ kind }) => kind === "proxy");
  const predictions = predictionsOf(sample, {
    labelling,
    link: linkOf({ kind: "mean" }) ?? "identity",
    isMean: true,
    proxy: proxies[0],
  });
  const none = (method: MethodName, notComputable: string): NoEstimation => ({ method, notComputable });
  const estimations = [
    controlled,
    labelled,
    typeof predictions === "string"
      ? none("ppi", predictions)
      : predictionPoweredQuantile(predictions, { probability, level, labelledVariance: labelled.covariance[0] }),
    none("ppi-plus-plus", "Power tuning is not defined for quantiles; the control variate does what it would do."),
    none("cross-ppi", "Cross-fitted predictions of a quantile are not supported; give them as a proxy."),
    none("gmm-two-step", "It needs moments that have a slope, and those of a quantile are steps."),
    naiveQuantile(sample, { labelling, probability, level }),
  ];
  return {
    estimations: new Map(estimations.map((item) => [item.method, item])),
    overidentification: null,
    notices: [...notices, ...firstProxy(proxies.map(({ name }) => name))],
    degreesOfFreedom: sample.labelled.length - 1 - controls - (labelling.labelledCount.length - 1),
  };
}

function refusalOf({ estimations, degreesOfFreedom }: Results): string | null {
  const closed = estimations.get("control-variate") as Estimation | NoEstimation;
  if ("notComputable" in closed) return closed.notComputable;
  if (degreesOfFreedom >= LEAST_DEGREES) return null;
  return `The labelled rows leave ${degreesOfFreedom} degrees of freedom beside coefficients and sources, and an interval that uses the sources needs ${LEAST_DEGREES}; labelled rows alone are used. Label some ${LEAST_DEGREES - degreesOfFreedom} more.`;
}

function firstProxy(names: readonly string[]): readonly string[] {
  return names.length > 1 ? [`PPI and PPI++ take one proxy, the first: "${names[0]}". The others use all.`] : [];
}

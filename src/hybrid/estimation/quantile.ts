import { InvalidData } from "../../errors.ts";
import { controlVariate } from "./control-variate.ts";
import { calibratedShares } from "./controls.ts";
import type { Estimation, MethodName, NoEstimation } from "./estimation.ts";
import { quantileOf } from "./estimation-of.ts";
import { labelledOnly } from "./labelled-only.ts";
import { type Prepared, prepare } from "./prepared.ts";
import type { PairedSample } from "./sample.ts";
import { weightedQuantile } from "./weighted-quantile.ts";

/** Estimates of a quantile from labelled rows, and from those under control of the sources.
 *
 * Both turn round a test of the share of outcomes at or below a value: the interval holds the values at which the share, less `probability`, is within t standard errors of 0,
 * the standard error being that at the estimate (Woodruff). No density has to be estimated. The control of a source is whether its outcome lies at or
 * below its own quantile; since Λ is linear in the real outcomes, each labelled unit gets one calibrated share, whatever the value. Ends fall
 * on outcomes, outwards, so that intervals of few or tied outcomes are rather too long.
 * @returns labelled-only, then control-variate
 * @throws {InvalidData} too few labelled units on one side of the quantile
 * @source Woodruff (1952), JASA 47; Chen & Qin (1993), Biometrika 80; Francisco & Fuller (1991), Annals of Statistics 19 */
export function quantileEstimates(
  sample: PairedSample,
  { probability, level }: { readonly probability: number; readonly level: number },
): {
  readonly labelled: Estimation;
  readonly controlled: Estimation | NoEstimation;
  readonly controls: number;
  readonly notices: readonly string[];
} {
  const { outcome } = sample.real;
  const indicators = sample.sources.map((source) => {
    const threshold = weightedQuantile(source.outcome, { probability, weights: sample.weights });
    return { ...source, outcome: source.outcome.map((y) => (y <= threshold ? 1 : 0)) };
  });
  const at = (value: number): Prepared =>
    prepare(
      {
        ...sample,
        real: { design: sample.real.design, outcome: outcome.map((y) => (y <= value ? 1 : 0)) },
        sources: indicators,
      },
      { kind: "mean" },
    );
  const { share } = at(Number.NEGATIVE_INFINITY).labelling;
  const plain = weightedQuantile(outcome, { probability, weights: share });
  const first = labelledOnly(at(plain), level);
  const labelled = inverted(sample, {
    method: "labelled-only",
    probability,
    level,
    shares: share,
    value: plain,
    of: first,
  });
  if ("notComputable" in labelled)
    throw new InvalidData("too-few-labelled", labelled.notComputable, {
      advice: "Label more units, or ask for a quantile nearer the middle.",
    });
  const prepared = at(plain);
  return { labelled, ...controlledBy(prepared, { sample, probability, level, at }) };
}

function controlledBy(
  prepared: Prepared,
  options: {
    readonly sample: PairedSample;
    readonly probability: number;
    readonly level: number;
    readonly at: (value: number) => Prepared;
  },
): { readonly controlled: Estimation | NoEstimation; readonly controls: number; readonly notices: readonly string[] } {
  const { sample, probability, level, at } = options;
  const { sources, notices } = prepared;
  const shift = Float64Array.from(sources, (source) => source.shift[0] as number);
  const rest = { controls: sources.length, notices };
  if (sources.length === 0 || prepared.labelling.unlabelled.length === 0)
    return { controlled: controlVariate(prepared, { level }), ...rest };
  const shares = calibratedShares(prepared, shift);
  const value = weightedQuantile(sample.real.outcome, { probability, weights: shares });
  const of = controlVariate(at(value), { level });
  if (!("terms" in of)) return { controlled: of, ...rest };
  return {
    controlled: inverted(sample, { method: "control-variate", probability, level, shares, value, of }),
    ...rest,
  };
}

/** The interval of a quantile from the standard error of the share below it. */
function inverted(
  { real, terms }: PairedSample,
  options: {
    readonly method: MethodName;
    readonly probability: number;
    readonly level: number;
    readonly shares: Float64Array;
    readonly value: number;
    readonly of: Estimation;
  },
): Estimation | NoEstimation {
  const { method, probability, level, shares, value, of } = options;
  const t = quantileOf(level, of.degreesOfFreedom);
  const reach = t * of.terms[0]!.standardError;
  const { low, high } = ends(real.outcome, { shares, from: probability - reach, to: probability + reach });
  if (low === null || high === null)
    return {
      method,
      notComputable: `The interval of the ${probability} quantile goes past the ${low === null ? "lowest" : "highest"} of ${real.outcome.length} labelled outcomes.`,
    };
  const standardError = (high - low) / (2 * t);
  return {
    method,
    terms: [{ term: terms[0] as string, value, standardError, low, high, effectiveN: of.terms[0]!.effectiveN }],
    covariance: Float64Array.of(standardError ** 2),
    degreesOfFreedom: of.degreesOfFreedom,
  };
}

/** The outermost outcomes between two shares, half of an outcome's own share counting as below it. */
function ends(
  outcome: Float64Array,
  { shares, from, to }: { readonly shares: Float64Array; readonly from: number; readonly to: number },
): { readonly low: number | null; readonly high: number | null } {
  const order = Uint32Array.from(outcome, (_, i) => i).sort((a, b) => (outcome[a] as number) - (outcome[b] as number));
  let below = 0;
  let low: number | null = null;
  let high: number | null = null;
  for (const i of order) {
    const middle = below + (shares[i] as number) / 2;
    if (middle <= from) low = outcome[i] as number;
    if (middle >= to && high === null) high = outcome[i] as number;
    below += shares[i] as number;
  }
  return { low, high };
}

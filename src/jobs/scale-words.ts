import { compact, interval, number, percent } from "../evidence/report/format.ts";
import type { PilotMetric } from "../hybrid/planner/pilot.ts";
import { FARTHEST, type FittedAnalysis, type ScalingAnalysis, type TargetAnswer } from "../hybrid/scaling/analysis.ts";
import { isForetold } from "../hybrid/scaling/held-out.ts";

/** What an analysis says, in whole sentences, the one that answers first.
 * @param analysis in the metric's own units */
export function scaleSentences(analysis: ScalingAnalysis, metric: PilotMetric): readonly string[] {
  const { fitted, falling } = analysis;
  if (fitted === null)
    return [
      falling.direction === "rises"
        ? `There is no law: ${lossWord(metric)} rises with the size (by ${percent(2 ** falling.slope - 1)} at each doubling).`
        : `There is no law to fit: ${lossWord(metric)} does not fall with the size by more than the points scatter (p = ${number(falling.p)}).`,
    ];
  return [
    ...(fitted.target ? [targetWords(fitted.target, { analysis, fitted, metric })] : []),
    ...fitted.predictions.map((prediction) =>
      prediction.answer === null
        ? refusedWords(prediction.size, analysis)
        : `At size ${number(prediction.size)} the law foretells ${metric.name} ${interval(prediction.answer)}.`,
    ),
    doublingWords(fitted, metric),
    limitWords(fitted, metric),
    heldOutWords(fitted),
    comparedWords(fitted),
    ...identifiedWords(analysis, fitted),
  ];
}

interface Of {
  readonly analysis: ScalingAnalysis;
  readonly fitted: FittedAnalysis;
  readonly metric: PilotMetric;
}

function targetWords(answer: TargetAnswer, { analysis, fitted, metric }: Of): string {
  const target = `${metric.name} ${compact(answer.target)}`;
  const most = number(FARTHEST * largestOf(analysis));
  if (answer.verdict === "unreachable")
    return `More data cannot bring ${target}: the law ends at ${interval(fitted.limit)}.`;
  if (answer.verdict === "beyond") {
    const why = reaches(fitted, { value: answer.target, metric })
      ? `by the law it is not reached up to ${FARTHEST} times the largest size (${most})`
      : `the law ends at ${interval(fitted.limit)}, short of it`;
    return `No size within reach brings ${target}: ${why}${answer.low === null ? "" : `; the points do not rule out that ${number(answer.low)} would do`}.`;
  }
  const size = answer.size as number;
  const smallest = analysis.rungs[0]?.size as number;
  if (size < smallest)
    return `Reaching ${target} takes less than the smallest size that was measured (${number(smallest)}).`;
  const low = answer.low as number;
  return `Reaching ${target} takes a size of about ${number(rounded(size))} (${number(rounded(low))} to ${
    answer.high === null ? `beyond ${most}, where nothing is said` : number(rounded(answer.high))
  }).`;
}

function refusedWords(size: number, analysis: ScalingAnalysis): string {
  const largest = largestOf(analysis);
  return `Size ${number(size)} is ${number(size / largest)} times the largest that was measured (${number(largest)}); beyond ${FARTHEST} times nothing is foretold.`;
}

function doublingWords(fitted: FittedAnalysis, metric: PilotMetric): string {
  const { doubling } = fitted;
  const after = metric.better === "lower" ? doubling.before - doubling.value : doubling.before + doubling.value;
  const shown = (value: number): string => withPlacesOf(doubling.value, value);
  return `Doubling the data, from ${number(doubling.from)} to ${number(doubling.to)}, would take ${metric.name} from ${shown(doubling.before)} to ${shown(after)}: ${interval(doubling)} ${metric.better === "lower" ? "less" : "more"}.`;
}

function limitWords(fitted: FittedAnalysis, metric: PilotMetric): string {
  const { limit, parameters } = fitted;
  const [side, word] = metric.better === "lower" ? ["below", "floor"] : ["above", "ceiling"];
  const open = parameters.floor.profile?.lowOpen;
  return open
    ? `Whether there is a ${word} cannot be told: it lies between ${number(limit.low)} and ${number(limit.high)}.`
    : `No amount of data takes it ${side} ${interval(limit)}.`;
}

function heldOutWords({ heldOut }: FittedAnalysis): string {
  const { rectified, power, measured } = heldOut;
  return `Fitted without the largest size (${number(heldOut.size)}), the law foretold ${interval(rectified)} there; measured was ${number(measured)}, ${isForetold(heldOut) ? "inside" : "OUTSIDE"} the interval, ${percent(Math.abs(Math.expm1(rectified.logError)))} off in loss. A plain power law was ${percent(Math.abs(Math.expm1(power.logError)))} off.`;
}

function comparedWords(fitted: FittedAnalysis): string {
  const { aicc, power } = fitted;
  if (aicc === null || power.aicc === null) return "There are too few points to weigh the two laws by AICc.";
  const gain = power.aicc - aicc;
  const by = number(Math.abs(gain));
  if (gain > 2) return `AICc prefers the rectified law to a plain power law by ${by}.`;
  if (gain < -2)
    return `AICc prefers a plain power law by ${by}: the points show no bend, and the rectified law pays for a parameter that it does not need.`;
  return `AICc does not tell the rectified law from a plain power law (${by} apart).`;
}

function identifiedWords(analysis: ScalingAnalysis, fitted: FittedAnalysis): readonly string[] {
  const { exponent, learnt } = fitted.parameters;
  const { knee } = fitted;
  const largest = largestOf(analysis);
  return [
    learnt.profile?.lowOpen
      ? "There is no sign of a knee: 0 is in the interval of what was learnt before."
      : `The knee, from which the loss falls as a power law, is at size ${number(rounded(knee.value))} (${number(rounded(knee.low))} to ${number(rounded(knee.high))}).`,
    ...(learnt.profile?.highOpen || knee.high > largest
      ? [
          "The knee may lie beyond the largest size: the steep part of the law has hardly been seen, and what is foretold rests on its form.",
        ]
      : []),
    ...(exponent.profile?.lowOpen || exponent.profile?.highOpen
      ? ["The exponent is weakly identified: its interval runs into the end of what is looked at (0.01 to 3)."]
      : []),
    ...(fitted.parameters.floor.profile?.highOpen
      ? ["The floor is weakly identified: it may be as high as the lowest loss that was measured."]
      : []),
  ];
}

/** Whether the law gets to a value at all. */
function reaches(fitted: FittedAnalysis, of: { readonly value: number; readonly metric: PilotMetric }): boolean {
  return of.metric.better === "lower" ? of.value > fitted.limit.value : of.value < fitted.limit.value;
}

function lossWord(metric: PilotMetric): string {
  return metric.better === "lower" ? metric.name : `the distance of ${metric.name} to ${compact(metric.perfect)}`;
}

function largestOf(analysis: ScalingAnalysis): number {
  return analysis.rungs.at(-1)?.size as number;
}

/** A number with as many digits as show a change of so much. */
function withPlacesOf(change: number, value: number): string {
  const digits = Math.ceil(Math.log10(Math.abs(value / change))) + 1;
  return Number.isFinite(digits) && digits > 3
    ? String(Number(value.toPrecision(Math.min(12, digits))))
    : number(value);
}

/** Sizes that were computed read better with three digits. */
function rounded(size: number): number {
  return Number(size.toPrecision(3));
}

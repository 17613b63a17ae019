import { metricOf, type PilotMetric } from "../planner/pilot.ts";
import type { FittedAnalysis, ScalingAnalysis } from "./analysis.ts";
import type { Foretold } from "./held-out.ts";

/** The same analysis with what was measured and foretold in the metric's own units; law and parameters stay in losses. */
export function inMetric(analysis: ScalingAnalysis, metric: PilotMetric): ScalingAnalysis {
  const value = (loss: number): number => metricOf(metric, loss);
  const ends = <T extends { readonly low: number; readonly high: number }>(range: T): T => {
    const [low, high] = [value(range.low), value(range.high)];
    return { ...range, low: Math.min(low, high), high: Math.max(low, high) };
  };
  const ranged = <T extends { readonly value: number; readonly low: number; readonly high: number }>(range: T): T => ({
    ...ends(range),
    value: value(range.value),
  });
  const foretold = (of: Foretold): Foretold => ranged(of);
  const converted = (fitted: FittedAnalysis): FittedAnalysis => ({
    ...fitted,
    heldOut: {
      ...fitted.heldOut,
      measured: value(fitted.heldOut.measured),
      rectified: foretold(fitted.heldOut.rectified),
      power: foretold(fitted.heldOut.power),
    },
    limit: ranged(fitted.limit),
    doubling: { ...fitted.doubling, before: value(fitted.doubling.before) },
    target: fitted.target && { ...fitted.target, target: value(fitted.target.target) },
    predictions: fitted.predictions.map(({ size, answer }) => ({ size, answer: answer && ranged(answer) })),
    curve: fitted.curve.map((point) => ({ ...ranged(point), power: value(point.power) })),
  });
  return {
    ...analysis,
    rungs: analysis.rungs.map((rung) => ({
      ...rung,
      values: rung.values.map(value),
      mean: value(rung.mean),
      interval: rung.interval && ends(rung.interval),
    })),
    fitted: analysis.fitted && converted(analysis.fitted),
  };
}

import { studentQuantile } from "../../math/student-t.ts";
import { fitPoints } from "./fitted.ts";
import { heldLoss } from "./held.ts";
import { type LawKind, lossAt } from "./law.ts";
import { rungsOf, type ScalingPoints } from "./points.ts";
import { profileInterval } from "./profile.ts";

/** The largest size, foretold from all others. */
export interface HeldOut {
  readonly size: number;
  /** Mean of what was measured there, and of how many seeds. */
  readonly measured: number;
  readonly seeds: number;
  readonly rectified: Foretold;
  readonly power: Foretold;
}

export interface Foretold {
  readonly value: number;
  /** Where the mean of as many new measurements is expected. */
  readonly low: number;
  readonly high: number;
  /** log foretold − log measured. */
  readonly logError: number;
}

/** Whether the interval of the rectified law holds what was measured; points without any scatter leave an interval as wide as rounding. */
export function isForetold({ measured, rectified }: HeldOut): boolean {
  return (measured >= rectified.low && measured <= rectified.high) || Math.abs(rectified.logError) < 1e-6;
}

/** Fits both laws without the largest size and asks them for it. The interval holds the law's own (by its profile) and the scatter of the
 * measurements, added as squares of logarithms. */
export function holdOutLargest(points: Pick<ScalingPoints, "sizes" | "losses">, level: number): HeldOut {
  const last = rungsOf(points).at(-1) as ReturnType<typeof rungsOf>[number];
  const rest = [...points.sizes.keys()].filter((i) => points.sizes[i] !== last.size);
  const known = {
    sizes: Float64Array.from(rest, (i) => points.sizes[i] as number),
    losses: Float64Array.from(rest, (i) => points.losses[i] as number),
  };
  const foretell = (kind: LawKind): Foretold => {
    const fit = fitPoints(known, kind);
    const value = lossAt(fit.law, last.size);
    const own = profileInterval(fit, { held: heldLoss(fit, last.size), level });
    const quantile = studentQuantile(0.5 + level / 2, Math.max(1, fit.degreesOfFreedom));
    const scatter = (quantile * fit.scatter) / Math.sqrt(last.at.length);
    return {
      value,
      low: value * Math.exp(-Math.hypot(Math.log(value / own.low), scatter)),
      high: value * Math.exp(Math.hypot(Math.log(own.high / value), scatter)),
      logError: Math.log(value / last.mean),
    };
  };
  return {
    size: last.size,
    measured: last.mean,
    seeds: last.at.length,
    rectified: foretell("rectified"),
    power: foretell("power"),
  };
}

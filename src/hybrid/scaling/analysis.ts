import { studentQuantile } from "../../math/student-t.ts";
import type { Random } from "../../random.ts";
import { bootstrapLaws, middleOf, type Resampling } from "./bootstrap.ts";
import { type Falling, fallingOf } from "./falling.ts";
import { aiccOf, type FittedLaw, fitPoints } from "./fitted.ts";
import { type Held, heldExponent, heldFloor, heldGain, heldKnee, heldLearnt, heldLoss, heldSize } from "./held.ts";
import { type HeldOut, holdOutLargest } from "./held-out.ts";
import { kneeOf, type Law, lossAt } from "./law.ts";
import { checkPoints, rungsOf, type ScalingPoints } from "./points.ts";
import { type ProfileInterval, profileInterval } from "./profile.ts";

/** What is asked of the points. */
export interface ScalingQuestion {
  /** Sizes to foretell the loss at. */
  readonly predict: readonly number[];
  /** A loss > 0 to find the size for; null: none. */
  readonly target: number | null;
  /** Of every interval. */
  readonly level: number;
  /** Laws of the bootstrap. */
  readonly samples: number;
  readonly random: Random;
}

/** A law through the points of one learner and what follows from it; in losses, or in the metric's own units after `inMetric`. */
export interface ScalingAnalysis {
  readonly group: string | null;
  readonly rungs: readonly MeasuredRung[];
  readonly notices: readonly string[];
  readonly falling: Falling;
  /** Null: the loss does not fall with the size, so that there is no law to fit. */
  readonly fitted: FittedAnalysis | null;
}

export interface MeasuredRung {
  readonly size: number;
  readonly values: readonly number[];
  readonly mean: number;
  /** Of the mean, by Student's t over the seeds; null: one measurement. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

/** `law` and `parameters` are about losses always. */
export interface FittedAnalysis {
  readonly law: Law;
  readonly parameters: Readonly<Record<ParameterName, ParameterAnswer>>;
  readonly rmsdLog: number;
  readonly scatter: number;
  readonly huber: number;
  readonly aicc: number | null;
  readonly power: { readonly law: Law; readonly rmsdLog: number; readonly aicc: number | null };
  readonly resampling: Resampling;
  readonly heldOut: HeldOut;
  /** What no amount of data gets past. */
  readonly limit: Answer;
  /** The size from which the loss falls as a power law. */
  readonly knee: Answer;
  /** What twice the largest size would take off the loss. */
  readonly doubling: Answer & { readonly from: number; readonly to: number; readonly before: number };
  readonly target: TargetAnswer | null;
  readonly predictions: readonly Prediction[];
  /** From the smallest size to 16 times the largest. */
  readonly curve: readonly {
    readonly size: number;
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly power: number;
  }[];
}

export type ParameterName = "amplitude" | "learnt" | "exponent" | "floor";

export interface ParameterAnswer {
  readonly value: number;
  readonly bootstrap: { readonly low: number; readonly high: number };
  /** Null for the amplitude, which says nothing by itself. */
  readonly profile: ProfileInterval | null;
}

export interface Answer {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Prediction {
  readonly size: number;
  /** Null: refused, for the size is beyond 16 times the largest. */
  readonly answer: Answer | null;
}

/** The size for a target. */
export interface TargetAnswer {
  readonly target: number;
  /** "reached": within the sizes at hand or 16 times beyond; "beyond": not within that; "unreachable": even the lower end of the floor is above it. */
  readonly verdict: "reached" | "beyond" | "unreachable";
  /** Null where not reached. */
  readonly size: number | null;
  /** Null where no size is spoken for; the smallest size: perhaps fewer. */
  readonly low: number | null;
  /** Null: no end within 16 times the largest size. */
  readonly high: number | null;
}

/** Laws are not asked about more than this many times the largest size. */
export const FARTHEST = 16;

const CURVE_POINTS = 33;

/** Fits a rectified scaling law and a power law, holds out the largest size once, and answers what was asked, each number with an interval.
 * @throws {InvalidData} see `checkPoints` */
export function analyseScaling(points: ScalingPoints, question: ScalingQuestion): ScalingAnalysis {
  const notices = checkPoints(points);
  const falling = fallingOf(points);
  const rungs = rungsOf(points).map(({ size, at, mean }) => {
    const values = at.map((i) => points.losses[i] as number);
    return { size, values, mean, interval: aboutMean(values, question.level) };
  });
  const fitted = falling.direction === "falls" ? answer(points, question) : null;
  return { group: points.group, rungs, notices, falling, fitted };
}

function answer(points: ScalingPoints, question: ScalingQuestion): FittedAnalysis {
  const { level } = question;
  const fit = fitPoints(points, "rectified");
  const power = fitPoints(points, "power");
  const profile = (held: Held): ProfileInterval => profileInterval(fit, { held, level });
  const ranged = (held: Held): Answer => {
    const { low, high } = profile(held);
    return { value: held.estimate, low, high };
  };
  const { laws, resampling } = bootstrapLaws(fit, { samples: question.samples, random: question.random });
  const parameter = (name: ParameterName, held: Held | null): ParameterAnswer => ({
    value: fit.law[name],
    bootstrap: middleOf(
      laws.map((law) => law[name]),
      level,
    ),
    profile: held && profile(held),
  });
  const from = fit.largest;
  const floor = profile(heldFloor(fit));
  return {
    law: fit.law,
    parameters: {
      amplitude: parameter("amplitude", null),
      learnt: parameter("learnt", heldLearnt(fit)),
      exponent: parameter("exponent", heldExponent(fit)),
      floor: parameter("floor", heldFloor(fit)),
    },
    rmsdLog: fit.rmsdLog,
    scatter: fit.scatter,
    huber: fit.huber,
    aicc: aiccOf(fit),
    power: { law: power.law, rmsdLog: power.rmsdLog, aicc: aiccOf(power) },
    resampling,
    heldOut: holdOutLargest(points, level),
    limit: { value: fit.law.floor, low: floor.low, high: floor.high },
    knee: { ...ranged(heldKnee(fit)), value: kneeOf(fit.law) },
    doubling: { ...ranged(heldGain(fit, { from, to: 2 * from })), from, to: 2 * from, before: lossAt(fit.law, from) },
    target: question.target === null ? null : targetOf(fit, { loss: question.target, level }),
    predictions: question.predict.map((size) => ({
      size,
      answer: size <= FARTHEST * fit.largest ? ranged(heldLoss(fit, size)) : null,
    })),
    curve: Array.from({ length: CURVE_POINTS }, (_, i) => {
      const size = fit.smallest * ((FARTHEST * fit.largest) / fit.smallest) ** (i / (CURVE_POINTS - 1));
      return { size, ...ranged(heldLoss(fit, size)), power: lossAt(power.law, size) };
    }),
  };
}

function aboutMean(values: readonly number[], level: number): { readonly low: number; readonly high: number } | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile(0.5 + level / 2, n - 1) * Math.sqrt(variance / n);
  return { low: mean - half, high: mean + half };
}

function targetOf(fit: FittedLaw, of: { readonly loss: number; readonly level: number }): TargetAnswer {
  const { loss, level } = of;
  const most = FARTHEST * fit.largest;
  const nowhere = { target: loss, size: null, low: null, high: null };
  const floor = profileInterval(fit, { held: heldFloor(fit), level });
  if (loss <= floor.low) return { ...nowhere, verdict: "unreachable" };
  const held = heldSize(fit, { loss, most });
  const found = profileInterval(fit, { held, level });
  if (held.estimate > most) return { ...nowhere, verdict: "beyond", low: found.empty ? null : found.low, high: null };
  return {
    target: loss,
    verdict: "reached",
    size: held.estimate,
    low: found.empty ? held.estimate : found.low,
    high: found.highOpen ? null : Math.max(found.high, held.estimate),
  };
}

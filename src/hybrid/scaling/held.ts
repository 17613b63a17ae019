import { EXPONENT, LEARNT_MOST, parametersIn } from "./fit-law.ts";
import type { FittedLaw } from "./fitted.ts";
import { kneeOf, lossAt, sizeAt } from "./law.ts";

/** A number that follows from a law, and how to hold it at a value while the rest of the law stays free. Sizes are in units of the largest. */
export interface Held {
  /** The number in the fitted law; may be infinite. */
  readonly estimate: number;
  /** Where a search may go. */
  readonly least: number;
  readonly most: number;
  /** What the search goes along: a logarithm, or the number itself. */
  readonly along: {
    readonly to: (value: number) => number;
    readonly from: (z: number) => number;
    readonly step: number;
  };
  /** Where the free parameters begin, and their bounds. */
  readonly free: {
    readonly start: readonly number[];
    readonly lower: readonly number[];
    readonly upper: readonly number[];
  };
  /** Writes log amplitude, learnt, exponent and floor of the law that has the number at `value`. */
  readonly law: (value: number, free: Float64Array, out: Float64Array) => void;
}

/** The exponent. */
export function heldExponent(fit: FittedLaw): Held {
  const { logAmplitude, learnt, exponent, floor, learntMost } = naturalOf(fit);
  return {
    estimate: exponent,
    least: EXPONENT.low,
    most: EXPONENT.high,
    along: logarithm,
    free: {
      start: [logAmplitude, learnt, floor],
      lower: [-INFINITE, 0, 0],
      upper: [INFINITE, learntMost, INFINITE],
    },
    law: (value, free, out) => {
      out.set([free[0] as number, free[1] as number, value, free[2] as number]);
    },
  };
}

/** The floor. */
export function heldFloor(fit: FittedLaw): Held {
  const { logAmplitude, learnt, exponent, floor, learntMost } = naturalOf(fit);
  const lowest = fit.losses.reduce((a, b) => Math.min(a, b), INFINITE);
  return {
    estimate: floor,
    least: 0,
    most: Math.max(floor, lowest * (1 - 1e-6)),
    along: { to: (value) => value, from: (z) => z, step: lowest / 200 },
    free: {
      start: [logAmplitude, learnt, exponent],
      lower: [-INFINITE, 0, EXPONENT.low],
      upper: [INFINITE, learntMost, EXPONENT.high],
    },
    law: (value, free, out) => {
      out.set([free[0] as number, free[1] as number, free[2] as number, value]);
    },
  };
}

/** What the learner knew before, on the scale of size^exponent. */
export function heldLearnt(fit: FittedLaw): Held {
  const scale = fit.smallest ** naturalOf(fit).exponent;
  return {
    estimate: fit.law.learnt,
    least: 0,
    most: LEARNT_MOST * fit.largest ** EXPONENT.high,
    // Like a logarithm, and yet through 0.
    along: { to: (value) => Math.asinh(value / scale), from: (z) => scale * Math.sinh(z), step: 0.02 },
    free: withoutLearnt(fit),
    law: (value, free, out) => {
      const power = free[1] as number;
      const learnt = value * fit.largest ** -power;
      out.set([free[0] as number, learnt <= LEARNT_MOST ? learnt : Number.NaN, power, free[2] as number]);
    },
  };
}

/** The knee, in rows. */
export function heldKnee(fit: FittedLaw): Held {
  const scale = fit.smallest / 10;
  return {
    estimate: kneeOf(fit.law),
    least: 0,
    most: fit.largest * 16,
    along: { to: (value) => Math.asinh(value / scale), from: (z) => scale * Math.sinh(z), step: 0.05 },
    free: withoutLearnt(fit),
    law: (value, free, out) => {
      const power = free[1] as number;
      out.set([free[0] as number, (value / fit.largest) ** power, power, free[2] as number]);
    },
  };
}

/** The loss at a size. */
export function heldLoss(fit: FittedLaw, size: number): Held {
  const estimate = lossAt(fit.law, size);
  const log = Math.log(size / fit.largest);
  return {
    estimate,
    least: estimate * 1e-9,
    most: estimate * 1e9,
    along: logarithm,
    free: anchored(fit, estimate),
    law: (value, free, out) => through(value, { log, free, out }),
  };
}

/** The size at which the law comes down to a loss; looked for from the smallest size to `most`. */
export function heldSize(fit: FittedLaw, of: { readonly loss: number; readonly most: number }): Held {
  return {
    estimate: sizeAt(fit.law, of.loss),
    least: fit.smallest,
    most: of.most,
    along: { ...logarithm, step: 0.02 },
    free: anchored(fit, of.loss),
    law: (value, free, out) => through(of.loss, { log: Math.log(value / fit.largest), free, out }),
  };
}

/** By how much the loss falls from a size to a larger one. */
export function heldGain(fit: FittedLaw, of: { readonly from: number; readonly to: number }): Held {
  const before = lossAt(fit.law, of.from);
  const estimate = before - lossAt(fit.law, of.to);
  const [log, logTo] = [Math.log(of.from / fit.largest), Math.log(of.to / fit.largest)];
  return {
    estimate,
    least: before * 1e-12,
    most: before * 1e9,
    along: logarithm,
    free: anchored(fit, before),
    law: (value, free, out) => {
      const [learnt, exponent, share] = free as unknown as [number, number, number];
      const [power, powerTo] = [Math.exp(exponent * log), Math.exp(exponent * logTo)];
      // What falls is the part above the floor, by the ratio of the two denominators.
      const loss = value / ((1 - share) * ((powerTo - power) / (learnt + powerTo)));
      through(loss, { log, free, out });
    },
  };
}

const INFINITE = Number.POSITIVE_INFINITY;

const logarithm = { to: Math.log, from: Math.exp, step: 0.005 };

/** What stays free where all that is known of what was learnt before is held. */
function withoutLearnt(fit: FittedLaw): Held["free"] {
  const { logAmplitude, exponent, floor } = naturalOf(fit);
  return {
    start: [logAmplitude, exponent, floor],
    lower: [-INFINITE, EXPONENT.low, 0],
    upper: [INFINITE, EXPONENT.high, INFINITE],
  };
}

function naturalOf(fit: FittedLaw): {
  readonly logAmplitude: number;
  readonly learnt: number;
  readonly exponent: number;
  readonly floor: number;
  readonly learntMost: number;
} {
  const [logAmplitude, learnt, exponent, floor] = parametersIn(fit.law, fit.largest);
  return { logAmplitude, learnt, exponent, floor, learntMost: fit.law.kind === "power" ? 0 : LEARNT_MOST };
}

/** Free parameters of a law through one given point: learnt, exponent, and the floor as a share of the loss at that point. */
function anchored(fit: FittedLaw, loss: number): Held["free"] {
  const { learnt, exponent, floor, learntMost } = naturalOf(fit);
  return {
    start: [learnt, exponent, Math.min(0.999, floor / loss)],
    lower: [0, EXPONENT.low, 0],
    upper: [learntMost, EXPONENT.high, 1 - 1e-9],
  };
}

function through(
  loss: number,
  of: { readonly log: number; readonly free: Float64Array; readonly out: Float64Array },
): void {
  const [learnt, exponent, share] = of.free as unknown as [number, number, number];
  const amplitude = loss * (1 - share) * (learnt + Math.exp(exponent * of.log));
  of.out.set([Math.log(amplitude), learnt, exponent, loss * share]);
}

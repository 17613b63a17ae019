import { leastSquares } from "../../math/least-squares.ts";
import { studentQuantile } from "../../math/student-t.ts";
import { lawProblem } from "./fit-law.ts";
import type { FittedLaw } from "./fitted.ts";
import type { Held } from "./held.ts";

/** The values of a number that the points do not speak against. */
export interface ProfileInterval {
  readonly low: number;
  readonly high: number;
  /** No value down (up) to the end of what is looked at is spoken against: the end that is given is that end. */
  readonly lowOpen: boolean;
  readonly highOpen: boolean;
  /** Not even the value that is next to the estimate within what is looked at agrees with the points. */
  readonly empty: boolean;
}

/** The interval of a number by its profile: each value is held, the rest of the law is fitted anew, and values stay in where the cost rises by no
 * more than Student's t squared times the scatter.
 * @param level of the interval, both sides together
 * @source Bates & Watts (1988), "Nonlinear Regression Analysis and Its Applications", §6.1; for Huber's loss the rise is scaled by the mean of ψ′
 * over the mean of ψ², Huber (1981), "Robust Statistics", §7.6 */
export function profileInterval(
  fit: FittedLaw,
  options: { readonly held: Held; readonly level: number },
): ProfileInterval {
  const { held } = options;
  const bar = studentQuantile(0.5 + options.level / 2, Math.max(1, fit.degreesOfFreedom));
  const rise = riseOf(fit, held);
  const [least, most] = [held.along.to(held.least), held.along.to(held.most)];
  const middle = Math.min(most, Math.max(least, held.along.to(held.estimate)));
  const inside = held.estimate >= held.least && held.estimate <= held.most;
  const at = inside ? { z: middle, root: 0, free: Float64Array.from(held.free.start) } : rise(middle, held.free.start);
  if (at.root > bar) {
    const end = held.along.from(middle);
    return { low: end, high: end, lowOpen: false, highOpen: false, empty: true };
  }
  const low = side({ held, rise, bar, from: at, end: least });
  const high = side({ held, rise, bar, from: at, end: most });
  return { low: low.value, high: high.value, lowOpen: low.open, highOpen: high.open, empty: false };
}

interface Place {
  readonly z: number;
  /** Root of the scaled rise of the cost. */
  readonly root: number;
  readonly free: Float64Array;
}

type Rise = (z: number, start: ArrayLike<number>) => Place;

function riseOf(fit: FittedLaw, held: Held): Rise {
  const { huber, residuals, sizes } = fit;
  let squares = 0;
  let within = 0;
  for (const r of residuals) {
    squares += Math.min(Math.abs(r), huber) ** 2;
    if (Math.abs(r) <= huber) within++;
  }
  const n = residuals.length;
  const variance = Math.max(1e-24, squares / Math.max(1, fit.degreesOfFreedom));
  const scale = within / n / variance;
  const problem = lawProblem({
    logs: sizes.map((size) => Math.log(size / fit.largest)),
    logLosses: fit.losses.map(Math.log),
    kind: fit.law.kind,
  });
  const natural = new Float64Array(4);
  return (z, start) => {
    const value = held.along.from(z);
    const found = leastSquares({
      count: n,
      start,
      lower: held.free.lower,
      upper: held.free.upper,
      huber,
      tolerance: 1e-7,
      residuals: (free, out) => {
        held.law(value, free as Float64Array, natural);
        problem.residuals(natural, out);
      },
    });
    return { z, root: Math.sqrt(Math.max(0, found.cost - fit.cost) * scale), free: found.parameters };
  };
}

/** Where the root of the rise crosses the bar on the way from the estimate to one end. */
function side(of: {
  readonly held: Held;
  readonly rise: Rise;
  readonly bar: number;
  readonly from: Place;
  readonly end: number;
}): { readonly value: number; readonly open: boolean } {
  const { held, rise, bar, end } = of;
  const direction = Math.sign(end - of.from.z);
  const atEnd = { value: held.along.from(end), open: true };
  if (direction === 0) return atEnd;
  let inner = of.from;
  let outer: Place | undefined;
  let step = held.along.step;
  while (outer === undefined) {
    const next = inner.z + direction * step;
    const beyond = (next - end) * direction >= 0;
    const found = rise(beyond ? end : next, inner.free);
    if (found.root >= bar) outer = found;
    else if (beyond) return atEnd;
    else inner = found;
    step *= 2;
  }
  // The root is close to a straight line, so that the secant needs few steps; halving where it is not.
  for (let i = 0; i < 40 && outer.root - bar > 1e-3 * bar && bar - inner.root > 1e-3 * bar; i++) {
    const share = (bar - inner.root) / (outer.root - inner.root);
    const secant = Number.isFinite(outer.root) && i % 4 !== 3 ? Math.min(0.95, Math.max(0.05, share)) : 0.5;
    const found = rise(inner.z + secant * (outer.z - inner.z), inner.free);
    if (found.root >= bar) outer = found;
    else inner = found;
    if (Math.abs(outer.z - inner.z) < 1e-9) break;
  }
  const nearest = outer.root - bar < bar - inner.root ? outer : inner;
  return { value: held.along.from(nearest.z), open: false };
}

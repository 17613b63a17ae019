import { InvalidArgument } from "../errors.ts";

/** Zero-concentrated differential privacy (ρ-zCDP) in terms of (ε, δ), by the tightest conversion known. Every result is rounded to the safe side:
 * δ and ε up, ρ down. */

/** The largest ε that may be asked for: at e^100 to one odds nothing is protected. */
export const MOST_EPSILON = 100;
/** Below these no arithmetic on doubles is sure to end, and no promise of use to anybody. */
const LEAST_EPSILON = 1e-4;
export const LEAST_DELTA = 1e-100;

/** The smallest δ such that ρ-zCDP is known to imply (ε, δ)-DP: the least value over α > 1 of
 * exp((α − 1)(αρ − ε) + α log(1 − 1/α)) / (α − 1).
 * @param rho ≥ 0
 * @param epsilon ≥ 0
 * @returns in [0, 1]
 * @throws {InvalidArgument} a number out of range
 * @source Canonne, Kamath & Steinke (2020), "The discrete Gaussian for differential privacy", NeurIPS, corollary 13 */
export function deltaFor(rho: number, epsilon: number): number {
  checkRho(rho);
  if (!(epsilon >= 0 && epsilon < Number.POSITIVE_INFINITY))
    throw new InvalidArgument("bad-epsilon", `Epsilon must be 0 or more, not ${epsilon}.`);
  if (rho === 0) return 0;
  // Any α gives a valid δ, so how well the search ends is a matter of tightness only. With a = α − 1 the logarithm of the bound is convex in a; its
  // slope (2a + 1)ρ − ε − log(1 + 1/a) rises from −∞ and is positive at the upper end (or the end is far beyond what matters).
  let low = 1e-300;
  let high = Math.min(1e100, (epsilon + 1) / (2 * rho) + 2);
  for (let i = 0; i < 200 && high > low * (1 + 1e-14); i++) {
    const a = high > 4 * low ? Math.sqrt(low) * Math.sqrt(high) : (low + high) / 2;
    if ((2 * a + 1) * rho - epsilon - Math.log1p(1 / a) > 0) high = a;
    else low = a;
  }
  const a = high;
  const terms = [a * (a + 1) * rho, -a * epsilon, -a * Math.log1p(1 / a), -Math.log1p(a)];
  // The terms may cancel: what their rounding can hide is added.
  let logDelta = 0;
  let rounding = 0;
  for (const term of terms) {
    logDelta += term;
    rounding += Math.abs(term);
  }
  const delta = Math.exp(logDelta + rounding * 2 ** -49) * (1 + 2 ** -49) + Number.MIN_VALUE;
  return delta >= 0 ? Math.min(1, delta) : 1;
}

/** The smallest ε such that ρ-zCDP is known to imply (ε, δ)-DP, within a relative 1e-12 above.
 * @param rho ≥ 0
 * @param delta in [1e-100, 1)
 * @throws {InvalidArgument} a number out of range */
export function epsilonFor(rho: number, delta: number): number {
  checkRho(rho);
  checkDelta(delta);
  if (deltaFor(rho, 0) <= delta) return 0;
  let low = 0;
  let high = rho + 2 * Math.sqrt(rho * Math.log(1 / delta)) + 1;
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2;
    if (deltaFor(rho, middle) <= delta) high = middle;
    else low = middle;
  }
  return high;
}

/** The largest ρ such that ρ-zCDP is known to imply (ε, δ)-DP, within a relative 1e-12 below: what a budget of (ε, δ) may spend.
 * @param epsilon in [1e-4, 100]
 * @param delta in [1e-100, 1)
 * @throws {InvalidArgument} a number out of range */
export function rhoFor(epsilon: number, delta: number): number {
  if (!(epsilon > 0))
    throw new InvalidArgument("bad-epsilon", `Epsilon must be above 0, not ${epsilon}.`, {
      advice: "Ask for 1 if you do not know: see docs/differential-privacy.md.",
    });
  if (epsilon > MOST_EPSILON)
    throw new InvalidArgument(
      "bad-epsilon",
      `Epsilon must be at most ${MOST_EPSILON}, not ${epsilon}: nothing would be protected.`,
      { advice: "Ask for at most 10, or use a synthesizer that promises no differential privacy." },
    );
  if (epsilon < LEAST_EPSILON)
    throw new InvalidArgument(
      "bad-epsilon",
      `Epsilon must be at least ${LEAST_EPSILON}, not ${epsilon}: nothing would be learned.`,
      { advice: "Ask for 1 if you do not know: see docs/differential-privacy.md." },
    );
  checkDelta(delta);
  let low = 0;
  let high = epsilon + Math.log(1 / delta) + 1;
  while (deltaFor(high, epsilon) <= delta) high *= 2;
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2;
    if (deltaFor(middle, epsilon) <= delta) low = middle;
    else high = middle;
  }
  return low;
}

function checkRho(rho: number): void {
  if (!(rho >= 0 && rho < Number.POSITIVE_INFINITY))
    throw new InvalidArgument("bad-rho", `Rho must be 0 or more, not ${rho}.`);
}

function checkDelta(delta: number): void {
  if (delta > 0 && delta < LEAST_DELTA)
    throw new InvalidArgument("bad-delta", `Delta must be at least ${LEAST_DELTA}, not ${delta}.`, {
      advice: "Choose it far below one over the number of rows, say 1e-9.",
    });
  if (!(delta > 0 && delta < 1))
    throw new InvalidArgument("bad-delta", `Delta must lie between 0 and 1, both excluded, not ${delta}.`, {
      advice: "Choose it far below one over the number of rows, say 1e-9.",
    });
}

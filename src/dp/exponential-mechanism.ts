import { InvalidArgument } from "../errors.ts";
import { nextBelow } from "../math/next-float.ts";
import type { SecureSource } from "../random.ts";
import { bernoulliExponential } from "./bernoulli.ts";
import { type Rational, rationalOf } from "./rational.ts";
import { uniformInteger } from "./uniform-integer.ts";

/** What the scores may be off by, relative to their sensitivity, through the rounding of the sums that they are made of. */
export const SCORE_ERROR = 2 ** -12;

/** An index i with probability exactly proportional to e^(ε' s_i / (2 Δ)), ε' just below ε: the exponential mechanism, which is ε-DP, ε-bounded-range
 * and so ε²/8-zCDP.
 *
 * An index is proposed uniformly and kept with probability e^(−c (max − s_i)), c a double; no weight is ever rounded. The exponent in doubles is off
 * by two roundings of itself, and x e^−x ≤ 1/e, so its exponential is off by less than 2^−53. On average as many proposals as the weights, of
 * which the largest is 1, sum to a share of: never more than there are scores.
 *
 * The scores of two neighbouring tables differ by at most Δ in real numbers; computed in doubles, each off by at most η, by Δ + 2η. c is made for a
 * sensitivity of Δ (1 + 2^−12) and rounded down, so that ε holds as long as η ≤ Δ 2^−13: for scores that sum the errors of k cells over n rows,
 * η < 2 k n Δ 2^−53, as long as k n < 2^39.
 * @param scores finite; higher is likelier
 * @param options.epsilon above 0
 * @param options.sensitivity Δ: the most that a score differs by between neighbouring tables, above 0
 * @throws {InvalidArgument} no score, a score that is not finite, an epsilon or a sensitivity out of range
 * @source McSherry & Talwar (2007), FOCS; Durfee & Rogers (2019), NeurIPS (bounded range); Cesar & Rogers (2021), ALT (zCDP) */
export function exponentialMechanism(
  scores: ArrayLike<number>,
  options: { readonly epsilon: number; readonly sensitivity: number; readonly source: SecureSource },
): number {
  const { epsilon, sensitivity, source } = options;
  checkScores(scores, sensitivity);
  if (!(epsilon > 0 && epsilon < Number.POSITIVE_INFINITY))
    throw new InvalidArgument("bad-epsilon", `Epsilon of a choice must be above 0, not ${epsilon}.`);
  const slope = choiceSlope(epsilon, sensitivity);
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) best = Math.max(best, scores[i] as number);
  let chosen = 0;
  const exact = (): Rational => {
    const top = rationalOf(best);
    const score = rationalOf(scores[chosen] as number);
    const factor = rationalOf(slope);
    return {
      numerator: (top.numerator * score.denominator - score.numerator * top.denominator) * factor.numerator,
      denominator: top.denominator * score.denominator * factor.denominator,
    };
  };
  for (;;) {
    chosen = uniformInteger(source, scores.length);
    if (bernoulliExponential(source, (best - (scores[chosen] as number)) * slope, exact)) return chosen;
  }
}

/** c: at most epsilon / (2 Δ (1 + 2^−12)), and by at most a few units in the last place; 0 where that is too small for a double. */
export function choiceSlope(epsilon: number, sensitivity: number): number {
  return Math.max(0, nextBelow(nextBelow(nextBelow(epsilon / (2 * sensitivity * (1 + SCORE_ERROR))))));
}

/** Throws unless a choice among these scores is possible.
 * @throws {InvalidArgument} no score, a score that is not finite, a sensitivity that is not above 0 */
export function checkScores(scores: ArrayLike<number>, sensitivity: number): void {
  if (scores.length === 0)
    throw new InvalidArgument("no-scores", "There is nothing to choose from: no score was given.");
  for (let i = 0; i < scores.length; i++)
    if (!Number.isFinite(scores[i]))
      throw new InvalidArgument("bad-score", `Score ${i} is ${scores[i]}; a score must be a finite number.`, {
        advice: "Leave out what cannot be chosen, for reasons that do not depend on the data.",
      });
  if (!(sensitivity > 0 && sensitivity < Number.POSITIVE_INFINITY))
    throw new InvalidArgument("bad-sensitivity", `The sensitivity of scores must be above 0, not ${sensitivity}.`);
}

import jstat from "jstat";
import { InvalidArgument } from "../errors.ts";

/** Quantiles, tails and intervals of the usual distributions, over jstat (about 1e-9 relative, see the tests). */

/** Two bounds on a share or a rate. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** The x with P(X ≤ x) = p, for a beta variable; p in [0, 1], shapes > 0 and not necessarily whole. */
export function betaQuantile(p: number, alpha: number, beta: number): number {
  checkProbability(p);
  if (p === 0 || p === 1) return p;
  return jstat.jStat.beta.inv(p, alpha, beta);
}

/** P(X ≤ x) for a beta variable. */
export function betaCdf(x: number, alpha: number, beta: number): number {
  return jstat.jStat.beta.cdf(x, alpha, beta);
}

/** The x with P(X ≤ x) = p, for a standard normal variable; p in (0, 1). */
export function normalQuantile(p: number): number {
  checkProbability(p);
  return jstat.jStat.normal.inv(p, 0, 1);
}

/** P(X ≤ x) for a standard normal variable. */
export function normalCdf(x: number): number {
  return jstat.jStat.normal.cdf(x, 0, 1);
}

/** The x with P(X ≤ x) = p, for a chi-squared variable.
 * @source beyond 20,000 degrees of freedom Wilson & Hilferty (1931), relative error under 1e-6 there; jstat's series would take milliseconds */
export function chiSquareQuantile(p: number, degreesOfFreedom: number): number {
  checkProbability(p);
  if (p === 0) return 0;
  if (degreesOfFreedom <= 20_000) return jstat.jStat.chisquare.inv(p, degreesOfFreedom);
  const spread = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - spread + normalQuantile(p) * Math.sqrt(spread)) ** 3;
}

/** P(X ≥ x) for a chi-squared variable.
 * @source beyond 20,000 degrees of freedom Wilson & Hilferty (1931), as in {@link chiSquareQuantile} */
export function chiSquareUpperTail(x: number, degreesOfFreedom: number): number {
  if (!(x > 0)) return 1;
  if (degreesOfFreedom <= 20_000) return Math.max(0, 1 - jstat.jStat.chisquare.cdf(x, degreesOfFreedom));
  const spread = 2 / (9 * degreesOfFreedom);
  return normalCdf((1 - spread - Math.cbrt(x / degreesOfFreedom)) / Math.sqrt(spread));
}

/** Bounds on a share, each missed with probability at most `alpha` (so the interval's level is 1 − 2 alpha).
 * @param successes 0 … trials; need not be whole (weighted votes, effective sample sizes)
 * @source Clopper & Pearson (1934), Biometrika */
export function clopperPearson(successes: number, trials: number, alpha: number): Bounds {
  checkProbability(alpha);
  checkCounts(successes, trials);
  return {
    low: successes <= 0 ? 0 : betaQuantile(alpha, successes, trials - successes + 1),
    high: successes >= trials ? 1 : betaQuantile(1 - alpha, successes + 1, trials - successes),
  };
}

/** Score bounds on a share, each at one-sided `alpha`; narrower than {@link clopperPearson}, right on average only.
 * @source Wilson (1927), JASA */
export function wilson(successes: number, trials: number, alpha: number): Bounds {
  checkCounts(successes, trials);
  if (trials === 0) return { low: 0, high: 1 };
  const z = normalQuantile(1 - alpha);
  const share = successes / trials;
  const scale = 1 + (z * z) / trials;
  const centre = share + (z * z) / (2 * trials);
  const half = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return { low: Math.max(0, (centre - half) / scale), high: Math.min(1, (centre + half) / scale) };
}

/** Upper bound on the mean of a Poisson count, missed with probability `alpha`: 4.6 for a count of zero at .01.
 * @source Garwood (1936), Biometrika */
export function poissonUpperBound(count: number, alpha: number): number {
  return chiSquareQuantile(1 - alpha, 2 * (count + 1)) / 2;
}

/** P(X ≥ found), X the marked items among `drawn` drawn without replacement out of `total`, of which `marked` are marked: Fisher's exact test,
 * one-sided.
 * @source Fisher (1935), JRSS */
export function hypergeometricUpperTail(
  found: number,
  urn: { readonly drawn: number; readonly marked: number; readonly total: number },
): number {
  const { drawn, marked, total } = urn;
  if (drawn > total || marked > total)
    throw new InvalidArgument("bad-counts", `Cannot draw ${drawn} or mark ${marked} of ${total} items.`);
  const least = Math.max(0, drawn + marked - total);
  const most = Math.min(drawn, marked);
  if (found <= least) return 1;
  if (found > most) return 0;
  const choose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  const logAt = choose(marked, found) + choose(total - marked, drawn - found) - choose(total, drawn);
  // Terms beyond `found` by their ratio to the one before; they fall faster than geometrically past the mode.
  let term = 1;
  let sum = 1;
  for (let k = found; k < most; k++) {
    term *= ((marked - k) * (drawn - k)) / ((k + 1) * (total - marked - drawn + k + 1));
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return Math.min(1, Math.exp(logAt + Math.log(sum)));
}

function logFactorial(n: number): number {
  return n < 2 ? 0 : jstat.jStat.gammaln(n + 1);
}

function checkProbability(p: number): void {
  if (!(p >= 0 && p <= 1))
    throw new InvalidArgument("bad-probability", `A probability must be between 0 and 1, not ${p}.`);
}

function checkCounts(successes: number, trials: number): void {
  if (!(successes >= 0 && successes <= trials))
    throw new InvalidArgument("bad-counts", `Cannot have ${successes} successes in ${trials} trials.`);
}

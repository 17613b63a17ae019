import { standardNormalCdf, standardNormalQuantile } from "../../src/math/standard-normal.ts";

/** What guesses about canaries, all from one run, say about epsilon: lower bounds that hold with a stated probability. */

/** An attacker's guesses about which canaries were in the table. */
export interface Guesses {
  /** Canaries, each in or out by a fair coin of its own. */
  readonly canaries: number;
  /** How many the attacker guessed about; it may abstain. */
  readonly guesses: number;
  readonly correct: number;
}

/** The chance that an (epsilon, delta)-private mechanism lets an attacker be right at least as often: a p-value.
 * With q = 1/(1 + e^−ε), β = P[Bin(r, q) ≥ v] and α = max over i of P[v > Bin(r, q) ≥ v − i] / i it is β + 2mδα.
 * @source Steinke, Nasr & Jagielski (2023), "Privacy auditing with one (1) training run", NeurIPS, theorem 5.2 and appendix D */
export function oneRunPValue(
  { canaries, guesses, correct }: Guesses,
  { epsilon, delta }: { readonly epsilon: number; readonly delta: number },
): number {
  const law = binomialLaw(guesses, 1 / (1 + Math.exp(-epsilon)));
  let beta = 0;
  for (let k = guesses; k >= correct; k--) beta += law[k] as number;
  let alpha = 0;
  let below = 0;
  for (let i = 1; i <= correct; i++) {
    below += law[correct - i] as number;
    alpha = Math.max(alpha, below / i);
  }
  return Math.min(1, beta + 2 * canaries * delta * alpha);
}

/** The largest epsilon that is refused at the level; 0 where none is. What the audit says: epsilon is at least this, with probability 1 − level.
 * @param options.from what is known already, returned where these guesses say no more */
export function oneRunEpsilon(
  guesses: Guesses,
  { delta, level, from = 0 }: { readonly delta: number; readonly level: number; readonly from?: number },
): number {
  return largestRefused((epsilon) => oneRunPValue(guesses, { epsilon, delta }) <= level, from);
}

/** The largest mu such that mu-Gaussian differential privacy (no test tells neighbours apart better than it tells N(0, 1) from N(mu, 1)) is refused at
 * the level; 0 where none is. Sharper than {@link oneRunEpsilon} where noise is Gaussian, for it uses the whole trade-off, not one point of it.
 *
 * Were it mu-GDP, the chance of at least v right among r would be below the level; the recursion bounds, from v down to 0, the chances to be right (rightful)
 * and wrong (wrongful) on a canary together with at least so many right ones; they cannot reach what the r guesses of m canaries need.
 * @param options.from what is known already, returned where these guesses say no more
 * @source Mahloujifar, Melis & Chaudhuri (2024), "Auditing f-differential privacy in one run" (arXiv 2410.22235), algorithm 3 */
export function oneRunMu(
  { canaries, guesses, correct }: Guesses,
  { level, from = 0 }: { readonly level: number; readonly from?: number },
): number {
  return largestRefused((mu) => {
    let rightful = (level * correct) / canaries;
    let wrongful = (level * (guesses - correct)) / canaries;
    for (let i = correct - 1; i >= 0; i--) {
      const least = Math.max(wrongful, standardNormalCdf(standardNormalQuantile(rightful) - mu));
      if (least === wrongful) break;
      rightful = Math.min(1, rightful + (i / (guesses - i)) * (least - wrongful));
      wrongful = least;
    }
    return rightful + wrongful > guesses / canaries;
  }, from);
}

/** The smallest epsilon at which mu-Gaussian differential privacy is (epsilon, delta)-DP, exactly.
 * @source Balle & Wang (2018), ICML, theorem 8; Dong, Roth & Su (2022), JRSS B, corollary 1 */
export function epsilonOfMu(mu: number, delta: number): number {
  if (mu === 0) return 0;
  return largestRefused(
    (epsilon) =>
      standardNormalCdf(mu / 2 - epsilon / mu) - Math.exp(epsilon) * standardNormalCdf(-mu / 2 - epsilon / mu) > delta,
  );
}

/** The upper end of the numbers ≥ from for which a statement that is true up to some point is true; from where it is not. */
function largestRefused(refused: (x: number) => boolean, from = 0): number {
  if (!refused(from)) return from;
  let low = from;
  let high = Math.max(1, 2 * from);
  while (high < 700 && refused(high)) {
    low = high;
    high *= 2;
  }
  for (let i = 0; i < 60 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (refused(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** P(k successes) for k = 0 … trials. */
function binomialLaw(trials: number, p: number): Float64Array {
  const law = new Float64Array(trials + 1);
  const logOdds = Math.log(p) - Math.log1p(-p);
  // From the mode outwards, so that nothing but what is negligible underflows.
  const mode = Math.min(trials, Math.floor((trials + 1) * p));
  law[mode] = 1;
  const odds = Math.exp(logOdds);
  for (let k = mode; k < trials; k++) law[k + 1] = ((law[k] as number) * odds * (trials - k)) / (k + 1);
  for (let k = mode; k > 0; k--) law[k - 1] = ((law[k] as number) * k) / (odds * (trials - k + 1));
  let sum = 0;
  for (const weight of law) sum += weight;
  return law.map((weight) => weight / sum);
}

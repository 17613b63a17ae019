import { standardNormalCdf } from "../../src/math/standard-normal.ts";
import { type Guesses, oneRunMu } from "./audit-bounds.ts";

/** What the attacker sees of one measurement: each canary's cell of it, with noise. */
export interface Sighting {
  /** Noisy counts less what the other rows put there; one a canary. */
  readonly excess: Float64Array;
  readonly sigma: number;
}

/** The attacker's guesses: by the log-likelihood ratio of "in" (one row more in each of the canary's cells) to "out", the highest half of them in, the
 * lowest half out.
 * @param members 1 where a canary was in the table */
export function guessMembers(
  sightings: readonly Sighting[],
  { members, guesses }: { readonly members: Uint8Array; readonly guesses: number },
): Guesses {
  const canaries = members.length;
  const evidence = new Float64Array(canaries);
  for (const { excess, sigma } of sightings)
    for (let i = 0; i < canaries; i++)
      evidence[i] = (evidence[i] as number) + ((excess[i] as number) - 0.5) / (sigma * sigma);
  const order = Uint32Array.from({ length: canaries }, (_, i) => i).sort(
    (a, b) => (evidence[a] as number) - (evidence[b] as number) || a - b,
  );
  const lowest = Math.floor(guesses / 2);
  const highest = guesses - lowest;
  let correct = 0;
  for (let i = 0; i < lowest; i++) correct += 1 - (members[order[i] as number] as number);
  for (let i = canaries - highest; i < canaries; i++) correct += members[order[i] as number] as number;
  return { canaries, guesses, correct };
}

/** How many guesses to make: the numbers at which the bound is expected to be highest for a mechanism just as private as it claims, and for one with a
 * half and a quarter of the noise (few guesses, all of them right, cannot prove much). Fixed before the run; each is to be held against its
 * share of the level.
 * @param mu how far apart a canary in and a canary out are claimed to be, in standard deviations */
export function guessCounts(
  canaries: number,
  { mu, level }: { readonly mu: number; readonly level: number },
): readonly number[] {
  return [...new Set([1, 2, 4].map((times) => bestGuessCount(canaries, { mu: times * mu, level: level / 3 })))];
}

function bestGuessCount(canaries: number, { mu, level }: { readonly mu: number; readonly level: number }): number {
  let best = { count: Math.ceil(canaries / 10), mu: 0 };
  for (const share of [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.5, 0.7, 0.9]) {
    const count = Math.ceil(share * canaries);
    // |score| > limit for this share of canaries, scores N(±mu/2, 1).
    let low = 0;
    let high = 40;
    for (let i = 0; i < 60; i++) {
      const limit = (low + high) / 2;
      if (standardNormalCdf(mu / 2 - limit) + standardNormalCdf(-mu / 2 - limit) > share) low = limit;
      else high = limit;
    }
    const right = standardNormalCdf(mu / 2 - low);
    const correct = Math.floor((count * right) / (right + standardNormalCdf(-mu / 2 - low)));
    const found = oneRunMu({ canaries, guesses: count, correct }, { level });
    if (found > best.mu) best = { count, mu: found };
  }
  return best.count;
}

import { type Budget, createBudget } from "../../src/dp/budget.ts";
import { InvalidArgument } from "../../src/errors.ts";
import type { Random, SecureSource } from "../../src/random.ts";
import { epsilonOfMu, oneRunEpsilon, oneRunMu } from "./audit-bounds.ts";
import { guessCounts, guessMembers, type Sighting } from "./audit-guesses.ts";
import { watchSynthesizer } from "./audit-synthesizer.ts";

/** What is audited: the budget's noisy counts by themselves, or a synthesizer with every answer that it got. */
export type AuditPath = "gaussian" | "aim" | "mst";

export interface AuditOptions {
  readonly path: AuditPath;
  /** The claim. */
  readonly epsilon: number;
  readonly delta: number;
  /** The coins that put canaries in or leave them out. */
  readonly random: Random;
  /** The noise. */
  readonly source: SecureSource;
  /** At least 5,000; default 20,000. */
  readonly canaries?: number;
  /** The chance that a sound mechanism is accused; default .05. */
  readonly level?: number;
  /** A planted fault: each canary is counted so many times, and charged once. Default 1, no fault. */
  readonly weight?: number;
}

export interface AuditResult {
  readonly path: AuditPath;
  readonly epsilon: number;
  readonly delta: number;
  readonly weight: number;
  readonly canaries: number;
  /** Noisy answers that the attacker saw the canaries' cells in. */
  readonly answers: number;
  /** How many guesses the attacker made, and how many were right; for each number of guesses that was fixed before. */
  readonly tried: readonly { readonly guesses: number; readonly correct: number }[];
  readonly level: number;
  /** Epsilon at delta is at least this: the bound of Steinke, Nasr & Jagielski, for any mechanism. */
  readonly bound: number;
  /** Likewise for mechanisms whose trade-off is that of Gaussian noise: the bound of Mahloujifar, Melis & Chaudhuri. */
  readonly gaussianBound: number;
  /** The exact epsilon at delta of the answers that the attacker uses, by the noise that was charged for. */
  readonly exact: number;
  /** Whether a bound exceeds the claim: the mechanism does not do what it says. */
  readonly refuted: boolean;
  /** Whether a bound exceeds `exact`: these answers tell more of a canary than was charged for them. Sharper where part of the budget was spent on
   * answers that the attacker does not use. */
  readonly undercharged: boolean;
}

/** Audits a claim in one run, white-box: canaries are rows that put their weight on cells no other row uses; each is in the table or not by a fair
 * coin; the attacker knows all other rows, sees every noisy answer and guesses which were in.
 * @throws {InvalidArgument} fewer than 5,000 canaries
 * @source Steinke, Nasr & Jagielski (2023), NeurIPS; Mahloujifar, Melis & Chaudhuri (2024), arXiv 2410.22235 */
export async function audit(options: AuditOptions): Promise<AuditResult> {
  const { path, epsilon, delta, random, source, canaries = 20_000, level = 0.05, weight = 1 } = options;
  if (!(Number.isInteger(canaries) && canaries >= 5000))
    throw new InvalidArgument("too-few-canaries", `An audit needs at least 5000 canaries, not ${canaries}.`);
  const members = Uint8Array.from({ length: canaries }, () => random.integer(2));
  const budget = createBudget({ epsilon, delta, unit: { kind: "row", rows: 1 }, source });
  const sightings = await look[path]({ budget, members, weight, random: random.split("fit") });
  const mu = Math.sqrt(sightings.reduce((sum, { sigma }) => sum + 1 / (sigma * sigma), 0));
  const counts = guessCounts(canaries, { mu, level });
  let bound = 0;
  let boundMu = 0;
  const tried = counts.map((guesses) => {
    const found = guessMembers(sightings, { members, guesses });
    bound = oneRunEpsilon(found, { delta, level: level / counts.length, from: bound });
    boundMu = oneRunMu(found, { level: level / counts.length, from: boundMu });
    return { guesses, correct: found.correct };
  });
  const gaussianBound = epsilonOfMu(boundMu, delta);
  const exact = epsilonOfMu(mu, delta);
  return {
    path,
    epsilon,
    delta,
    weight,
    canaries,
    answers: sightings.length,
    tried,
    level,
    bound,
    gaussianBound,
    exact,
    refuted: Math.max(bound, gaussianBound) > epsilon,
    undercharged: Math.max(bound, gaussianBound) > exact,
  };
}

interface Staged {
  readonly budget: Budget;
  readonly members: Uint8Array;
  readonly weight: number;
  readonly random: Random;
}

const look: { readonly [Path in AuditPath]: (staged: Staged) => Promise<readonly Sighting[]> } = {
  gaussian: async (staged) => seeCounts(staged),
  aim: (staged) => watchSynthesizer("aim", staged),
  mst: (staged) => watchSynthesizer("mst", staged),
};

/** The budget's own path: counts with a cell for each canary, asked ten times until all is spent. */
function seeCounts({ budget, members, weight }: Staged): readonly Sighting[] {
  const counts = Float64Array.from(members, (member) => member * weight);
  return Array.from({ length: 10 }, (_, i) => {
    const { noisy, sigma } = budget.gaussian(counts, { query: `canaries, time ${i + 1}`, rho: budget.rho / 10 });
    return { excess: noisy, sigma };
  });
}

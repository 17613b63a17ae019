import { hypergeometricUpperTail } from "../../math/distributions.ts";
import { residualRisk } from "../../math/residual-risk.ts";
import type { Interval, MeasuredScore, Metric, MetricInput, Planting, Score, Trial } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";
import { attackedTrials, tooFewNonMembers, withPlanted } from "./attack.ts";

/** Successes of the same number of guesses about members and about non-members. */
export interface Guesses {
  readonly attacks: number;
  readonly members: number;
  readonly nonMembers: number;
  /** Where one guess is tried on both: distinct members for whom a guess held that held for no non-member, and the other way round. */
  readonly membersAlone?: number;
  readonly nonMembersAlone?: number;
  /** Successes of guesses made without the synthetic table. */
  readonly baseline?: number;
}

/** One run of an attack on one trial: the parts it tries (a secret, a number of columns), each by its name. */
export type Attack = (trial: Trial, seed: number) => Promise<ReadonlyMap<string, Guesses>>;

/** Seeds of an attack; the worst counts. */
const SEEDS = 3;
/** How often the positive control is planted. */
const PLANTINGS = 3;

/** Runs an attack on every trial under several seeds, pools the trials, and takes the worst seed and part.
 *
 * value: the risk of the worst part and seed (the one whose lower bound is highest), with its interval at the input's level. p: exact and one-sided (for guesses tried on both sides
 * the sign test of the people found on one side alone, else Fisher's), the smallest of all parts and seeds times their number, so that without a
 * leak P(p ≤ a) ≤ a.
 * @param how control: share of the synthetic rows that the positive control makes training rows · risk: of a part's guesses, with its interval at a
 * level; default: the residual risk over non-members · details: added to the score's */
export async function attackScore(
  metric: Metric,
  input: MetricInput,
  how: {
    readonly attack: Attack;
    readonly control: number;
    readonly risk?: (guesses: Guesses, level: number) => Interval;
    readonly details?: (worst: Guesses) => Readonly<Record<string, unknown>>;
  },
): Promise<Score> {
  const { attack, control } = how;
  const rated = { risk: how.risk ?? riskOf, level: input.level };
  const trials = attackedTrials(input);
  const lacking = tooFewNonMembers(trials);
  if (lacking) return notComputable(metric, lacking);
  const runs: Run[] = [];
  for (let seed = 0; seed < SEEDS; seed++)
    for (const [part, guesses] of await pooled(trials, (trial) => attack(trial, seed)))
      runs.push(runOf(part, seed, guesses));
  const tried = runs.filter((run) => run.guesses.attacks > 0);
  if (tried.length === 0)
    return notApplicable(metric, "No guess can be made from this synthetic table: it holds nothing to ask by.");
  const worst = worstOf(tried, rated);
  const plantings: Planting[] = [];
  for (let index = 0; index < PLANTINGS; index++) {
    const share = control;
    const planted = await pooled(trials, (trial) => attack(withPlanted(input, trial, { share, index }), index));
    const found = [...planted]
      .map(([part, guesses]) => runOf(part, index, guesses))
      .filter((run) => run.guesses.attacks > 0);
    if (found.length === 0) continue;
    // As many looks as the measurement itself has.
    const p = Math.min(1, Math.min(...found.map((run) => run.p)) * tried.length);
    plantings.push({ leak: "verbatim", share, index, ...worstOf(found, rated).interval, p });
  }
  const score: MeasuredScore = {
    ...headerOf(metric),
    ...worst.interval,
    level: input.level,
    n: worst.run.guesses.attacks,
    seeds: Array.from({ length: SEEDS }, (_, i) => i),
    p: Math.min(1, Math.min(...tried.map((run) => run.p)) * tried.length),
    plantings,
    details: {
      worst: { part: worst.run.part, seed: worst.run.seed, ...worst.run.guesses },
      parts: partsOf(tried, rated),
      looks: tried.length,
      ...how.details?.(worst.run.guesses),
    },
  };
  return score;
}

interface Run {
  readonly part: string;
  readonly seed: number;
  readonly guesses: Guesses;
  readonly p: number;
}

async function pooled(
  trials: readonly Trial[],
  attack: (trial: Trial) => Promise<ReadonlyMap<string, Guesses>>,
): Promise<ReadonlyMap<string, Guesses>> {
  const sums = new Map<string, Guesses>();
  for (const trial of trials)
    for (const [part, guesses] of await attack(trial)) {
      const before = sums.get(part);
      sums.set(part, before ? added(before, guesses) : guesses);
    }
  return sums;
}

function added(a: Guesses, b: Guesses): Guesses {
  const optional = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined || y === undefined ? undefined : x + y;
  const membersAlone = optional(a.membersAlone, b.membersAlone);
  const nonMembersAlone = optional(a.nonMembersAlone, b.nonMembersAlone);
  const baseline = optional(a.baseline, b.baseline);
  return {
    attacks: a.attacks + b.attacks,
    members: a.members + b.members,
    nonMembers: a.nonMembers + b.nonMembers,
    ...(membersAlone === undefined ? {} : { membersAlone }),
    ...(nonMembersAlone === undefined ? {} : { nonMembersAlone }),
    ...(baseline === undefined ? {} : { baseline }),
  };
}

function runOf(part: string, seed: number, guesses: Guesses): Run {
  const { attacks, members, nonMembers, membersAlone, nonMembersAlone } = guesses;
  const p =
    membersAlone !== undefined && nonMembersAlone !== undefined
      ? signTest(membersAlone, nonMembersAlone)
      : hypergeometricUpperTail(members, { drawn: members + nonMembers, marked: attacks, total: 2 * attacks });
  return { part, seed, guesses, p };
}

/** P(at least this many of a fair coin's throws are heads), from the hypergeometric law of a large urn's limit: summed exactly. */
function signTest(heads: number, tails: number): number {
  const n = heads + tails;
  if (n === 0) return 1;
  let log = -n * Math.LN2;
  const logs: number[] = [];
  for (let k = 0; k <= n; k++) {
    if (k >= heads) logs.push(log);
    log += Math.log((n - k) / (k + 1));
  }
  const top = Math.max(...logs);
  return Math.min(1, Math.exp(top) * logs.reduce((sum, x) => sum + Math.exp(x - top), 0));
}

interface Rated {
  readonly risk: (guesses: Guesses, level: number) => Interval;
  readonly level: number;
}

function worstOf(runs: readonly Run[], rated: Rated): { readonly run: Run; readonly interval: Interval } {
  const risks = runs.map((run) => ({ run, interval: rated.risk(run.guesses, rated.level) }));
  return risks.reduce((worst, item) =>
    item.interval.low > worst.interval.low ||
    (item.interval.low === worst.interval.low && item.interval.value > worst.interval.value)
      ? item
      : worst,
  );
}

function riskOf({ attacks, members, nonMembers }: Guesses, level: number): Interval {
  const { value, low, high } = residualRisk(
    { attacks, successes: members, control: { attacks, successes: nonMembers } },
    level,
  );
  return { value, low, high };
}

/** Every part at its worst seed. */
function partsOf(runs: readonly Run[], rated: Rated): readonly Readonly<Record<string, unknown>>[] {
  const names = [...new Set(runs.map((run) => run.part))];
  return names.map((part) => {
    const { run, interval } = worstOf(
      runs.filter((item) => item.part === part),
      rated,
    );
    const { attacks, members, nonMembers, baseline } = run.guesses;
    return {
      part,
      attacks,
      members,
      nonMembers,
      ...(baseline === undefined ? {} : { baseline, weak: members <= baseline }),
      ...interval,
    };
  });
}

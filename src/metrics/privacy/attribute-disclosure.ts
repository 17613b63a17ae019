import { type AnonymityLoss, anonymityLoss, precisionRecall } from "../../math/anonymity-loss.ts";
import { hypergeometricUpperTail, wilson } from "../../math/distributions.ts";
import type { Random } from "../../random.ts";
import type { Metric, MetricInput, Planting, Score, Trial } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";
import { attackedTrials, tooFewNonMembers, withPlanted } from "./attack.ts";
import { guessSecrets } from "./secrets.ts";

/** Whether an attacker who guesses only where sure learns a secret of training people that the population does not tell. */
export const attributeDisclosure: Metric = {
  name: "attribute-disclosure",
  title: "Attribute disclosure: anonymity loss",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source: "Anonymity loss coefficient of Francis & Wagner (2024, 2025), arXiv 2403.06595 and 2507.01710",
  definitionVersion: 1,
  explains:
    "A secret is guessed from the synthetic row nearest to what is known of a person, and only where that row is near enough: how far precision and recall together lie above those for people never seen, as a share of what was left to find out. 1 is a release of the rows themselves, 0 no loss; the authors call up to .5 conservatively safe. It says nothing of secrets that were not tried.",
  measure,
};

const SEEDS = 3;
/** The positive control: the share of the synthetic rows that are made training rows, and how often. */
const CONTROL = { share: 0.1, plantings: 3 } as const;

/** Each side of the interval of a precision by which a distance is chosen. */
const DOUBT = 0.025;

async function measure(input: MetricInput): Promise<Score> {
  const trials = attackedTrials(input);
  const lacking = tooFewNonMembers(trials);
  if (lacking) return notComputable(attributeDisclosure, lacking);
  const tried: Targets[] = [];
  for (let seed = 0; seed < SEEDS; seed++) tried.push(...(await targetsOf(trials, seed, input)));
  if (tried.length === 0)
    return notApplicable(
      attributeDisclosure,
      "No secret can be guessed: there is no other column to guess it by, or no synthetic row.",
    );
  const looks = tried.length;
  // The interval of the worst look must hold for whichever that is: each is made at an even part of what the level leaves (Bonferroni).
  const level = 1 - (1 - input.level) / looks;
  const runs = tried.map((targets) => runOf(targets, level, input.random));
  const worst = worstOf(runs);
  const plantings: Planting[] = [];
  for (let index = 0; index < CONTROL.plantings; index++) {
    const { share } = CONTROL;
    const planted = trials.map((trial) => withPlanted(input, trial, { share, index }));
    const found = (await targetsOf(planted, index, input)).map((targets) => runOf(targets, level, input.random));
    const { value, low, high } = worstOf(found).loss;
    plantings.push({ leak: "verbatim", share, index, value, low, high, p: smallestOf(found, looks) });
  }
  const { value, low, high } = worst.loss;
  return {
    ...headerOf(attributeDisclosure),
    value,
    low,
    high,
    level: input.level,
    n: worst.members.people,
    seeds: Array.from({ length: SEEDS }, (_, i) => i),
    p: smallestOf(runs, looks),
    plantings,
    details: {
      worst: shown(worst),
      parts: [...new Set(runs.map(({ secret }) => secret))].map((secret) =>
        shown(worstOf(runs.filter((run) => run.secret === secret))),
      ),
      looks,
    },
  };
}

/** Guesses about a secret under one seed: for every person whether it is right, and how far the row lies that it comes from. */
interface Targets {
  readonly secret: string;
  readonly seed: number;
  readonly members: Side;
  readonly nonMembers: Side;
}

interface Side {
  readonly right: Uint8Array;
  readonly distance: Float64Array;
}

/** Every secret, the trials pooled. */
async function targetsOf(trials: readonly Trial[], seed: number, input: MetricInput): Promise<readonly Targets[]> {
  const bySecret = new Map<string, Targets>();
  for (const trial of trials)
    for (const { secret, attacks, right, distance } of await guessSecrets(trial, seed, input)) {
      const side = (from: number): Side => ({
        right: right.slice(from, from + attacks),
        distance: distance.slice(from, from + attacks),
      });
      const before = bySecret.get(secret);
      const found = { secret, seed, members: side(0), nonMembers: side(attacks) };
      bySecret.set(
        secret,
        before
          ? {
              ...found,
              members: joined(before.members, found.members),
              nonMembers: joined(before.nonMembers, found.nonMembers),
            }
          : found,
      );
    }
  return [...bySecret.values()].filter(({ members }) => members.right.length > 0);
}

function joined(a: Side, b: Side): Side {
  return {
    right: Uint8Array.from([...a.right, ...b.right]),
    distance: Float64Array.from([...a.distance, ...b.distance]),
  };
}

interface Tally {
  readonly people: number;
  readonly guesses: number;
  readonly right: number;
}

interface Run {
  readonly secret: string;
  readonly seed: number;
  readonly members: Tally;
  readonly nonMembers: Tally;
  readonly loss: AnonymityLoss;
  readonly p: number;
}

function runOf({ secret, seed, members, nonMembers }: Targets, level: number, random: Random): Run {
  const stream = random.split("halves").split(seed).split(secret);
  const [ours, theirs] = [halved(members, stream.split("members")), halved(nonMembers, stream.split("non-members"))];
  const [best, bestOfTheirs] = [ours.map((half) => bestDistance(half)), theirs.map((half) => bestDistance(half))];
  const attack = readAt(ours, best);
  // Whichever distance serves the baseline better: else one that was chosen badly among few people would pass for a loss.
  const baseline = [readAt(theirs, bestOfTheirs), readAt(theirs, best)].reduce((a, b) =>
    coefficientOf(b) > coefficientOf(a) ? b : a,
  );
  return {
    secret,
    seed,
    members: attack,
    nonMembers: baseline,
    loss: anonymityLoss({ attack, baseline, level }),
    p: exactP(members, nonMembers),
  };
}

type Halves = readonly [Side, Side];

function halved({ right, distance }: Side, random: Random): Halves {
  const order = random.shuffle(Uint32Array.from({ length: right.length }, (_, i) => i));
  const half = (from: number, to: number): Side => ({
    right: Uint8Array.from(order.subarray(from, to), (i) => right[i] as number),
    distance: Float64Array.from(order.subarray(from, to), (i) => distance[i] as number),
  });
  return [half(0, right.length >> 1), half(right.length >> 1, right.length)];
}

/** Guesses where the row is near enough: the distance that is best on one half of the people is used on the other half, both ways, for the best of
 * many distances flatters the people it was chosen on. */
function readAt(halves: Halves, farthest: readonly number[]): Tally {
  let [people, guesses, right] = [0, 0, 0];
  for (const [h, half] of halves.entries()) {
    const limit = farthest[1 - h] as number;
    people += half.right.length;
    half.right.forEach((hit, i) => {
      if ((half.distance[i] as number) > limit) return;
      guesses++;
      right += hit;
    });
  }
  return { people, guesses, right };
}

function coefficientOf({ people, guesses, right }: Tally): number {
  return guesses === 0 ? 0 : precisionRecall(right / guesses, guesses / people);
}

/** The distance up to which guesses have the largest coefficient, each precision taken at Wilson's lower bound, so that two lucky guesses are
 * not preferred to a hundred good ones; where equal ones have it, the larger. Infinite where there is nobody to learn it from, or none is right. */
function bestDistance({ distance, right }: Side): number {
  const sorted = Uint32Array.from({ length: right.length }, (_, i) => i).sort(
    (a, b) => (distance[a] as number) - (distance[b] as number),
  );
  let best = 0;
  let farthest = Number.POSITIVE_INFINITY;
  let found = 0;
  for (let k = 0; k < sorted.length; k++) {
    const at = distance[sorted[k] as number] as number;
    found += right[sorted[k] as number] as number;
    if (k + 1 < sorted.length && distance[sorted[k + 1] as number] === at) continue;
    const coefficient = precisionRecall(wilson(found, k + 1, DOUBT).low, (k + 1) / sorted.length);
    if (coefficient < best || coefficient === 0) continue;
    best = coefficient;
    farthest = at;
  }
  return farthest;
}

/** P(as many right guesses about members), labels exchangeable: Fisher's test, one-sided, at the distance that is best for both sides taken as one.
 * That choice does not know who is a member, so the test stays exact. */
function exactP(members: Side, nonMembers: Side): number {
  const both = joined(members, nonMembers);
  const farthest = bestDistance(both);
  const made = ({ right, distance }: Side): number =>
    right.reduce((sum, hit, i) => sum + ((distance[i] as number) <= farthest ? hit : 0), 0);
  return hypergeometricUpperTail(made(members), {
    drawn: made(members) + made(nonMembers),
    marked: members.right.length,
    total: both.right.length,
  });
}

/** The smallest p of all looks, times their number. */
function smallestOf(runs: readonly Run[], looks: number): number {
  return Math.min(1, Math.min(...runs.map((run) => run.p)) * looks);
}

function worstOf(runs: readonly Run[]): Run {
  return runs.reduce((worst, run) =>
    run.loss.low > worst.loss.low || (run.loss.low === worst.loss.low && run.loss.value > worst.loss.value)
      ? run
      : worst,
  );
}

function shown({ secret, seed, members, nonMembers, loss, p }: Run): Readonly<Record<string, unknown>> {
  const side = ({ people, guesses, right }: Tally, coefficient: number): Readonly<Record<string, unknown>> => ({
    people,
    guesses,
    right,
    precision: guesses === 0 ? 0 : right / guesses,
    recall: guesses / people,
    coefficient,
  });
  const { attack, baseline, value, low, high } = loss;
  return {
    part: secret,
    seed,
    members: side(members, attack),
    nonMembers: side(nonMembers, baseline),
    value,
    low,
    high,
    p,
  };
}

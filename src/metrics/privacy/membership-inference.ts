import { clopperPearson, hypergeometricUpperTail, normalCdf } from "../../math/distributions.ts";
import { areaUnderCurve } from "../../math/ranking.ts";
import type { Interval, Metric, MetricInput, Planting, Score, Trial } from "../metric.ts";
import { headerOf, notComputable } from "../score.ts";
import { attackedTrials, tooFewNonMembers, withPlanted } from "./attack.ts";
import { type MembershipScores, membershipScores, pool } from "./membership-scores.ts";

/** Whether an attacker who holds a person's row can tell that the synthesizer learnt from it. */
export const membershipInference: Metric = {
  name: "membership-inference",
  title: "Membership inference: advantage at a low false-positive rate",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source:
    "An ensemble after Hayes et al. (2019), PoPETs; van Breugel et al. (2023), AISTATS; Ward, Wang & Cheng (2024), arXiv 2406.13012; Meeus et al. (2023), ESORICS; true-positive rate at a low false-positive rate after Carlini et al. (2022), IEEE S&P",
  definitionVersion: 2,
  explains:
    "Members and non-members are told apart by six attacks, on random people and on the most isolated tenth: the share of members recognised where one non-member in a hundred is taken for one, less that share. 0 is guessing. It shows what these attacks find, not what every attack could.",
  measure,
};

const SEEDS = 3;
/** The positive control: the share of the synthetic rows that are made training rows, and how often. */
const CONTROL = { share: 0.1, plantings: 3 } as const;
/** The false-positive rate, and the fewest non-members taken for members that it is read at. */
const RATE = 0.01;
const FEWEST_ALARMS = 5;

async function measure(input: MetricInput): Promise<Score> {
  const trials = attackedTrials(input);
  const lacking = tooFewNonMembers(trials);
  if (lacking) return notComputable(membershipInference, lacking);
  const looks: Look[] = [];
  for (let seed = 0; seed < SEEDS; seed++)
    looks.push(...looksAt(await attacked(trials, seed, input), seed, input.level));
  if (looks.length === 0)
    return notComputable(
      membershipInference,
      "The synthetic table has no rows, or the real ones are too few to attack.",
    );
  const worst = worstOf(looks);
  const plantings: Planting[] = [];
  const { share } = CONTROL;
  for (let index = 0; index < CONTROL.plantings; index++) {
    const planted = trials.map((trial) => withPlanted(input, trial, { share, index }));
    const found = looksAt(await attacked(planted, index, input), index, input.level);
    const p = Math.min(1, Math.min(...found.map((look) => look.p)) * looks.length);
    plantings.push({ leak: "verbatim", share, index, ...worstOf(found).interval, p });
  }
  return {
    ...headerOf(membershipInference),
    ...worst.interval,
    level: input.level,
    n: worst.perSide,
    seeds: Array.from({ length: SEEDS }, (_, i) => i),
    p: Math.min(1, Math.min(...looks.map((look) => look.p)) * looks.length),
    plantings,
    details: {
      worst: shown(worst),
      attacks: [...new Set(looks.map(({ attack, targets }) => `${attack}\u0000${targets}`))].map((key) =>
        shown(worstOf(looks.filter(({ attack, targets }) => `${attack}\u0000${targets}` === key))),
      ),
      looks: looks.length,
    },
  };
}

async function attacked(
  trials: readonly Trial[],
  seed: number,
  input: MetricInput,
): Promise<readonly MembershipScores[]> {
  const runs = [];
  for (const trial of trials) runs.push(await membershipScores(trial, seed, input));
  const played = runs.filter((run) => run.length > 0);
  return (played[0] ?? []).map((_, i) => pool(played.map((run) => run[i] as MembershipScores)));
}

/** One attack on one set of targets. */
interface Look {
  readonly attack: string;
  readonly targets: "random" | "most isolated";
  readonly seed: number;
  readonly perSide: number;
  readonly rate: number;
  readonly truePositives: number;
  readonly area: number;
  readonly interval: Interval;
  readonly p: number;
}

function looksAt(runs: readonly MembershipScores[], seed: number, level: number): readonly Look[] {
  return runs.flatMap((run) => {
    const all = Uint32Array.from({ length: 2 * run.perSide }, (_, i) => i);
    const isolated = all.filter((i) => run.isolated[i] === 1);
    return [
      ...lookAt(run, all, { targets: "random", seed, level }),
      ...lookAt(run, isolated, { targets: "most isolated", seed, level }),
    ];
  });
}

function lookAt(
  run: MembershipScores,
  chosen: Uint32Array,
  how: { readonly targets: Look["targets"]; readonly seed: number; readonly level: number },
): readonly Look[] {
  const perSide = chosen.length >> 1;
  if (perSide < 2 * FEWEST_ALARMS) return [];
  const scores = Float64Array.from(chosen, (i) => run.scores[i] as number);
  const member = Uint8Array.from(chosen, (i) => (i < run.perSide ? 1 : 0));
  const alarms = Math.max(FEWEST_ALARMS, Math.floor(RATE * perSide));
  const rate = alarms / perSide;
  // The threshold that the alarms-th highest non-member sets: those above it count whole, ties at it by the share that the rate leaves.
  const others = scores.filter((_, i) => member[i] === 0).sort();
  const threshold = others[perSide - alarms] as number;
  let above = 0;
  let at = 0;
  let othersAbove = 0;
  let othersAt = 0;
  scores.forEach((score, i) => {
    if (score > threshold) member[i] ? above++ : othersAbove++;
    else if (score === threshold) member[i] ? at++ : othersAt++;
  });
  const truePositives = above + (at * (alarms - othersAbove)) / Math.max(1, othersAt);
  const bounds = clopperPearson(Math.round(truePositives), perSide, (1 - how.level) / 2);
  const area = areaUnderCurve(scores, member);
  return [
    {
      attack: run.attack,
      targets: how.targets,
      seed: how.seed,
      perSide,
      rate,
      truePositives: truePositives / perSide,
      area,
      interval: {
        value: truePositives / perSide - rate,
        low: bounds.low - rate,
        high: bounds.high - rate,
      },
      p: Math.min(1, 2 * Math.min(topTail(scores, member, 2 * alarms), areaTail(area, perSide))),
    },
  ];
}

/** P(as many members among the highest scores of both sides together), labels exchangeable: hypergeometric. Ties at the end are all taken. */
function topTail(scores: Float64Array, member: Uint8Array, top: number): number {
  const sorted = scores.slice().sort();
  const end = sorted[sorted.length - top] as number;
  let drawn = 0;
  let members = 0;
  scores.forEach((score, i) => {
    if (score < end) return;
    drawn++;
    members += member[i] as number;
  });
  return hypergeometricUpperTail(members, { drawn, marked: scores.length / 2, total: scores.length });
}

/** P(an area as large), by the normal limit of the rank sum; ties only narrow it. */
function areaTail(area: number, perSide: number): number {
  const stddev = Math.sqrt((2 * perSide + 1) / (12 * perSide * perSide));
  return 1 - normalCdf((area - 0.5) / stddev);
}

function worstOf(looks: readonly Look[]): Look {
  return looks.reduce((worst, look) =>
    look.interval.low > worst.interval.low ||
    (look.interval.low === worst.interval.low && look.interval.value > worst.interval.value)
      ? look
      : worst,
  );
}

function shown(look: Look): Readonly<Record<string, unknown>> {
  const { attack, targets, seed, perSide, rate, truePositives, area, interval, p } = look;
  return {
    attack,
    targets,
    seed,
    perSide,
    falsePositiveRate: rate,
    truePositiveRate: truePositives,
    auc: area,
    ...interval,
    p,
  };
}

import { type Table, takeRows } from "../../data/table.ts";
import type { MixedRows } from "../../learners/neighbours/mixed-rows.ts";
import { UNIT } from "../../learners/neighbours/mixed-rows.ts";
import { nearestRows } from "../../learners/neighbours/nearest.ts";
import { buildTree } from "../../learners/neighbours/tree.ts";
import { clopperPearson } from "../../math/distributions.ts";
import type { Interval, Metric, MetricInput, Score, Trial } from "../metric.ts";
import { notComputable } from "../score.ts";
import { attackedTrials } from "./attack.ts";
import { attackScore, type Guesses } from "./attack-score.ts";
import { encodeMixed, fitMixedCodec, type MixedCodec } from "./mixed-table.ts";
import { runRandom } from "./singling-out.ts";

/** Whether somebody who holds records of the population can claim who of it was in the training rows. */
export const membershipDisclosure: Metric = {
  name: "membership-disclosure",
  title: "Membership disclosure: F1 beyond claiming everybody",
  family: "privacy",
  better: "lower",
  range: [-1e6, 1],
  source: "El Emam, Mosquera & Fang (2022), JAMIA Open 5(4), doi 10.1093/jamiaopen/ooac083",
  definitionVersion: 1,
  explains:
    "Somebody claims that a person was in the training rows when a synthetic row differs from what is known of that person in a few columns at most. The F1 of those claims in the population, set so that 0 is what claiming everybody gives and 1 is never being wrong. It shows one plain attack, at the true share of members, not what every attack could.",
  measure,
};

/** People asked about on each side, per run. */
const ATTACKS = 2000;
/** The most columns that may differ in a claim. */
const MOST_DIFFERENT = 5;
/** Bins of a number, of equally many real rows. */
const BINS = 20;

async function measure(input: MetricInput): Promise<Score> {
  const population = populationOf(input);
  if (typeof population === "string") return notComputable(membershipDisclosure, population);
  const { memberShare, ...told } = population;
  return attackScore(membershipDisclosure, input, {
    control: 0.5,
    attack: (trial, seed) => claim(trial, seed, input),
    risk: (guesses, level) => relativeF1(guesses, { memberShare, level }),
    details: ({ attacks, members, nonMembers }) => {
      const rates = { truePositiveRate: members / attacks, falsePositiveRate: nonMembers / attacks };
      const claims = memberShare * rates.truePositiveRate + (1 - memberShare) * rates.falsePositiveRate;
      return {
        ...told,
        memberShare,
        ...rates,
        ...(claims > 0 ? { precision: (memberShare * rates.truePositiveRate) / claims } : {}),
        f1: f1Of(rates, memberShare),
        naiveF1: naiveF1(memberShare),
      };
    },
  });
}

/** The F1 of claims beyond that of claiming everybody, as a share of what is left to gain: (F1 − 2t/(1+t)) / (1 − 2t/(1+t)).
 *
 * Bounds: Clopper-Pearson on both rates, each bound missed with a quarter of 1 − level, and F1 rises in the one and falls in the other, so that both
 * ends together are missed with at most 1 − level.
 * @param options memberShare: t, of the population's people, 0 < t < 1 */
export function relativeF1(
  { attacks, members, nonMembers }: Pick<Guesses, "attacks" | "members" | "nonMembers">,
  options: { readonly memberShare: number; readonly level: number },
): Interval {
  const { memberShare, level } = options;
  const alpha = (1 - level) / 4;
  const found = clopperPearson(members, attacks, alpha);
  const false_ = clopperPearson(nonMembers, attacks, alpha);
  const naive = naiveF1(memberShare);
  const relative = (truePositiveRate: number, falsePositiveRate: number): number =>
    (f1Of({ truePositiveRate, falsePositiveRate }, memberShare) - naive) / (1 - naive);
  return {
    value: relative(members / attacks, nonMembers / attacks),
    low: relative(found.low, false_.high),
    high: relative(found.high, false_.low),
  };
}

/** 2 · precision · recall / (precision + recall), where t of the people asked about are members; 0 where nobody is found. */
function f1Of(
  rates: { readonly truePositiveRate: number; readonly falsePositiveRate: number },
  memberShare: number,
): number {
  const right = memberShare * rates.truePositiveRate;
  return (2 * right) / (right + (1 - memberShare) * rates.falsePositiveRate + memberShare);
}

function naiveF1(memberShare: number): number {
  return (2 * memberShare) / (1 + memberShare);
}

/** Which share of the population was trained on; a sentence where what was declared cannot be. */
function populationOf(
  input: MetricInput,
): string | { readonly memberShare: number; readonly population: number; readonly populationIs: string } {
  const { entities, purpose, train, holdout } = input;
  if (purpose.population === undefined) {
    const sides = { train: 0, holdout: 0 };
    for (const trial of attackedTrials(input)) {
      sides.train += trial.train.rows;
      sides.holdout += trial.holdout.rows;
    }
    const population = sides.train + sides.holdout;
    return {
      // Where there are no non-members the attack itself says so.
      memberShare: sides.train / Math.max(1, population),
      population: population / Math.max(1, input.trials.length),
      populationIs:
        "not declared: the real people at hand, trained on and held out, are taken for all there are. Most of them are members, so that claiming everybody is nearly as good as any attack; declare how many people they were drawn from (--population).",
    };
  }
  const trained = entities ? new Set(entities.train).size : train.rows;
  const known = trained + (entities ? new Set(entities.holdout).size : (holdout?.rows ?? 0));
  if (purpose.population < known)
    return `The declared population of ${purpose.population} people is smaller than the ${known} people in the real rows. Declare how many people these were drawn from (--population).`;
  return { memberShare: trained / purpose.population, population: purpose.population, populationIs: "declared" };
}

/** Of each number of columns that may differ: for how many members and how many non-members there is such a synthetic row. */
async function claim(trial: Trial, seed: number, input: MetricInput): Promise<ReadonlyMap<string, Guesses>> {
  const random = runRandom(input, seed);
  const { quasiIdentifiers } = input.purpose;
  const all = trial.train.columns.map(({ name }) => name);
  const declared = all.filter((name) => quasiIdentifiers.includes(name));
  const names = declared.length > 0 ? declared : all;
  const attacks = Math.min(ATTACKS, trial.train.rows, trial.holdout.rows);
  if (attacks === 0 || trial.synthetic.rows === 0) return new Map();
  const only = (table: Table): Table => ({
    rows: table.rows,
    columns: table.columns.filter(({ name }) => names.includes(name)),
  });
  const chosen = (table: Table, label: string): Table =>
    only(takeRows(table, random.split(label).sample(table.rows, attacks)));
  const codec = fitMixedCodec([only(trial.train), only(trial.holdout)], input.schema);
  const released = buildTree(binned([only(trial.synthetic)], codec));
  const people = binned([chosen(trial.train, "members"), chosen(trial.holdout, "non-members")], codec);
  // With every column allowed to differ everybody is claimed, which is the naive guess itself.
  const most = Math.min(names.length - 1, MOST_DIFFERENT);
  const { distance, ties } = await nearestRows(released, people, {
    executor: input.executor,
    signal: input.signal,
    maxTies: 1,
    within: new Float64Array(people.rows).fill(most),
  });
  const claimed = (most: number, from: number): number => {
    let count = 0;
    for (let i = from; i < from + attacks; i++) if (ties[i] !== 0 && (distance[i] as number) <= most) count++;
    return count;
  };
  return new Map(
    Array.from({ length: most + 1 }, (_, h) => [
      h === 0 ? "no column differs" : `${h} ${h === 1 ? "column differs" : "columns differ"} at most`,
      { attacks, members: claimed(h, 0), nonMembers: claimed(h, attacks) },
    ]),
  );
}

/** Rows whose every column only agrees or differs: a number by which of 20 bins of the real rows' ranks it is in, missing is a bin of its own. The
 * distance of two such rows is the number of columns that differ. */
function binned(tables: readonly Table[], codec: MixedCodec): MixedRows {
  const rows = encodeMixed(tables, codec);
  const width = rows.categories + rows.numbers;
  for (let i = 0; i < rows.rows; i++)
    for (let at = i * width + rows.categories; at < (i + 1) * width; at++) {
      const rank = rows.cells[at] as number;
      rows.cells[at] = rank > UNIT ? BINS : Math.min(BINS - 1, Math.floor((BINS * rank) / UNIT));
    }
  return { ...rows, categories: width, numbers: 0 };
}

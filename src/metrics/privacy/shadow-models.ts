import { concatRows, takeRows } from "../../data/table.ts";
import { throwIfCancelled } from "../../errors.ts";
import { areaUnderCurve } from "../../math/ranking.ts";
import { studentQuantile } from "../../math/student-t.ts";
import type { Random } from "../../random.ts";
import type { Interval, Metric, MetricInput, Planting, Score, ShadowRun, Shadows } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";
import { type ShadowFeatures, shadowFeatures, viewpointOf } from "./shadow-features.ts";
import { type Scorer, scorerOf } from "./shadow-scores.ts";

/** Whether somebody who can run the procedure again learns from its output that one of the most isolated people was in it. */
export const shadowModels: Metric = {
  name: "shadow-models",
  title: "Shadow models: the most isolated people",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source:
    "Stadler et al. (2022), USENIX Security; Meeus et al. (2023), ESORICS, arXiv 2306.10308; shift of distances after SynMeter (Du & Li 2024), arXiv 2402.06806",
  definitionVersion: 1,
  explains:
    "The procedure is run again on random halves of the real people, and an attacker who knows which halves held whom says from a further run whether one of the most isolated people was in it: 2·AUC − 1, so 0 is guessing and 1 is certainty. It attacks the procedure, not the one release, and by one kind of attack.",
  measure,
};

/** Runs without which too few are left to learn from. */
export const FEWEST_SHADOWS = 16;
const PERMUTATIONS = 999;
const RESAMPLES = 400;
const FALSE_POSITIVE_RATE = 0.1;
/** The positive control: the chance that a target is found as it is in a run that it was in, and how often that is planted. */
const CONTROL = { chance: 0.5, plantings: 3 } as const;

async function measure(input: MetricInput): Promise<Score> {
  const { shadows, random, level } = input;
  if (!shadows)
    return notApplicable(
      shadowModels,
      "Shadow models are made only on request, by `counterfoil synthesize … --shadow-models N`; a table that was made elsewhere cannot be made again.",
    );
  const { targets, runs } = shadows;
  if (runs.length < FEWEST_SHADOWS)
    return notComputable(
      shadowModels,
      `There are ${runs.length} shadow models; an attack needs at least ${FEWEST_SHADOWS} to learn from (--shadow-models ${FEWEST_SHADOWS}).`,
    );
  if (targets.rows === 0 || runs.some(({ synthetic }) => synthetic.rows === 0))
    return notApplicable(shadowModels, "There is nobody to attack, or a shadow model gave out no row.");
  const side = sidesOf(shadows);
  const viewpoint = viewpointOf(targets, input, random.split("questions"));
  const features = shadowFeatures(runs, viewpoint);
  const found = attackOf(features, side, { level, random: random.split("attack") });
  const plantings: Planting[] = [];
  for (let index = 0; index < CONTROL.plantings; index++) {
    throwIfCancelled(input.signal);
    const stream = random.split("control").split(index);
    const { planted, share } = plantedIn(shadows, stream.split("rows"));
    const seen = attackOf(shadowFeatures(planted, viewpoint), side, { level, random: stream.split("attack") });
    const { value, low, high } = seen.advantage;
    plantings.push({ leak: "outliers", share, index, value, low, high, p: seen.p });
  }
  const { value, low, high } = found.advantage;
  return {
    ...headerOf(shadowModels),
    value,
    low,
    high,
    level,
    n: (runs.length * targets.rows) / 2,
    seeds: [input.seed],
    p: found.p,
    plantings,
    details: {
      shadows: runs.length,
      targets: targets.rows,
      auc: (value + 1) / 2,
      falsePositiveRate: FALSE_POSITIVE_RATE,
      truePositiveRate: found.truePositiveRate,
      distanceShift: found.distanceShift,
    },
  };
}

interface Found {
  readonly advantage: Interval;
  readonly p: number;
  readonly truePositiveRate: number;
  /** Over the targets the largest |mean distance to the nearest synthetic row when in − when out|, and the same for labels drawn anew. */
  readonly distanceShift: { readonly largest: number; readonly byChance: number };
}

function attackOf(
  features: ShadowFeatures,
  side: Uint8Array,
  how: { readonly level: number; readonly random: Random },
): Found {
  const { targets, runs } = features;
  const scorer = scorerOf(features);
  const scores = scorer.scores(side);
  const area = areaOf(scores, side, targets);
  const { p, byChance } = permuted(scorer, features, { area, random: how.random.split("labels") });
  const error = errorOf(scorer, side, { targets, random: how.random.split("pairs") });
  const half = studentQuantile((1 + how.level) / 2, (runs >> 1) - 1) * error;
  const cut = (x: number): number => Math.max(-1, Math.min(1, x));
  return {
    advantage: { value: 2 * area - 1, low: cut(2 * (area - half) - 1), high: cut(2 * (area + half) - 1) },
    p,
    truePositiveRate: truePositiveRate(scores, side, targets),
    distanceShift: { largest: largestShift(features, side), byChance },
  };
}

/** For each pair of runs and each target, in which of the two it was. */
function sidesOf({ targets, runs }: Shadows): Uint8Array {
  const out = new Uint8Array((runs.length >> 1) * targets.rows);
  for (let i = 0; i < out.length; i++) {
    const pair = Math.floor(i / targets.rows);
    const [first, second] = [runs[2 * pair], runs[2 * pair + 1]] as [ShadowRun, ShadowRun];
    const target = i % targets.rows;
    if (first.member[target] === second.member[target])
      throw new Error(`target ${target} is in both shadow models of pair ${pair}, or in neither`);
    out[i] = first.member[target] === 1 ? 0 : 1;
  }
  return out;
}

/** 1 for each run and target that was in it. */
function labelsOf(side: Uint8Array, targets: number): Uint8Array {
  const out = new Uint8Array(2 * side.length);
  side.forEach((second, i) => {
    const pair = Math.floor(i / targets);
    out[(2 * pair + second) * targets + (i % targets)] = 1;
  });
  return out;
}

function areaOf(scores: Float64Array, side: Uint8Array, targets: number): number {
  return areaUnderCurve(scores, labelsOf(side, targets));
}

/** The chance of so large an area where no table depends on who of the targets was in: every coin that put a target into one run of a pair is thrown
 * anew, and the attacker learns anew, 999 times. Exact but for the number of throws, for that is how the halves were drawn. */
function permuted(
  scorer: Scorer,
  features: ShadowFeatures,
  how: { readonly area: number; readonly random: Random },
): { readonly p: number; readonly byChance: number } {
  const { targets, runs } = features;
  let asLarge = 1;
  let shift = 0;
  for (let k = 0; k < PERMUTATIONS; k++) {
    const side = Uint8Array.from({ length: (runs >> 1) * targets }, () => how.random.integer(2));
    if (areaOf(scorer.scores(side), side, targets) >= how.area - 1e-12) asLarge++;
    shift += largestShift(features, side);
  }
  return { p: asLarge / (PERMUTATIONS + 1), byChance: shift / PERMUTATIONS };
}

/** Standard error of the area, by drawing pairs of runs with replacement: they are what is independent, targets and runs within are not. The attacker
 * learns anew from every draw, never from the pair that is scored, for scores that share what was learnt go astray together. */
function errorOf(scorer: Scorer, side: Uint8Array, how: { readonly targets: number; readonly random: Random }): number {
  const { targets, random } = how;
  const pairs = side.length / targets;
  const size = 2 * targets;
  const labels = labelsOf(side, targets);
  const drawnScores = new Float64Array(pairs * size);
  const drawnLabels = new Uint8Array(pairs * size);
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < RESAMPLES; k++) {
    const weight = new Uint32Array(pairs);
    const drawn = Uint32Array.from({ length: pairs }, () => random.integer(pairs));
    for (const pair of drawn) weight[pair] = (weight[pair] as number) + 1;
    const scores = scorer.scores(side, weight);
    drawn.forEach((pair, i) => {
      drawnScores.set(scores.subarray(pair * size, (pair + 1) * size), i * size);
      drawnLabels.set(labels.subarray(pair * size, (pair + 1) * size), i * size);
    });
    const area = areaUnderCurve(drawnScores, drawnLabels);
    sum += area;
    squares += area * area;
  }
  const variance = Math.max(0, squares / RESAMPLES - (sum / RESAMPLES) ** 2);
  return Math.sqrt((variance * pairs) / (pairs - 1));
}

/** Share of those in above the score that a tenth of those out exceed. */
function truePositiveRate(scores: Float64Array, side: Uint8Array, targets: number): number {
  const labels = labelsOf(side, targets);
  const out = scores.filter((_, i) => labels[i] === 0).sort();
  const threshold = out[out.length - 1 - Math.floor(FALSE_POSITIVE_RATE * out.length)] as number;
  const found = scores.reduce((count, score, i) => count + (labels[i] === 1 && score > threshold ? 1 : 0), 0);
  return found / side.length;
}

function largestShift({ distance, targets }: ShadowFeatures, side: Uint8Array): number {
  const shift = new Float64Array(targets);
  side.forEach((second, i) => {
    const [pair, target] = [Math.floor(i / targets), i % targets];
    const at = (run: number): number => distance[(2 * pair + run) * targets + target] as number;
    shift[target] = (shift[target] as number) + at(second) - at(1 - second);
  });
  return shift.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / (side.length / targets);
}

/** The same tables with targets, as they are, in the place of random rows, half of the times that they were in. */
function plantedIn(
  { targets, runs }: Shadows,
  random: Random,
): { readonly planted: readonly ShadowRun[]; readonly share: number } {
  let count = 0;
  let rows = 0;
  const planted = runs.map(({ member, synthetic }, run): ShadowRun => {
    const stream = random.split(run);
    const arriving = Uint32Array.from({ length: targets.rows }, (_, i) => i)
      .filter((target) => member[target] === 1 && stream.uniform() < CONTROL.chance)
      .slice(0, synthetic.rows);
    const gone = new Set(stream.sample(synthetic.rows, arriving.length));
    const kept = Uint32Array.from({ length: synthetic.rows }, (_, i) => i).filter((row) => !gone.has(row));
    count += arriving.length;
    rows += synthetic.rows;
    return { member, synthetic: concatRows([takeRows(synthetic, kept), takeRows(targets, arriving)]) };
  });
  return { planted, share: count / rows };
}

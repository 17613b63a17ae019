import { isMeasured, type MeasuredScore, type Planting, type Score } from "../metrics/metric.ts";
import type { Decision } from "./decision.ts";
import type { Power, Rule } from "./policy.ts";

/** A leak planted once: the privacy rules that looked at it, and those that fail on it. */
export interface Planted {
  readonly leak: Planting["leak"];
  readonly share: number;
  readonly index: number;
  /** Rules that looked at this planting. */
  readonly asked: readonly string[];
  readonly refusedBy: readonly string[];
}

/** Every planted leak, and which of these privacy rules refuse it: the rules' own expressions on the planted score.
 * @param fails whether a rule fails on this score */
export function plantingsOf(
  rules: readonly Rule[],
  scores: ReadonlyMap<string, Score>,
  fails: (rule: Rule, score: MeasuredScore) => boolean,
): readonly Planted[] {
  const found = new Map<
    string,
    { leak: Planting["leak"]; share: number; index: number; asked: string[]; refusedBy: string[] }
  >();
  for (const rule of rules) {
    const score = rule.metric === undefined ? undefined : scores.get(rule.metric);
    if (!score || !isMeasured(score) || score.family !== "privacy") continue;
    for (const planting of score.plantings ?? []) {
      const { leak, share, index } = planting;
      const key = `${leak} ${share} ${index}`;
      const planted = found.get(key) ?? { leak, share, index, asked: [], refusedBy: [] };
      found.set(key, planted);
      planted.asked.push(rule.rule);
      if (fails(rule, { ...score, ...planting })) planted.refusedBy.push(rule.rule);
    }
  }
  return [...found.values()];
}

/** The smallest leaks that the policy refuses, whichever rule does it. */
export function detectableOf(plantings: readonly Planted[]): Decision["detectable"] {
  const leaks = [...new Set(plantings.map((item) => item.leak))];
  return leaks.map((leak) => {
    const tried = tally(
      plantings.filter((item) => item.leak === leak),
      (item) => item.refusedBy.length > 0,
    );
    return { leak, share: smallestRefused(tried), tried };
  });
}

/** Why a privacy rule that found nothing may not pass: its positive control was not refused often enough; nothing when it was. */
export function blindness(
  rule: Rule,
  score: MeasuredScore,
  plantings: readonly Planted[],
): { readonly reason: string; readonly remedy: string } | null {
  const { power } = rule;
  if (!power)
    return {
      reason: "But the rule names no leak that it would have found, so that finding none says nothing.",
      remedy: "Give the rule a `power`.",
    };
  const judges = power.by ?? [rule.rule];
  const isRefused = (item: Planted): boolean => item.refusedBy.some((name) => judges.includes(name));
  const same = plantings.filter((item) => item.leak === power.leak && item.asked.some((name) => judges.includes(name)));
  // A leak no larger than the named one serves as well: who sees the smaller sees the larger.
  const share = Math.max(...same.map((planted) => planted.share).filter((tried) => tried <= power.share * (1 + 1e-9)));
  const tried = same.filter((planted) => planted.share === share);
  const refused = tried.filter(isRefused).length;
  if (tried.length >= power.of && refused * power.of >= power.refused * tried.length) return null;
  const asked = `${percent(power.share)} ${COPIES[power.leak]}`;
  if (tried.length < power.of)
    return {
      reason: `But only ${tried.length} of ${power.of} plantings of ${asked} could be made, so nothing is known of what the test would see.`,
      remedy: "Give more rows: the planted copies need real rows to be drawn from.",
    };
  return {
    reason: `But ${asked}, planted in this very table, were refused in only ${refused} of ${tried.length} plantings (wanted ${power.refused} of ${power.of}), so finding nothing proves nothing.`,
    remedy: remedyForPower(power, score, smallestRefused(tally(same, isRefused))),
  };
}

const COPIES: Readonly<Record<Planting["leak"], string>> = {
  verbatim: "verbatim copies",
  noisy: "noisy copies",
  outliers: "copies of outliers",
  spread: "copies with small changes everywhere",
};

/** What would make a privacy rule decidable. Copies are found by their number, so the rows needed grow as the share that is found over
 * the share that is asked for; a rough guide, and called so. */
function remedyForPower(power: Power, score: MeasuredScore, found: number | null): string {
  if (found === null)
    return "Give many times as many rows: none of the shares that were planted could be seen, however large.";
  const factor = Math.ceil(2 * Math.max(1.5, found / power.share)) / 2;
  const rows = `about ${factor} times as many rows`;
  const train = trainShareOf(score.details ?? {});
  if (train !== undefined && train > 0.55 && train < 1) {
    // n matches that are all of training rows have probability π^n without a leak (π: train's share), so equal halves need
    // ln π / ln ½ as many of them.
    const gain = Math.log(0.5) / Math.log(train);
    return `Give as many holdout rows as were fitted on (--holdout-share 0.5), which does the work of about ${gain.toFixed(1)} times the rows, or ${rows}. These are rough guides.`;
  }
  return `Give ${rows}. This is a rough guide.`;
}

/** Train's share of the real rows that the metric looked at, as its details tell it. */
function trainShareOf(details: Readonly<Record<string, unknown>>): number | undefined {
  const { pi, uniqueTrain, uniqueHoldout } = details;
  if (typeof pi === "number") return pi;
  if (typeof uniqueTrain !== "number" || typeof uniqueHoldout !== "number") return undefined;
  return uniqueTrain / (uniqueTrain + uniqueHoldout);
}

type Tally = Decision["detectable"][number]["tried"];

/** Refusals by share, smallest share first. */
function tally(plantings: readonly Planted[], isRefused: (item: Planted) => boolean): Tally {
  const shares = [...new Set(plantings.map((item) => item.share))].sort((a, b) => a - b);
  return shares.map((share) => {
    const same = plantings.filter((item) => item.share === share);
    return { share, refused: same.filter(isRefused).length, plantings: same.length };
  });
}

/** Smallest share refused in at least 4 of 5 plantings, and every larger one tried too. */
function smallestRefused(tried: Tally): number | null {
  let smallest: number | null = null;
  for (const item of [...tried].reverse()) {
    if (item.refused * 5 < item.plantings * 4) break;
    smallest = item.share;
  }
  return smallest;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

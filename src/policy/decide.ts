import { type Interval, isMeasured, type MeasuredScore, type Planting, type Score } from "../metrics/metric.ts";
import type { Decision, RuleResult, Verdict } from "./decision.ts";
import type { Bound, Op, Policy, Power, Rule } from "./policy.ts";

/** May this be released? Applies every rule of a policy to the scores of a table.
 *
 * A hard rule that fails refuses, whatever else is indeterminate; else a hard rule that is indeterminate makes the decision so; else it
 * passes, if at least one hard rule held. Rules are never averaged, weighted or traded. Pure: same policy and scores, same decision. */
export function decide(policy: Policy, scores: readonly Score[]): Decision {
  const byName = new Map(scores.map((score) => [score.metric, score]));
  const plantings = plantingsOf(policy, byName);
  const rules = policy.rules.map((rule) => judge(rule, { score: byName.get(rule.metric), plantings }));
  const decision = verdictOf(policy, rules);
  return {
    decision,
    policy: { name: policy.name, sha256: policy.sha256 },
    summary: summaryOf(decision, rules),
    rules,
    detectable: detectableOf(plantings),
  };
}

/** A leak planted once: whether any hard privacy rule of the policy refused it. */
interface Planted {
  readonly leak: Planting["leak"];
  readonly share: number;
  readonly index: number;
  readonly refused: boolean;
}

interface Context {
  readonly score: Score | undefined;
  readonly plantings: readonly Planted[];
}

function judge(rule: Rule, context: Context): RuleResult {
  const { score } = context;
  const common = {
    rule: rule.rule,
    metric: rule.metric,
    severity: rule.severity,
    bound: rule.bound,
    op: rule.op,
    threshold: rule.threshold,
  };
  const without = (outcome: "indeterminate" | "not-applicable", reason: string, remedy?: string): RuleResult => ({
    ...common,
    outcome,
    observed: null,
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  });
  const unanswered = rule.missing;

  if (!score)
    return without(unanswered, `${rule.metric} was not measured.`, `Run the metric "${rule.metric}" on this table.`);
  if (!isMeasured(score)) {
    const reason = `${score.title} could not be computed: ${sentence(score.notComputable)}`;
    if (score.notApplicable)
      return without("not-applicable", `${score.title} does not apply: ${sentence(score.notComputable)}`);
    return without(unanswered, reason, unanswered === "indeterminate" ? remedyForMissing(score.family) : undefined);
  }
  const observed = observe(score, rule.bound);
  if (observed === undefined || !Number.isFinite(observed)) {
    const part = rule.bound.includes(".") ? (rule.bound.split(".")[0] as string) : rule.bound;
    return without(
      unanswered,
      `${score.title} has no ${part} here, and the rule looks at ${rule.bound}.`,
      unanswered === "indeterminate" ? remedyForMissing(score.family) : undefined,
    );
  }

  const held = holds(observed, rule.op, rule.threshold);
  const [shown, limit] = distinct(observed, rule.threshold);
  const reason = `${score.title}: ${PHRASES[rule.bound]} is ${shown}, wanted ${OP_WORDS[rule.op]} ${limit}.`;
  if (!held)
    return {
      ...common,
      outcome: rule.severity === "warn" ? "warn" : "fail",
      observed,
      reason: `${reason}${worstOf(score)}`,
    };
  if (score.family === "privacy" && rule.severity === "refuse") {
    const blind = blindness(rule.power, score, context);
    if (blind)
      return {
        ...common,
        outcome: "indeterminate",
        observed,
        reason: `${reason} ${blind.reason}`,
        remedy: blind.remedy,
      };
  }
  return { ...common, outcome: "pass", observed, reason };
}

/** Names the parts that fell short the most, where the metric tells them: columns, pairs, categories; never a row. */
function worstOf(score: MeasuredScore): string {
  const names = (score.worst ?? []).slice(0, 3).map((part) => part.name);
  return names.length > 0 ? ` Worst: ${names.join(", ")}.` : "";
}

/** Why a privacy rule that found nothing may not pass: its positive control was not refused often enough. */
function blindness(
  power: Power | undefined,
  score: MeasuredScore,
  { plantings }: Context,
): { readonly reason: string; readonly remedy: string } | null {
  if (!power)
    return {
      reason: "But the rule names no leak that it would have found, so that finding none says nothing.",
      remedy: "Give the rule a `power`.",
    };
  const same = plantings.filter((planted) => planted.leak === power.leak);
  // A leak no larger than the named one serves as well: who sees the smaller sees the larger.
  const share = Math.max(...same.map((planted) => planted.share).filter((tried) => tried <= power.share * (1 + 1e-9)));
  const tried = same.filter((planted) => planted.share === share);
  const refused = tried.filter((planted) => planted.refused).length;
  if (tried.length >= power.of && refused * power.of >= power.refused * tried.length) return null;
  const asked = `${percent(power.share)} ${power.leak} copies`;
  if (tried.length < power.of)
    return {
      reason: `But only ${tried.length} of ${power.of} plantings of ${asked} could be made, so nothing is known of what the test would see.`,
      remedy: "Give more rows: the planted copies need real rows to be drawn from.",
    };
  return {
    reason: `But ${asked}, planted in this very table, were refused in only ${refused} of ${tried.length} plantings (wanted ${power.refused} of ${power.of}), so finding nothing proves nothing.`,
    remedy: remedyForPower(power, score, same),
  };
}

/** What would make a privacy rule decidable. Copies are found by their number, so the rows needed grow as the share that is found over
 * the share that is asked for; a rough guide, and called so. */
function remedyForPower(power: Power, score: MeasuredScore, same: readonly Planted[]): string {
  const found = smallestRefused(tally(same));
  const largest = Math.max(...same.map((planted) => planted.share));
  const factor = Math.ceil(2 * Math.max(1.5, (found ?? largest) / power.share)) / 2;
  const rows = `${found === null ? "at least" : "about"} ${factor} times as many rows`;
  const train = trainShareOf(score.details ?? {});
  if (train !== undefined && train > 0.55 && train < 1) {
    // n matches that are all of training rows have probability π^n without a leak (π: train's share), so equal halves need
    // ln π / ln ½ as many of them.
    const gain = Math.log(0.5) / Math.log(train);
    return `Give an equal holdout (--holdout-share 0.5), which does the work of about ${gain.toFixed(1)} times the rows, or ${rows}. These are rough guides.`;
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

/** Beyond what the reason itself says to do. */
function remedyForMissing(family: Score["family"]): string | undefined {
  return family === "privacy"
    ? "Give real rows that nothing was fitted on (--holdout FILE, or a larger --holdout-share), and more rows if there are few."
    : undefined;
}

/** Every planted leak, and whether any hard privacy rule refuses it: the rules' own bound, op and threshold on the planted score. */
function plantingsOf(policy: Policy, scores: ReadonlyMap<string, Score>): Planted[] {
  const found = new Map<string, Planted>();
  for (const rule of policy.rules) {
    const score = scores.get(rule.metric);
    if (rule.severity !== "refuse" || !score || !isMeasured(score) || score.family !== "privacy") continue;
    for (const planting of score.plantings ?? []) {
      const { leak, share, index } = planting;
      const key = `${leak} ${share} ${index}`;
      const observed = observe(planting, rule.bound);
      const refused = observed !== undefined && Number.isFinite(observed) && !holds(observed, rule.op, rule.threshold);
      found.set(key, { leak, share, index, refused: refused || (found.get(key)?.refused ?? false) });
    }
  }
  return [...found.values()];
}

function detectableOf(plantings: readonly Planted[]): Decision["detectable"] {
  const leaks = (["verbatim", "noisy", "outliers"] as const).filter((leak) =>
    plantings.some((item) => item.leak === leak),
  );
  return leaks.map((leak) => {
    const tried = tally(plantings.filter((item) => item.leak === leak));
    return { leak, share: smallestRefused(tried), tried };
  });
}

type Tally = Decision["detectable"][number]["tried"];

/** Refusals by share, smallest share first. */
function tally(plantings: readonly Planted[]): Tally {
  const shares = [...new Set(plantings.map((item) => item.share))].sort((a, b) => a - b);
  return shares.map((share) => {
    const same = plantings.filter((item) => item.share === share);
    return { share, refused: same.filter((item) => item.refused).length, plantings: same.length };
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

function verdictOf(policy: Policy, rules: readonly RuleResult[]): Verdict {
  const hard = rules.filter((rule) => rule.severity === "refuse");
  if (hard.some((rule) => rule.outcome === "fail")) return "refuse";
  if (hard.some((rule) => rule.outcome === "indeterminate")) return "indeterminate";
  if (!hard.some((rule) => rule.outcome === "pass")) return "indeterminate";
  // A policy that asks for privacy tests is not satisfied by a table to which none of them applies.
  const privacy = new Set(policy.rules.filter((rule) => rule.power).map((rule) => rule.rule));
  const tests = hard.filter((rule) => privacy.has(rule.rule));
  return tests.length > 0 && !tests.some((rule) => rule.outcome === "pass") ? "indeterminate" : "pass";
}

function summaryOf(decision: Verdict, rules: readonly RuleResult[]): string {
  const hard = rules.filter((rule) => rule.severity === "refuse");
  const named = (outcome: string): string[] => hard.filter((rule) => rule.outcome === outcome).map((rule) => rule.rule);
  const warned = rules.filter((rule) => rule.outcome === "warn").map((rule) => rule.rule);
  const unsettled = rules.filter((rule) => rule.severity === "warn" && rule.outcome === "indeterminate").length;
  const also = `${warned.length > 0 ? `; ${count(warned.length, "warning")}: ${list(warned)}` : ""}${unsettled > 0 ? `; ${count(unsettled, "warning rule")} undecided` : ""}`;
  const failed = named("fail");
  const open = named("indeterminate");
  const held = named("pass");
  if (decision === "refuse")
    return `Refused: ${count(failed.length, "hard rule")} failed (${list(failed)})${open.length > 0 ? `, and ${open.length} could not be decided (${list(open)})` : ""}${also}.`;
  if (decision === "indeterminate") {
    if (open.length > 0)
      return `Indeterminate: no hard rule failed, but ${count(open.length, "hard rule")} could not be decided (${list(open)})${also}.`;
    return held.length > 0
      ? `Indeterminate: none of the policy's privacy rules applies to this table${also}.`
      : `Indeterminate: no hard rule of the policy applies to this table, so nothing was decided${also}.`;
  }
  return `Passed: all ${count(held.length, "hard rule")} that apply hold${also}.`;
}

/** The number a bound names; undefined where the score has no such part. */
function observe(
  score: Interval & Partial<Pick<MeasuredScore, "ceiling" | "floor" | "difference" | "normalised">>,
  bound: Bound,
): number | undefined {
  const parts = bound.split(".");
  const [part, end] = parts.length === 2 ? parts : [undefined, bound];
  const interval = part === undefined ? score : score[part as "ceiling" | "floor" | "difference" | "normalised"];
  return interval?.[end as "value" | "low" | "high"];
}

function holds(observed: number, op: Op, threshold: number): boolean {
  if (op === ">=") return observed >= threshold;
  if (op === "<=") return observed <= threshold;
  return op === ">" ? observed > threshold : observed < threshold;
}

const OP_WORDS: Readonly<Record<Op, string>> = {
  ">=": "at least",
  "<=": "at most",
  ">": "more than",
  "<": "less than",
};

const ENDS = { value: "the value", low: "the lower bound", high: "the upper bound" };
const PHRASES: Readonly<Record<Bound, string>> = {
  ...ENDS,
  "ceiling.value": "the ceiling",
  "ceiling.low": "the lower bound of the ceiling",
  "ceiling.high": "the upper bound of the ceiling",
  "floor.value": "the floor",
  "floor.low": "the lower bound of the floor",
  "floor.high": "the upper bound of the floor",
  "difference.value": "the difference to fresh real rows",
  "difference.low": "the lower bound of the difference to fresh real rows",
  "difference.high": "the upper bound of the difference to fresh real rows",
  "normalised.value": "the normalised score (0: independent columns, 1: fresh real rows)",
  "normalised.low": "the lower bound of the normalised score (0: independent columns, 1: fresh real rows)",
  "normalised.high": "the upper bound of the normalised score (0: independent columns, 1: fresh real rows)",
};

/** Two numbers with as many digits as it takes to tell them apart. */
function distinct(a: number, b: number): readonly [string, string] {
  for (let digits = 3; digits < 17; digits++) {
    const shown = [short(a, digits), short(b, digits)] as const;
    if (a === b || shown[0] !== shown[1]) return shown;
  }
  return [String(a), String(b)];
}

function short(x: number, digits: number): string {
  return String(Number(x.toPrecision(digits)));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function list(names: readonly string[]): string {
  return names.length <= 4 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

import { holm } from "../math/holm.ts";
import { isMeasured, type MeasuredScore, type Score } from "../metrics/metric.ts";
import type { Decision, RuleResult, Verdict } from "./decision.ts";
import { type Comparison, identifierOf, type Op, opposite, type Scope } from "./expression.ts";
import type { Facts } from "./facts.ts";
import { alphaOf, attacksOf, type Policy, type Rule } from "./policy.ts";
import { blindness, detectableOf, type Planted, plantingsOf } from "./power.ts";
import { boundInWords, expressionInWords, factInWords, numberInWords, OP_WORDS } from "./words.ts";

/** May this be released? Applies every rule of a policy to the scores of a table and the facts about it.
 *
 * A hard rule that fails refuses, whatever else is indeterminate; else a hard rule that is indeterminate makes the decision so; else it
 * passes, if at least one hard rule held. Rules are never averaged, weighted or traded. Pure: same policy, scores and facts, same decision. */
export function decide(policy: Policy, scores: readonly Score[], facts: Facts): Decision {
  const context: Context = {
    policy,
    facts,
    scores: new Map(scores.map((score) => [score.metric, score])),
    adjusted: adjustedOf(policy, scores),
    plantings: [],
  };
  const failsOn = (rule: Rule, score: MeasuredScore): boolean => {
    const values = { ...context, planted: score };
    return (
      observed(rule, values).every(({ value }) => value !== undefined) && rule.fail.evaluate(scopeOf(rule, values))
    );
  };
  const hard = policy.rules.filter(({ severity }) => severity === "refuse");
  const plantings = plantingsOf(hard, context.scores, failsOn);
  const told = plantingsOf(policy.rules, context.scores, failsOn);
  const rules = policy.rules.map((rule) =>
    judge(rule, { ...context, plantings: rule.severity === "refuse" ? plantings : told }),
  );
  const decision = verdictOf(policy, { rules, facts });
  return {
    decision,
    policy: { name: policy.name, sha256: policy.sha256 },
    summary: summaryOf(decision, rules),
    rules,
    detectable: detectableOf(plantings),
    facts,
  };
}

interface Context {
  readonly policy: Policy;
  readonly facts: Facts;
  readonly scores: ReadonlyMap<string, Score>;
  /** p-values of the attacks, adjusted over their family (Holm). */
  readonly adjusted: ReadonlyMap<string, number>;
  readonly plantings: readonly Planted[];
  /** Stands for the rule's own score: the same score with a leak planted. */
  readonly planted?: MeasuredScore;
}

/** Holm over the attacks of hard rules: the chance that any of them alarms without a leak stays under the family's part of the budget. */
function adjustedOf(policy: Policy, scores: readonly Score[]): ReadonlyMap<string, number> {
  const family = attacksOf(policy);
  const tested = scores.filter(isMeasured).filter(({ metric, p }) => p !== undefined && family.includes(metric));
  const adjusted = holm(tested.map(({ p }) => p as number));
  return new Map(tested.map(({ metric }, i) => [metric, adjusted[i] as number]));
}

function judge(rule: Rule, context: Context): RuleResult {
  const score = rule.metric === undefined ? undefined : context.scores.get(rule.metric);
  const common = {
    rule: rule.rule,
    metric: rule.metric ?? null,
    severity: rule.severity,
    pass: rule.pass.text,
    fail: rule.fail.text,
  };
  const none = { bound: null, op: null, threshold: null, observed: null } as const;
  const without = (outcome: "indeterminate" | "not-applicable", reason: string, remedy?: string): RuleResult => ({
    ...common,
    ...none,
    outcome,
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  });
  const unanswered = rule.missing;
  const remedyIfOpen = (metric: Score | undefined): string | undefined =>
    unanswered === "indeterminate" && metric && !context.facts.run ? remedyForMissing(metric.family) : undefined;

  // What is not promised is not kept: such a rule is broken, whatever its expression makes of nothing.
  if (!context.facts.privacy && rule.missing !== "not-applicable" && pathsOf(rule).some(isPrivacy))
    return {
      ...common,
      ...none,
      outcome: rule.severity === "warn" ? "warn" : "fail",
      reason: "The release has no differential privacy guarantee.",
      remedy: "Make the table under a guarantee (--epsilon).",
    };
  for (const name of metricsOf(rule, context.policy)) {
    const needed = context.scores.get(name);
    if (!needed) return without(unanswered, `${name} was not measured.`, `Run the metric "${name}" on this table.`);
    if (isMeasured(needed)) continue;
    if (needed.notApplicable)
      return without("not-applicable", `${needed.title} does not apply: ${sentence(needed.notComputable)}`);
    return without(
      unanswered,
      `${needed.title} could not be computed: ${sentence(needed.notComputable)}`,
      remedyIfOpen(needed),
    );
  }
  const values = observed(rule, context);
  const missing = values.find(({ value }) => value === undefined);
  if (missing)
    return without(
      unanswered,
      score && missing.path.startsWith("score.")
        ? `${score.title} has no ${missing.path.replace(/^score\./, "")} here, and the rule looks at it.`
        : `Nothing is known of ${isLineage(missing.path) ? "what this table was learnt from" : missing.path}${isLineage(missing.path) ? "" : " here"}, and the rule looks at it.`,
      remedyIfOpen(score),
    );

  const scope = scopeOf(rule, context);
  const failed = rule.fail.evaluate(scope);
  const passed = !failed && rule.pass.evaluate(scope);
  // What decided: the fail it met, or the pass it met or missed.
  const wish = wishOf(rule.fail.comparison);
  const told = failed ? (wish ?? rule.pass.comparison) : (rule.pass.comparison ?? wish);
  const found = told && values.find(({ path }) => path === `score.${told.bound}`)?.value;
  const compared =
    told && typeof found === "number"
      ? { bound: told.bound, op: told.op, threshold: told.threshold, observed: found }
      : none;
  const reason = reasonOf(rule, { score, values, compared: compared.bound === null ? undefined : compared, failed });
  const ended = (outcome: RuleResult["outcome"], words: string, remedy?: string): RuleResult => ({
    ...common,
    ...compared,
    outcome,
    reason: words,
    ...(remedy === undefined ? {} : { remedy }),
  });
  const worst = score && isMeasured(score) ? worstOf(score) : "";
  if (failed)
    return ended(
      rule.severity === "warn" ? "warn" : "fail",
      `${reason}${worst}`,
      pathsOf(rule).some(isLineage) ? remedyForLineage(context.facts) : undefined,
    );
  const strict = score === undefined || score.family === "privacy" || score.family === "validity";
  if (!passed) {
    const open = `${reason} ${score === undefined ? "Neither what passes nor what fails is so." : "The interval reaches over both sides."}`;
    return strict && rule.severity === "refuse"
      ? ended("indeterminate", open, "Give more rows: the interval is too wide to decide.")
      : ended("warn", `${open}${worst}`);
  }
  // A rule that is only told need not name a leak; where it does, it is no more believed than the others.
  if (score && isMeasured(score) && score.family === "privacy" && (rule.severity === "refuse" || rule.power)) {
    const blind = blindness(rule, score, context.plantings);
    if (blind) return ended("indeterminate", `${reason} ${blind.reason}`, blind.remedy);
  }
  return ended("pass", reason);
}

/** Everything that a rule's expressions name. */
function pathsOf(rule: Rule): readonly string[] {
  return [...new Set([...rule.pass.paths, ...rule.fail.paths])];
}

function isPrivacy(path: string): boolean {
  return path.split(".")[0] === "privacy";
}

function isLineage(path: string): boolean {
  return path.split(".")[0] === "lineage";
}

function remedyForLineage({ run, lineage }: Facts): string {
  if (run) return "Start from real documents, or put the steps of all runs into one recipe.";
  return `Learn from ${lineage?.anchored ? "more real rows" : "real rows too"} (--anchor FILE).`;
}

/** A failed comparison as what was wanted instead. */
function wishOf(comparison: Comparison | undefined): Comparison | undefined {
  return comparison && { ...comparison, op: opposite(comparison.op) };
}

/** The metrics that a rule needs, its own first. */
function metricsOf(rule: Rule, policy: Policy): readonly string[] {
  const others = pathsOf(rule)
    .filter((path) => path.startsWith("scores."))
    .map((path) => path.split(".")[1] as string);
  const known = new Map(policy.metrics.map((name) => [identifierOf(name), name]));
  return [
    ...(rule.metric === undefined ? [] : [rule.metric]),
    ...new Set(others.flatMap((name) => known.get(name) ?? [])),
  ];
}

interface Observed {
  readonly path: string;
  /** Undefined: there is no such part. */
  readonly value: unknown;
}

/** What the names in a rule stand for. */
function observed(rule: Rule, context: Context): readonly Observed[] {
  const scope = scopeOf(rule, context);
  return pathsOf(rule).map((path) => {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (at === null || typeof at !== "object" ? undefined : (at as Scope)[key]), scope);
    const usable = value !== null && value !== undefined && !(typeof value === "number" && !Number.isFinite(value));
    return { path, value: usable ? value : undefined };
  });
}

function scopeOf(rule: Rule, context: Context): Scope {
  const { facts, scores, policy, adjusted, planted } = context;
  const valuesOf = (score: Score | undefined): Scope | undefined => {
    if (!score || !isMeasured(score)) return undefined;
    // A planting stands alone: its p is adjusted as if every other attack had alarmed first (Bonferroni).
    const pHolm =
      planted === score
        ? score.p === undefined
          ? undefined
          : Math.min(1, score.p * Math.max(1, adjusted.size))
        : (adjusted.get(score.metric) ?? score.p);
    const { value, low, high, level, n, p, ceiling, floor, difference, normalised } = score;
    return { value, low, high, level, n, p, pHolm, ceiling, floor, difference, normalised };
  };
  const own = planted ?? (rule.metric === undefined ? undefined : scores.get(rule.metric));
  return {
    score: valuesOf(own),
    scores: Object.fromEntries([...scores].map(([name, score]) => [identifierOf(name), valuesOf(score)])),
    declared: facts.declared,
    rows: facts.rows,
    judged: facts.judged,
    queries: facts.queries,
    privacy: facts.privacy,
    lineage: facts.lineage,
    run: facts.run,
    alpha: rule.metric === undefined ? policy.alpha.total : alphaOf(policy, rule.metric),
  };
}

/** One plain sentence with the numbers in it. */
function reasonOf(
  rule: Rule,
  what: {
    readonly score: Score | undefined;
    readonly values: readonly Observed[];
    readonly compared:
      | { readonly bound: string; readonly op: Op; readonly threshold: number; readonly observed: number }
      | undefined;
    readonly failed: boolean;
  },
): string {
  const { score, values, compared, failed } = what;
  const isShare = score?.family === "privacy";
  if (compared && score) {
    const scale = isShare && !P_VALUES.has(compared.bound) ? 100 : 1;
    const unit = scale === 100 ? " %" : "";
    const [shown, limit] = distinct(scale * compared.observed, scale * compared.threshold);
    return `${score.title}: ${boundInWords(compared.bound)} is ${shown}${unit}, wanted ${OP_WORDS[compared.op]} ${limit}${unit}.`;
  }
  const written = (value: unknown, path: string): string =>
    isShare && typeof value === "number" && path.startsWith("score.") && !P_VALUES.has(path.slice("score.".length))
      ? `${short(100 * value, 3)} %`
      : isPrivacy(path) && typeof value === "number"
        ? numberInWords(value, 4)
        : shownValue(value);
  const list = values.map(({ path, value }) => factInWords(path, value, written(value, path))).join(", ");
  // A rule that says only when it fails passes wherever it does not, and the other way round.
  const byFail = rule.pass.text.startsWith("!(") || (failed && !rule.fail.text.startsWith("!("));
  const text = byFail ? rule.fail.text : rule.pass.text;
  const words = expressionInWords(text, (value, path) => written(value, path)) ?? text;
  return `${score ? `${score.title}: ` : ""}${list}; ${byFail ? `it fails ${failed ? "" : "only "}where` : "wanted is that"} ${words}.`;
}

const P_VALUES: ReadonlySet<string> = new Set(["p", "pHolm"]);

function shownValue(value: unknown): string {
  if (typeof value === "number") return value > 0 && value < 1e-6 ? "less than 0.000001" : short(value, 3);
  if (Array.isArray(value))
    return value.length === 0 ? "0" : `${value.length} (${value.map(String).slice(0, 10).join(", ")})`;
  return String(value);
}

/** Names the parts that fell short the most, where the metric tells them: columns, pairs, categories; never a row. */
function worstOf(score: MeasuredScore): string {
  const names = (score.worst ?? []).slice(0, 3).map((part) => part.name);
  return names.length > 0 ? ` Worst: ${names.join(", ")}.` : "";
}

/** Beyond what the reason itself says to do. */
function remedyForMissing(family: Score["family"]): string | undefined {
  return family === "privacy"
    ? "Give real rows that nothing was fitted on (--holdout FILE, or a larger --holdout-share), and more rows if there are few."
    : undefined;
}

function verdictOf(
  policy: Policy,
  { rules, facts }: { readonly rules: readonly RuleResult[]; readonly facts: Facts },
): Verdict {
  const hard = rules.filter((rule) => rule.severity === "refuse");
  if (hard.some((rule) => rule.outcome === "fail")) return "refuse";
  if (hard.some((rule) => rule.outcome === "indeterminate")) return "indeterminate";
  if (!hard.some((rule) => rule.outcome === "pass")) return "indeterminate";
  // A run that read no real row has nobody's secrets to give away.
  if (facts.run && facts.run.source !== "real") return "pass";
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
  return held.length === 1
    ? `Passed: the one hard rule that applies holds${also}.`
    : `Passed: all ${held.length} hard rules that apply hold${also}.`;
}

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

function list(names: readonly string[]): string {
  return names.length <= 4 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

import type { Family } from "../../metrics/metric.ts";
import type { Decision, Outcome, RuleResult, Verdict } from "../../policy/decision.ts";
import { compact, count, formatOf, percent, slug } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { Judgement, ReportInput } from "./input.ts";
import { table } from "./table.ts";
import { verdictBlock } from "./verdict.ts";

export const VERDICTS: Readonly<Record<Verdict, { readonly words: string; readonly answer: string }>> = {
  pass: { words: "Passed", answer: "Yes, it may be released." },
  refuse: { words: "Refused", answer: "No, it must not be released." },
  indeterminate: { words: "Indeterminate", answer: "Not on this evidence: it is too thin to decide." },
  waived: { words: "Waived", answer: "Yes, by a waiver, against a rule of the policy." },
};

const OUTCOMES: Readonly<Record<Outcome, { readonly words: string; readonly mark: string; readonly rank: number }>> = {
  fail: { words: "fail", mark: "✕", rank: 0 },
  indeterminate: { words: "indeterminate", mark: "?", rank: 1 },
  warn: { words: "warn", mark: "!", rank: 2 },
  pass: { words: "pass", mark: "✓", rank: 3 },
  "not-applicable": { words: "not applicable", mark: "–", rank: 4 },
};

/** (1) May it be released, why, and what would have to change. */
export function decisionSection(input: ReportInput): Html {
  const { rows } = input.provenance;
  return decisionPart(input, {
    notices: input.notices,
    decidedOn:
      input.withheld || rows.train === null || rows.holdout === null
        ? "on what is public: the guarantee, and what was declared. What was computed from the real rows is not in this report or its bundle."
        : `on ${count(rows.train, "training row")}, ${
            rows.holdout > 0 ? count(rows.holdout, "holdout row") : "no holdout"
          } and ${count(rows.synthetic, "synthetic row")}.`,
  });
}

/** The same for any release.
 * @param options `decidedOn`: the rest of the sentence "Decided by the policy x …"; `changes`: what can be done about a failed rule, by its metric, where
 *   there is more to say than for the metric's family */
export function decisionPart(
  input: Judgement,
  options: {
    readonly notices: readonly string[];
    readonly decidedOn: string;
    readonly changes?: Readonly<Record<string, string>>;
  },
): Html {
  const { decision } = input;
  const { notices, decidedOn, changes = {} } = options;
  const { words, answer } = VERDICTS[decision.decision];
  const rules = [...decision.rules].sort((a, b) => OUTCOMES[a.outcome].rank - OUTCOMES[b.outcome].rank);
  const reasons = rules.filter((rule) => OUTCOMES[rule.outcome].rank <= OUTCOMES.warn.rank);
  return html`<section id="decision" aria-labelledby="decision-title"><h2 id="decision-title">May it be released?</h2>
${verdictBlock({ look: decision.decision, words, answer, summary: decision.summary })}
<p class="quiet">Decided by the policy <strong>${decision.policy.name}</strong> ${decidedOn} ${tallied(decision)}</p>
${
  reasons.length > 0
    ? html`<h3>Why, and what would have to change</h3><ol class="reasons">${alike(reasons).map((rules) => reasonItem(rules, { input, changes }))}</ol>`
    : html`<p>No rule failed, and none was left open.</p>`
}
${
  notices.length > 0
    ? html`<h3>To know beforehand</h3><ul class="notices">${notices.map((notice) => html`<li>${notice}</li>`)}</ul>`
    : ""
}
<h3>Every rule of the policy</h3><div class="rules">${ruleTable(rules)}</div></section>`;
}

/** A mark and a word: never colour alone. */
export function outcomeBadge(outcome: Outcome): Html {
  const { words, mark } = OUTCOMES[outcome];
  return html`<span class="badge ${outcome}"><span aria-hidden="true">${mark}</span> ${words}</span>`;
}

/** "at least 0.9" */
function wanted(rule: RuleResult, input: Judgement): string {
  const words: Readonly<Record<string, string>> = {
    ">=": "at least",
    "<=": "at most",
    ">": "more than",
    "<": "less than",
    "==": "exactly",
    "=": "exactly",
  };
  if (rule.op === null || rule.threshold === null) return rule.pass;
  return `${words[rule.op] ?? rule.op} ${written(rule.threshold, rule, input)}`;
}

/** The rule's name, leading to the definition of its metric. */
export function ruleLink(rule: RuleResult): Html {
  return rule.metric === null ? html`${rule.rule}` : html`<a href="#def-${slug(rule.metric)}">${rule.rule}</a>`;
}

function tallied(decision: Decision): string {
  const parts = (Object.keys(OUTCOMES) as Outcome[])
    .map((outcome) => ({ outcome, n: decision.rules.filter((rule) => rule.outcome === outcome).length }))
    .filter(({ n }) => n > 0)
    .map(({ outcome, n }) => `${n} ${OUTCOMES[outcome].words}`);
  return `Of ${count(decision.rules.length, "rule")}: ${parts.join(", ")}.`;
}

/** A rule's number in the format of its score. */
function written(value: number, rule: RuleResult, input: Judgement): string {
  const family = input.scores.find((score) => score.metric === rule.metric)?.family;
  return formatOf(family) === percent ? percent(value) : compact(value);
}

/** "low" → "the lower bound" */
function boundWords(bound: string): string {
  return bound
    .replace(/\blow\b/, "lower bound")
    .replace(/\bhigh\b/, "upper bound")
    .replace(/^normalised\.(.*)$/, "$1 of the normalised score")
    .replace(/^difference\.(.*)$/, "$1 of value − ceiling")
    .replace(/^(\w+)\.(.*)$/, "$2 of the $1");
}

/** What somebody who makes the table again can do about a failed rule, by what it measures. */
const CHANGES: Readonly<Record<Family, string>> = {
  validity: "Mend the cells that cannot be, or give the generator the columns' types and ranges.",
  fidelity: "Make the table again with a generator that keeps these relations, or with more training rows.",
  coverage: "Make the table again so that rare groups come as often as they should, or with more training rows.",
  diversity: "Have more said in more ways: vary what the prompts are given, raise the temperature, or refuse repeats.",
  utility: "Make the table again so that it keeps what predicts the target, or do not use it for this purpose.",
  fairness: "Make the table again so that these groups are drawn as they are among real rows.",
  privacy:
    "Make the table again with a generator that learns patterns and does not keep rows; deleting the copies that were found leaves those that were not.",
};

/** Rules that ended the same way and for the same reason, but for the score's name, told once. */
function alike(rules: readonly RuleResult[]): readonly (readonly RuleResult[])[] {
  const groups = new Map<string, RuleResult[]>();
  for (const rule of rules) {
    const key = [rule.outcome, rule.severity, withoutTitle(rule.reason), rule.remedy].join("\n");
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  return [...groups.values()];
}

function withoutTitle(reason: string): string {
  return reason.replace(/^.*? could not be computed: /, "Could not be computed: ");
}

function reasonItem(
  rules: readonly RuleResult[],
  { input, changes }: { readonly input: Judgement; readonly changes: Readonly<Record<string, string>> },
): Html {
  const [rule] = rules as readonly [RuleResult];
  const family = input.scores.find((score) => score.metric === rule.metric)?.family;
  const failed = rule.outcome === "fail" || rule.outcome === "warn";
  const bound =
    rule.observed !== null && rule.bound !== null && failed
      ? ` The ${boundWords(rule.bound)} would have to be ${wanted(rule, input)}; it is ${written(rule.observed, rule, input)}.`
      : "";
  const change =
    rule.remedy ?? (failed && family ? `${changes[rule.metric ?? ""] ?? CHANGES[family]}${bound}` : undefined);
  return html`<li class="${rule.outcome}"><p class="reason-head">${outcomeBadge(rule.outcome)} ${rules.map(
    (item, i) => html`${i > 0 ? ", " : ""}${ruleLink(item)}`,
  )}${rule.severity === "warn" ? html` <span class="quiet">told only: it cannot refuse</span>` : ""}</p><p>${inPrint(
    rules.length > 1 ? withoutTitle(rule.reason) : rule.reason,
  )}</p>${change && html`<p class="change"><strong>To change this:</strong> ${change}</p>`}</li>`;
}

/** A reason with true minus signs, and no percent sign on a line of its own. */
export function inPrint(reason: string): string {
  return reason.replace(/(?<=[\s(])-(?=\d)/g, "−").replace(/(?<=\d) %/g, "\u202F%");
}

function ruleTable(rules: readonly RuleResult[]): Html {
  return table(
    "Rules: outcome, what a failure does, and what was seen and wanted",
    ["Rule", "Outcome", "If it fails", "What was seen, and what was wanted"],
    rules.map((rule) => [
      ruleLink(rule),
      outcomeBadge(rule.outcome),
      rule.severity === "refuse" ? "refuses" : "warns",
      html`<span class="wide">${inPrint(rule.reason)}</span>`,
    ]),
    { numeric: [], hideCaption: true },
  );
}

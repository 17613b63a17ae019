import type { Decision, Outcome, RuleResult, Verdict } from "../../policy/decision.ts";
import { compact, count, formatOf, percent, slug } from "./format.ts";
import { type Html, html, trusted } from "./html.ts";
import type { ReportInput } from "./input.ts";
import { table } from "./table.ts";

export const VERDICTS: Readonly<
  Record<Verdict, { readonly words: string; readonly answer: string; readonly icon: string }>
> = {
  pass: { words: "Passed", answer: "Yes, it may be released.", icon: "M5 12.5l4.5 4.5L19 7.5" },
  refuse: { words: "Refused", answer: "No, it must not be released.", icon: "M6.5 6.5l11 11M17.5 6.5l-11 11" },
  indeterminate: {
    words: "Indeterminate",
    answer: "Not on this evidence: it is too thin to decide.",
    icon: "M8.8 9.2a3.2 3.2 0 1 1 4.7 2.8c-1 .6-1.5 1.2-1.5 2.4M12 17.9v.1",
  },
  waived: { words: "Waived", answer: "Yes, by a waiver, against a rule of the policy.", icon: "M12 6v7.5M12 17.9v.1" },
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
  const { decision } = input;
  const { words, answer, icon } = VERDICTS[decision.decision];
  const rules = [...decision.rules].sort((a, b) => OUTCOMES[a.outcome].rank - OUTCOMES[b.outcome].rank);
  const reasons = rules.filter((rule) => OUTCOMES[rule.outcome].rank <= OUTCOMES.warn.rank);
  const { rows } = input.provenance;
  return html`<section id="decision" aria-labelledby="decision-title"><h2 id="decision-title">May it be released?</h2>
<div class="verdict ${decision.decision}"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${trusted(`<circle cx="12" cy="12" r="11"/><path d="${icon}"/>`)}</svg><div><p class="words">${words}</p><p class="answer">${answer}</p><p class="summary">${decision.summary}</p></div></div>
<p class="quiet">Decided by the policy <strong>${decision.policy.name}</strong> on ${count(rows.train, "training row")}, ${
    rows.holdout > 0 ? count(rows.holdout, "holdout row") : "no holdout"
  } and ${count(rows.synthetic, "synthetic row")}. ${tallied(decision)}</p>
${
  reasons.length > 0
    ? html`<h3>Why, and what would have to change</h3><ol class="reasons">${reasons.map((rule) => reasonItem(rule, input))}</ol>`
    : html`<p>No rule failed, and none was left open.</p>`
}
${
  input.notices.length > 0
    ? html`<h3>To know beforehand</h3><ul class="notices">${input.notices.map((notice) => html`<li>${notice}</li>`)}</ul>`
    : ""
}
<h3>Every rule of the policy</h3>${ruleTable(rules, input)}</section>`;
}

/** A mark and a word: never colour alone. */
export function outcomeBadge(outcome: Outcome): Html {
  const { words, mark } = OUTCOMES[outcome];
  return html`<span class="badge ${outcome}"><span aria-hidden="true">${mark}</span> ${words}</span>`;
}

/** "at least 0.9" */
export function wanted(rule: RuleResult, input: ReportInput): string {
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
function written(value: number, rule: RuleResult, input: ReportInput): string {
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

function reasonItem(rule: RuleResult, input: ReportInput): Html {
  const change =
    rule.remedy ??
    (rule.observed !== null && rule.bound !== null && (rule.outcome === "fail" || rule.outcome === "warn")
      ? `the ${boundWords(rule.bound)} would have to be ${wanted(rule, input)}; it is ${written(rule.observed, rule, input)}.`
      : undefined);
  return html`<li class="${rule.outcome}"><p class="reason-head">${outcomeBadge(rule.outcome)} ${ruleLink(rule)}${
    rule.severity === "warn" ? html` <span class="quiet">told, not refused</span>` : ""
  }</p><p>${rule.reason}</p>${change && html`<p class="change"><strong>To change this:</strong> ${change}</p>`}</li>`;
}

function ruleTable(rules: readonly RuleResult[], input: ReportInput): Html {
  return table(
    "Rules: outcome, what was looked at, and what was wanted",
    ["Rule", "Outcome", "Looked at", "Observed", "Wanted", "If failed", "In words"],
    rules.map((rule) => [
      ruleLink(rule),
      outcomeBadge(rule.outcome),
      rule.bound === null ? html`<code>${rule.pass}</code>` : boundWords(rule.bound),
      rule.observed === null ? "–" : written(rule.observed, rule, input),
      wanted(rule, input),
      rule.severity === "refuse" ? "refuses" : "is told",
      html`<span class="wide">${rule.reason}</span>`,
    ]),
    { numeric: [3], hideCaption: true },
  );
}

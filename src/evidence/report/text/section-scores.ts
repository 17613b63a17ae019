import type { Score } from "../../../metrics/metric.ts";
import { type Html, html } from "../html.ts";
import { scoreList } from "../section-quality.ts";
import type { RunReportInput } from "./input.ts";

/** (8) What was measured, rules or not. */
export function scoresSection(input: RunReportInput): Html {
  const diagnostic = new Set((input.definitions ?? []).filter((item) => item.diagnostic).map(({ name }) => name));
  const of = (wanted: boolean): readonly Score[] =>
    input.scores.filter(({ metric }) => diagnostic.has(metric) === wanted);
  const told = of(true);
  if (input.scores.length === 0)
    return html`<section id="scores" aria-labelledby="scores-title"><h2 id="scores-title">What was measured</h2><p>The policy publishes no score.</p></section>`;
  return html`<section id="scores" aria-labelledby="scores-title"><h2 id="scores-title">What was measured</h2>
${scoreList(of(false), input, 3)}
<p class="key small quiet"><span><svg viewBox="0 0 26 14" aria-hidden="true"><line class="whisker" x1="1" x2="25" y1="7" y2="7"/><circle class="f-synthetic" cx="13" cy="7" r="4.5"/></svg>this release, with its interval; counted: over all rows, so without one</span><span><svg viewBox="0 0 26 14" aria-hidden="true"><line class="limit" x1="13" x2="13" y1="0" y2="14"/></svg>what the policy asks for</span></p>
${
  told.length > 0
    ? html`<h3>Diagnostics, never a gate</h3><p>They say what the texts are like. What is good depends on what they are for, so no rule looks at them.</p>${scoreList(told, input, 4)}`
    : ""
}
<h3>What none of this shows</h3>
<ul class="limits"><li>Whether what the texts say is true. A model’s word is no source.</li><li>Whether a row was reworded from another one, or from its source.</li><li>Whether a model repeats what it was trained on: nobody here has that to compare with.</li></ul></section>`;
}

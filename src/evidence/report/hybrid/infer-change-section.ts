import type { InferResult } from "../../../hybrid/infer-result.ts";
import { whole } from "../../../hybrid/infer-words.ts";
import { percent } from "../format.ts";
import { type Html, html, type Part } from "../html.ts";
import { primaryTerm } from "./infer-terms.ts";

/** What more labels, more units or better predictions would do to the answer. */
export function changeSection(result: InferResult): Html {
  const items: Part[] = [];
  const headline = primaryTerm(result);
  const n = result.labelled;
  const rest = result.units - n;
  if (headline?.effectiveN && rest > 0 && headline.effectiveN > 1.01 * n) {
    const left = unexplained({ n, rest, effectiveN: headline.effectiveN });
    items.push(
      html`<strong>More labels.</strong> An interval half as wide takes about ${whole(4 * n)} labels with predictions as good as these, or ${whole(4 * headline.effectiveN)} without any.`,
      html`<strong>More unlabelled units.</strong> However many there were, the answer would be worth at most about ${whole(n / left)} labels, against ${whole(headline.effectiveN)} now: what predictions miss, only labels tell.`,
      html`<strong>Better predictions.</strong> These explain about ${percent(Math.round(100 * (1 - left)) / 100)} of what makes the labels' estimate uncertain; the rest is open to a better model.`,
    );
  } else {
    items.push(html`<strong>More labels.</strong> An interval half as wide takes about ${whole(4 * n)} labels.`);
    if (rest > 0)
      items.push(
        html`<strong>Better predictions.</strong> These explain next to nothing of what makes the labels' estimate uncertain.`,
      );
    else
      items.push(
        html`<strong>Unlabelled units with predictions.</strong> A model that predicts the outcome of further units would make the interval shorter by as much as it is right.`,
      );
  }
  items.push(
    html`<strong>How units were chosen.</strong> All of this rests on labels given at random, or with chances that are known (<code>--labelling-chance</code>, <code>--strata</code>). Where the easy cases were labelled, the answer is about easy cases.`,
  );
  return html`<section id="change" aria-labelledby="change-title"><h2 id="change-title">What would change the answer?</h2>
<ul>${items.map((item) => html`<li>${item}</li>`)}</ul></section>`;
}

/** 1 − ρ² of n_eff = n (n + N) / (n + (1 − ρ²) N).
 * @source Broska, Howes & van Loon (2025), "The mixed subjects design" */
function unexplained({
  n,
  rest,
  effectiveN,
}: {
  readonly n: number;
  readonly rest: number;
  readonly effectiveN: number;
}): number {
  return Math.min(1, Math.max(0.001, ((n * (n + rest)) / effectiveN - n) / rest));
}

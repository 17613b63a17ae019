import type { Spending } from "../../../text/run-summary.ts";
import { number } from "../format.ts";
import { type Html, html, named, type Part } from "../html.ts";
import { table } from "../table.ts";
import type { RunReportInput } from "./input.ts";
import { sumOf } from "./section-numbers.ts";
import { dollars } from "./words.ts";

/** (4) Who asked, who answered, and what it cost. */
export function costSection({ summary }: RunReportInput): Html {
  const { spending } = summary;
  const total = sumOf(spending.map(({ price }) => price));
  const known = spending.reduce((sum, { price }) => sum + (price ?? 0), 0);
  const uncounted = spending.reduce((sum, item) => sum + item.uncounted, 0);
  return html`<section id="cost" aria-labelledby="cost-title"><h2 id="cost-title">What it cost, and who was asked</h2>
${
  spending.length === 0
    ? html`<p>No model was asked.</p>`
    : html`<p class="quiet">Every answer that a row of this run rests on, rejected rows included. An answer from the journal was paid for before, or by an earlier run; its price is told, and nothing was paid again.</p>${table(
        "Answers and price by column and model",
        [
          "Column",
          "Model",
          "Answers",
          "From the journal",
          "Tokens in",
          "Tokens out",
          "Price",
          "Share",
          "How it was asked",
          "Mended",
          "Asked again",
        ],
        [...spending.map((item) => rowOf(item, known)), totalRow(spending, total)],
        { numeric: [2, 3, 4, 5, 6, 9, 10], hideCaption: true },
      )}`
}
${
  total === null
    ? html`<p class="small quiet">A price that is not known is not guessed: the price file has none for the model${uncounted > 0 ? `, or the provider did not count the tokens of ${number(uncounted)} answers` : ""}.</p>`
    : uncounted > 0 &&
      html`<p class="small quiet">The provider did not count the tokens of ${number(uncounted)} answers.</p>`
}</section>`;
}

function rowOf(item: Spending, known: number): readonly Part[] {
  const rungs = Object.entries(item.rungs).sort((a, b) => b[1] - a[1]);
  return [
    named(item.column),
    named(item.model),
    number(item.calls),
    number(item.replayed),
    number(item.promptTokens),
    number(item.completionTokens),
    dollars(item.price),
    item.price !== null && known > 0 ? shareBar(item.price / known) : "",
    rungs.length === 0
      ? html`<span class="quiet">free text</span>`
      : html`<span class="rungs">${rungs.map(([rung, calls], i) => html`${i > 0 ? ", " : ""}${rung} ${number(calls)}`)}</span>`,
    number(item.repaired),
    number(item.unusable),
  ];
}

function totalRow(spending: readonly Spending[], total: number | null): readonly Part[] {
  const sum = (of: (item: Spending) => number): Html =>
    html`<strong>${number(spending.reduce((all, item) => all + of(item), 0))}</strong>`;
  return [
    html`<strong>together</strong>`,
    "",
    sum(({ calls }) => calls),
    sum(({ replayed }) => replayed),
    sum(({ promptTokens }) => promptTokens),
    sum(({ completionTokens }) => completionTokens),
    html`<strong>${dollars(total)}</strong>`,
    "",
    "",
    sum(({ repaired }) => repaired),
    sum(({ unusable }) => unusable),
  ];
}

/** A share of a whole as a bar. */
export function shareBar(share: number): Html {
  const width = Math.max(0, Math.min(100, 100 * share));
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/><rect class="f-synthetic" width="${width.toFixed(1)}" height="10"/></svg>`;
}

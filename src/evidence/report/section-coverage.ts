import { isMeasured } from "../../metrics/metric.ts";
import { number } from "./format.ts";
import { type Html, html, named } from "./html.ts";
import type { ReportInput } from "./input.ts";
import { scoreList, worstTable, worstTitle } from "./section-quality.ts";

/** (5) Who is missing: categories lost, tails, and groups that fare worse. */
export function coverageSection(input: ReportInput): Html {
  const scores = input.scores.filter((score) => score.family === "coverage");
  const fairness = input.scores.filter((score) => score.family === "fairness");
  const lost = input.headline.commonestCategoryLost;
  const counted = scores.some((score) => score.metric === "categories-lost" && isMeasured(score));
  return html`<section id="coverage" aria-labelledby="coverage-title"><h2 id="coverage-title">Who is missing?</h2><p>${
    lost
      ? html`The commonest category that never came is one of ${named(lost.column)}: it was expected ${number(Math.round(lost.expected))} times.`
      : counted
        ? "Every category that was expected ten times or more came."
        : "Lost categories could not be counted."
  } Groups that are small in the real table are the first to be lost, and whoever uses the synthetic table will not notice that they are gone.</p>${
    scores.length > 0 ? scoreList(scores, input, 3) : html`<p>No score of coverage was measured.</p>`
  }<div class="twin">${scores.map((score) => worstTable(score, worstTitle(score)))}</div>${
    fairness.length > 0
      ? html`<h3 id="fairness">Are groups served alike?</h3><p>Groups of the protected columns, alone and combined: how many of them there are, how well they are drawn, and how a model that learnt from the synthetic rows decides about real ones. All of it beside what fresh real rows show.</p>${scoreList(fairness, input, 4)}<div class="twin">${fairness.map((score) => worstTable(score, worstTitle(score)))}</div>`
      : ""
  }</section>`;
}

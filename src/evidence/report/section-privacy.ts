import { isMeasured, type MeasuredScore, type Planting, type Score } from "../../metrics/metric.ts";
import type { Decision } from "../../policy/decision.ts";
import { detectionCurve, LEAK_WORDS } from "./detection-curve.ts";
import { interval, number, percent } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { ReportInput } from "./input.ts";
import { type DotRow, dotPlot } from "./scale.ts";
import { inPrint, outcomeBadge, ruleLink } from "./section-decision.ts";
import { marksOf } from "./section-headline.ts";
import { scoreList } from "./section-quality.ts";
import { selfTestPart } from "./section-self-test.ts";
import { dataFold, table } from "./table.ts";

/** (4) What it gives away: copy tests, their positive controls, the smallest leak that would have been refused, and what none of this shows. */
export async function privacySection(input: ReportInput): Promise<Html> {
  // Replayed names and texts are of the validity family, as nothing can be planted in them; what they tell is told here.
  const scores = input.scores.filter((score) => score.family === "privacy" || score.metric === "replayed-identifiers");
  const diagnostic = new Set((input.definitions ?? []).filter((item) => item.diagnostic).map(({ name }) => name));
  const diagnostics = scores.filter(({ metric }) => diagnostic.has(metric));
  const copies = scores.filter(({ metric }) => COPY_TEST.test(metric));
  const attacks = scores.filter((score) => !copies.includes(score) && !diagnostics.includes(score));
  return html`<section id="privacy" aria-labelledby="privacy-title"><h2 id="privacy-title">What does it give away?</h2>
${
  input.judged === "procedure"
    ? html`<p class="note">The holdout of this release is too small to judge it alone. What is judged here is the procedure that made it: it was run again on folds of the real rows, so that every row was a member of some runs and a non-member of one.</p>`
    : ""
}
<h3>Copies</h3>
<p>A copy test asks whether released rows lie nearer to the people the synthesizer learnt from than to people it never saw (the holdout). If nothing was memorised, the two are alike, and the excess is 0.</p>
${scorePart(copies, input, "No copy test ran.")}
<h3>Attacks</h3>
<p>An attack plays an outsider who holds the released table and tries to learn about a person. It counts only as far as it succeeds better on people the synthesizer learnt from than on people it never saw: what it finds out about both is in the population, and no leak.</p>
${scorePart(attacks, input, "No attack ran.")}
<h3>Would these tests have found a leak?</h3>
<p>Before the tests were believed, known leaks were planted in this very table: some released rows were replaced by training rows, exactly or with noise. A test that misses them proves nothing.</p>
${detectableList(input.decision.detectable)}
${await curvePart(input.decision.detectable)}
${scores.filter(isMeasured).map((score) => plantingPart(score, input))}
${selfTestPart(input.selfTest)}
${
  diagnostics.length > 0
    ? html`<h3>Diagnostics, never a gate</h3><p>Shown because people ask for them. They are no evidence of privacy: a copy can pass them, and damage improves them. No rule looks at them.</p>${scorePart(diagnostics, input, "")}${diagnostics.map(distancesTable)}`
    : ""
}
<h3>What these tests cannot show</h3>
<ul class="limits"><li>A leak smaller than the smallest one refused above would not be seen.</li><li>They are these attacks, with these numbers of rows. That they failed does not show that none can succeed.</li><li>They are no proof: only differential privacy bounds what any attacker, with any knowledge, could learn.</li><li>Rows are judged one by one. Where a person has several rows, the pattern across those rows is not tested here.</li><li>They compare with this holdout. People unlike anybody in it are tested least.</li></ul></section>`;
}

/** Tests that compare rows, by the names of their metrics. */
const COPY_TEST = /copies$|^replayed-identifiers$/;

function scorePart(scores: readonly Score[], input: ReportInput, otherwise: string): Html {
  if (scores.length === 0) return html`<p>${otherwise}</p>`;
  return html`${scoreList(scores, input, 4)}${scores.map((score) => ruleLines(score, input))}`;
}

/** Distances to closest records on both sides, where they were measured. */
function distancesTable(score: Score): Html {
  const { train, holdout } = ((isMeasured(score) && score.details) || {}) as {
    readonly train?: Readonly<Record<string, number>>;
    readonly holdout?: Readonly<Record<string, number>>;
  };
  if (score.metric !== "closest-record-distances" || !train || !holdout) return html``;
  const told = (side: Readonly<Record<string, number>>, name: string): string => {
    const value = side[name] ?? Number.NaN;
    return name === "identicalShare" ? percent(value) : number(value);
  };
  const rows = DISTANCES.map(([name, words]) => [words, told(train, name), told(holdout, name)]);
  return table(
    "Of the synthetic rows, to equally many real rows",
    ["Measure", "Training rows", "Rows never seen"],
    rows,
  );
}

const DISTANCES = [
  ["distanceMedian", "Distance to the closest record, median"],
  ["distanceFifthPercentile", "Distance to the closest record, smallest twentieth"],
  ["ratioMedian", "Ratio to the distance of the second closest, median"],
  ["ratioFifthPercentile", "Ratio to the distance of the second closest, smallest twentieth"],
  ["identicalShare", "Identical to a real row"],
] as const;

function ruleLines(score: Score, input: ReportInput): Html {
  const rules = input.decision.rules.filter((rule) => rule.metric === score.metric);
  return html`${rules.map(
    (rule) => html`<p class="rule-line">${outcomeBadge(rule.outcome)} ${ruleLink(rule)}: ${inPrint(rule.reason)}</p>`,
  )}`;
}

function detectableList(detectable: Decision["detectable"]): Html {
  if (detectable.length === 0)
    return html`<p class="note">No leak was planted, so nothing is known about what these tests would have missed.</p>`;
  return html`<div class="smallest"><p>The smallest leak, as a share of the released rows, that would have been refused in at least 4 of 5 plantings</p><dl>${detectable.map(
    (item) =>
      html`<div><dt>${LEAK_WORDS[item.leak]}</dt><dd>${
        item.share === null ? html`<span class="absent">none of those planted</span>` : percent(item.share)
      }</dd></div>`,
  )}</dl></div>`;
}

async function curvePart(detectable: Decision["detectable"]): Promise<Html> {
  const curve = await detectionCurve(detectable);
  if (!curve) return html``;
  const drawn = detectable.filter((item) => item.tried.length > 0);
  const rows = drawn.flatMap((item) =>
    item.tried.map((tried) => [
      LEAK_WORDS[item.leak],
      percent(tried.share),
      String(tried.refused),
      String(tried.plantings),
    ]),
  );
  return html`<figure class="curve"><figcaption>Planted leaks refused, by size of the leak</figcaption><div class="scroll" tabindex="0" role="region" aria-label="Detection curve, scrolls sideways on a narrow screen"><div role="img" aria-label="Share of planted leaks that were refused, by the share of rows replaced. The numbers are in the table below.">${curve}</div></div><p class="key small quiet">${drawn.map(
    (item) => html`<span>${KEYS[item.leak]}${LEAK_WORDS[item.leak]}</span>`,
  )}</p>${dataFold("Numbers", table("Planted leaks refused", ["Leak", "Share of rows", "Refused", "Planted"], rows, { hideCaption: true }))}</figure>`;
}

const KEYS: Readonly<Record<Planting["leak"], Html>> = {
  verbatim: html`<svg viewBox="0 0 26 14" aria-hidden="true"><path class="s-real key-line" d="M0 7H26"/><circle class="f-real" cx="13" cy="7" r="4.5"/></svg>`,
  noisy: html`<svg viewBox="0 0 26 14" aria-hidden="true"><path class="s-synthetic key-line" stroke-dasharray="6 4" d="M0 7H26"/><rect class="f-synthetic" x="9" y="3" width="8" height="8"/></svg>`,
  outliers: html`<svg viewBox="0 0 26 14" aria-hidden="true"><path class="s-third key-line" stroke-dasharray="2 3" d="M0 7H26"/><path class="f-third" d="M13 2l5 9H8Z"/></svg>`,
  spread: html`<svg viewBox="0 0 26 14" aria-hidden="true"><path class="s-muted key-line" stroke-dasharray="1 3" d="M0 7H26"/><path class="f-muted" d="M13 2l5 5-5 5-5-5Z"/></svg>`,
};

function plantingPart(score: MeasuredScore, input: ReportInput): Html {
  const plantings = score.plantings ?? [];
  if (plantings.length === 0) return html``;
  const groups = new Map<string, Planting[]>();
  for (const planting of plantings) {
    const key = `${LEAK_WORDS[planting.leak]}, ${percent(planting.share)}`;
    groups.set(key, [...(groups.get(key) ?? []), planting]);
  }
  const rows: DotRow[] = [{ label: "this table", found: score, strong: true }];
  for (const [label, group] of groups) {
    const sorted = [...group].sort((a, b) => a.value - b.value);
    rows.push({ label, found: sorted[sorted.length >> 1] as Planting });
  }
  return html`<figure class="curve"><figcaption>${score.title}: this table and the planted ones (median planting, with its interval)</figcaption><div class="scroll" tabindex="0" role="region" aria-label="${score.title}, planted leaks; scrolls sideways on a narrow screen">${dotPlot(
    rows,
    {
      label: `${score.title}: ${rows.map((row) => `${row.label} ${interval(row.found, percent)}`).join("; ")}`,
      limit: marksOf(score, input).limit,
      format: percent,
    },
  )}</div>${dataFold(
    "Every planting",
    table(
      `${score.title}, every planting`,
      ["Leak", "Share of rows", "Planting", "Value", "Low", "High"],
      plantings.map((planting) => [
        LEAK_WORDS[planting.leak],
        percent(planting.share),
        String(planting.index + 1),
        percent(planting.value),
        percent(planting.low),
        percent(planting.high),
      ]),
      { hideCaption: true },
    ),
  )}</figure>`;
}

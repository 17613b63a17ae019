import type { PlanAnswers } from "../../../hybrid/planner/answers.ts";
import { between, capital, figure, given, rowCount, withInterval } from "../../../hybrid/planner/number-words.ts";
import { rowsWithinReach } from "../../../hybrid/planner/plan-sentences.ts";
import { count, percent } from "../format.ts";
import { type Html, html, named } from "../html.ts";
import { pageOf } from "../page.ts";
import { dataFold, table } from "../table.ts";
import { verdictBlock } from "../verdict.ts";
import { frontierPlot, rowsPlot, sharePlot } from "./plan-plots.ts";
import { exchangeTable, measuredTable, worthTable } from "./plan-tables.ts";

/** What the page of a plan shows. */
export interface PlanPage {
  readonly version: string;
  /** What was planned for: the name of the data or of the grid's file. */
  readonly title: string;
  readonly answers: PlanAnswers;
  readonly seed: number;
  /** What was read and how the pilot was run, in the order of the table: ["Student", "boosted trees"], ["Real test set", "frozen.csv, 2000 rows, SHA-256 …"]. */
  readonly facts: readonly (readonly [what: string, value: string])[];
}

const VERDICTS = {
  helps: { words: "Synthetic rows help", look: "pass" },
  depends: { words: "They help here, harm there", look: "waived" },
  "no-evidence": { words: "No evidence that they help", look: "indeterminate" },
  harms: { words: "Synthetic rows harm", look: "refuse" },
  "not-enough": { words: "Not enough to tell", look: "indeterminate" },
} as const;

/** One HTML file that loads nothing and works without its script; the same input gives the same bytes. */
export async function renderPlanPage(page: PlanPage): Promise<string> {
  const { answers, version, title } = page;
  const sections: readonly (readonly [id: string, words: string, section: Html])[] = [
    ["decision", "The answer", decisionPart(answers)],
    ["share", "Synthetic share", await sharePart(answers)],
    ["rows", "Real rows", await rowsPart(answers)],
    ["cost", "Cost", await costPart(answers)],
    ["measured", "What was measured", measuredPart(answers)],
    ["change", "What would change the answer", changePart(answers)],
    ["how", "How it was measured", howPart(page)],
  ];
  return pageOf({
    title,
    verdict: VERDICTS[answers.synthetic].words,
    kind: "plan of real and synthetic rows",
    version,
    navigation: sections.map(([id, words]) => [id, words] as const),
    sections: sections.map(([, , section]) => section),
    footer: `A plan from ${answers.basis.values} measurements.`,
    style: STYLE,
  });
}

const STYLE = `
.plan-figures { margin-block: 1.5rem; max-width: none; }
.plan-figures dd .small { font-weight: 400; }
.plan-cell .quiet { display: block; font-size: 0.75rem; white-space: nowrap; }
.plan-hole { color: var(--refuse); }
`;

function decisionPart(answers: PlanAnswers): Html {
  const { words, look } = VERDICTS[answers.synthetic];
  const [first, ...others] = answers.sentences;
  return html`<section id="decision" aria-labelledby="decision-title"><h2 id="decision-title">How many real rows, and how many synthetic ones?</h2>
${verdictBlock({ look, words, answer: shortAnswer(answers), summary: first })}
${figuresOf(answers)}
<ul class="notices">${others.map((sentence) => html`<li>${sentence}</li>`)}</ul></section>`;
}

/** The headline: what somebody does on Monday. */
function shortAnswer(answers: PlanAnswers): string {
  const { cheapest, question, metric, realRowsAlone } = answers;
  if (question.target === null) return "No target was given: the curves below say what rows are worth.";
  const goal = `${metric.name} ${given(question.target)}`;
  if (cheapest === null) return `${goal} is out of reach of the ${rowsWithinReach(answers)}.`;
  if (cheapest.synthetic > 0)
    return `For ${goal}, train on ${rowCount(cheapest.real)} real and ${rowCount(cheapest.synthetic)} synthetic rows.`;
  return realRowsAlone ? `For ${goal}, train on ${rowCount(cheapest.real)} real rows.` : "";
}

function figuresOf(answers: PlanAnswers): Html {
  const { realRowsAlone, fewestRealRows, cheapest, exchangeRate, synthetic, question } = answers;
  const figures: readonly (readonly [string, string, string])[] = [
    ...(realRowsAlone
      ? [["Real rows, alone", rowCount(realRowsAlone.value), `(${between(realRowsAlone, rowCount)})`] as const]
      : []),
    ...(fewestRealRows && synthetic === "helps"
      ? [
          [
            "Real rows, with synthetic ones",
            rowCount(fewestRealRows.value),
            `(${between(fewestRealRows, rowCount)})`,
          ] as const,
        ]
      : []),
    ...(cheapest ? [["Cost of the cheapest way", figure(cheapest.cost), ""] as const] : []),
    ...(exchangeRate
      ? [
          [
            "Real rows that the first synthetic row stands for",
            figure(exchangeRate.value),
            `(${between(exchangeRate, figure)})`,
          ] as const,
        ]
      : []),
  ];
  return html`<div class="promise plan-figures"><dl>${figures.map(
    ([what, value, range]) =>
      html`<div><dt>${what}</dt><dd>${value} <span class="small quiet">${range}</span></dd></div>`,
  )}</dl><p class="small quiet">Intervals are ${percent(question.level)} ones.</p></div>`;
}

async function sharePart(answers: PlanAnswers): Promise<Html> {
  const { shareCurve, metric } = answers;
  return html`<section id="share" aria-labelledby="share-title"><h2 id="share-title">What if more of the rows were synthetic?</h2>
<p>${rowCount(shareCurve.total)} rows in all; further to the right, more real ones are replaced by synthetic ones. Dots are means over seeds of what was measured near a share, with their intervals. ${
    answers.synthetic === "not-enough"
      ? ""
      : "The line is the fitted curve with its band; it says nothing of synthetic rows alone."
  }</p>
${
  shareCurve.points.filter(({ fitted, measured }) => fitted ?? measured).length > 1
    ? await sharePlot(answers)
    : html`<p class="note">The pilot has no cells with synthetic rows near these shares: there is no picture to draw.</p>`
}
${table(
  `${capital(metric.name)} by synthetic share`,
  [
    "Synthetic share",
    "Real + synthetic",
    "Fitted",
    "Measured",
    "At",
    ...(answers.shifted ? ["Shifted, fitted", "Shifted, measured"] : []),
  ],
  shareCurve.points.map(({ share, real, synthetic, fitted, measured }, i) => {
    const shifted = answers.shifted?.shareCurve.points[i];
    return [
      percent(share),
      `${rowCount(real)} + ${rowCount(synthetic)}`,
      fitted ? withInterval(fitted, figure) : "–",
      measured ? withInterval(measured.value, figure) : "–",
      measured ? `${rowCount(measured.real)} + ${rowCount(measured.synthetic)}` : "–",
      ...(answers.shifted
        ? [
            shifted?.fitted ? withInterval(shifted.fitted, figure) : "–",
            shifted?.measured ? withInterval(shifted.measured.value, figure) : "–",
          ]
        : []),
    ];
  }),
)}
${answers.shifted && html`<h3>On the shifted test set</h3><ul class="notices">${answers.shifted.sentences.slice(0, 2).map((sentence) => html`<li>${sentence}</li>`)}</ul>`}</section>`;
}

async function rowsPart(answers: PlanAnswers): Promise<Html> {
  return html`<section id="rows" aria-labelledby="rows-title"><h2 id="rows-title">What are more real rows worth?</h2>
${await rowsPlot(answers)}
${worthTable(answers)}
${exchangeTable(answers)}</section>`;
}

async function costPart(answers: PlanAnswers): Promise<Html> {
  const { question, basis } = answers;
  const { real, synthetic } = question.cost;
  return html`<section id="cost" aria-labelledby="cost-title"><h2 id="cost-title">What does it cost?</h2>
<p>A real row costs ${given(real)}, a synthetic one ${given(synthetic)}; ${rowCount(question.realAvailable)} real rows are at hand.${
    answers.synthetic === "helps"
      ? ` Mixes have ${rowCount(basis.largestMultiple)} synthetic rows for a real one at most, the most that was tried, and keep the rule of the real anchor.`
      : " Without evidence that synthetic rows help, none are bought."
  }</p>
${await frontierPlot(answers)}
${table(
  "Best mixes by cost",
  ["Cost", "Real", "Synthetic", capital(answers.metric.name)],
  spread(answers.frontier, 10).map(({ cost, real: rows, synthetic: made, value }) => [
    figure(cost),
    rowCount(rows),
    rowCount(made),
    withInterval(value, figure),
  ]),
)}</section>`;
}

function measuredPart(answers: PlanAnswers): Html {
  return html`<section id="measured" aria-labelledby="measured-title"><h2 id="measured-title">What was measured</h2>
<p>Means over seeds, with Student intervals. The test rows are real, and neither the student nor the generator has seen them.</p>
${measuredTable(answers)}
${answers.shifted && html`<h3>On the shifted test set</h3>${measuredTable(answers.shifted)}`}
${
  answers.holes.length > 0 &&
  html`<h3>Cells without a value</h3>${dataFold(
    count(answers.holes.length, "cell"),
    table(
      "Cells without a value",
      ["Real", "Synthetic", "Seed", "Way", "Why"],
      answers.holes.map(({ real, synthetic, seed, arm, failure }) => [
        rowCount(real),
        rowCount(synthetic),
        String(seed),
        arm,
        named(failure),
      ]),
      { numeric: [1, 2], hideCaption: true },
    ),
  )}`
}</section>`;
}

function changePart(answers: PlanAnswers): Html {
  const { exchangeRate, synthetic, basis, question } = answers;
  const rate = exchangeRate;
  const items: readonly (Html | string | false)[] = [
    synthetic === "helps" && rate !== null
      ? `The price of a synthetic row. Up to ${figure(rate.value)} of the price of a real row (${figure(rate.low)} to ${figure(rate.high)}) the first synthetic row pays; it is ${question.cost.real > 0 ? figure(question.cost.synthetic / question.cost.real) : "without limit"} of it here.`
      : false,
    synthetic === "no-evidence" &&
      rate !== null &&
      `More seeds. A synthetic row that stands for more than ${figure(Math.max(0, rate.high))} of a real row is ruled out; one that stands for less would be seen with more seeds only.`,
    "Another generator, student or metric: this holds for those of the pilot.",
    `Sizes beyond the pilot. The largest that was measured is ${rowCount(basis.largestReal)} real rows; nothing is said beyond ${rowCount(basis.reach)} real rows or what stands for them, four times what was measured.`,
    `Other real rows. Every draw comes from the same real rows at hand; ${basis.seeds === 1 ? "one draw was" : `${basis.seeds} draws were`} made.`,
    answers.shifted === null &&
      "Rows from elsewhere. No shifted test set was given: whether synthetic rows make the student more, or less, fit for other data was not seen.",
  ];
  return html`<section id="change" aria-labelledby="change-title"><h2 id="change-title">What would change the answer</h2><ul class="notices">${items.filter((item) => item !== false).map((item) => html`<li>${item}</li>`)}</ul></section>`;
}

const KINDS = {
  "real-only": "synthetic rows do nothing",
  exchange: "each stands for a fixed part of a real row",
  saturating: "with an end to what they stand for",
} as const;

function howPart(page: PlanPage): Html {
  const { answers } = page;
  const { surface, basis, question } = answers;
  const facts: readonly (readonly [string, string])[] = [
    ...page.facts,
    ["Measurements", `${basis.values}, of ${basis.seeds} ${basis.seeds === 1 ? "seed" : "seeds"}`],
    ["Intervals", `${percent(question.level)}, from ${basis.draws} redrawn pilots`],
    ["Seed", String(page.seed)],
    [
      "Fitted curve",
      `floor ${figure(surface.floor)}, scale ${figure(surface.scale)}, offset ${figure(surface.offset)}, exponent ${figure(surface.exponent)}, exchange ${figure(surface.exchange)}, saturation ${Number.isFinite(surface.saturation) ? figure(surface.saturation) : "none"}`,
    ],
  ];
  return html`<section id="how" aria-labelledby="how-title"><h2 id="how-title">How it was measured</h2>
<p>A student is trained on real and synthetic rows of many sizes, the generator anew on just the real rows of each cell, and tested on real rows that neither has seen. The distance to a perfect student is fitted by <code>floor + scale / (offset + (real + k)^exponent)</code>, where <code>k = exchange · synthetic / (1 + synthetic / (saturation · real))</code> are the real rows that the synthetic ones stand for.</p>
<p>Intervals come from pilots that are redrawn with the departures of whole seeds, stretched as Student's t is, and fitted again. That synthetic rows help is said where the whole interval of the exchange rate is above 0: of pilots with useless synthetic rows, ${percent((1 - question.level) / 2)} would say so${answers.arm.difference ? `, and up to ${percent(1 - question.level)} where mixing and pretraining were both tried` : ""}.</p>
${table(
  "How it was measured",
  ["What", "Value"],
  facts.map(([what, value]) => [what, named(value)]),
  { numeric: [], hideCaption: true },
)}
${table(
  "Kinds of curves that were fitted",
  ["Kind", "AICc", "Error relative to the loss"],
  answers.compared.map(({ kind, aicc, rmse }) => [KINDS[kind], figure(aicc), percent(rmse)]),
)}</section>`;
}

function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T);
}

import type { InferEstimation, InferResult, InferTerm } from "../../../hybrid/infer-result.ts";
import { figure, METHOD_TITLES, termTitle, whole } from "../../../hybrid/infer-words.ts";
import { count, number, percent } from "../format.ts";
import { type Html, html, named, type Part } from "../html.ts";
import { pageOf } from "../page.ts";
import { table } from "../table.ts";
import { verdictBlock } from "../verdict.ts";
import { FOREST_STYLE, type ForestRow, forestPlot } from "./forest.ts";
import { changeSection } from "./infer-change-section.ts";
import { tablesSection } from "./infer-tables-section.ts";
import { primaryTerm, rangeWords, termOf } from "./infer-terms.ts";

const LOOKS = {
  estimated: { look: "pass", verdict: "Estimated" },
  alarm: { look: "refuse", verdict: "Alarm" },
  none: { look: "indeterminate", verdict: "No interval" },
} as const;

const METHOD_WORDS: Readonly<Record<InferEstimation["method"], string>> = {
  "control-variate":
    "The labels' own estimate, moved by what predictions of labelled units miss of those of all units, in the proportion that makes the interval shortest. Small-sample corrections: HC3 and Student's t.",
  "labelled-only": "The labelled rows and nothing else, with HC3 standard errors and Student's t.",
  ppi: "Prediction-powered inference: predictions count in full.",
  "ppi-plus-plus": "Prediction-powered inference with predictions weighted from 0 to 1.",
  "cross-ppi": "Prediction-powered inference with models that were each fitted without a part of the labels.",
  "gmm-two-step":
    "The two-step generalised method of moments as published; its intervals are too short below a few hundred labels.",
  "naive-pooling":
    "Labels and predictions or synthetic rows thrown together as if all were real. Shown because it fails.",
};

/** One HTML file that loads nothing; the same input gives the same bytes. */
export function renderInferPage(result: InferResult): string {
  const { verdict } = LOOKS[result.decision];
  return pageOf({
    title: result.formula,
    verdict,
    kind: "inference report",
    version: result.version,
    navigation: [
      ["decision", "Answer"],
      ...(result.primary === null
        ? []
        : ([["methods", result.sources.length > 0 ? "Methods" : "Coefficients"]] as const)),
      ...(result.tables ? ([["tables", "Synthetic tables"]] as const) : []),
      ["trust", "Trust"],
      ["change", "What would change it"],
      ["how", "How it was measured"],
    ],
    sections: [
      answerSection(result),
      ...(result.primary === null ? [] : [methodsSection(result)]),
      ...(result.tables ? [tablesSection(result)] : []),
      trustSection(result),
      changeSection(result),
      howSection(result),
    ],
    footer: "Estimates only: no row of a table is in this page.",
    style: FOREST_STYLE,
  });
}

function answerSection(result: InferResult): Html {
  const { look } = LOOKS[result.decision];
  const [first, ...others] = result.sentences;
  const headline = primaryTerm(result);
  return html`<section id="decision" aria-labelledby="decision-title"><h2 id="decision-title">What may be concluded?</h2>
${verdictBlock({
  look,
  words: headline ? figure(headline.value, headline) : "No interval",
  answer: headline
    ? `${subjectOf(result)}: ${figure(headline.low, headline)} to ${figure(headline.high, headline)} with ${percent(result.level)} confidence${result.decision === "alarm" ? ", if the alarm below can be explained" : ""}.`
    : "Too little is known for a valid interval.",
  summary: first,
})}
${others.length > 0 && html`<ul>${others.map((sentence) => html`<li>${sentence}</li>`)}</ul>`}
<p class="quiet">${whole(result.labelled)} labelled units of ${whole(result.units)}; ${familyWords(result)} ${named(result.formula)}.</p></section>`;
}

function subjectOf(result: InferResult): string {
  const { family, outcome, probability, headline } = result;
  if (family === "mean")
    return outcome.labels ? `Share of “${outcome.labels[1]}” in ${outcome.label}` : `Mean of ${outcome.label}`;
  if (family === "quantile") return `${probability === 0.5 ? "Median" : `Quantile ${probability}`} of ${outcome.label}`;
  return `Coefficient of ${headline}${family === "logistic" ? " (log odds)" : family === "poisson" ? " (log rate)" : ""}`;
}

function familyWords({ family, outcome }: InferResult): string {
  const words = {
    mean: "mean",
    quantile: "quantile",
    ols: "linear regression",
    logistic: "logistic regression",
    poisson: "Poisson regression",
  };
  return `${words[family]}${outcome.labels ? ` of “${outcome.labels[1]}” against “${outcome.labels[0]}”` : ""},`;
}

function methodsSection(result: InferResult): Html {
  if (result.sources.length === 0)
    return html`<section id="methods" aria-labelledby="methods-title"><h2 id="methods-title">Every coefficient</h2>
${coefficientTable(result)}</section>`;
  const uncomputed = result.estimations.filter(({ notComputable }) => notComputable !== null);
  const [first, second, ...others] = byInterest(result).map(
    (term) => html`<h3>${named(termTitle(result, term))}</h3>${forestOf(result, term)}`,
  );
  return html`<section id="methods" aria-labelledby="methods-title"><h2 id="methods-title">What does each method say?</h2>
<p>The filled dot is the answer. Lines are ${percent(result.level)} intervals; what is drawn in red is wrong, and shown because it looks so sure.</p>
${first}${second}${others.length > 0 && html`<details class="data"><summary>${count(others.length, "more coefficient")}</summary>${others}</details>`}
${coefficientTable(result)}
${
  uncomputed.length > 0 &&
  html`<h3>Methods that do not apply</h3><ul>${uncomputed.map(({ method, notComputable }) => html`<li>${METHOD_TITLES[method]}: ${notComputable}</li>`)}</ul>`
}</section>`;
}

/** First what the answer is about, then where pooling fails most. */
function byInterest({ estimations, primary, headline }: InferResult): readonly string[] {
  const own = estimations.find(({ method }) => method === primary);
  const naive = estimations.find(({ method }) => method === "naive-pooling");
  const rank = ({ term, value, standardError }: InferTerm): number => {
    if (term === headline) return Number.POSITIVE_INFINITY;
    const pooled = termOf(naive, term);
    return pooled && standardError > 0 ? Math.abs(pooled.value - value) / standardError : 0;
  };
  return [...(own?.terms ?? [])].sort((a, b) => rank(b) - rank(a)).map(({ term }) => term);
}

function coefficientTable(result: InferResult): Html {
  const { estimations, primary } = result;
  const own = estimations.find(({ method }) => method === primary);
  const alone = primary === "labelled-only" ? undefined : estimations.find(({ method }) => method === "labelled-only");
  const ratios = result.family === "logistic" || result.family === "poisson";
  return table(
    `Every coefficient by ${METHOD_TITLES[primary ?? "labelled-only"]}${alone ? ", beside labels alone" : ""}`,
    [
      "Coefficient",
      "Estimate",
      "Interval",
      ...(ratios ? [result.family === "logistic" ? "Odds ratio" : "Rate ratio"] : []),
      ...(alone ? ["Labels alone", "Worth, in labels"] : []),
    ],
    (own?.terms ?? []).map((item) => {
      const real = termOf(alone, item.term);
      return [
        named(termTitle(result, item.term)),
        figure(item.value, item),
        `${figure(item.low, item)} to ${figure(item.high, item)}`,
        ...(ratios ? [ratioWords(item)] : []),
        ...(alone ? [real ? rangeWords(real) : "–", item.effectiveN === null ? "–" : whole(item.effectiveN)] : []),
      ];
    }),
  );
}

function ratioWords(item: InferTerm): string {
  const ends = { low: Math.exp(item.low), high: Math.exp(item.high) };
  return `${figure(Math.exp(item.value), ends)} (${figure(ends.low, ends)} to ${figure(ends.high, ends)})`;
}

function forestOf(result: InferResult, term: string): Html {
  const rows = result.estimations.flatMap((estimation): ForestRow[] => {
    const item = termOf(estimation, term);
    if (!item) return [];
    const { method } = estimation;
    const standing = method === result.primary ? "primary" : method === "naive-pooling" ? "wrong" : "beside";
    return [{ ...item, label: METHOD_TITLES[method], words: rangeWords(item), standing }];
  });
  return forestPlot(rows, { label: `${term} by every method` });
}

function trustSection(result: InferResult): Html {
  const { alarms, refusal, notices } = result;
  const titles = { overidentification: "J test", "covariate-balance": "Covariate balance" };
  return html`<section id="trust" aria-labelledby="trust-title"><h2 id="trust-title">May the answer be trusted?</h2>
${refusal !== null && html`<p><strong>${refusal}</strong></p>`}
${
  alarms.length > 0
    ? html`<ul>${alarms.map(({ words, rejected }) => html`<li>${rejected && html`<strong>Alarm.</strong> `}${words}</li>`)}</ul>
${table(
  "Both alarms",
  ["Test", "Statistic", "Degrees of freedom", "p", "p from", "False-alarm rate", "Alarm"],
  alarms.map(({ name, statistic, degreesOfFreedom, law, p, alpha, rejected }) => [
    titles[name],
    number(statistic),
    String(degreesOfFreedom),
    p < 0.001 ? "< 0.001" : p.toFixed(3),
    law === "permutation" ? "redraws of the labelled units" : "chi-squared law",
    percent(alpha),
    rejected ? "yes" : "no",
  ]),
)}
<p>The J test cannot see a choice of units by their covariates where the regression is right, and the balance test sees nothing else: both are needed, and silence of both is no proof.</p>`
    : html`<p>No alarm can be tested here: there are no predictions or synthetic rows on both sides, or too few labels.</p>`
}
${notices.length > 0 && html`<h3>What a reader must know</h3><ul>${notices.map((notice) => html`<li>${notice}</li>`)}</ul>`}</section>`;
}

function howSection(result: InferResult): Html {
  const { files, sources, estimations, level, seed } = result;
  const facts: readonly (readonly [Part, Part])[] = [
    ["Formula", html`<code>${result.formula}</code>`],
    ["Family", result.probability === null ? result.family : `${result.family}, probability ${result.probability}`],
    ...(result.outcome.labels
      ? [["Outcome", html`1 is ${named(result.outcome.labels[1])}, 0 is ${named(result.outcome.labels[0])}`] as const]
      : []),
    ...files.map(
      ({ role, name, rows, sha256 }) =>
        [
          { labelled: "Labelled file", unlabelled: "Unlabelled file", synthetic: "Synthetic file" }[role],
          html`${named(name)}, ${whole(rows)} rows, SHA-256 <code class="digest">${sha256}</code>`,
        ] as const,
    ),
    ["Sources", sources.length === 0 ? "none" : sources.map(({ name, kind }) => `${name} (${kind})`).join(", ")],
    ["Units, and labelled ones", `${whole(result.units)}, ${whole(result.labelled)}`],
    ["Intervals", percent(level)],
    ["Seed", String(seed)],
  ];
  return html`<section id="how" aria-labelledby="how-title"><h2 id="how-title">How it was measured</h2>
${table("How it was measured", ["What", "Value"], facts, { numeric: [], hideCaption: true })}
${
  estimations.length > 0 &&
  html`<h3>Methods</h3><dl class="facts">${estimations
    .filter(({ method }) => sources.length > 0 || method === "labelled-only")
    .map(
      ({ method, degreesOfFreedom, lambda }) =>
        html`<div><dt>${METHOD_TITLES[method]}</dt><dd>${METHOD_WORDS[method]}${degreesOfFreedom !== null && ` ${number(Math.round(degreesOfFreedom))} degrees of freedom.`}${lambda !== null && ` Weight of the predictions: ${number(lambda)}.`}</dd></div>`,
    )}</dl>`
}</section>`;
}

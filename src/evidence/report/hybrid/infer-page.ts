import type { CombiningRule } from "../../../hybrid/estimation/combining-rules.ts";
import type { InferEstimation, InferResult, InferTerm } from "../../../hybrid/infer-result.ts";
import { figure, METHOD_TITLES, RULE_WORDS } from "../../../hybrid/infer-words.ts";
import { count, number, percent } from "../format.ts";
import { type Html, html, named, type Part } from "../html.ts";
import { pageOf } from "../page.ts";
import { table } from "../table.ts";
import { verdictBlock } from "../verdict.ts";
import { FOREST_STYLE, type ForestRow, forestPlot } from "./forest.ts";

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
      ...(result.primary === null ? [] : ([["methods", "Methods"]] as const)),
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
<p class="quiet">${count(result.labelled, "labelled unit")} of ${number(result.units)}; ${familyWords(result)} ${named(result.formula)}.</p></section>`;
}

function subjectOf(result: InferResult): string {
  const { family, outcome, probability, headline } = result;
  if (family === "mean")
    return outcome.labels ? `Share of “${outcome.labels[1]}” in ${outcome.column}` : `Mean of ${outcome.column}`;
  if (family === "quantile")
    return `${probability === 0.5 ? "Median" : `Quantile ${probability}`} of ${outcome.column}`;
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

function primaryTerm(result: InferResult): InferTerm | undefined {
  return termOf(
    result.estimations.find(({ method }) => method === result.primary),
    result.headline,
  );
}

function termOf(estimation: InferEstimation | undefined, term: string | null): InferTerm | undefined {
  return estimation?.terms?.find((item) => item.term === term);
}

function methodsSection(result: InferResult): Html {
  const { estimations, primary, headline } = result;
  const own = estimations.find(({ method }) => method === primary);
  const alone = estimations.find(({ method }) => method === "labelled-only");
  const terms = (own?.terms ?? []).map(({ term }) => term);
  const ordered = [...terms.filter((term) => term === headline), ...terms.filter((term) => term !== headline)];
  const [first, ...others] = ordered.map((term) => html`<h3>${named(term)}</h3>${forestOf(result, term)}`);
  const ratios = result.family === "logistic" || result.family === "poisson";
  const uncomputed = estimations.filter(({ notComputable }) => notComputable !== null);
  return html`<section id="methods" aria-labelledby="methods-title"><h2 id="methods-title">What does each method say?</h2>
<p>The filled dot is the answer. Lines are ${percent(result.level)} intervals; what is drawn in red is wrong, and shown because it looks so sure.</p>
${first}${others.length > 0 && (others.length < 4 ? others : html`<details class="data"><summary>${others.length} more coefficients</summary>${others}</details>`)}
${table(
  "Every coefficient by the method to go by, beside labels alone",
  [
    "Coefficient",
    "Estimate",
    "Interval",
    ...(ratios ? [result.family === "logistic" ? "Odds ratio" : "Rate ratio"] : []),
    "Labels alone",
    "Worth, in labels",
  ],
  (own?.terms ?? []).map((item) => {
    const real = termOf(alone, item.term);
    return [
      named(item.term),
      figure(item.value, item),
      `${figure(item.low, item)} to ${figure(item.high, item)}`,
      ...(ratios ? [ratioWords(item)] : []),
      real ? `${figure(real.value, real)} (${figure(real.low, real)} to ${figure(real.high, real)})` : "–",
      item.effectiveN === null ? "–" : number(Math.round(item.effectiveN)),
    ];
  }),
)}
${
  uncomputed.length > 0 &&
  html`<h3>Methods that do not apply</h3><ul>${uncomputed.map(({ method, notComputable }) => html`<li>${METHOD_TITLES[method]}: ${notComputable}</li>`)}</ul>`
}</section>`;
}

function ratioWords(item: InferTerm): string {
  const ends = { low: Math.exp(item.low), high: Math.exp(item.high) };
  return `${figure(Math.exp(item.value), ends)} (${figure(ends.low, ends)} to ${figure(ends.high, ends)})`;
}

function forestOf(result: InferResult, term: string): Html {
  const shown = result.estimations.filter(({ method }) => method !== "naive-pooling" || result.sources.length > 0);
  const rows = shown.flatMap((estimation): ForestRow[] => {
    const item = termOf(estimation, term);
    if (!item) return [];
    const { method } = estimation;
    const standing = method === result.primary ? "primary" : method === "naive-pooling" ? "wrong" : "beside";
    return [{ ...item, label: METHOD_TITLES[method], words: rangeWords(item), standing }];
  });
  return forestPlot(rows, { label: `${term} by every method` });
}

function rangeWords(item: { readonly value: number; readonly low: number; readonly high: number }): string {
  return `${figure(item.value, item)} (${figure(item.low, item)} to ${figure(item.high, item)})`;
}

const RULES: readonly CombiningRule[] = ["simple-synthesis", "fully-synthetic", "partially-synthetic"];

function tablesSection(result: InferResult): Html {
  const { tables, headline } = result;
  if (!tables) return html``;
  const alone = termOf(
    result.estimations.find(({ method }) => method === "labelled-only"),
    headline,
  );
  const byRule = tables.combined.flatMap(({ rule, terms }): ForestRow[] => {
    const item = terms?.find(({ term }) => term === headline);
    return item
      ? [
          {
            ...item,
            label: RULE_TITLES[rule] ?? rule,
            words: rangeWords(item),
            standing: rule === tables.rule ? "primary" : "beside",
          },
        ]
      : [];
  });
  const naive = tables.asIfReal.find(({ term }) => term === headline);
  const rows: ForestRow[] = [
    ...(alone ? [{ ...alone, label: "real rows", words: rangeWords(alone), standing: "beside" as const }] : []),
    ...byRule,
    ...(naive ? [{ ...naive, label: "as if real", words: rangeWords(naive), standing: "wrong" as const }] : []),
  ];
  const refused = tables.combined.filter(({ notComputable }) => notComputable !== null);
  return html`<section id="tables" aria-labelledby="tables-title"><h2 id="tables-title">What would a reader of the synthetic tables conclude?</h2>
<p>${count(tables.tables, "table")} of ${number(Math.round(tables.syntheticRows))} rows, taken as ${RULE_WORDS[tables.rule]} of ${number(tables.realRows)} real rows. Their rows belong to no unit, so they cannot make the answer more precise.</p>
<h3>${named(headline ?? "")}</h3>
${forestPlot(rows, { label: `${headline} from synthetic tables by every rule` })}
${table(
  `Agreement with the real rows, by the rule for ${RULE_WORDS[tables.rule]}`,
  ["Coefficient", "Overlap of the intervals", "Difference, in standard errors of the real rows"],
  tables.agreement.map(({ term, overlap, standardisedDifference }) => [
    named(term),
    percent(Math.round(100 * overlap) / 100),
    number(Math.round(100 * standardisedDifference) / 100),
  ]),
)}
${refused.length > 0 && html`<ul>${refused.map(({ rule, notComputable }) => html`<li>${RULE_TITLES[rule]}: ${notComputable}</li>`)}</ul>`}
${tables.combined.some(({ rule, repaired }) => repaired && RULES.includes(rule)) && html`<p>The variance of the rule for fully synthetic tables came out negative, and was replaced by one on the safe side (Reiter 2002).</p>`}</section>`;
}

const RULE_TITLES: Readonly<Partial<Record<CombiningRule, string>>> = {
  "simple-synthesis": "fitted model",
  "fully-synthetic": "fully synthetic",
  "partially-synthetic": "partially synthetic",
};

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
  ["Test", "Statistic", "Degrees of freedom", "p", "False-alarm rate", "Alarm"],
  alarms.map(({ name, statistic, degreesOfFreedom, p, alpha, rejected }) => [
    titles[name],
    number(statistic),
    String(degreesOfFreedom),
    p < 0.001 ? "< 0.001" : p.toFixed(3),
    percent(alpha),
    rejected ? "yes" : "no",
  ]),
)}
<p>The J test cannot see a choice of units by their covariates where the regression is right, and the balance test sees nothing else: both are needed, and silence of both is no proof.</p>`
    : html`<p>No alarm can be tested here: there are no predictions or synthetic rows on both sides, or too few labels.</p>`
}
${notices.length > 0 && html`<h3>What a reader must know</h3><ul>${notices.map((notice) => html`<li>${notice}</li>`)}</ul>`}</section>`;
}

function changeSection(result: InferResult): Html {
  const items: Part[] = [];
  const headline = primaryTerm(result);
  const n = result.labelled;
  const rest = result.units - n;
  if (headline?.effectiveN && rest > 0 && headline.effectiveN > 1.01 * n) {
    const left = unexplained({ n, rest, effectiveN: headline.effectiveN });
    items.push(
      html`<strong>More labels.</strong> An interval half as wide takes about ${number(Math.round(4 * n))} labels with predictions as good as these, or ${number(Math.round(4 * headline.effectiveN))} without any.`,
      html`<strong>More unlabelled units.</strong> However many there were, the answer would be worth at most about ${number(Math.round(n / left))} labels, against ${number(Math.round(headline.effectiveN))} now: what predictions miss, only labels tell.`,
      html`<strong>Better predictions.</strong> These explain about ${percent(Math.round(100 * (1 - left)) / 100)} of what makes the labels' estimate uncertain; the rest is open to a better model.`,
    );
  } else {
    items.push(html`<strong>More labels.</strong> An interval half as wide takes about ${number(4 * n)} labels.`);
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
          html`${named(name)}, ${count(rows, "row")}, SHA-256 <code class="digest">${sha256}</code>`,
        ] as const,
    ),
    ["Sources", sources.length === 0 ? "none" : sources.map(({ name, kind }) => `${name} (${kind})`).join(", ")],
    ["Units, and labelled ones", `${number(result.units)}, ${number(result.labelled)}`],
    ["Intervals", percent(level)],
    ["Seed", String(seed)],
  ];
  return html`<section id="how" aria-labelledby="how-title"><h2 id="how-title">How it was measured</h2>
${table("How it was measured", ["What", "Value"], facts, { numeric: [], hideCaption: true })}
${
  estimations.length > 0 &&
  html`<h3>Methods</h3><dl class="facts">${estimations.map(
    ({ method, degreesOfFreedom, lambda }) =>
      html`<div><dt>${METHOD_TITLES[method]}</dt><dd>${METHOD_WORDS[method]}${degreesOfFreedom !== null && ` ${number(Math.round(degreesOfFreedom))} degrees of freedom.`}${lambda !== null && ` Weight of the predictions: ${number(lambda)}.`}</dd></div>`,
  )}</dl>`
}</section>`;
}

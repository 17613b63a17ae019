import { isMeasured, type Score } from "../../metrics/metric.ts";
import { formatOf, interval, number, percent, slug } from "./format.ts";
import { type Html, html, type Part } from "./html.ts";
import type { Definition, Judgement, ReportInput } from "./input.ts";

/** Every score with all it rests on; each number in the page links here. */
export function definitionsSection(input: ReportInput): Html {
  return definitionsPart(input, {
    beforehand:
      "The ceiling is the same measurement for fresh real rows, the floor for columns drawn independently of each other, both at the same number of rows. Every interval is at the level given with it.",
    rows: "Rows a side",
  });
}

/** The same for any release. @param options what to know beforehand; what a score's n is called */
export function definitionsPart(
  input: Judgement,
  options: { readonly beforehand: string; readonly rows: string },
): Html {
  const known = new Map(input.definitions?.map((definition) => [definition.name, definition]));
  const scored = new Set(input.scores.map((score) => score.metric));
  const ruled = [...new Set(input.decision.rules.map((rule) => rule.metric))].filter(
    (metric) => metric !== null && !scored.has(metric),
  ) as readonly string[];
  return html`<section id="definitions" aria-labelledby="definitions-title"><h2 id="definitions-title">Definitions</h2><p class="small quiet">${options.beforehand}</p>${input.scores.map(
    (score) => definitionOf(score, known.get(score.metric), options.rows),
  )}${ruled.map(
    (metric) =>
      html`<article class="definition" id="def-${slug(metric)}"><h3>${known.get(metric)?.title ?? metric}</h3><p>${known.get(metric)?.explains ?? "A rule of the policy asks for this metric; it was not measured in this run."}</p></article>`,
  )}</section>`;
}

function rangeWords([least, most]: Definition["range"]): string {
  return most >= Number.MAX_SAFE_INTEGER ? `${number(least)} and up` : `${number(least)} to ${number(most)}`;
}

function definitionOf(score: Score, definition: Definition | undefined, rows: string): Html {
  const facts: [string, Part][] = [
    ["Metric", html`<code>${score.metric}</code>, definition ${score.definitionVersion}`],
    ["Better", score.better],
  ];
  if (definition) facts.push(["Range", rangeWords(definition.range)]);
  if (isMeasured(score)) {
    const format = formatOf(score.family);
    facts.push(["Value", score.counted ? `${format(score.value)}, counted` : interval(score, format)]);
    if (score.ceiling) facts.push(["Ceiling", interval(score.ceiling, format)]);
    if (score.floor) facts.push(["Floor", interval(score.floor, format)]);
    if (score.difference) facts.push(["Value − ceiling", interval(score.difference, format)]);
    if (score.p !== undefined) facts.push(["By chance alone", `p = ${number(score.p)}`]);
    if (score.normalised) facts.push(["Normalised", interval(score.normalised)]);
    facts.push(
      ["Level", percent(score.level)],
      [rows, number(score.n)],
      ["Seeds", score.seeds.length > 0 ? score.seeds.join(", ") : "none: nothing is drawn"],
    );
  } else facts.push([score.notApplicable ? "Does not apply" : "Not computed", score.notComputable]);
  if (definition?.formula) facts.push(["Formula", html`<span class="formula">${definition.formula}</span>`]);
  if (definition) facts.push(["Source", definition.source]);
  return html`<article class="definition" id="def-${slug(score.metric)}"><h3>${score.title}</h3>${definition && html`<p>${definition.explains}</p>`}<dl class="facts">${facts.map(
    ([term, fact]) => html`<div><dt>${term}</dt><dd>${fact}</dd></div>`,
  )}</dl></article>`;
}

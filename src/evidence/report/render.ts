import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Html, html, markupOf, trusted } from "./html.ts";
import type { ReportInput } from "./input.ts";
import { coverageSection } from "./section-coverage.ts";
import { decisionSection, VERDICTS } from "./section-decision.ts";
import { definitionsSection } from "./section-definitions.ts";
import { guaranteeSection } from "./section-guarantee.ts";
import { headlineSection } from "./section-headline.ts";
import { privacySection } from "./section-privacy.ts";
import { provenanceSection } from "./section-provenance.ts";
import { qualitySection } from "./section-quality.ts";
import { syntheticSection } from "./section-synthetic.ts";

const NAVIGATION = [
  ["decision", "Decision"],
  ["guarantee", "Guarantee"],
  ["synthetic", "What is in it"],
  ["numbers", "Five numbers"],
  ["quality", "Good for"],
  ["privacy", "Gives away"],
  ["coverage", "Who is missing"],
  ["fairness", "Fairness"],
  ["provenance", "Provenance"],
  ["definitions", "Definitions"],
] as const;

/** The report: one HTML file that loads nothing, needs no network, and forbids itself both by a content policy. The same input gives the same
 * bytes. Every text that came from data is escaped; plots are drawn here, in both themes at once.
 * @returns the file's text, UTF-8 */
export async function renderReport(input: ReportInput): Promise<string> {
  const style = readFileSync(new URL("./report.css", import.meta.url), "utf8");
  const script = readFileSync(new URL("./report.browser.js", import.meta.url), "utf8");
  const policy = [
    "default-src 'none'",
    "img-src data:",
    `style-src 'sha256-${digest(style)}'`,
    `script-src 'sha256-${digest(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const verdict = VERDICTS[input.decision.decision].words;
  const shown = await sectionsOf(input);
  const fairness = input.scores.some(({ family }) => family === "fairness");
  const navigation = NAVIGATION.filter(([id]) => (id === "fairness" ? fairness : shown.has(id)));
  const sections = [...shown.values()];
  const page = html`<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark"><meta name="generator" content="counterfoil ${input.provenance.version}"><title>${verdict}: ${input.title}</title><link rel="icon" href="data:,"><style>${trusted(style)}</style></head><body>
<a class="skip" href="#decision">Skip to the decision</a>
<header><div class="bar-top"><p class="brand">Counterfoil <span class="quiet">${input.job === "synthesize" ? "synthetic data report" : "evaluation report"}</span></p><button type="button" id="theme" hidden>Theme: <span>automatic</span></button></div><h1>${input.title}</h1><nav aria-label="Sections"><ol>${navigation.map(
    ([id, words]) => html`<li><a href="#${id}">${words}</a></li>`,
  )}</ol></nav></header>
<main>${sections.map((section) => html`${section}\n`)}</main>
<footer><p class="small quiet">Synthetic data: no row of it is a person’s record. Made by counterfoil ${input.provenance.version}. This file is complete in itself and loads nothing.</p></footer>
<script>${trusted(script)}</script></body></html>`;
  return `<!doctype html>\n${markupOf(page)}\n`;
}

/** The sections by their ids, in their order. */
async function sectionsOf(input: ReportInput): Promise<ReadonlyMap<string, Html>> {
  const guarantee = input.privacy ? ([["guarantee", guaranteeSection(input)]] as const) : [];
  if (input.withheld)
    return new Map([
      ["decision", decisionSection(input)],
      ...guarantee,
      ["synthetic", syntheticSection(input)],
      ["provenance", provenanceSection(input)],
    ]);
  return new Map([
    ["decision", decisionSection(input)],
    ...guarantee,
    ["numbers", headlineSection(input)],
    ["quality", await qualitySection(input)],
    ["privacy", await privacySection(input)],
    ["coverage", coverageSection(input)],
    ["provenance", provenanceSection(input)],
    ["definitions", definitionsSection(input)],
  ]);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

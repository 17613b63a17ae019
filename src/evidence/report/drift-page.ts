import type { ColumnDrift } from "../../metrics/drift/column-drift.ts";
import type { Comparison } from "../../metrics/drift/compare.ts";
import { compact, count, interval, number, percent } from "./format.ts";
import { type Html, html, named } from "./html.ts";
import { pageOf } from "./page.ts";
import { dotPlot } from "./scale.ts";
import { table } from "./table.ts";
import { verdictBlock } from "./verdict.ts";

/** What the page of a comparison shows. */
export interface DriftPage extends Comparison {
  readonly version: string;
  readonly decision: "none" | "drift" | "indeterminate";
  readonly reasons: readonly string[];
  readonly old: { readonly name: string; readonly rows: number; readonly sha256: string };
  readonly new: { readonly name: string; readonly rows: number; readonly sha256: string };
  readonly alpha: number;
  readonly tolerance: number;
  readonly level: number;
  readonly seed: number;
  readonly notCompared: readonly { readonly name: string; readonly why: string }[];
}

const WORDS = {
  none: {
    words: "No drift",
    answer: "The two tables are alike, within the tolerance.",
    look: "pass",
  },
  drift: {
    words: "Drift",
    answer: "The new table has moved away from the old one.",
    look: "refuse",
  },
  indeterminate: {
    words: "Indeterminate",
    answer: "Too few rows to tell.",
    look: "indeterminate",
  },
} as const;

const TESTS = { classifier: "Classifier", kernel: "Kernel (MMD)" } as const;
const FLAGS = { none: "", some: "moved", much: "moved much" } as const;

/** One HTML file that loads nothing; the same input gives the same bytes. */
export function renderDriftPage(page: DriftPage): string {
  return pageOf({
    title: `${page.old.name} → ${page.new.name}`,
    verdict: WORDS[page.decision].words,
    kind: "drift report",
    version: page.version,
    navigation: [
      ["decision", "Answer"],
      ["tests", "Tests"],
      ["columns", "Columns"],
      ["how", "Measured"],
    ],
    sections: [decisionPart(page), testsPart(page), columnsPart(page), howPart(page)],
    footer: "",
  });
}

function decisionPart(page: DriftPage): Html {
  const { words, answer, look } = WORDS[page.decision];
  const [first, ...others] = page.reasons;
  return html`<section id="decision" aria-labelledby="decision-title"><h2 id="decision-title">Has it drifted?</h2>
${verdictBlock({ look, words, answer, summary: first })}
${others.length > 0 && html`<ul>${others.map((reason) => html`<li>${reason}</li>`)}</ul>`}
<p class="quiet">${count(page.old.rows, "old row")}, ${count(page.new.rows, "new row")}, ${count(page.columns.length, "column")} compared.</p></section>`;
}

function testsPart(page: DriftPage): Html {
  const rows = page.tests.map(({ name, p, pHolm, area }) => [TESTS[name], interval(area), number(p), number(pHolm)]);
  return html`<section id="tests" aria-labelledby="tests-title"><h2 id="tests-title">Can new rows be told from old ones?</h2>
<p>.5 is a coin, 1 is always. Up to ${compact(page.tolerance)} (dashed) counts as alike.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Both tests; scrolls sideways on a narrow screen">${dotPlot(
    page.tests.map(({ name, area, pHolm }) => ({ label: TESTS[name], found: area, strong: pHolm <= page.alpha })),
    { label: "Area under the curve of both tests", limit: page.tolerance, format: compact },
  )}</div>
${table("Tests", ["Test", "Area under the curve", "p", "p after Holm"], rows)}
${
  page.tellers.length > 0 &&
  html`<h3>What tells them apart</h3>${table(
    "Columns by their share of what the classifier learnt",
    ["Column", "Share"],
    page.tellers.slice(0, 10).map(({ name, share }) => [named(name), percent(share)]),
  )}`
}</section>`;
}

function columnsPart(page: DriftPage): Html {
  const moved = [...page.columns].sort((a, b) => b.psi - a.psi);
  const side = (word: string, found: ColumnDrift["arrived"]): Html | false =>
    found !== null &&
    found.labels > 0 &&
    html`<div>${word}: ${count(found.labels, "label")}, ${percent(found.share)} of rows${
      found.named.length > 0 &&
      html` (${found.named.map((label, i) => html`${i > 0 ? ", " : ""}${named(label)}`)}${found.labels > found.named.length ? ", …" : ""})`
    }</div>`;
  return html`<section id="columns" aria-labelledby="columns-title"><h2 id="columns-title">Which columns moved?</h2>
<p>Flags for a reader; nothing is decided by them. A PSI of .1 and .25 are rules of thumb without an error rate, and move with the number of rows.</p>
${table(
  "Columns, most moved first",
  ["Column", "Flag", "PSI", "JS distance", "Wasserstein / sd", "Missing, old", "new", "Labels of one side only"],
  moved.map((column) => [
    named(column.name),
    FLAGS[column.flag],
    number(column.psi),
    number(column.jensenShannon),
    column.wasserstein === null ? "–" : number(column.wasserstein),
    percent(column.missing.old),
    percent(column.missing.new),
    html`${side("new", column.arrived)}${side("gone", column.gone)}`,
  ]),
  { numeric: [2, 3, 4, 5, 6] },
)}
${
  page.notCompared.length > 0 &&
  html`<h3>Not compared</h3><ul>${page.notCompared.map(({ name, why }) => html`<li>${named(name)}: ${why}</li>`)}</ul>`
}</section>`;
}

function howPart(page: DriftPage): Html {
  const facts: readonly (readonly [string, Html | string])[] = [
    ["Old table", html`${named(page.old.name)}, SHA-256 <code>${page.old.sha256}</code>`],
    ["New table", html`${named(page.new.name)}, SHA-256 <code>${page.new.sha256}</code>`],
    ["Rows the tests looked at", `${number(page.tested.old)} old, ${number(page.tested.new)} new`],
    ["False alarms of both tests together", percent(page.alpha)],
    ["Tolerance", `an area under the curve of ${compact(page.tolerance)}`],
    ["Intervals", percent(page.level)],
    ["Permutations", number(page.permutations)],
    ["Seed", String(page.seed)],
  ];
  return html`<section id="how" aria-labelledby="how-title"><h2 id="how-title">How it was measured</h2>
<p>Half of the rows teach a classifier (boosted trees) and the direction of largest mean difference under a Gaussian kernel which table a row is of; both then score the other half. p-values come from exchanging labels, and are exact. Drift is said where a test rejects (after Holm) and even the lower end of its area is beyond the tolerance, or where columns came, went, or changed their type; no drift where both upper ends are within it.</p>
${table("How it was measured", ["What", "Value"], facts, { numeric: [], hideCaption: true })}</section>`;
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Html, html, markupOf, trusted } from "./html.ts";

/** What a report is put together of. */
export interface Page {
  readonly title: string;
  /** One word: "Passed". */
  readonly verdict: string;
  /** "evaluation report" */
  readonly kind: string;
  readonly version: string;
  /** Ids of the sections that the page has, with the words that lead there. */
  readonly navigation: readonly (readonly [id: string, words: string])[];
  readonly sections: readonly Html[];
  /** One sentence at the foot of the page. */
  readonly footer: string;
  /** A style sheet after the common one. */
  readonly style?: string | undefined;
}

/** One HTML file that loads nothing, needs no network, and forbids itself both by a content policy. */
export function pageOf(page: Page): string {
  const style = `${readFileSync(new URL("./report.css", import.meta.url), "utf8")}${page.style ?? ""}`;
  const script = readFileSync(new URL("./report.browser.js", import.meta.url), "utf8");
  const policy = [
    "default-src 'none'",
    "img-src data:",
    `style-src 'sha256-${digest(style)}'`,
    `script-src 'sha256-${digest(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const { title, verdict, kind, version, navigation, sections, footer } = page;
  const body = html`<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark"><meta name="generator" content="counterfoil ${version}"><title>${verdict}: ${title}</title><link rel="icon" href="data:,"><style>${trusted(style)}</style></head><body>
<a class="skip" href="#decision">Skip to the answer</a>
<header><div class="bar-top"><p class="brand">Counterfoil <span class="quiet">${kind}</span></p><button type="button" id="theme" hidden>Theme: <span>automatic</span></button></div><h1>${title}</h1><nav aria-label="Sections"><ol>${navigation.map(
    ([id, words]) => html`<li><a href="#${id}">${words}</a></li>`,
  )}</ol></nav></header>
<main>${sections.map((section) => html`${section}\n`)}</main>
<footer><p class="small quiet">${footer} Made by counterfoil ${version}. This file is complete in itself and loads nothing.</p></footer>
<script>${trusted(script)}</script></body></html>`;
  return `<!doctype html>\n${markupOf(body)}\n`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

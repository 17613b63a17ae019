import { type Html, html, trusted } from "./html.ts";

/** How a verdict looks: a colour and a sign, never alone. */
export type Look = keyof typeof ICONS;

const ICONS = {
  pass: "M5 12.5l4.5 4.5L19 7.5",
  refuse: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  indeterminate: "M8.8 9.2a3.2 3.2 0 1 1 4.7 2.8c-1 .6-1.5 1.2-1.5 2.4M12 17.9v.1",
  waived: "M12 6v7.5M12 17.9v.1",
} as const;

/** The answer on top of a page: a word, a sentence, and what it rests on. */
export function verdictBlock(verdict: {
  readonly look: Look;
  readonly words: string;
  readonly answer: string;
  readonly summary: string | undefined;
}): Html {
  const { look, words, answer, summary } = verdict;
  return html`<div class="verdict ${look}"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${trusted(`<circle cx="12" cy="12" r="11"/><path d="${ICONS[look]}"/>`)}</svg><div><p class="words">${words}</p><p class="answer">${answer}</p><p class="summary">${summary}</p></div></div>`;
}

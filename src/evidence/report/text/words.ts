import type { Json } from "../../../llm/model.ts";
import { number } from "../format.ts";
import { type Html, html } from "../html.ts";

/** US dollars as people read them; null: not known. Small sums keep two significant places. */
export function dollars(amount: number | null): string {
  if (amount === null) return "unknown";
  if (amount === 0) return "$0";
  if (amount >= 1) return `$${amount >= 10_000 ? number(Math.round(amount)) : amount.toFixed(2)}`;
  if (amount < 1e-6) return "less than $0.000001";
  const places = Math.max(2, 1 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(places)}`;
}

/** "340 ms", "2.1 s" */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${number(Math.round(ms))}\u202Fms` : duration(ms / 1000);
}

/** "2.1 s", "3 min 20 s", "2 h 5 min" */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))}\u202Fs`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}\u202Fs`;
  if (whole < 3600) return `${Math.floor(whole / 60)}\u202Fmin ${whole % 60}\u202Fs`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}\u202Fh ${minutes % 60}\u202Fmin`;
}

/** A cell of the release or of a step; long ones are cut, and say so. */
export function cell(value: Json): Html {
  if (value === null) return html`<span class="quiet">nothing</span>`;
  if (typeof value === "string") return prose(value);
  if (typeof value === "object") {
    const text = JSON.stringify(value, null, 2);
    return text.length <= 60
      ? html`<code>${JSON.stringify(value)}</code>`
      : html`<pre class="cell" tabindex="0"><code>${clipped(text)}</code></pre>`;
  }
  return html`<code>${String(value)}</code>`;
}

function prose(text: string): Html {
  return text === "" ? html`<span class="quiet">an empty text</span>` : html`<bdi class="prose">${clipped(text)}</bdi>`;
}

function clipped(text: string): Html {
  const letters = [...text.slice(0, 2 * MOST_LETTERS)];
  if (letters.length <= MOST_LETTERS) return html`${text}`;
  return html`${letters.slice(0, MOST_LETTERS).join("")}… <span class="quiet">(${number(text.length)} characters)</span>`;
}

const MOST_LETTERS = 900;

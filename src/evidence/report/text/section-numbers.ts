import type { RunSummary } from "../../../text/run-summary.ts";
import { count, number, percent } from "../format.ts";
import { type Html, html, type Part } from "../html.ts";
import type { RunReportInput } from "./input.ts";
import { dollars, duration } from "./words.ts";

/** (2) What was asked for, what came of it, and what it cost. */
export function numbersSection({ summary }: RunReportInput): Html {
  const { asked, accepted, attempts, seconds, stopped } = summary;
  const total = sumOf(summary.spending.map(({ price }) => price));
  const paid = sumOf(summary.spending.map(({ paidNow }) => paidNow));
  const calls = summary.spending.reduce((sum, item) => sum + item.calls, 0);
  const replayed = summary.spending.reduce((sum, item) => sum + item.replayed, 0);
  return html`<section id="numbers" aria-labelledby="numbers-title"><h2 id="numbers-title">What came of it</h2>
<dl class="figures">${[
    figure("Rows accepted", number(accepted), `of ${number(asked)} asked for`),
    figure("Attempts", number(attempts), attemptWords(summary)),
    figure(
      "Price of all answers",
      dollars(total),
      total === null ? "the price of a model, or its tokens, is not known" : paidWords(total, paid),
    ),
    figure(
      "Price of an accepted row",
      dollars(total === null || accepted === 0 ? null : total / accepted),
      "rejected rows included",
    ),
    figure(
      "Answers",
      number(calls),
      replayed > 0 ? `${number(replayed)} from the journal` : "all asked for in this run",
    ),
    figure("Took", duration(seconds), seconds > 0 ? `${rate(accepted / seconds)} accepted rows a second` : ""),
  ]}</dl>
${attemptsBar(summary)}
${stopped && html`<p class="note"><strong>It ended early</strong> (${stopped.reason}): ${stopped.detail}</p>`}</section>`;
}

/** A sum of which a part is not known is not known. */
export function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part as number), 0);
}

function figure(term: string, value: string, words: string): Html {
  return html`<div><dt>${term}</dt><dd><span class="value">${value}</span> <span class="small quiet">${words}</span></dd></div>`;
}

function attemptWords({ accepted, attempts, rejected, unfinished }: RunSummary): string {
  if (rejected === 0 && unfinished === 0) return attempts > 0 ? "none rejected" : "none was begun";
  const settled = accepted + rejected;
  const shares = settled > 0 ? `${percent(accepted / settled)} of those settled came through` : "none was settled";
  return unfinished > 0 ? `${shares}, ${number(unfinished)} left unfinished` : shares;
}

function paidWords(total: number, paid: number | null): string {
  if (paid === null) return "what this run itself paid is not known";
  return Math.abs(paid - total) < 1e-12
    ? "all of it paid in this run"
    : `${dollars(paid)} of it paid in this run, the rest before`;
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? number(Math.round(perSecond)) : String(Number(perSecond.toPrecision(2)));
}

const WIDTH = 1000;

interface BarPart {
  readonly words: string;
  readonly rows: number;
  readonly look: string;
}

/** Every attempt in one line: accepted, rejected by step, unfinished. */
function attemptsBar({ accepted, attempts, rejections, unfinished }: RunSummary): Html {
  if (attempts === 0) return html``;
  const bySteps = new Map<string, number>();
  for (const { step, rows } of rejections) bySteps.set(step, (bySteps.get(step) ?? 0) + rows);
  const steps = [...bySteps].sort((a, b) => b[1] - a[1]);
  const named = steps.slice(0, MOST_STEPS);
  const others = steps.slice(MOST_STEPS).reduce((sum, [, rows]) => sum + rows, 0);
  const parts: BarPart[] = [
    { words: "accepted", rows: accepted, look: "f-third" },
    ...named.map(([step, rows], i) => ({ words: `rejected at ${step}`, rows, look: `rejected-${i}` })),
    { words: "rejected elsewhere", rows: others, look: "rejected-4" },
    { words: "unfinished", rows: unfinished, look: "f-muted" },
  ].filter(({ rows }) => rows > 0);
  let x = 0;
  const bars: Part = parts.map(({ rows, look }) => {
    const width = (WIDTH * rows) / attempts;
    const at = x;
    x += width;
    return html`<rect class="${look}" x="${at.toFixed(1)}" y="0" width="${Math.max(1.5, width - 2).toFixed(1)}" height="30"/>`;
  });
  const said = parts.map(({ words, rows }) => `${count(rows, "attempt")} ${words}`).join(", ");
  return html`<figure class="attempts"><figcaption class="small quiet">What became of ${count(attempts, "attempt")}</figcaption><svg viewBox="0 0 ${WIDTH} 30" preserveAspectRatio="none" role="img" aria-label="${said}">${bars}</svg><p class="key small">${parts.map(
    ({ words, rows, look }) =>
      html`<span><svg viewBox="0 0 14 14" aria-hidden="true"><rect class="${look}" width="14" height="14" rx="2"/></svg>${words} <strong>${number(rows)}</strong></span>`,
  )}</p></figure>`;
}

const MOST_STEPS = 4;

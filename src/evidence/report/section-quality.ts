import { type Family, isMeasured, type Score, type WorstPart } from "../../metrics/metric.ts";
import { compact, formatOf, number, percent, slug } from "./format.ts";
import { associationMap, differenceMap } from "./heat-map.ts";
import { type Html, html, named, trusted } from "./html.ts";
import type { Judgement, ReportInput } from "./input.ts";
import { overlay } from "./overlay.ts";
import type { PairProfile } from "./profiles.ts";
import { scalePlot } from "./scale.ts";
import { marksOf, scaleWords, scoreNamed } from "./section-headline.ts";
import { dataFold, table } from "./table.ts";

const OPEN_CARDS = 60;
const MOST_CARDS = 240;

/** (3) What it is good for: scores, the two-sample test, pairs, the worst columns and pairs, every column, missing values. */
export async function qualitySection(input: ReportInput): Promise<Html> {
  const { scores } = input;
  const kin = (family: Family) =>
    scores.filter((score) => score.family === family && score.metric !== "replayed-identifiers");
  const two = scoreNamed(scores, "two-sample");
  const fidelity = kin("fidelity").filter((score) => score.metric !== "two-sample");
  return html`<section id="quality" aria-labelledby="quality-title"><h2 id="quality-title">What is it good for?</h2>
${kin("utility").length > 0 && html`<h3>Learning from it</h3>${scoreList(kin("utility"), input)}`}
${two && html`<h3>Telling it from real rows</h3>${scoreList([two], input)}${worstTable(two, "What the classifier went by, beside what it goes by between real rows")}`}
${
  fidelity.length + kin("validity").length > 0 &&
  html`<h3>Likeness, column by column and pair by pair</h3>${scoreList([...fidelity, ...kin("validity")], input)}<div class="twin">${[
    ...fidelity,
    ...kin("validity"),
  ].map((score) => worstTable(score, worstTitle(score)))}</div>`
}
${await pairsPart(input.profiles.pairs)}
${columnsPart(input)}</section>`;
}

/** Scores, one a line: title, words, number, scale. Those that do not apply are named below, each with its reason.
 * @param level of the titles, one below the heading before */
export function scoreList(scores: readonly Score[], input: Judgement, level: 3 | 4 = 4): Html {
  const words = new Map(input.definitions?.map((definition) => [definition.name, definition.explains]));
  const idle = scores.filter((score) => !isMeasured(score) && score.notApplicable);
  const shown = scores.filter((score) => !idle.includes(score));
  return html`${shown.length > 0 && html`<ul class="scores">${shown.map((score) => scoreItem(score, { input, level, explains: words.get(score.metric) }))}</ul>`}${notApplying(idle)}`;
}

function scoreItem(
  score: Score,
  how: { readonly input: Judgement; readonly level: 3 | 4; readonly explains: string | undefined },
): Html {
  const { input, level, explains } = how;
  const link = html`<a href="#def-${slug(score.metric)}">${score.title}</a>`;
  const title = level === 3 ? html`<h3>${link}</h3>` : html`<h4>${link}</h4>`;
  const what = html`<div class="what">${title}<p class="small quiet">${explains}</p></div>`;
  if (!isMeasured(score))
    return html`<li>${what}<div class="figure"><p class="value absent">not computed</p></div><p class="plot small">${score.notComputable}</p></li>`;
  const format = formatOf(score.family);
  return html`<li>${what}<div class="figure"><p class="value">${format(score.value)}</p><p class="small quiet">${score.counted ? "counted" : `${format(score.low)} to ${format(score.high)}`}</p>${
    score.p !== undefined && html`<p class="small quiet">by chance alone: ${oftenOf(score.p)}</p>`
  }</div><div class="plot">${scalePlot(marksOf(score, input), {
    label: scaleWords(score.title, score, format),
    format: format === percent ? percent : compact,
  })}</div></li>`;
}

/** A p-value as how often. */
function oftenOf(p: number): string {
  if (p >= 0.9995) return "always";
  return p < 0.001 ? "less than once in 1000 times" : `${Math.round(p * 1000)} times in 1000`;
}

function notApplying(scores: readonly Score[]): Html {
  const reasons = new Map<string, Score[]>();
  for (const score of scores)
    if (!isMeasured(score)) reasons.set(score.notComputable, [...(reasons.get(score.notComputable) ?? []), score]);
  if (reasons.size === 0) return html``;
  return html`<div class="idle small"><p>Not measured here, as there is nothing to measure:</p><ul>${[...reasons].map(
    ([reason, same]) =>
      html`<li>${same.map((score, i) => html`${i > 0 ? ", " : ""}<a href="#def-${slug(score.metric)}">${score.title}</a>`)}: <span class="quiet">${reason}</span></li>`,
  )}</ul></div>`;
}

/** Over the parts of a score. */
export function worstTitle(score: Score): string {
  return `${score.title}: where it is worst`;
}

/** The ten worst parts of a score, with bars; nothing when it names none. A note that all of them share stands above them once. */
export function worstTable(score: Score, title: string): Html {
  if (!isMeasured(score) || !score.worst || score.worst.length === 0) return html``;
  const worst = score.worst.slice(0, 10);
  const ceilings = worst.some((part) => part.ceiling !== undefined);
  const shared = worst.length > 1 && worst.every((part) => part.note === worst[0]?.note) ? worst[0]?.note : undefined;
  const notes = shared === undefined && worst.some((part) => part.note !== undefined);
  return html`<div class="worst">${table(
    shared === undefined ? title : `${title} (${shared})`,
    ["Part", "Value", ...(ceilings ? ["Fresh real rows"] : []), "", ...(notes ? ["Note"] : [])],
    worst.map((part) => [
      named(part.name),
      number(part.value),
      ...(ceilings ? [part.ceiling === undefined ? "–" : number(part.ceiling)] : []),
      partBar(part, worst),
      ...(notes ? [part.note ?? ""] : []),
    ]),
    { numeric: ceilings ? [1, 2] : [1] },
  )}</div>`;
}

/** How far a part falls short of its ceiling (or how large it is, where it has none), against the worst one. */
function partBar(part: WorstPart, all: readonly WorstPart[]): Html {
  // Without a ceiling, worst first tells whether a large value or a small one is bad.
  const largeIsBad = (all[0] as WorstPart).value >= (all.at(-1) as WorstPart).value;
  const size = (item: WorstPart): number => Math.abs(item.value - (item.ceiling ?? (largeIsBad ? 0 : 1)));
  const most = Math.max(...all.map(size), 1e-12);
  return html`<svg class="bar" viewBox="0 0 80 8" aria-hidden="true"><rect class="f-synthetic" width="${Math.round((size(part) / most) * 800) / 10}" height="8" rx="1"/></svg>`;
}

async function pairsPart(pairs: PairProfile | null): Promise<Html> {
  if (!pairs) return html``;
  const { names, real, synthetic } = pairs;
  const difference = real.map((row, i) =>
    row.map((value, j) => {
      const other = synthetic[i]?.[j] ?? null;
      return value === null || other === null ? null : Math.round((other - value) * 1000) / 1000;
    }),
  );
  const [left, right, gap] = await Promise.all([
    associationMap(real),
    associationMap(synthetic),
    differenceMap(difference, names),
  ]);
  const listed: { a: number; b: number; size: number }[] = [];
  for (let a = 0; a < names.length; a++)
    for (let b = 0; b < a; b++) {
      const value = difference[a]?.[b] ?? null;
      if (value !== null) listed.push({ a, b, size: Math.abs(value) });
    }
  listed.sort((x, y) => y.size - x.size);
  const cells = listed
    .slice(0, 400)
    .map(({ a, b }) => [
      html`${named(names[a] as string)} × ${named(names[b] as string)}`,
      number(real[a]?.[b] as number),
      number(synthetic[a]?.[b] as number),
      number(difference[a]?.[b] as number),
    ]);
  const words = (side: string): string =>
    `Associations of ${names.length} columns with each other, ${side}. The numbers are in the table below.`;
  return html`<h3>How columns hang together</h3><p>Strength of association of every pair of columns, 0 to 1 (rank correlation of two quantities, Cramér’s V otherwise), on ${number(pairs.rows.real)} real and ${number(pairs.rows.synthetic)} synthetic rows. Related columns stand side by side.${
    pairs.leftOut > 0
      ? ` Drawn are the ${names.length} columns that differ most by themselves; ${number(pairs.leftOut)} are not drawn.`
      : ""
  }</p><div class="heat" data-names="${JSON.stringify(names)}"><figure class="square" data-values="${packed(real)}"><figcaption>Real</figcaption><div role="img" aria-label="${words("real table")}">${left}</div></figure><figure class="square" data-values="${packed(synthetic)}"><figcaption>Synthetic</figcaption><div role="img" aria-label="${words("synthetic table")}">${right}</div></figure><figure class="wide-square" data-values="${packed(difference)}"><figcaption>Synthetic − real</figcaption><div class="scroll" tabindex="0" role="region" aria-label="Differences, scrolls sideways on a narrow screen"><div role="img" aria-label="${words("synthetic minus real")}">${gap}</div></div></figure></div><p class="readout small" aria-live="polite"></p>${ramps()}${dataFold(
    `The numbers: ${listed.length > 400 ? `400 of ${number(listed.length)}` : number(listed.length)} pairs, largest difference first`,
    table("Association of pairs of columns", ["Pair", "Real", "Synthetic", "Difference"], cells, { hideCaption: true }),
  )}`;
}

/** A lower triangle as text: hundredths, row by row, "" for none. The page's script reads it out under the pointer. */
function packed(matrix: readonly (readonly (number | null)[])[]): string {
  return matrix
    .map((row, i) =>
      row
        .slice(0, i)
        .map((value) => (value === null ? "" : Math.round(value * 100)))
        .join(","),
    )
    .join(";");
}

function ramps(): Html {
  const ramp = (family: string, steps: number): Html =>
    html`<svg viewBox="0 0 ${steps * 16} 10" aria-hidden="true">${Array.from({ length: steps }, (_, i) => trusted(`<rect class="f-${family}${i}" x="${i * 16}" width="16" height="10"/>`))}</svg>`;
  return html`<p class="key small quiet"><span>0 ${ramp("q", 10)} 1</span><span>weaker by .25 or more ${ramp("d", 11)} stronger by .25 or more</span></p>`;
}

function columnsPart(input: ReportInput): Html {
  const { profiles } = input;
  const drawable = profiles.columns.filter((column) => column.shape.type !== "hidden");
  const hidden = profiles.columns.filter((column) => column.shape.type === "hidden");
  const cards = drawable.slice(0, MOST_CARDS);
  const notDrawn = drawable.length - cards.length + profiles.undrawn.length;
  const missing = profiles.columns.filter((column) => (column.missing.real ?? 1) > 0 || column.missing.synthetic > 0);
  return html`<h3>Every column, the least alike first</h3><p class="key small quiet"><span><svg viewBox="0 0 26 14" aria-hidden="true"><rect class="real-area" width="26" height="14"/></svg>real (${number(profiles.rows.real)} rows)</span><span><svg viewBox="0 0 26 14" aria-hidden="true"><path class="synthetic-line" d="M0 11H9V3H18V8H26"/></svg>synthetic (${number(profiles.rows.synthetic)} rows)</span></p><p class="small quiet">Bins share round edges; the first and the last are open-ended, and nothing that fewer than five real rows hold is shown. “Apart” is the share of rows that would have to move for the two to agree; “by chance” is what two samples of the same source would show. Columns come in the order of the difference between the two.</p><p class="finder" hidden><label>Find a column <input type="search" autocomplete="off" spellcheck="false"></label> <span class="small quiet" role="status"></span></p><div class="cards">${cards.slice(0, OPEN_CARDS).map(overlay)}</div>${
    cards.length > OPEN_CARDS &&
    html`<details class="more"><summary>${number(cards.length - OPEN_CARDS)} more columns, more alike than these</summary><div class="cards">${cards.slice(OPEN_CARDS).map(overlay)}</div></details>`
  }${notDrawn > 0 && html`<p class="note">${number(notDrawn)} further columns are more alike than those drawn, and are not shown.</p>`}${
    hidden.length > 0 &&
    dataFold(
      `${number(hidden.length)} columns are not drawn, and why`,
      table(
        "Columns not drawn",
        ["Column", "Why"],
        hidden.map((column) => [named(column.name), column.shape.type === "hidden" ? column.shape.reason : ""]),
        {
          numeric: [],
          hideCaption: true,
        },
      ),
    )
  }${missingPart(missing)}`;
}

function missingPart(columns: ReportInput["profiles"]["columns"]): Html {
  if (columns.length === 0) return html`<h3>Missing values</h3><p>No column drawn here has any.</p>`;
  const rows = [...columns]
    .sort((a, b) => b.missing.synthetic + (b.missing.real ?? 0) - a.missing.synthetic - (a.missing.real ?? 0))
    .slice(0, 60);
  const percentOf = (share: number): string => (share * 100).toFixed(1);
  return html`<h3>Missing values</h3>${table(
    `Share of missing cells, %${columns.length > rows.length ? ` (${rows.length} of ${number(columns.length)} columns)` : ""}`,
    ["Column", "Real", "Synthetic", "Difference", ""],
    rows.map(({ name, missing }) => [
      named(name),
      missing.real === null ? "hidden" : percentOf(missing.real),
      percentOf(missing.synthetic),
      missing.real === null ? "–" : signedTenths(missing.synthetic - missing.real),
      html`<svg class="bar long" viewBox="0 0 160 12" aria-hidden="true"><rect class="real-area" width="${Math.round((missing.real ?? 0) * 1600) / 10}" height="12"/><path class="synthetic-line" d="M${Math.min(158.5, Math.max(1.5, Math.round(missing.synthetic * 1600) / 10))} 0V12"/></svg>`,
    ]),
    { numeric: [1, 2, 3] },
  )}`;
}

function signedTenths(share: number): string {
  const text = Math.abs(share * 100).toFixed(1);
  return text === "0.0" ? text : `${share < 0 ? "−" : "+"}${text}`;
}

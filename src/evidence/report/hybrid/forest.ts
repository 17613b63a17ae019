import { compact } from "../format.ts";
import { type Html, html, type Part } from "../html.ts";

/** An estimate in a forest plot. */
export interface ForestRow {
  readonly label: string;
  /** The estimate as words, beside its name. */
  readonly words: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** The estimate to go by, one among others, or one that must not be gone by. */
  readonly standing: "primary" | "beside" | "wrong";
}

const WIDTH = 600;
const PAD = 10;
const EDGE = 26;

/** Estimates with their intervals on one axis, name and words above each on a narrow screen. An estimate that is far from the valid ones is cut
 * off at the edge, with an arrow. */
export function forestPlot(rows: readonly ForestRow[], options: { readonly label: string }): Html {
  const [low, high] = rangeOf(rows);
  const x = (value: number): number => Math.round(10 * (PAD + ((WIDTH - 2 * PAD) * (value - low)) / (high - low))) / 10;
  const inside = (value: number): number => Math.min(Math.max(value, low), high);
  const ticks = ticksOf(low, high);
  const zero = low < 0 && high > 0;
  const row = ({ label, words, value, low: from, high: to, standing }: ForestRow): Html => {
    const arrow: Part =
      value > high
        ? html`<path class="arrow" d="M${WIDTH - 9} 6l8 6-8 6Z"/>`
        : value < low
          ? html`<path class="arrow" d="M9 6l-8 6 8 6Z"/>`
          : html`<circle cx="${x(value)}" cy="12" r="5"/>`;
    return html`<li class="${standing}"><span class="name">${label}</span><span class="words">${words}</span><svg viewBox="0 0 ${WIDTH} 24" aria-hidden="true">${ticks.map(
      (tick) => html`<line class="s-rule" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="24"/>`,
    )}${zero && html`<line class="limit" x1="${x(0)}" x2="${x(0)}" y1="0" y2="24"/>`}<line class="range" x1="${x(inside(from))}" x2="${x(inside(to))}" y1="12" y2="12"/>${arrow}</svg></li>`;
  };
  return html`<ul class="forest" aria-label="${options.label}">${rows.map(row)}<li class="axis-row" aria-hidden="true"><svg viewBox="0 0 ${WIDTH} 18">${ticks.map(
    (tick) =>
      // What would be cut off at the edge is left out.
      x(tick) > EDGE &&
      x(tick) < WIDTH - EDGE &&
      html`<text class="tick mid" x="${x(tick)}" y="13">${compact(tick).replace("\u202F", ",")}</text>`,
  )}</svg></li></ul>`;
}

/** What the valid intervals cover, and a wrong one as far as three times that. */
function rangeOf(rows: readonly ForestRow[]): readonly [number, number] {
  const ends = (some: readonly ForestRow[]): readonly [number, number] => [
    Math.min(...some.map(({ low }) => low)),
    Math.max(...some.map(({ high }) => high)),
  ];
  const valid = rows.filter(({ standing }) => standing !== "wrong");
  const [low, high] = ends(valid.length > 0 ? valid : rows);
  const [least, most] = ends(rows);
  const width = high - low || Math.abs(low) || 1;
  return [Math.max(least, low - 1.5 * width) - 0.04 * width, Math.min(most, high + 1.5 * width) + 0.04 * width];
}

function ticksOf(low: number, high: number): number[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / 4));
  const step = power * ([1, 2, 5].find((m) => m * power * 6 >= high - low) ?? 10);
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

/** Beside {@link forestPlot}, for the page's style sheet. */
export const FOREST_STYLE = `
.forest { list-style: none; padding: 0; margin: 1rem 0 1.5rem; max-width: 62rem; }
.forest li { display: grid; grid-template-columns: 9rem minmax(0, 1fr) max-content; column-gap: 1rem; align-items: center; }
.forest li svg { grid-column: 2; grid-row: 1; width: 100%; }
.forest .words { grid-column: 3; font-size: 0.875rem; color: var(--muted); min-width: 13rem; text-align: right; }
.forest .name { grid-column: 1; font-size: 0.9375rem; }
.forest .range { stroke: var(--real-strong); stroke-width: 3; stroke-linecap: round; }
.forest circle { fill: var(--surface); stroke: var(--real-strong); stroke-width: 2.4; }
.forest .primary .name, .forest .primary .words { font-weight: 650; color: var(--ink); }
.forest .primary .range { stroke: var(--ink); stroke-width: 5; }
.forest .primary circle { fill: var(--ink); stroke: var(--ink); }
.forest .wrong .name, .forest .wrong .words { color: var(--refuse); }
.forest .wrong .range { stroke: var(--refuse); }
.forest .wrong circle { stroke: var(--refuse); }
.forest .arrow { fill: var(--refuse); }
@media (max-width: 46rem) {
  .forest li { grid-template-columns: minmax(0, 1fr) auto; row-gap: 0.1rem; margin-bottom: 0.5rem; }
  .forest li svg { grid-column: 1 / -1; grid-row: 2; }
  .forest .axis-row svg { grid-row: 1; }
  .forest .words { grid-column: 2; text-align: right; }
  .forest .tick { font-size: 20px; }
}
`;

import { percent, shortened } from "./format.ts";
import { type Html, html, named } from "./html.ts";
import type { Bars, Bin, Bins, ColumnProfile } from "./profiles.ts";
import { dataFold, table } from "./table.ts";

const WIDTH = 300;
const HEIGHT = 168;
const FLOOR = 136;
const MOST_BARS = 8;

/** One column, both sides: real as a filled shape, synthetic as a line. */
export function overlay(profile: ColumnProfile): Html {
  const { shape } = profile;
  if (shape.type === "hidden") return html``;
  const title = `${profile.name}: real and synthetic shares${profile.difference === null ? "" : `, ${percent(profile.difference)} apart`}.`;
  const plot = shape.type === "bins" ? histogram(shape, title) : bars(shape, title);
  return html`<figure class="card" data-name="${profile.name.toLowerCase()}"><figcaption><strong>${named(profile.name)}</strong> <span class="quiet">${profile.kind}${
    profile.difference === null
      ? ""
      : html` · ${percent(profile.difference)} apart, ${percent(profile.chance ?? 0)} by chance`
  }</span></figcaption>${plot}<p class="quiet small">${missingWords(profile.missing)}</p>${dataFold(
    "Numbers",
    numbersOf(profile, shape),
  )}</figure>`;
}

function missingWords(missing: ColumnProfile["missing"]): string {
  if (missing.real === 0 && missing.synthetic === 0) return "None missing";
  return `Missing: real ${missing.real === null ? "under 5 rows" : percent(missing.real)}, synthetic ${percent(missing.synthetic)}`;
}

function histogram(shape: Bins, title: string): Html {
  const spans = shape.bins.reduce((sum, bin) => sum + bin.span, 0);
  const unit = WIDTH / spans;
  const tallest = Math.max(...shape.bins.map((bin) => Math.max(bin.real ?? 0, bin.synthetic) / bin.span), 1e-9);
  const y = (share: number, span: number) => round(FLOOR - (share / span / tallest) * (FLOOR - 8));
  let at = 0;
  let area = "";
  let line = "";
  const edges: { x: number; text: string }[] = [];
  // Where most bins are of one whole number, each carries its own in the middle.
  const points = shape.bins.filter((bin) => bin.label === bin.edge).length * 2 > shape.bins.length - 2;
  for (const [i, bin] of shape.bins.entries()) {
    const from = round(at * unit);
    at += bin.span;
    const to = round(at * unit);
    if (bin.real) area += `M${from} ${FLOOR}V${y(bin.real, bin.span)}H${to}V${FLOOR}Z`;
    line += `${i === 0 ? `M${from} ` : "V"}${y(bin.synthetic, bin.span)}H${to}`;
    if (points) edges.push({ x: round((from + to) / 2), text: pointText(bin, shape) });
    else if (bin.edge !== null) edges.push({ x: from, text: bin.edge });
  }
  return html`<svg class="overlay" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}"><path class="real-area" d="${area}"/><path class="synthetic-line" d="${line}"/><line class="axis" x1="0" x2="${WIDTH}" y1="${FLOOR}" y2="${FLOOR}"/>${spaced(
    edges,
  ).map(
    (edge) =>
      html`${!points && html`<line class="axis" x1="${edge.x}" x2="${edge.x}" y1="${FLOOR}" y2="${FLOOR + 4}"/>`}<text class="tick mid" x="${inside(edge.x, edge.text)}" y="${FLOOR + 17}">${edge.text}</text>`,
  )}</svg>`;
}

function pointText(bin: Bin, shape: Bins): string {
  if (bin.edge === null) return `< ${shape.bins[1]?.edge}`;
  if (bin === shape.bins.at(-1)) return `${bin.edge}+`;
  return bin.label === bin.edge ? bin.edge : `${bin.edge}…`;
}

/** Where a centred label is not cut off. */
function inside(x: number, text: string): number {
  const half = text.length * 3.4;
  return round(Math.min(Math.max(x, half), WIDTH - half));
}

/** As many edge labels as fit, evenly thinned. */
function spaced<T extends { readonly text: string }>(edges: readonly T[]): T[] {
  const letters = Math.max(...edges.map((edge) => edge.text.length), 1);
  const fit = Math.max(1, Math.min(6, Math.floor(WIDTH / (letters * 6.4 + 14))));
  const step = Math.ceil(edges.length / fit);
  return edges.filter((_, i) => i % step === 0);
}

function bars(shape: Bars, title: string): Html {
  const shown = [...shape.bars].sort((a, b) => b.real - a.real).slice(0, MOST_BARS);
  const kept = new Set(shown);
  const rest = shape.bars.filter((bar) => !kept.has(bar));
  const rows: { label: string; real: number | null; synthetic: number }[] = shape.bars.filter((bar) => kept.has(bar));
  if (rest.length > 0 || shape.other) {
    const real = rest.reduce((sum, bar) => sum + bar.real, shape.other?.real ?? 0);
    rows.push({
      label: rest.length > 0 ? "all others" : "other",
      real: shape.other?.real === null && rest.length === 0 ? null : real,
      synthetic: rest.reduce((sum, bar) => sum + bar.synthetic, shape.other?.synthetic ?? 0),
    });
  }
  const left = 118;
  const most = Math.max(...rows.map((row) => Math.max(row.real ?? 0, row.synthetic)), 1e-9);
  const step = Math.min(24, (HEIGHT - 6) / rows.length);
  const x = (share: number) => round((share / most) * (WIDTH - left - 46));
  const height = Math.ceil(rows.length * step + 4);
  return html`<svg class="overlay" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">${rows.map(
    (row, i) => {
      const top = round(i * step + 4);
      const high = round(step - 6);
      const middle = round(top + high / 2 + 3.5);
      const end = Math.max(row.real ?? 0, row.synthetic);
      return html`<text class="label end" x="${left - 8}" y="${middle}">${shortened(row.label, 15)}</text>${
        row.real !== null &&
        html`<rect class="real-area" x="${left}" y="${top}" width="${Math.max(0.5, x(row.real))}" height="${high}"/>`
      }<path class="synthetic-line" d="M${left + x(row.synthetic)} ${round(top - 2)}v${round(high + 4)}"/><text class="tick" x="${left + x(end) + 6}" y="${middle}">${
        row.real === null ? "< 5 rows" : percent(row.real)
      }</text>`;
    },
  )}<line class="axis" x1="${left}" x2="${left}" y1="0" y2="${round(rows.length * step + 2)}"/></svg>`;
}

function numbersOf(profile: ColumnProfile, shape: Bins | Bars): Html {
  const rare = "< 5 rows";
  const rows =
    shape.type === "bins"
      ? shape.bins.map((bin) => [bin.label, bin.real === null ? rare : percent(bin.real), percent(bin.synthetic)])
      : [
          ...shape.bars.map((bar) => [named(bar.label), percent(bar.real), percent(bar.synthetic)]),
          ...(shape.other
            ? [
                [
                  "other labels",
                  shape.other.real === null ? rare : percent(shape.other.real),
                  percent(shape.other.synthetic),
                ],
              ]
            : []),
        ];
  return table(
    `${profile.name}, share of the values`,
    [shape.type === "bins" ? "Values" : "Category", "Real", "Synthetic"],
    rows,
    {
      hideCaption: true,
    },
  );
}

function round(x: number): number {
  return Math.round(x * 10) / 10;
}

import type { Interval } from "../../metrics/metric.ts";
import { compact } from "./format.ts";
import { type Html, html, type Part } from "./html.ts";

export interface Marks {
  readonly found: Interval;
  readonly ceiling?: Interval | undefined;
  readonly floor?: Interval | undefined;
  /** What a rule asks for. */
  readonly limit?: number | undefined;
}

const WIDTH = 320;
const PAD = 10;

/** A number with its interval on a short axis, beside its floor (open triangle), ceiling (band) and limit (dashed line). */
export function scalePlot(
  marks: Marks,
  options: { readonly label: string; readonly format?: (value: number) => string },
): Html {
  const format = options.format ?? compact;
  const [low, high] = domainOf([marks]);
  const x = (value: number) => place(value, low, high, PAD, WIDTH - PAD);
  const { found, ceiling, floor, limit } = marks;
  return html`<svg class="scale" viewBox="0 0 ${WIDTH} 50" role="img" aria-label="${options.label}"><line class="s-rule" x1="${PAD}" x2="${WIDTH - PAD}" y1="20" y2="20"/>${
    ceiling &&
    html`<rect class="band" x="${x(ceiling.low)}" y="10" width="${Math.max(3, round(x(ceiling.high) - x(ceiling.low)))}" height="20" rx="1.5"/>`
  }${floor && html`<path class="floor" d="M${x(floor.value)} 14l6 11h-12Z"/>`}${
    limit !== undefined && html`<line class="limit" x1="${x(limit)}" x2="${x(limit)}" y1="7" y2="33"/>`
  }<line class="whisker" x1="${x(found.low)}" x2="${x(found.high)}" y1="20" y2="20"/><circle class="f-synthetic" cx="${x(found.value)}" cy="20" r="5"/><text class="tick" x="${PAD}" y="46">${format(low)}</text><text class="tick end" x="${WIDTH - PAD}" y="46">${format(high)}</text></svg>`;
}

export interface DotRow {
  readonly label: string;
  readonly found: Interval;
  /** Drawn with a filled dot; else hollow. */
  readonly strong?: boolean;
}

/** Rows of dots with intervals on one axis, with a dashed line at the limit. */
export function dotPlot(
  rows: readonly DotRow[],
  options: { readonly label: string; readonly limit?: number | undefined; readonly format: (value: number) => string },
): Html {
  // About six units a letter at this size.
  const left = Math.max(120, 6 * Math.max(...rows.map((row) => [...row.label].length)) + 18);
  const width = 640;
  const step = 22;
  const height = rows.length * step + 34;
  const [low, high] = domainOf(rows.map((row) => ({ found: row.found, limit: options.limit })));
  const x = (value: number) => place(value, low, high, left, width - 26);
  const ticks = ticksOf(low, high);
  const limit = options.limit;
  return html`<svg class="dots" viewBox="0 0 ${width} ${height}" role="img" aria-label="${options.label}">${ticks.map(
    (tick) =>
      html`<line class="s-rule" x1="${x(tick)}" x2="${x(tick)}" y1="4" y2="${height - 24}"/><text class="tick mid" x="${x(tick)}" y="${height - 8}">${options.format(tick)}</text>`,
  )}${limit !== undefined && html`<line class="limit" x1="${x(limit)}" x2="${x(limit)}" y1="0" y2="${height - 24}"/>`}${rows.map(
    (row, i) => {
      const y = i * step + 16;
      const mark: Part = row.strong ? "f-synthetic" : "hollow";
      return html`<text class="label end" x="${left - 12}" y="${y + 4}">${row.label}</text><line class="whisker" x1="${x(row.found.low)}" x2="${x(row.found.high)}" y1="${y}" y2="${y}"/><circle class="${mark}" cx="${x(row.found.value)}" cy="${y}" r="4.5"/>`;
    },
  )}</svg>`;
}

/** Least and greatest of everything drawn, a little beyond. */
function domainOf(all: readonly Marks[]): readonly [number, number] {
  const values = all
    .flatMap(({ found, ceiling, floor, limit }) => [
      found.low,
      found.value,
      found.high,
      ceiling?.low,
      ceiling?.high,
      floor?.value,
      limit,
    ])
    .filter((value): value is number => value !== undefined && Number.isFinite(value));
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = high > low ? 0 : Math.abs(low) * 0.1 || 0.1;
  const step = stepOf(low - margin, high + margin);
  const from = Math.floor((low - margin) / step + 1e-9) * step;
  const to = Math.ceil((high + margin) / step - 1e-9) * step;
  // A share's axis does not run beyond what a share can be.
  const share = low >= 0 && high <= 1;
  return share ? [Math.max(0, from), Math.min(1, to)] : [from, to];
}

function ticksOf(low: number, high: number): number[] {
  const step = stepOf(low, high);
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

function stepOf(low: number, high: number): number {
  const power = 10 ** Math.floor(Math.log10((high - low) / 4));
  const mantissa = [1, 2, 5].find((m) => m * power * 5 >= high - low) ?? 10;
  return mantissa * power;
}

function place(value: number, low: number, high: number, from: number, to: number): number {
  return round(from + (Math.min(Math.max((value - low) / (high - low), 0), 1) || 0) * (to - from));
}

function round(x: number): number {
  return Math.round(x * 10) / 10;
}

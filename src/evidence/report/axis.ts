import type { ColumnSchema } from "../../schema/schema.ts";
import { number } from "./format.ts";

/** Round inner edges of a histogram, and words for them. */
export interface Axis {
  /** Ascending; bin k holds edges[k − 1] ≤ value < edges[k]. */
  readonly edges: readonly number[];
  /** Width of each bin as drawn, about 1; one more than edges. */
  readonly widths: readonly number[];
  /** An edge as text. */
  text(edge: number): string;
  /** A bin between two edges (indices; null: open). */
  label(from: number | null, to: number | null): string;
}

/** Edges lie between the values that a hundredth of the rows (and five at least) are at or beyond: the extremes never set them.
 * @param sorted finite values, ascending, at least ten */
export function numberAxis(sorted: Float64Array, meaning: ColumnSchema): Axis {
  const [low, high] = core(sorted);
  const unit = meaning.kind === "integer" ? Math.max(1, meaning.roundingUnit ?? 1) : (meaning.roundingUnit ?? 0);
  const logarithmic = logEdges(sorted, high, unit);
  const edges = logarithmic ?? linearEdges(low, high, sorted.length, unit);
  const step = edges.length > 1 ? (edges[1] as number) - (edges[0] as number) : 1;
  const single = meaning.kind === "integer" && unit === 1 && step === 1;
  const text = (edge: number): string => plain(edge);
  return {
    edges,
    widths: logarithmic ? logWidths(edges) : equalWidths(edges),
    text,
    label: (from, to) => {
      const a = from === null ? null : (edges[from] as number);
      const b = to === null ? null : (edges[to] as number);
      if (a === null) return b === null ? "all" : `below ${text(b)}`;
      if (b === null) return `${text(a)} and above`;
      return single && b - a === 1 ? text(a) : `${text(a)} to < ${text(b)}`;
    },
  };
}

/** Edges at the start of hours, days, months, quarters, years or decades, whichever gives about 24. */
export function dateAxis(sorted: Float64Array, storage: "date" | "timestamp"): Axis {
  const [low, high] = core(sorted);
  const most = mostBins(sorted.length);
  const steps = CALENDAR.filter((step) => storage === "timestamp" || step.milliseconds >= DAY);
  const step =
    steps.find((candidate) => (high - low) / candidate.milliseconds <= most) ?? (steps.at(-1) as CalendarStep);
  const edges: number[] = [];
  for (let k = step.floor(low) + 1; edges.length < 400; k++) {
    const edge = step.at(k);
    if (edge > high && edges.length > 0) break;
    edges.push(edge);
    if (edge > high) break;
  }
  const text = (edge: number): string => new Date(edge).toISOString().slice(0, step.letters).replace("T", " ");
  return {
    edges,
    widths: equalWidths(edges),
    text,
    label: (from, to) => {
      if (from === null) return to === null ? "all" : `before ${text(edges[to] as number)}`;
      const start = text(edges[from] as number);
      return to === null ? `${start} and after` : `${start} to before ${text(edges[to] as number)}`;
    },
  };
}

/** An open end has no width of its own: it is drawn as wide as the others are on average. */
function equalWidths(edges: readonly number[]): number[] {
  return new Array<number>(edges.length + 1).fill(1);
}

function logWidths(edges: readonly number[]): number[] {
  const mean = Math.log((edges.at(-1) as number) / (edges[0] as number)) / (edges.length - 1);
  const inner = edges.slice(1).map((edge, i) => Math.log(edge / (edges[i] as number)) / mean);
  return [1, ...inner.map((width) => Math.round(width * 100) / 100), 1];
}

function core(sorted: Float64Array): readonly [number, number] {
  const rank = Math.max(4, Math.floor(sorted.length * 0.01));
  return [sorted[rank] as number, sorted[sorted.length - 1 - rank] as number];
}

function mostBins(n: number): number {
  return Math.max(4, Math.min(24, Math.round(2 * Math.cbrt(n))));
}

function linearEdges(low: number, high: number, n: number, unit: number): number[] {
  const width = high > low ? high - low : Math.abs(low) * 0.1 || 1;
  let step = niceAtLeast(width / mostBins(n));
  if (unit > 0 && step < unit) step = unit;
  // A width that is no multiple of the unit would give bins with unequal numbers of possible values.
  else if (unit > 0) step = Math.ceil(step / unit - 1e-9) * unit;
  const edges: number[] = [];
  const first = Math.floor(low / step) + 1;
  const last = Math.max(first, Math.floor(high / step));
  for (let k = first; k <= last && edges.length < 400; k++) edges.push(tidy(k * step));
  if (high === low) edges.unshift(tidy((first - 1) * step));
  return edges;
}

/** Edges 1, 2, 5, 10, … for a long right tail of positive values; undefined when the values are not like that. */
function logEdges(sorted: Float64Array, high: number, unit: number): number[] | undefined {
  const n = sorted.length;
  if ((sorted[4] as number) < 0 || high <= 0) return undefined;
  const positive = sorted.subarray(sorted.findIndex((value) => value > 0));
  if (positive.length < 20) return undefined;
  const median = positive[positive.length >> 1] as number;
  const low = positive[Math.max(4, Math.floor(positive.length * 0.01))] as number;
  if (high / median < 6 || high / low < 20) return undefined;
  const most = mostBins(n);
  for (const mantissas of [[1, 1.5, 2, 3, 4, 5, 6, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    const edges: number[] = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
      for (const mantissa of mantissas) {
        const edge = tidy(mantissa * 10 ** power);
        if (edge >= low && edge <= high && (unit === 0 || isMultiple(edge, unit))) edges.push(edge);
      }
    if (edges.length >= 3 && edges.length <= most + 2) return edges;
  }
  return undefined;
}

function isMultiple(x: number, unit: number): boolean {
  return Math.abs(x / unit - Math.round(x / unit)) < 1e-9;
}

/** The least of 1, 2, 2.5, 5 × 10^k that is ≥ x. */
function niceAtLeast(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  for (const mantissa of [1, 2, 2.5, 5, 10]) if (mantissa * power >= x * (1 - 1e-9)) return tidy(mantissa * power);
  return tidy(10 * power);
}

function tidy(x: number): number {
  return Number(x.toPrecision(12));
}

function plain(edge: number): string {
  const size = Math.abs(edge);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return number(edge);
  if (size >= 1e6) return `${edge < 0 ? "−" : ""}${Number((size / 1e6).toPrecision(6))}M`;
  if (size >= 1e4) return `${edge < 0 ? "−" : ""}${Number((size / 1e3).toPrecision(6))}k`;
  return String(Number(edge.toPrecision(10))).replace("-", "−");
}

interface CalendarStep {
  readonly milliseconds: number;
  /** Characters of an ISO date that tell steps apart. */
  readonly letters: number;
  floor(time: number): number;
  at(index: number): number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function even(milliseconds: number, letters: number): CalendarStep {
  return {
    milliseconds,
    letters,
    floor: (time) => Math.floor(time / milliseconds),
    at: (index) => index * milliseconds,
  };
}

function months(size: number, letters: number): CalendarStep {
  return {
    milliseconds: size * 30.4 * DAY,
    letters,
    floor: (time) => {
      const date = new Date(time);
      return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / size);
    },
    at: (index) => {
      const month = index * size;
      // The year is set apart: Date.UTC takes 0 … 99 for 1900 … 1999.
      return new Date(0).setUTCFullYear(Math.floor(month / 12), ((month % 12) + 12) % 12, 1);
    },
  };
}

const CALENDAR: readonly CalendarStep[] = [
  even(60_000, 16),
  even(15 * 60_000, 16),
  even(HOUR, 16),
  even(6 * HOUR, 13),
  even(DAY, 10),
  even(7 * DAY, 10),
  months(1, 7),
  months(3, 7),
  months(12, 4),
  months(60, 4),
  months(120, 4),
  months(600, 4),
];

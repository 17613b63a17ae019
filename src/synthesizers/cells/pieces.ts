import { countBelow, countUpTo } from "../../math/sorted-search.ts";
import { type ColumnCondition, isInside } from "../../schema/column-condition.ts";
import type { ColumnPlan, LabelPlan, QuantityPlan } from "./columns.ts";

/** What the cells of each code are made of: single values, and stretches between neighbouring training values. */
export interface Pieces {
  /** The pieces of code c are start[c] … start[c + 1] − 1. */
  readonly start: Uint32Array;
  /** The value (or index into the dictionary) of a piece that is one; NaN for a stretch. */
  readonly value: Float64Array;
  /** A stretch: places in the plan's light values, whole or between two; a cell is drawn evenly between them. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Running total of the training rows of a code's pieces. */
  readonly totals: Float64Array;
  /** For each code the share of its rows whose cells meet the condition; 1 where there is none, 0 for codes without cells. */
  readonly weights: Float64Array;
}

/** The pieces of a column's codes, as far as they meet a condition. Codes of missing cells have none. */
export function piecesOf(plan: ColumnPlan, condition?: ColumnCondition | undefined): Pieces {
  const parts = plan.kind === "quantity" ? quantityParts(plan, condition) : labelParts(plan, condition);
  const { levels, missing } = plan.codec;
  const start = new Uint32Array(levels + 1);
  const weights = new Float64Array(levels);
  const value: number[] = [];
  const from: number[] = [];
  const to: number[] = [];
  const totals: number[] = [];
  for (let code = 0; code < levels; code++) {
    if (code < missing.length) weights[code] = condition === undefined || condition.missing ? 1 : 0;
    let all = 0;
    let held = 0;
    for (const part of parts(code)) {
      all += part.rows;
      if (!(part.meeting > 0)) continue;
      held += part.meeting;
      value.push(part.value);
      from.push(part.from);
      to.push(part.to);
      totals.push(held);
    }
    if (code >= missing.length) weights[code] = all > 0 ? held / all : 0;
    start[code + 1] = value.length;
  }
  return {
    start,
    value: Float64Array.from(value),
    from: Float64Array.from(from),
    to: Float64Array.from(to),
    totals: Float64Array.from(totals),
    weights,
  };
}

interface Part {
  readonly value: number;
  readonly from: number;
  readonly to: number;
  /** Training rows, and how many of them meet the condition. */
  readonly rows: number;
  readonly meeting: number;
}

const single = (value: number, rows: number, meets: boolean): Part => ({
  value,
  from: 0,
  to: 0,
  rows,
  meeting: meets ? rows : 0,
});

function* noParts(): Iterable<Part> {}

function labelParts(plan: LabelPlan, condition: ColumnCondition | undefined): (code: number) => Iterable<Part> {
  const present = plan.codec.missing.length;
  const overflow = plan.codec.levels - 1;
  const labels = condition?.labels && new Set(condition.labels);
  const meets = (cell: number): boolean =>
    condition === undefined ||
    (plan.type === "text"
      ? (labels?.has(plan.dictionary[cell] as string) ?? false)
      : isInside(condition.intervals, cell));
  return function* (code) {
    if (code < present) return;
    if (code < overflow) {
      const cell = plan.cells[code] as number;
      if (!Number.isNaN(cell)) yield single(cell, 1, meets(cell));
      return;
    }
    let before = 0;
    for (let i = 0; i < plan.overflowCells.length; i++) {
      const cell = plan.overflowCells[i] as number;
      yield single(cell, (plan.overflowTotals[i] as number) - before, meets(cell));
      before = plan.overflowTotals[i] as number;
    }
  };
}

/** Codes with fewer light values than this borrow as many places on either side, lest a cell be one person's. */
const FEWEST_LIGHT = 5;

function quantityParts(plan: QuantityPlan, condition: ColumnCondition | undefined): (code: number) => Iterable<Part> {
  const { codec, common, commonTotals, light } = plan;
  const present = codec.missing.length;
  const bins = codec.upper.length;
  if (bins === 0) return noParts;
  const intervals = condition && (condition.intervals ?? []).map((interval) => released(interval, plan));
  return function* (code) {
    const bin = code - present;
    if (bin < 0 || bin >= bins) return;
    const top = bin === bins - 1 ? Number.POSITIVE_INFINITY : (codec.upper[bin] as number);
    const below = bin === 0 ? Number.NEGATIVE_INFINITY : (codec.upper[bin - 1] as number);
    for (let i = bin === 0 ? 0 : countUpTo(common, below); i < common.length && (common[i] as number) <= top; i++) {
      const value = common[i] as number;
      const rows = (commonTotals[i] as number) - (i > 0 ? (commonTotals[i - 1] as number) : 0);
      yield single(value, rows, intervals === undefined || isInside(condition?.intervals, value));
    }
    const first = bin === 0 ? 0 : countUpTo(light, below);
    const end = countUpTo(light, top);
    const rows = end - first;
    if (rows === 0) return;
    const spare = rows < FEWEST_LIGHT ? FEWEST_LIGHT : 0.5;
    const from = Math.max(0, first - spare);
    const to = Math.min(light.length - 1, end - 1 + spare);
    if (intervals === undefined) {
      yield { value: Number.NaN, from, to, rows, meeting: rows };
      return;
    }
    let met = 0;
    for (const { low, high } of intervals) {
      const a = Math.max(from, placeFrom(light, low));
      const b = Math.min(to, placeUpTo(light, high));
      if (!(a <= b)) continue;
      const share = to > from ? (b - a) / (to - from) : 1;
      // Of a condition that holds for one value only, a stretch has nothing to give.
      if (!(share > 0)) continue;
      met += share;
      yield { value: Number.NaN, from: a, to: b, rows: 0, meeting: rows * share };
    }
    yield { value: Number.NaN, from, to, rows, meeting: 0 };
    if (met > 1 + 1e-9) throw new Error(`the intervals asked of "${plan.name}" overlap`);
  };
}

interface ReleasedInterval {
  readonly asked: readonly [number, number];
  /** Values before rounding and clipping that end up inside. */
  readonly low: number;
  readonly high: number;
}

/** The values that, once rounded to the column's grid and clipped to its range, lie in the interval. */
function released(asked: readonly [number, number], plan: QuantityPlan): ReleasedInterval {
  const grid = gridOf(plan);
  const [lowest, highest] = plan.range;
  let [low, high] = asked;
  if (grid > 0) {
    low = firstOnGrid(plan, low) - grid / 2;
    high = -firstOnGrid(plan, -high) + grid / 2;
  }
  if (asked[0] <= lowest && asked[1] >= lowest) low = Number.NEGATIVE_INFINITY;
  if (asked[1] >= highest && asked[0] <= highest) high = Number.POSITIVE_INFINITY;
  if (asked[1] < lowest || asked[0] > highest || low > high)
    return { asked, low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  return { asked, low, high };
}

/** The lowest value of the column's grid that is at least x, be it by the last bit: what is above 5 begins at 6 in whole numbers. */
export function firstOnGrid(plan: QuantityPlan, x: number): number {
  const grid = gridOf(plan);
  if (!(grid > 0) || !Number.isFinite(x)) return x;
  const near = onGrid(plan, x);
  // Halves are rounded up, so that the nearest one may lie on either side.
  return [near - grid, near, near + grid].map((value) => onGrid(plan, value)).find((value) => value >= x) ?? near;
}

/** A value rounded as the column is written. */
export function onGrid({ unit, decimals }: QuantityPlan, value: number): number {
  let out = value;
  if (unit > 0) out = Math.round(out / unit) * unit;
  if (decimals < 15) {
    const power = 10 ** decimals;
    out = Math.round(out * power) / power;
  }
  return out;
}

/** The step between values that the column is written in; 0: none. */
function gridOf({ unit, decimals }: QuantityPlan): number {
  return unit > 0 ? unit : decimals < 15 ? 10 ** -decimals : 0;
}

/** The value at a place of the sorted values, between two of them where the place is no whole number. */
export function valueAt(sorted: Float64Array, place: number): number {
  const floor = Math.floor(place);
  const low = sorted[floor] as number;
  return floor + 1 < sorted.length ? low + (place - floor) * ((sorted[floor + 1] as number) - low) : low;
}

/** The first place whose value is at least x; beyond the last where none is. */
function placeFrom(sorted: Float64Array, x: number): number {
  if (x === Number.NEGATIVE_INFINITY) return 0;
  const k = countBelow(sorted, x);
  if (k === 0) return 0;
  if (k === sorted.length) return Number.POSITIVE_INFINITY;
  const low = sorted[k - 1] as number;
  return k - 1 + (x - low) / ((sorted[k] as number) - low);
}

/** The last place whose value is at most x; before the first where none is. */
function placeUpTo(sorted: Float64Array, x: number): number {
  if (x === Number.POSITIVE_INFINITY) return sorted.length - 1;
  const k = countUpTo(sorted, x);
  if (k === 0) return Number.NEGATIVE_INFINITY;
  if (k === sorted.length) return sorted.length - 1;
  const low = sorted[k - 1] as number;
  return k - 1 + (x - low) / ((sorted[k] as number) - low);
}

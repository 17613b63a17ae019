import { countUpTo } from "../../math/sorted-search.ts";
import type { Random } from "../../random.ts";
import { type ColumnCondition, isInside } from "../../schema/column-condition.ts";
import type { ColumnPlan, QuantityPlan } from "./columns.ts";
import { firstOnGrid, onGrid, type Pieces, valueAt } from "./pieces.ts";

/** Cells of one column: values, or dictionary codes; tokens of the missing cells where the column has several. */
export interface Cells {
  readonly cells: Float64Array | Int32Array;
  readonly tokens?: Uint8Array;
}

/** Draws a cell for each code: what the rows of the code hold, evenly between neighbouring values where few rows hold one.
 * @param pieces of the plan and the condition */
export function drawCells(
  plan: ColumnPlan,
  codes: Uint8Array,
  options: { readonly pieces: Pieces; readonly condition?: ColumnCondition | undefined; readonly random: Random },
): Cells {
  const { pieces, condition, random } = options;
  const { start, value, totals, from, to } = pieces;
  const present = plan.codec.missing.length;
  const cells = plan.type === "text" ? new Int32Array(codes.length) : new Float64Array(codes.length);
  const nothing = plan.type === "text" ? -1 : Number.NaN;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    const first = start[code] as number;
    const end = start[code + 1] as number;
    if (code < present || first === end) {
      cells[i] = nothing;
      continue;
    }
    let at = first;
    if (end - first > 1) {
      const drawn = random.uniform() * (totals[end - 1] as number);
      if (end - first > 16) at = countUpTo(totals, drawn, first, end - 1);
      else while (at < end - 1 && drawn >= (totals[at] as number)) at++;
    }
    const known = value[at] as number;
    cells[i] = Number.isNaN(known)
      ? between(plan as QuantityPlan, { from: from[at] as number, to: to[at] as number, condition, random })
      : known;
  }
  return { cells, ...(plan.hasTokens ? { tokens: tokensOf(codes, present) } : {}) };
}

/** Draws of a stretch that rounding took out of the condition, before the nearest value inside is taken. */
const TRIES = 20;

function between(
  plan: QuantityPlan,
  stretch: {
    readonly from: number;
    readonly to: number;
    readonly condition: ColumnCondition | undefined;
    readonly random: Random;
  },
): number {
  const { from, to, condition, random } = stretch;
  let value = Number.NaN;
  for (let tries = 0; tries < TRIES; tries++) {
    value = released(plan, valueAt(plan.light, from + random.uniform() * (to - from)));
    if (condition === undefined || isInside(condition.intervals, value)) return value;
  }
  return nearestInside(plan, condition?.intervals ?? [], value);
}

/** Rounded to the column's grid and kept in its range. */
function released(plan: QuantityPlan, value: number): number {
  const [low, high] = plan.range;
  return Math.max(low, Math.min(high, onGrid(plan, value)));
}

function nearestInside(plan: QuantityPlan, intervals: readonly (readonly [number, number])[], value: number): number {
  let best = value;
  let distance = Number.POSITIVE_INFINITY;
  for (const [low, high] of intervals)
    for (const end of [firstOnGrid(plan, low), -firstOnGrid(plan, -high)]) {
      const inside = released(plan, end);
      if (!(inside >= low && inside <= high) || !(Math.abs(inside - value) < distance)) continue;
      best = inside;
      distance = Math.abs(inside - value);
    }
  return best;
}

function tokensOf(codes: Uint8Array, present: number): Uint8Array {
  const out = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) if ((codes[i] as number) < present) out[i] = codes[i] as number;
  return out;
}

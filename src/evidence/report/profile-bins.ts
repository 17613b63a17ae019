import type { DateColumn, NumberColumn } from "../../data/table.ts";
import type { ColumnSchema } from "../../schema/schema.ts";
import { type Axis, dateAxis, numberAxis } from "./axis.ts";
import { holdersOf } from "./holders.ts";
import { type Bin, MINIMUM_HOLDERS, rounded, type Shaped } from "./profiles.ts";

type Quantity = NumberColumn | DateColumn;

/** The calendar of ECMAScript ends here, in milliseconds. */
const LAST_MOMENT = 8.64e15;

/** A histogram on round edges that both sides share. The first and the last bin are open-ended and are held by five real rows or more; an inner
 * bin held by fewer is merged with such neighbours, or its real share is null. */
export function binsOf(
  real: Quantity,
  synthetic: Quantity,
  meaning: ColumnSchema,
  entities: Int32Array | undefined,
): Shaped {
  const missing = new Set((meaning.missingCodes ?? []).filter((code) => code.trim() !== "").map(Number));
  const most = real.type === "date" ? LAST_MOMENT : Number.MAX_VALUE;
  const sorted = real.values.filter((value) => Math.abs(value) <= most && !missing.has(value)).sort();
  if (sorted.length < 2 * MINIMUM_HOLDERS)
    return { shape: { type: "hidden", reason: "Fewer than ten values." }, shares: null };
  const axis = real.type === "date" ? dateAxis(sorted, real.storage) : numberAxis(sorted, meaning);
  const cells = cellsOf(real, axis.edges, missing);
  const count = axis.edges.length + 1;
  const starts = merge(holdersOf(cells, count, entities), entities !== undefined);
  if (starts.length < 2) return { shape: { type: "hidden", reason: "Nearly all rows hold one value." }, shares: null };
  const left = tally(cells, starts, count);
  const right = tally(cellsOf(synthetic, axis.edges, missing), starts, count);
  const seen = tallyHolders(cells, starts, count, entities);
  const rare = seen.map((holders) => holders < MINIMUM_HOLDERS);
  const realTotal = left.reduce((sum, rows, i) => sum + (rare[i] ? 0 : rows), 0);
  const syntheticTotal = Math.max(
    1,
    right.reduce((sum, rows) => sum + rows, 0),
  );
  const bins = starts.map((start, i): Bin => {
    const end = starts[i + 1] ?? count;
    const realShare = rare[i] ? null : rounded((left[i] as number) / realTotal);
    const syntheticShare = rounded((right[i] as number) / syntheticTotal);
    return {
      label: axis.label(start === 0 ? null : start - 1, end === count ? null : end - 1),
      span: axis.widths.slice(start, end).reduce((sum, width) => sum + width, 0),
      real: realShare,
      synthetic: syntheticShare,
      edge: start === 0 ? null : axis.text(axis.edges[start - 1] as number),
    };
  });
  const allReal = left.reduce((sum, rows) => sum + rows, 0);
  const shares = left.map((rows, i) => [rows / allReal, (right[i] as number) / syntheticTotal] as const);
  return { shape: { type: "bins", bins }, shares };
}

/** The bin of each row: the number of edges at or below its value; −1 for missing. */
function cellsOf(column: Quantity, edges: Axis["edges"], missing: ReadonlySet<number>): Int32Array {
  const cells = new Int32Array(column.values.length);
  for (let i = 0; i < cells.length; i++) {
    const value = column.values[i] as number;
    if (Number.isNaN(value) || missing.has(value)) {
      cells[i] = -1;
      continue;
    }
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((edges[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    cells[i] = low;
  }
  return cells;
}

/** First basic bin of each merged bin: ends grow inwards until five hold them; a run of rare inner bins becomes one.
 * @param people holders of two bins may be the same people, so that a merged bin counts as the larger of its parts */
function merge(holders: Float64Array, people: boolean): number[] {
  const join = (a: number, b: number): number => (people ? Math.max(a, b) : a + b);
  const count = holders.length;
  let head = 1;
  for (let held = holders[0] as number; held < MINIMUM_HOLDERS && head < count; head++)
    held = join(held, holders[head] as number);
  let tail = count - 1;
  let last = holders[tail] as number;
  for (; last < MINIMUM_HOLDERS && tail > head; tail--) last = join(last, holders[tail - 1] as number);
  if (head >= count || last < MINIMUM_HOLDERS) return [0];
  const starts = [0];
  for (let i = head; i < tail; ) {
    starts.push(i);
    if ((holders[i] as number) >= MINIMUM_HOLDERS) {
      i++;
      continue;
    }
    let held = 0;
    while (i < tail && (holders[i] as number) < MINIMUM_HOLDERS && held < MINIMUM_HOLDERS) {
      held = join(held, holders[i] as number);
      i++;
    }
  }
  starts.push(tail);
  return starts;
}

function tally(cells: Int32Array, starts: readonly number[], count: number): number[] {
  return [...holdersOf(merged(cells, starts, count), starts.length, undefined)];
}

function tallyHolders(
  cells: Int32Array,
  starts: readonly number[],
  count: number,
  entities: Int32Array | undefined,
): number[] {
  return [...holdersOf(merged(cells, starts, count), starts.length, entities)];
}

function merged(cells: Int32Array, starts: readonly number[], count: number): Int32Array {
  const to = new Int32Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    if (i === starts[at + 1]) at++;
    to[i] = at;
  }
  return cells.map((cell) => (cell < 0 ? -1 : (to[cell] as number)));
}

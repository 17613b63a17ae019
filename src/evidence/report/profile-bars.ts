import type { Column } from "../../data/table.ts";
import { compare } from "../../schema/encode.ts";
import type { ColumnSchema } from "../../schema/schema.ts";
import { holdersOf } from "./holders.ts";
import { MINIMUM_HOLDERS, rounded, type Shaped } from "./profiles.ts";

const MOST_BARS = 30;

/** Category shares of both sides. A label is named only if at least five real rows hold it; what only the synthetic side has is counted, not named. */
export function barsOf(
  real: Column,
  synthetic: Column,
  meaning: ColumnSchema,
  entities: Int32Array | undefined,
): Shaped {
  const left = labelled(real, meaning);
  const right = labelled(synthetic, meaning);
  const realRows = countsOf(left);
  const holders = holdersOf(left.codes, left.labels.length, entities);
  const rightRows = countsOf(right);
  const syntheticRows = new Map(right.labels.map((label, code) => [label, rightRows[code] as number]));
  const realTotal = sum(realRows);
  const syntheticTotal = sum(rightRows);
  const common = left.labels
    .map((label, code) => ({
      label,
      rows: realRows[code] as number,
      holders: holders[code] as number,
      synthetic: syntheticRows.get(label) ?? 0,
    }))
    .filter((bar) => bar.holders >= MINIMUM_HOLDERS)
    .sort((a, b) => b.rows - a.rows || compare(a.label, b.label));
  if (common.length === 0)
    return { shape: { type: "hidden", reason: "No category is held by five rows or more." }, shares: null };
  const shown = common.slice(0, MOST_BARS);
  if (meaning.order) {
    const order = new Map(meaning.order.map((label, i) => [label, i]));
    shown.sort((a, b) => (order.get(a.label) ?? 1e9) - (order.get(b.label) ?? 1e9));
  }
  const realOther = realTotal - sum(shown.map((bar) => bar.rows));
  const syntheticOther = syntheticTotal - sum(shown.map((bar) => bar.synthetic));
  const share = (rows: number, total: number): number => rounded(rows / Math.max(1, total));
  const rareOther = realOther > 0 && realOther < MINIMUM_HOLDERS;
  // Left out of the total too, so that a rest of one to four rows cannot be worked out.
  const realShown = rareOther ? realTotal - realOther : realTotal;
  const bars = shown.map((bar) => ({
    label: bar.label,
    real: share(bar.rows, realShown),
    synthetic: share(bar.synthetic, syntheticTotal),
  }));
  const other =
    realOther > 0 || syntheticOther > 0
      ? { real: rareOther ? null : share(realOther, realTotal), synthetic: share(syntheticOther, syntheticTotal) }
      : null;
  const both = (realSide: number, syntheticSide: number) =>
    [realSide / Math.max(1, realTotal), syntheticSide / Math.max(1, syntheticTotal)] as const;
  const shares = [...shown.map((bar) => both(bar.rows, bar.synthetic)), both(realOther, syntheticOther)];
  return { shape: { type: "bars", bars, other }, shares };
}

interface Labelled {
  readonly codes: Int32Array;
  readonly labels: readonly string[];
}

/** Any column as labels; missing and missing codes are −1. */
function labelled(column: Column, meaning: ColumnSchema): Labelled {
  const missing = new Set(meaning.missingCodes ?? []);
  if (column.type === "text") {
    const lost = column.dictionary.map((label) => missing.has(label));
    return { codes: column.codes.map((code) => (code < 0 || lost[code] ? -1 : code)), labels: column.dictionary };
  }
  const index = new Map<number, number>();
  const labels: string[] = [];
  const codes = new Int32Array(column.values.length);
  for (let i = 0; i < codes.length; i++) {
    const value = column.values[i] as number;
    let code = Number.isNaN(value) ? -1 : index.get(value);
    if (code === undefined) {
      const label = column.type === "date" ? isoOf(value, column.storage) : String(value);
      code = missing.has(label) ? -1 : labels.push(label) - 1;
      index.set(value, code);
    }
    codes[i] = code;
  }
  return { codes, labels };
}

function isoOf(milliseconds: number, storage: "date" | "timestamp"): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "beyond the calendar";
  return storage === "date" ? date.toISOString().slice(0, 10) : date.toISOString().slice(0, 16).replace("T", " ");
}

function countsOf(side: Labelled): Float64Array {
  const counts = new Float64Array(side.labels.length);
  for (const code of side.codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
  return counts;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

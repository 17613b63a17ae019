import type { Column, Table } from "../data/table.ts";
import { columnOf } from "../data/table.ts";
import { isQuantity, schemaOf, type TableSchema } from "./schema.ts";

/** How a table becomes small whole numbers, column by column, for learners and metrics. Plain data: can be saved and sent to threads. */
export interface Codec {
  readonly columns: readonly ColumnCodec[];
}

/** One column's codes, lowest first: the ways of being missing · the bins of a quantity, or the labels of a category · one for labels the
 * codec does not know. At most 256. A quantity's bin holds the values lower[i] … upper[i]; where a value is frequent (a spike), or distinct
 * values are few, the bin is a point (lower = upper), so that `decode ∘ encode` is the identity on codes and spikes survive. */
export interface ColumnCodec {
  readonly name: string;
  /** Codes are in order (missing first): a tree may split them at a threshold. */
  readonly ordered: boolean;
  readonly levels: number;
  /** Tokens of the missing codes 0 … missing.length − 1; "" is the plain null. */
  readonly missing: readonly string[];
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly labels: readonly string[];
}

/** A table as codes: `codes[j][row]`, in shared memory, column order of the codec. */
export interface Encoded {
  readonly rows: number;
  readonly codec: Codec;
  readonly codes: readonly Uint8Array[];
}

export const MAX_LEVELS = 256;

/** Learns the codes of these columns from a table (from real rows only, never from the synthetic side).
 * @param names columns to encode; default: all of the table
 * @param bins most bins for a quantity, ≤ 250
 * @param minLabelRows labels held by fewer rows share the code of unknown labels */
export function fitCodec(
  table: Table,
  schema: TableSchema,
  options: { readonly names?: readonly string[]; readonly bins?: number; readonly minLabelRows?: number } = {},
): Codec {
  const names = options.names ?? table.columns.map((column) => column.name);
  return {
    columns: names.map((name) =>
      fitColumn(columnOf(table, name), schema, Math.min(options.bins ?? 250, 250), options.minLabelRows ?? 1),
    ),
  };
}

function fitColumn(column: Column, schema: TableSchema, bins: number, minLabelRows: number): ColumnCodec {
  const missing = ["", ...(column.missing?.tokens.filter((token) => token !== "") ?? [])].slice(0, 4);
  const empty = new Float64Array(0);
  const meaning = schemaOf(schema, column.name);
  if (column.type === "text") {
    const counts = new Float64Array(column.dictionary.length);
    for (const code of column.codes) if (code >= 0) counts[code] = (counts[code] as number) + 1;
    const order = new Map(meaning.order?.map((label, i) => [label, i]));
    const kept = [...counts.keys()]
      .filter((code) => (counts[code] as number) >= minLabelRows)
      .sort(
        (a, b) =>
          (counts[b] as number) - (counts[a] as number) ||
          compare(column.dictionary[a] as string, column.dictionary[b] as string),
      )
      .slice(0, MAX_LEVELS - missing.length - 1);
    const labels = kept.map((code) => column.dictionary[code] as string);
    if (meaning.kind === "ordinal")
      labels.sort((a, b) => (order.get(a) ?? 1e9) - (order.get(b) ?? 1e9) || compare(a, b));
    else labels.sort(compare);
    return {
      name: column.name,
      ordered: meaning.kind === "ordinal",
      levels: missing.length + labels.length + 1,
      missing,
      lower: empty,
      upper: empty,
      labels,
    };
  }
  const { lower, upper } = quantileBins(column.values, bins);
  // A number with a category's kind (a coded category, a boolean 0/1) has point bins without an order.
  const ordered =
    isQuantity(meaning.kind) || meaning.kind === "ordinal" || meaning.kind === "boolean" || meaning.kind === "constant";
  return { name: column.name, ordered, levels: missing.length + lower.length + 1, missing, lower, upper, labels: [] };
}

/** Bins of about equal count; a value that alone fills a bin becomes a point of its own. Missing values are left out.
 * @returns bounds, both inclusive, ascending, not overlapping */
export function quantileBins(
  values: Float64Array,
  bins: number,
): { readonly lower: Float64Array; readonly upper: Float64Array } {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const n = sorted.length;
  const distinct: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < n; ) {
    // −0 counts as 0.
    const value = (sorted[i] as number) + 0;
    let j = i + 1;
    while (j < n && sorted[j] === value) j++;
    distinct.push(value);
    counts.push(j - i);
    i = j;
  }
  if (distinct.length <= bins) return { lower: Float64Array.from(distinct), upper: Float64Array.from(distinct) };
  // Runs of light values between heavy ones may each waste a bin, so that too many heavy values do not fit: then only the heaviest are
  // points. At twice the share they always fit, for there are at most bins / 2 of them.
  for (const factor of [1, 1.25, 1.5]) {
    const found = pointsAndRuns(distinct, counts, { bins, heaviest: (factor * n) / bins });
    if (found.lower.length <= bins) return found;
  }
  return pointsAndRuns(distinct, counts, { bins, heaviest: (2 * n) / bins });
}

/** A point for each value of at least `heaviest` rows; the rest share what bins remain, by equal counts. */
function pointsAndRuns(
  distinct: readonly number[],
  counts: readonly number[],
  { bins, heaviest }: { readonly bins: number; readonly heaviest: number },
): { readonly lower: Float64Array; readonly upper: Float64Array } {
  const heavy = counts.map((count) => count >= heaviest);
  const heavyCount = heavy.filter(Boolean).length;
  const restRows = counts.reduce((sum, count, i) => sum + (heavy[i] ? 0 : count), 0);
  const restShare = restRows / Math.max(1, bins - 2 * heavyCount - 1);
  const lower: number[] = [];
  const upper: number[] = [];
  let open = -1;
  let held = 0;
  const close = (last: number): void => {
    if (open < 0) return;
    lower.push(distinct[open] as number);
    upper.push(distinct[last] as number);
    open = -1;
    held = 0;
  };
  for (let i = 0; i < distinct.length; i++) {
    if (heavy[i]) {
      close(i - 1);
      lower.push(distinct[i] as number);
      upper.push(distinct[i] as number);
      continue;
    }
    if (open < 0) open = i;
    held += counts[i] as number;
    if (held >= restShare) close(i);
  }
  close(distinct.length - 1);
  return { lower: Float64Array.from(lower), upper: Float64Array.from(upper) };
}

/** The codes of a table. A value outside every bin takes the nearest bin; an unknown label takes the last code; an unknown way of being
 * missing counts as the plain null. */
export function encode(table: Table, codec: Codec): Encoded {
  return {
    rows: table.rows,
    codec,
    codes: codec.columns.map((column) => encodeColumn(columnOf(table, column.name), column)),
  };
}

export function encodeColumn(column: Column, codec: ColumnCodec): Uint8Array {
  const n = column.type === "text" ? column.codes.length : column.values.length;
  const out = new Uint8Array(new SharedArrayBuffer(n));
  const tokens = column.missing?.tokens.map((token) => Math.max(0, codec.missing.indexOf(token)));
  const m = codec.missing.length;
  const unknown = codec.levels - 1;
  if (column.type === "text") {
    const index = new Map(codec.labels.map((label, i) => [label, m + i]));
    // A number that this side stores as text (or a label the codec never met) is unknown, not an error: that is for `validity` to report.
    const map = Uint8Array.from(column.dictionary, (label) => index.get(label) ?? unknown);
    for (let i = 0; i < n; i++) {
      const code = column.codes[i] as number;
      out[i] = code < 0 ? (tokens?.[column.missing?.codes[i] ?? 0] ?? 0) : (map[code] as number);
    }
    return out;
  }
  const { lower, upper } = codec;
  const bins = lower.length;
  if (bins === 0 && codec.labels.length > 0) {
    const index = new Map(codec.labels.map((label, i) => [label, m + i]));
    for (let i = 0; i < n; i++) {
      const value = column.values[i] as number;
      out[i] = Number.isNaN(value)
        ? (tokens?.[column.missing?.codes[i] ?? 0] ?? 0)
        : (index.get(String(value)) ?? unknown);
    }
    return out;
  }
  for (let i = 0; i < n; i++) {
    const value = column.values[i] as number;
    if (Number.isNaN(value)) {
      out[i] = tokens?.[column.missing?.codes[i] ?? 0] ?? 0;
      continue;
    }
    if (bins === 0) {
      out[i] = unknown;
      continue;
    }
    let low = 0;
    let high = bins - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value > (upper[middle] as number)) low = middle + 1;
      else high = middle;
    }
    // In the gap between two bins: the nearer one.
    if (
      low > 0 &&
      value < (lower[low] as number) &&
      value - (upper[low - 1] as number) < (lower[low] as number) - value
    )
      low--;
    out[i] = m + low;
  }
  return out;
}

/** Plain code-point order: the same on every machine, unlike a locale's. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import { type Column, columnOf, type Table } from "../../data/table.ts";
import { isQuantity, type TableSchema } from "../../schema/schema.ts";
import { compact, percent, shortened } from "./format.ts";
import type { SyntheticColumn } from "./input.ts";

const MOST_LABELS = 5;
const MOST_LETTERS = 40;
const DAY_MS = 86_400_000;

/** Each modelled column of a synthetic table by itself, in the order of the table: what whoever holds the table could work out too. Names, keys and free
 * texts are left out. */
export function describeColumns(synthetic: Table, schema: TableSchema): readonly SyntheticColumn[] {
  return schema.columns
    .filter(({ kind, drop }) => !drop && kind !== "identifier" && kind !== "text")
    .filter(({ name }) => synthetic.columns.some((column) => column.name === name))
    .map(({ name, kind }) => {
      const column = columnOf(synthetic, name);
      const missing = missingOf(column) / Math.max(1, synthetic.rows);
      const words = column.type !== "text" && isQuantity(kind) ? quartiles(column) : commonest(column);
      return { name, kind, missing, words };
    });
}

function missingOf(column: Column): number {
  let missing = 0;
  if (column.type === "text") for (const code of column.codes) missing += code < 0 ? 1 : 0;
  else for (const value of column.values) missing += Number.isNaN(value) ? 1 : 0;
  return missing;
}

function quartiles(column: Exclude<Column, { readonly type: "text" }>): string {
  const sorted = column.values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return "no value";
  const at = (share: number): string => written(sorted[Math.round(share * (sorted.length - 1))] as number, column);
  return `${at(0)} to ${at(1)}; half of them ${at(0.25)} to ${at(0.75)}, the middle ${at(0.5)}`;
}

function commonest(column: Column): string {
  const counts = new Map<string, number>();
  const add = (label: string): void => {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  };
  if (column.type === "text") {
    for (const code of column.codes) if (code >= 0) add(column.dictionary[code] as string);
  } else for (const value of column.values) if (!Number.isNaN(value)) add(written(value, column));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return "no value";
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const shown = sorted
    .slice(0, MOST_LABELS)
    .map(([label, count]) => `${shortened(label, MOST_LETTERS)} ${percent(count / total)}`);
  const others = sorted.length - shown.length;
  return `${shown.join(", ")}${others > 0 ? `, and ${others} more` : ""}`;
}

function written(value: number, column: Exclude<Column, { readonly type: "text" }>): string {
  if (column.type === "number") return compact(value);
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return String(value);
  const text = date.toISOString();
  return value % DAY_MS === 0 ? text.slice(0, 10) : text.slice(0, 16).replace("T", " ");
}

import { type Column, columnOf, type Table } from "../../data/table.ts";
import type { Random } from "../../random.ts";
import { withoutCodes } from "../../schema/reduce/missing-codes.ts";
import { cellText, type TestColumn } from "./test-columns.ts";

/** Labels of a column of which every pair with another column's is wanted; with more, too few rows would hold any one pair. */
export const MOST_LABELS = 30;
/** Groups of about equal count that an amount is cut into. */
const GROUPS = 5;
/** Values by which a group of amounts is tried. */
const TRIED = 8;

/** A column as a factor of a covering array. */
export interface Factor {
  readonly column: TestColumn;
  readonly name: string;
  readonly levels: readonly Level[];
  /** The level of each cell; {@link NO_LEVEL} for those of none. */
  readonly codesOf: (column: Column) => Uint8Array;
}

export interface Level {
  /** "F", "30 to 45". */
  readonly text: string;
  /** Cells that stand for it: one label, or values of the group, the smallest and the largest first. */
  readonly cells: readonly (string | number)[];
}

export const NO_LEVEL = 255;

/** The columns whose pairs of values are covered. Amounts are cut at quantiles of the ordinary rows, whose values are synthetic.
 * @param determined columns that others determine: their values cannot be chosen */
export function factorsOf(
  columns: readonly TestColumn[],
  ordinary: Table,
  { determined, random }: { readonly determined: ReadonlySet<string>; readonly random: Random },
): readonly Factor[] {
  return columns.flatMap((column): readonly Factor[] => {
    const { name } = column.meaning;
    if (determined.has(name)) return [];
    if (column.kind === "quantity") {
      const groups = groupsOf(present(columnOf(ordinary, name), column));
      if (groups.length < 2) return [];
      return [
        {
          column,
          name,
          levels: groups.map((group) => levelOf(group, column, random.split(name))),
          codesOf: (own) => groupCodes(withoutCodes(own, column.meaning), groups),
        },
      ];
    }
    const { labels } = column;
    if (labels.length < 2 || labels.length > MOST_LABELS) return [];
    return [
      {
        column,
        name,
        levels: labels.map((label) => ({ text: String(label), cells: [label] })),
        codesOf: (own) => labelCodes(own, labels),
      },
    ];
  });
}

function present(column: Column, { meaning }: TestColumn): Float64Array {
  const own = withoutCodes(column, meaning);
  return own.type === "text" ? new Float64Array(0) : own.values.filter(Number.isFinite).sort();
}

/** Ascending stretches of sorted values, none of which holds a value of another. */
function groupsOf(sorted: Float64Array): readonly Float64Array[] {
  const groups: Float64Array[] = [];
  let start = 0;
  for (let left = GROUPS; left > 0 && start < sorted.length; left--) {
    // Where many rows hold one value, the others share the groups that remain.
    let end = start + Math.max(1, Math.round((sorted.length - start) / left));
    while (end < sorted.length && sorted[end] === sorted[end - 1]) end++;
    groups.push(sorted.subarray(start, end));
    start = end;
  }
  return groups;
}

function levelOf(group: Float64Array, column: TestColumn, random: Random): Level {
  const first = group[0] as number;
  const last = group[group.length - 1] as number;
  const others = Array.from({ length: TRIED - 2 }, () => group[random.integer(group.length)] as number);
  const text = first === last ? cellText(first, column) : `${cellText(first, column)} to ${cellText(last, column)}`;
  return { text, cells: [...new Set([first, last, ...others])] };
}

/** A value between two groups belongs to the lower one. */
function groupCodes(column: Column, groups: readonly Float64Array[]): Uint8Array {
  if (column.type === "text") return new Uint8Array(column.codes.length).fill(NO_LEVEL);
  const starts = groups.map((group) => group[0] as number);
  return Uint8Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return NO_LEVEL;
    let at = 0;
    while (at + 1 < starts.length && value >= (starts[at + 1] as number)) at++;
    return at;
  });
}

function labelCodes(column: Column, labels: readonly (string | number)[]): Uint8Array {
  const places = new Map(labels.map((label, at) => [label, at]));
  if (column.type !== "text") return Uint8Array.from(column.values, (value) => places.get(value) ?? NO_LEVEL);
  const map = column.dictionary.map((label) => places.get(label) ?? NO_LEVEL);
  return Uint8Array.from(column.codes, (code) => (code < 0 ? NO_LEVEL : (map[code] as number)));
}

import { columnOf, type Table } from "../data/table.ts";
import { complement, EVERYWHERE, type Intervals, intersection, union } from "../math/intervals-of-numbers.ts";
import { nextAbove, nextBelow } from "../math/next-float.ts";
import type { ColumnCondition } from "./column-condition.ts";
import type { RowExpression, SyntaxNode } from "./row-expression.ts";

/** What a condition asks of single columns, and whether there is more to it. */
export interface SplitCondition {
  /** Each must hold; at most one for a column. */
  readonly conditions: readonly ColumnCondition[];
  /** Whether those say all: if not, the whole condition must still be tried on each row. */
  readonly isWhole: boolean;
}

/** Takes a condition apart at its `&&`. What compares one column with plain values (`age >= 18 && (sex == 'F' || sex == 'X')`) becomes a
 * condition on that column, which a model can draw under; the rest is left.
 * @param options `like`: the table it was compiled for; `missing`: whether a missing cell will do */
export function splitCondition(
  expression: RowExpression,
  options: { readonly like: Table; readonly missing: boolean },
): SplitCondition {
  const { like, missing } = options;
  const found = new Map<string, Cells>();
  let isWhole = true;
  for (const conjunct of conjunctsOf(expression.ast)) {
    const asked = askedOf(conjunct, expression, like);
    if (!asked) {
      isWhole = false;
      continue;
    }
    const before = found.get(asked.column);
    found.set(asked.column, before ? both(before, asked.cells) : asked.cells);
  }
  return {
    conditions: [...found].map(([column, cells]) => ({
      column,
      missing,
      ...(cells.kind === "labels" ? { labels: [...cells.labels] } : { intervals: cells.intervals }),
    })),
    isWhole,
  };
}

/** Cells of one column: labels out of all that it has, or numbers. */
type Cells =
  | { readonly kind: "labels"; readonly labels: ReadonlySet<string>; readonly all: readonly string[] }
  | { readonly kind: "numbers"; readonly intervals: Intervals };

interface Asked {
  readonly column: string;
  readonly cells: Cells;
}

function conjunctsOf(node: SyntaxNode): SyntaxNode[] {
  if (node.op !== "&&") return [node];
  const [left, right] = node.args as [SyntaxNode, SyntaxNode];
  return [...conjunctsOf(left), ...conjunctsOf(right)];
}

function askedOf(node: SyntaxNode, expression: RowExpression, like: Table): Asked | undefined {
  const { op, args } = node;
  if (op === "&&" || op === "||") {
    const [left, right] = (args as SyntaxNode[]).map((part) => askedOf(part, expression, like));
    if (!left || !right || left.column !== right.column) return undefined;
    return { column: left.column, cells: (op === "&&" ? both : either)(left.cells, right.cells) };
  }
  if (op === "!_") {
    const inner = askedOf(args as SyntaxNode, expression, like);
    return inner && { column: inner.column, cells: not(inner.cells) };
  }
  if (op === "id") {
    const column = expression.columnNamed(String(args));
    return column === undefined ? undefined : { column, cells: labelsOf(like, column, (label) => label === "true") };
  }
  if (op === "in") {
    const [left, right] = args as [SyntaxNode, SyntaxNode];
    const column = left.op === "id" ? expression.columnNamed(String(left.args)) : undefined;
    if (column === undefined || right.op !== "list") return undefined;
    const values = (right.args as readonly SyntaxNode[]).map(literalOf);
    if (values.some((value) => value === undefined)) return undefined;
    const parts = values.map((value) => compared(like, { column, op: "==", value: value as Plain }));
    return { column, cells: parts.reduce(either, not(everyCell(like, column))) };
  }
  if (!(op in MIRRORED)) return undefined;
  const [left, right] = args as [SyntaxNode, SyntaxNode];
  for (const [cell, plain, by] of [
    [left, right, op],
    [right, left, MIRRORED[op as Comparison]],
  ] as const) {
    const column = cell.op === "id" ? expression.columnNamed(String(cell.args)) : undefined;
    const value = literalOf(plain);
    if (column !== undefined && value !== undefined)
      return { column, cells: compared(like, { column, op: by as Comparison, value }) };
  }
  return undefined;
}

type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

type Plain = string | number | boolean;

/** A literal: a number, a string, a truth value, a timestamp in milliseconds. */
function literalOf(node: SyntaxNode): Plain | undefined {
  if (node.op === "value") {
    const value = node.args;
    if (typeof value === "bigint") return Number(value);
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
  }
  if (node.op === "-_") {
    const value = literalOf(node.args as SyntaxNode);
    return typeof value === "number" ? -value : undefined;
  }
  if (node.op === "call") {
    const [name, parts] = node.args as [string, readonly SyntaxNode[]];
    const text = name === "timestamp" && parts.length === 1 ? literalOf(parts[0] as SyntaxNode) : undefined;
    const moment = typeof text === "string" ? Date.parse(text) : Number.NaN;
    return Number.isNaN(moment) ? undefined : moment;
  }
  return undefined;
}

function compared(
  like: Table,
  { column, op, value }: { readonly column: string; readonly op: Comparison; readonly value: Plain },
): Cells {
  const cells = everyCell(like, column);
  if (cells.kind === "numbers") {
    const x = Number(value);
    const intervals: Record<Comparison, Intervals> = {
      "==": [[x, x]],
      "!=": complement([[x, x]]),
      "<": [[Number.NEGATIVE_INFINITY, nextBelow(x)]],
      "<=": [[Number.NEGATIVE_INFINITY, x]],
      ">": [[nextAbove(x), Number.POSITIVE_INFINITY]],
      ">=": [[x, Number.POSITIVE_INFINITY]],
    };
    return { kind: "numbers", intervals: intervals[op] };
  }
  const text = String(value);
  const holds: Record<Comparison, (label: string) => boolean> = {
    "==": (label) => label === text,
    "!=": (label) => label !== text,
    "<": (label) => label < text,
    "<=": (label) => label <= text,
    ">": (label) => label > text,
    ">=": (label) => label >= text,
  };
  const found = labelsOf(like, column, holds[op]);
  // A label that the table lacks is kept, so that whoever asks for it can be told.
  return op === "==" && found.kind === "labels" && found.labels.size === 0
    ? { ...found, labels: new Set([text]) }
    : found;
}

function everyCell(like: Table, name: string): Cells {
  return columnOf(like, name).type === "text"
    ? labelsOf(like, name, () => true)
    : { kind: "numbers", intervals: EVERYWHERE };
}

function labelsOf(like: Table, name: string, holds: (label: string) => boolean): Cells {
  const column = columnOf(like, name);
  const all = column.type === "text" ? column.dictionary : [];
  return { kind: "labels", labels: new Set(all.filter(holds)), all };
}

function not(cells: Cells): Cells {
  return cells.kind === "numbers"
    ? { kind: "numbers", intervals: complement(cells.intervals) }
    : { ...cells, labels: new Set(cells.all.filter((label) => !cells.labels.has(label))) };
}

function both(a: Cells, b: Cells): Cells {
  if (a.kind === "numbers" && b.kind === "numbers")
    return { kind: "numbers", intervals: intersection(a.intervals, b.intervals) };
  if (a.kind === "labels" && b.kind === "labels")
    return { ...a, labels: new Set([...a.labels].filter((label) => b.labels.has(label))) };
  return a;
}

function either(a: Cells, b: Cells): Cells {
  if (a.kind === "numbers" && b.kind === "numbers")
    return { kind: "numbers", intervals: union(a.intervals, b.intervals) };
  if (a.kind === "labels" && b.kind === "labels") return { ...a, labels: new Set([...a.labels, ...b.labels]) };
  return a;
}

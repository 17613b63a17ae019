import { columnOf, type Table } from "../../data/table.ts";
import { MIN_HOLDERS } from "../cells/columns.ts";
import type { CellValue } from "./row-edits.ts";
import { cellText, holdersOf, type TestColumn } from "./test-columns.ts";

/** A value at which programs go wrong. */
export interface BoundaryValue {
  /** "age = 90", "age is empty". */
  readonly name: string;
  readonly column: string;
  readonly cell: CellValue;
  /** The cell is to be empty, however that is written. */
  readonly isEmpty: boolean;
}

/** The lowest and the highest value that may be released of each amount, zero and one where they lie inside, an empty cell where the source has
 * some; of each category the first and the last label by order, the longest and the shortest. Each value once. */
export function boundaryValues(columns: readonly TestColumn[], train: Table): readonly BoundaryValue[] {
  return columns.flatMap((column) => {
    const { name } = column.meaning;
    const cells = column.kind === "quantity" ? amountsOf(column, train) : labelsOf(column);
    const values = [...new Set(cells)].map((cell) => ({
      name: `${name} = ${cellText(cell, column)}`,
      column: name,
      cell,
      isEmpty: false,
    }));
    if (column.empty === undefined) return values;
    return [...values, { name: `${name} is empty`, column: name, cell: column.empty, isEmpty: true }];
  });
}

function amountsOf(column: TestColumn & { readonly kind: "quantity" }, train: Table): readonly number[] {
  const { range, step, type, meaning } = column;
  const [low, high] = range;
  if (type === "date") return range;
  const holders = holdersOf(columnOf(train, meaning.name));
  const isCode = new Set(meaning.missingCodes?.map(Number));
  const mayBe = (value: number): boolean =>
    value >= low &&
    value <= high &&
    !isCode.has(value) &&
    Number.isInteger(value / step) &&
    // What a few people hold is theirs; what nobody holds says nothing of anyone.
    (holders.get(value) ?? MIN_HOLDERS) >= MIN_HOLDERS;
  return [low, high, ...[0, 1].filter(mayBe)];
}

function labelsOf({ labels }: TestColumn & { readonly kind: "labels" }): readonly (string | number)[] {
  if (labels.length === 0) return [];
  const length = (label: string | number): number => [...String(label)].length;
  const byLength = [...labels].sort((a, b) => length(a) - length(b));
  return [labels[0], labels.at(-1), byLength[0], byLength.at(-1)] as (string | number)[];
}

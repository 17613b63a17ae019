import { columnOf, type Table } from "../../data/table.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import type { MetricInput } from "../metric.ts";
import { labelsOf } from "./subgroups.ts";

/** A quantity of more values than this is no decision. */
const MOST_CLASSES = 20;

/** The outcome that people get or do not get. */
export interface Outcome {
  readonly target: string;
  /** "income is >50K", "grade is not middle" */
  readonly words: string;
  /** Share of the real rows that have it, of those whose target is known. */
  readonly share: number;
  /** 1, 0, or −1 where the target is missing. */
  of(table: Table): Int8Array;
}

/** The outcome that the target sets: its rarer class where there are two, else its commonest class or everything but it, whichever is rarer. */
export function outcomeOf(input: MetricInput): Outcome | { readonly notApplicable: string } {
  const { target } = input.purpose;
  const tables = input.holdout ? [input.train, input.holdout] : [input.train];
  if (target === undefined)
    return {
      notApplicable:
        "No target column was declared, and none stands out. Name the outcome that groups are to get alike: --target COLUMN.",
    };
  if (!input.train.columns.some(({ name }) => name === target))
    return { notApplicable: `The target "${target}" is not among the columns that were modelled.` };
  const counts = new Map<string, number>();
  for (const table of tables)
    for (const label of labelsOf(columnOf(table, target)))
      if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  if (isQuantity(schemaOf(input.schema, target).kind) && counts.size > MOST_CLASSES)
    return {
      notApplicable: `The target "${target}" is a quantity: whether groups are decided about alike needs an outcome of few classes. Add a column that says yes or no, and declare that.`,
    };
  if (counts.size < 2) return { notApplicable: `The target "${target}" has one value only among the real rows.` };
  const order = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const known = order.reduce((sum, [, count]) => sum + count, 0);
  const [commonest, held] = order[0] as [string, number];
  const isOther = 2 * held >= known;
  const second = order[1]?.[0] as string;
  return {
    target,
    words:
      isOther && counts.size === 2 ? `${target} is ${second}` : `${target} is ${isOther ? "not " : ""}${commonest}`,
    share: (isOther ? known - held : held) / known,
    of: (table) =>
      Int8Array.from(labelsOf(columnOf(table, target)), (label) =>
        label === null ? -1 : (label === commonest) === isOther ? 0 : 1,
      ),
  };
}

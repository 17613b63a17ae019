import type { RejectionCount } from "./run-summary.ts";
import type { Rejection, Row } from "./step.ts";

/** Counts rejections by step and reason, with the first few of each. */
export interface RejectionCounts {
  add(row: Row, rejection: Rejection & { readonly step: string }): void;
  /** Most first. */
  counts(): readonly RejectionCount[];
}

const EXAMPLES = 5;

/** Examples are those handed in first: rows in the order of their numbers give the same ones whatever the order of answers. */
export function rejectionCounts(): RejectionCounts {
  const counts = new Map<string, { step: string; reason: string; rows: number; examples: Example[] }>();
  return {
    add({ index, sourceIndex }, { step, reason, detail, matched }) {
      const key = `${step} ${reason}`;
      const count = counts.get(key) ?? { step, reason, rows: 0, examples: [] };
      if (count.rows === 0) counts.set(key, count);
      count.rows++;
      if (count.examples.length < EXAMPLES)
        count.examples.push({ index, sourceIndex, detail, ...(matched === undefined ? {} : { matched }) });
    },
    counts: () => [...counts.values()].sort((a, b) => b.rows - a.rows),
  };
}

type Example = RejectionCount["examples"][number];

/** The counts in words: "120 by check "short" (check), 11 by "answer" (unparsable)". */
export function rejectionsInWords(counts: readonly RejectionCount[]): string {
  return counts.map(({ step, reason, rows }) => `${rows} by "${step}" (${reason})`).join(", ");
}

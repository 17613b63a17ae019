import type { RowCall } from "./row-calls.ts";
import type { Spending } from "./run-summary.ts";

/** Adds up what the calls of rows cost, by who asked and who answered. */
export interface CallCounts {
  add(calls: readonly RowCall[]): void;
  /** Most expensive first; those of unknown price by their tokens, last. */
  spending(): readonly Spending[];
}

type Counting = { -readonly [Key in keyof Spending]: Spending[Key] } & { rungs: Record<string, number> };

/** Sums are taken in the order of `add`: rows handed in by their numbers give the same cents whatever the order of answers. */
export function callCounts(): CallCounts {
  const byColumn = new Map<string, Map<string, Counting>>();
  return {
    add(calls) {
      for (const { record, mark } of calls) {
        const byModel = byColumn.get(record.column) ?? new Map<string, Counting>();
        if (byModel.size === 0) byColumn.set(record.column, byModel);
        const counting = byModel.get(record.model) ?? nothing(record.column, record.model);
        if (counting.calls === 0) byModel.set(record.model, counting);
        counting.calls++;
        if (record.replayed) counting.replayed++;
        if (record.usage) {
          counting.promptTokens += record.usage.promptTokens;
          counting.completionTokens += record.usage.completionTokens;
        } else counting.uncounted++;
        counting.price = plus(counting.price, record.price);
        if (!record.replayed) counting.paidNow = plus(counting.paidNow, record.price);
        if (mark?.rung !== undefined) counting.rungs[mark.rung] = (counting.rungs[mark.rung] ?? 0) + 1;
        if (mark?.repaired !== undefined) counting.repaired++;
        if (mark?.unusable !== undefined) counting.unusable++;
      }
    },
    spending: () =>
      [...byColumn.values()]
        .flatMap((byModel) => [...byModel.values()])
        .sort(
          (a, b) =>
            (b.price ?? -1) - (a.price ?? -1) ||
            b.promptTokens + b.completionTokens - (a.promptTokens + a.completionTokens) ||
            (`${a.column} ${a.model}` < `${b.column} ${b.model}` ? -1 : 1),
        ),
  };
}

function nothing(column: string, model: string): Counting {
  return {
    column,
    model,
    calls: 0,
    replayed: 0,
    promptTokens: 0,
    completionTokens: 0,
    uncounted: 0,
    price: 0,
    paidNow: 0,
    rungs: {},
    repaired: 0,
    unusable: 0,
  };
}

/** One price that is not known makes the sum unknown. */
function plus(sum: number | null, price: number | null): number | null {
  return sum === null || price === null ? null : sum + price;
}

import type { CallRecord } from "./call.ts";

/** What answers cost, by who asked and who answered. */
export interface ModelSpending {
  readonly column: string;
  readonly model: string;
  /** Answers, and those among them that were not paid for by this run. */
  readonly calls: number;
  readonly replayed: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Calls whose number of tokens the provider did not say. */
  readonly uncounted: number;
  /** US dollars of all of them, replayed ones at the price of today's file; null: not known. */
  readonly price: number | null;
  /** US dollars of those that this run paid. */
  readonly paidNow: number | null;
}

/** Adds up calls that were answered. */
export interface SpendingTable {
  add(record: CallRecord): void;
  /** Most expensive first; then by column and model. */
  rows(): readonly ModelSpending[];
}

export function createSpendingTable(): SpendingTable {
  const rows = new Map<string, { -readonly [K in keyof ModelSpending]: ModelSpending[K] }>();
  return {
    add({ column, model, usage, price, replayed }) {
      const name = JSON.stringify([column, model]);
      let row = rows.get(name);
      if (row === undefined) {
        row = {
          column,
          model,
          calls: 0,
          replayed: 0,
          promptTokens: 0,
          completionTokens: 0,
          uncounted: 0,
          price: 0,
          paidNow: 0,
        };
        rows.set(name, row);
      }
      row.calls++;
      if (replayed) row.replayed++;
      if (usage === null) row.uncounted++;
      else {
        row.promptTokens += usage.promptTokens;
        row.completionTokens += usage.completionTokens;
      }
      // One unknown price makes the sum unknown.
      row.price = row.price === null || price === null ? null : row.price + price;
      if (!replayed) row.paidNow = row.paidNow === null || price === null ? null : row.paidNow + price;
    },
    rows: () =>
      [...rows.values()].sort(
        (a, b) =>
          (b.price ?? 0) - (a.price ?? 0) ||
          (a.column < b.column ? -1 : a.column > b.column ? 1 : 0) ||
          (a.model < b.model ? -1 : a.model > b.model ? 1 : 0),
      ),
  };
}

import type { JournalTotals } from "./journal.ts";
import type { RecordHead } from "./record.ts";

/** Adds up what was asked and paid, record by record. */
export interface Tally {
  add(record: RecordHead): void;
  totals(): ReadonlyMap<string, JournalTotals>;
  /** One more than of any intent that was seen. */
  readonly nextIntent: number;
}

type Sums = { -readonly [K in keyof Omit<JournalTotals, "unknown">]: JournalTotals[K] } & {
  unknown: Unknown;
};

interface Unknown {
  calls: number;
  mostTokens: number;
  mostPrice: number;
  unpriced: number;
}

interface Open {
  readonly model: string;
  readonly tokens: number;
  readonly price: number | null;
}

export function createTally(): Tally {
  const models = new Map<string, Sums>();
  /** Requests whose end was not seen yet. */
  const open = new Map<number, Open>();
  let nextIntent = 0;
  const of = (model: string): Sums => {
    let sums = models.get(model);
    if (sums === undefined) {
      sums = {
        requests: 0,
        answers: 0,
        failures: 0,
        wasted: 0,
        promptTokens: 0,
        completionTokens: 0,
        cachedTokens: 0,
        uncounted: 0,
        price: 0,
        unpriced: 0,
        unknown: { calls: 0, mostTokens: 0, mostPrice: 0, unpriced: 0 },
      };
      models.set(model, sums);
    }
    return sums;
  };

  return {
    get nextIntent() {
      return nextIntent;
    },
    add({ type, intent, model, usage, price, mayBePaid }) {
      const sums = of(model);
      if (type === "intent") {
        nextIntent = Math.max(nextIntent, intent + 1);
        sums.requests++;
        open.set(intent, { model, tokens: usage === null ? 0 : usage.promptTokens + usage.completionTokens, price });
        return;
      }
      const asked = open.get(intent);
      open.delete(intent);
      if (type === "result") sums.answers++;
      else sums.failures++;
      if (usage !== null) {
        if (type === "failure") sums.wasted++;
        sums.promptTokens += usage.promptTokens;
        sums.completionTokens += usage.completionTokens;
        sums.cachedTokens += usage.cachedTokens ?? 0;
      } else if (type === "result") sums.uncounted++;
      if (price !== null) sums.price += price;
      else if (type === "result") sums.unpriced++;
      if (type === "failure" && mayBePaid && usage === null && asked !== undefined) addUnknown(sums.unknown, asked);
    },
    totals() {
      const result = new Map<string, JournalTotals>();
      for (const [model, sums] of models) {
        const unknown = { ...sums.unknown };
        for (const one of open.values()) if (one.model === model) addUnknown(unknown, one);
        const { calls, mostTokens, mostPrice, unpriced } = unknown;
        result.set(model, { ...sums, unknown: { calls, mostTokens, mostPrice: unpriced > 0 ? null : mostPrice } });
      }
      return result;
    },
  };
}

function addUnknown(unknown: Unknown, { tokens, price }: Open): void {
  unknown.calls++;
  unknown.mostTokens += tokens;
  if (price === null) unknown.unpriced++;
  else unknown.mostPrice += price;
}

import { InvalidArgument } from "../errors.ts";
import type { JournalTotals, Most } from "./journal/journal.ts";

/** Hard limits: a request that could pass one is not sent. Money, tokens and calls count all that was ever asked through the journal; so a run that is
 * killed and started again does not begin to count anew. */
export interface BudgetLimits {
  /** US dollars. */
  readonly money?: number | undefined;
  /** Of prompts and answers. */
  readonly tokens?: number | undefined;
  /** Answers, and requests that may have been charged though no answer came. */
  readonly calls?: number | undefined;
  /** Of this process, since the budget was made; nothing is sent after them. */
  readonly seconds?: number | undefined;
}

/** What was spent before: see {@link spentIn}. */
export interface Spent {
  readonly money: number;
  readonly tokens: number;
  readonly calls: number;
}

/** Holds what a request may come to until it is known what it came to. */
export interface Reservation {
  /** @param actual what it came to; "unknown": nobody knows, so its worst case counts */
  settle(actual: Spent | "unknown"): void;
}

export type Reserved =
  | { readonly reservation: Reservation; readonly refusal?: undefined }
  /** One sentence: which limit, and by how much. */
  | { readonly refusal: string; readonly reservation?: undefined };

export interface Budget {
  /** Waits while the request would pass a limit only if others that are under way came to their worst case. */
  reserve(most: Most): Promise<Reserved> | Reserved;
  /** Before this process and in it, without what is under way. */
  readonly spent: Spent;
  /** Milliseconds until the limit of seconds; Infinity: there is none. */
  remainingMs(): number;
  /** Hands back everyone who waits. */
  stop(refusal: string): void;
}

/** What a journal says was spent: requests whose end nobody knows count with their worst case.
 * @param priceOf prices tokens of a model, for what was paid when no price was known */
export function spentIn(
  totals: ReadonlyMap<string, JournalTotals>,
  priceOf: (
    model: string,
    tokens: { readonly promptTokens: number; readonly completionTokens: number },
  ) => number | null,
): Spent {
  let money = 0;
  let tokens = 0;
  let calls = 0;
  for (const [model, one] of totals) {
    const { unknown } = one;
    tokens += one.promptTokens + one.completionTokens + unknown.mostTokens;
    calls += one.answers + one.wasted + unknown.calls;
    money += one.unpriced > 0 ? Math.max(one.price, priceOf(model, one) ?? 0) : one.price;
    // Which of the unknown tokens are an answer's is not known: all may be.
    money += unknown.mostPrice ?? priceOf(model, { promptTokens: 0, completionTokens: unknown.mostTokens }) ?? 0;
  }
  return { money, tokens, calls };
}

/** @throws {InvalidArgument} a limit is no number above zero */
export function createBudget(
  limits: BudgetLimits,
  { clock, before }: { readonly clock: { milliseconds(): number }; readonly before: Spent },
): Budget {
  for (const name of ["money", "tokens", "calls", "seconds"] as const) {
    const limit = limits[name];
    if (limit !== undefined && !(limit > 0 && Number.isFinite(limit)))
      throw new InvalidArgument(
        "bad-budget",
        `The budget's limit "${name}" is ${limit}; it must be a number above 0.`,
        {
          advice: "Give a number above 0, or leave the limit out.",
        },
      );
  }
  const began = clock.milliseconds();
  const spent = { ...before };
  const reserved = { money: 0, tokens: 0, calls: 0 };
  let underWay = 0;
  /** In the order in which they came: who needs little does not overtake who needs much. */
  let waiters: { readonly needed: Spent; readonly done: (reserved: Reserved) => void }[] = [];

  const refusalOf = (needed: Spent): string | undefined => {
    for (const name of ["money", "tokens", "calls"] as const) {
      const limit = limits[name];
      if (limit !== undefined && spent[name] + needed[name] > limit * (1 + 1e-12))
        return `The budget of ${write(limit, name)} does not bear another request: ${write(spent[name], name)} are spent${
          name === "calls" ? "" : `, and it may come to ${write(needed[name], name)}`
        }.`;
    }
    if (remainingMs() <= 0) return `The budget of ${limits.seconds} s is used up.`;
    return undefined;
  };
  const fits = (needed: Spent): boolean =>
    (["money", "tokens", "calls"] as const).every((name) => {
      const limit = limits[name];
      return limit === undefined || spent[name] + reserved[name] + needed[name] <= limit * (1 + 1e-12);
    });
  const remainingMs = (): number =>
    limits.seconds === undefined ? Number.POSITIVE_INFINITY : began + limits.seconds * 1000 - clock.milliseconds();

  const hold = (needed: Spent): Reserved => {
    underWay++;
    reserved.money += needed.money;
    reserved.tokens += needed.tokens;
    reserved.calls += needed.calls;
    let settled = false;
    return {
      reservation: {
        settle(actual) {
          if (settled) return;
          settled = true;
          const came = actual === "unknown" ? needed : actual;
          spent.money += came.money;
          spent.tokens += came.tokens;
          spent.calls += came.calls;
          reserved.money -= needed.money;
          reserved.tokens -= needed.tokens;
          reserved.calls -= needed.calls;
          // Sums of floating-point numbers do not come back to zero by themselves.
          if (--underWay === 0) Object.assign(reserved, { money: 0, tokens: 0, calls: 0 });
          serve();
        },
      },
    };
  };
  const serve = (): void => {
    while (waiters.length > 0) {
      const [first] = waiters as [(typeof waiters)[number]];
      const refusal = refusalOf(first.needed);
      if (refusal === undefined && !fits(first.needed)) return;
      waiters.shift();
      first.done(refusal === undefined ? hold(first.needed) : { refusal });
    }
  };

  return {
    reserve(most) {
      const needed = { money: most.price ?? 0, tokens: most.promptTokens + most.completionTokens, calls: 1 };
      const refusal = refusalOf(needed);
      if (refusal !== undefined) return { refusal };
      if (waiters.length === 0 && fits(needed)) return hold(needed);
      return new Promise((done) => {
        waiters.push({ needed, done });
      });
    },
    get spent() {
      return { ...spent };
    },
    remainingMs,
    stop(refusal) {
      const all = waiters;
      waiters = [];
      for (const { done } of all) done({ refusal });
    },
  };
}

function write(value: number, name: "money" | "tokens" | "calls"): string {
  if (name !== "money") return `${Math.round(value)} ${name}`;
  return `$${value < 1 ? value.toPrecision(3) : value.toFixed(2)}`;
}

import type { Budget, BudgetLine } from "../../../src/dp/budget.ts";
import { randomFromSeed } from "../../../src/random.ts";

/** An answer that was asked for: what it was computed from is private, what was answered is not. */
export interface Asked {
  readonly mechanism: BudgetLine["mechanism"];
  readonly query: string;
  /** Counts, or scores; a stable histogram's counts by label. */
  readonly truth: readonly number[] | ReadonlyMap<string, number>;
  readonly rho: number;
  /** What one row may change: the L2 norm of counts, or a score. */
  readonly sensitivity: number;
}

/** A budget whose answers come from a script and not from the rows: whoever asks nothing but the budget makes the same of any rows. */
export function scriptedBudget(
  seed: number,
  options: { readonly rho?: number; readonly labels?: readonly string[] } = {},
): Budget & { readonly asked: readonly Asked[] } {
  const random = randomFromSeed(seed).split("answers");
  const rho = options.rho ?? 0.1;
  const asked: Asked[] = [];
  const spent = (): number => asked.reduce((sum, line) => sum + line.rho, 0);
  return {
    asked,
    epsilon: 1,
    delta: 1e-6,
    rho,
    unit: { kind: "row", rows: 1 },
    get remaining() {
      return rho - spent();
    },
    remainingDelta: 1e-7,
    get lines() {
      return asked.map(
        ({ mechanism, query, rho: paid, sensitivity }, i): BudgetLine => ({
          step: i + 1,
          mechanism,
          query,
          rho: paid,
          delta: 0,
          sensitivity,
          detail: {},
        }),
      );
    },
    spent: () => ({ rho: spent(), delta: 0, epsilon: 0 }),
    gaussian(counts, how) {
      asked.push({ mechanism: "discrete-gaussian", truth: Array.from(counts), sensitivity: 1, ...how });
      const own = random.split(asked.length);
      const noisy = Float64Array.from({ length: counts.length }, () => Math.round(400 * own.uniform() ** 4 - 2));
      return { noisy, sigma: 1 / Math.sqrt(2 * how.rho) };
    },
    choose(scores, how) {
      asked.push({ mechanism: "exponential", truth: Array.from(scores), ...how });
      return random.split(asked.length).integer(scores.length);
    },
    stableHistogram(counts, { query, rho: paid }) {
      asked.push({ mechanism: "stable-histogram", query, truth: counts, rho: paid, sensitivity: 1 });
      return new Map((options.labels ?? ["a", "b", "c"]).map((label, i) => [label, 100 - i]));
    },
  };
}

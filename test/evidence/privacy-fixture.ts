import { epsilonFor, rhoFor } from "../../src/dp/accountant.ts";
import { createBudget, type PrivacyUnit } from "../../src/dp/budget.ts";
import type { PrivacyStatement } from "../../src/evidence/privacy-statement.ts";
import { randomFromSeed } from "../../src/random.ts";

/** A statement as a run makes it: its lines are those of a real budget that was really asked. */
export function madeUpStatement(
  options: {
    readonly unit?: PrivacyUnit;
    readonly pairs?: number;
    readonly budget?: PrivacyStatement["source"]["budget"];
  } = {},
): PrivacyStatement {
  const { unit = { kind: "row", rows: 1 }, pairs = 20 } = options;
  const budget = { epsilon: 3, delta: 1e-6 };
  const { uint32 } = randomFromSeed(3);
  const spender = createBudget({
    epsilon: 1,
    delta: 1e-9,
    unit,
    source: { secure: true, uint32 },
    reserveDelta: 5e-10,
  });
  const share = spender.rho / (2 * pairs + 2);
  spender.stableHistogram(new Map([["a", 900]]), { query: 'labels of "job"', rho: share, delta: 5e-10 });
  spender.gaussian([900, 100], { query: 'counts of "smoker"', rho: share });
  for (let i = 0; i < pairs; i++) {
    spender.choose([1, 5, 3], { query: `the pair that is worst, round ${i + 1}`, rho: share / 2, sensitivity: 1 });
    spender.gaussian([400, 500, 60, 40], { query: `counts of "age" × "job_${i + 1}"`, rho: share });
  }
  const { epsilon, delta, rho } = spender;
  const spent = spender.spent();
  return {
    format: "counterfoil-dp/1",
    definition: "(epsilon, delta)-differential privacy, accounted in zero-concentrated differential privacy",
    epsilon,
    delta,
    rho,
    unit,
    neighbours: "Two tables that differ by one row more or less.",
    lines: spender.lines,
    spent: { ...spent, epsilon: epsilonFor(spent.rho, delta - spent.delta) },
    columns: [
      { column: "age", domain: "public", how: "declared in the schema" },
      { column: "job", domain: "paid", how: "labels whose noisy count is above 61" },
      { column: "smoker", domain: "public", how: "declared in the schema" },
    ],
    assumedPublic: ["Names, order and types of the columns."],
    notCovered: ["How long the run took.", "Releases of the same people that this machine's ledger does not know."],
    source: {
      id: "panel",
      releasesBefore: 1,
      epsilonBefore: epsilonFor(rhoFor(1, 1e-9), 1e-6),
      totalEpsilon: epsilonFor(2 * rhoFor(1, 1e-9), 1e-6),
      totalDelta: 1e-6,
      budget: options.budget === undefined ? budget : options.budget,
    },
  };
}

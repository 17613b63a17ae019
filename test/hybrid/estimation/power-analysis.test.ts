import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { designFor, effectiveUnits } from "../../../src/hybrid/estimation/power-analysis.ts";

interface PowerCase {
  readonly in: Readonly<Record<"ppi_corr" | "cost_X" | "cost_Y" | "cost_Yhat", number>> & {
    readonly budget?: number;
    readonly effective_n?: number;
    readonly n_max?: number;
  };
  readonly out: Readonly<Record<"n" | "N" | "cost" | "effective_n", number>>;
}
const { cases } = JSON.parse(readFileSync("test/hybrid/golden/ppi.json", "utf8")) as {
  readonly cases: { readonly power: PowerCase[] };
};

test("the best numbers of labels and predictions are those of ppi_py", () => {
  assert.equal(cases.power.length, 4);
  for (const { in: given, out } of cases.power) {
    const goal = given.budget === undefined ? { effectiveN: given.effective_n as number } : { budget: given.budget };
    const found = designFor(
      {
        correlation: given.ppi_corr,
        covariates: given.cost_X,
        label: given.cost_Y,
        prediction: given.cost_Yhat,
      },
      { ...goal, most: given.n_max },
    );
    assert.deepEqual([found.labelled, found.unlabelled, found.effectiveN], [out.n, out.N, out.effective_n]);
    assert.ok(Math.abs(found.cost - out.cost) < 1e-9);
  }
});

test("no other pair that the budget buys has more effective units", () => {
  const costs = { correlation: 0.7, covariates: 0.1, label: 2, prediction: 0.05 };
  const best = designFor(costs, { budget: 500 });
  let most = 0;
  for (let n = 2; n <= 240; n++) {
    const N = Math.floor((500 - n * costs.label) / (costs.covariates + costs.prediction)) - n;
    if (N >= 0) most = Math.max(most, effectiveUnits(costs.correlation, { labelled: n, unlabelled: N }));
  }
  assert.ok(best.effectiveN >= most - 1, `${best.effectiveN}, ${most}`);
  assert.ok(best.effectiveN < best.ceiling);
});

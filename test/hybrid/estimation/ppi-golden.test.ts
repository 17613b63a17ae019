import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Link } from "../../../src/hybrid/estimation/link.ts";
import { predictionPowered } from "../../../src/hybrid/estimation/ppi-plus-plus.ts";
import type { Predictions } from "../../../src/hybrid/estimation/predictions.ts";

interface Case {
  readonly X?: number[][];
  readonly Y: number[];
  readonly Yhat: number[];
  readonly X_unlabeled?: number[][];
  readonly Yhat_unlabeled: number[];
  readonly expect: Readonly<Record<string, { readonly point: number[]; readonly ci90: number[][] }>>;
}
const { cases } = JSON.parse(readFileSync("test/hybrid/golden/ppi.json", "utf8")) as {
  readonly cases: Readonly<Record<"mean" | "ols" | "logistic", Case>>;
};

function predictions({ X, Y, Yhat, X_unlabeled, Yhat_unlabeled }: Case, link: Link): Predictions {
  const design = (rows: readonly number[][] | undefined, count: number): Float64Array =>
    rows ? Float64Array.from(rows.flat()) : new Float64Array(count).fill(1);
  const width = X ? X[0]!.length : 1;
  return {
    terms: Array.from({ length: width }, (_, j) => `x${j}`),
    link,
    isMean: !X,
    real: { design: design(X, Y.length), outcome: Float64Array.from(Y), width },
    predicted: { design: design(X, Y.length), outcome: Float64Array.from(Yhat), width },
    unlabelled: {
      design: design(X_unlabeled, Yhat_unlabeled.length),
      outcome: Float64Array.from(Yhat_unlabeled),
      width,
    },
  };
}

/** The package tunes λ once for its point estimate and once more for its interval. */
function check(name: "mean" | "ols" | "logistic", link: Link, tolerance: number): void {
  const given = cases[name];
  for (const [key, { point, ci90 }] of Object.entries(given.expect)) {
    const lambda = key === "None" || key === "coord1" ? undefined : Number(key);
    if (Number.isNaN(lambda)) continue;
    const fit = (rounds: number) => {
      const found = predictionPowered(predictions(given, link), {
        method: "ppi-plus-plus",
        level: 0.9,
        lambda,
        coordinate: key === "coord1" ? 1 : undefined,
        rounds,
      });
      assert.ok("terms" in found, JSON.stringify(found));
      return found.terms;
    };
    for (const [j, value] of (point ?? []).entries())
      assert.ok(
        Math.abs(fit(1)[j]!.value - value) < tolerance,
        `${name} ${key} point ${j}: ${fit(1)[j]!.value}, ${value}`,
      );
    for (const [j, low] of ci90[0]!.entries()) {
      const term = fit(2)[j]!;
      assert.ok(Math.abs(term.low - low) < tolerance, `${name} ${key} low ${j}: ${term.low}, ${low}`);
      assert.ok(Math.abs(term.high - (ci90[1]![j] as number)) < tolerance, `${name} ${key} high ${j}`);
    }
  }
}

test("PPI and PPI++ reproduce ppi_py on a mean to 1e-9", () => check("mean", "identity", 1e-9));
test("PPI and PPI++ reproduce ppi_py on a linear regression to 1e-9, also tuned for one coefficient", () =>
  check("ols", "identity", 1e-9));
test("PPI and PPI++ reproduce ppi_py on a logistic regression to 1e-4", () => check("logistic", "logit", 1e-4));
